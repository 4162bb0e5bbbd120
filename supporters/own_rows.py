"""What stands about one person in rows that no app of theirs has: letters to them, and what staff did."""

from collections.abc import Iterable

from django.db import models

from foundation.letters import kinds, retention
from foundation.letters.models import Letter
from staff import audit
from supporters import supporters
from supporters.addresses import canonical
from supporters.data_export import Facts, facts
from supporters.models import Supporter

LONGEST = 320  # characters of an address
NOT_OURS_TO_TELL = ("user", "content_type", "object_id", "revision", "uuid")  # who did it is somebody else


def letters(supporter: Supporter, texts: Iterable[str]) -> list[Facts]:
    """Letters to any spelling of their mailboxes that stands among `texts`, with the words where they are kept. What
    was mailed to staff, perhaps to the same mailbox, speaks of other people: it is left out.
    """
    mailboxes = supporters.mailboxes(supporter)
    spelt = {text for text in texts if "@" in text and len(text) <= LONGEST and canonical(text) in mailboxes}
    for_people = [*(kind.name for kind in kinds.every()), retention.ANSWER]
    found = Letter.objects.to_any(spelt).filter(template__in=for_people).order_by("id")
    return [facts(letter, ("html",)) for letter in found]  # it says the same as the text


def log(rows: Iterable[models.Model]) -> list[Facts]:
    """What staff did with these rows."""
    return [facts(entry, NOT_OURS_TO_TELL) for entry in audit.about(rows)]
