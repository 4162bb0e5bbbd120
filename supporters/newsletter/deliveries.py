"""What was sent to one person: told to them in their export, and kept right when two rows of theirs become one."""

from typing import Any

from django.db.models import OuterRef, Subquery

from supporters.data_export import Facts, facts
from supporters.models import Supporter
from supporters.newsletter.models import Delivery, NewsletterText


def received(supporter: Supporter) -> list[Facts]:
    """Export: every newsletter that was written to this person, whether it left and when."""
    text = NewsletterText.objects.filter(newsletter=OuterRef("newsletter"), language=OuterRef("language"))
    rows = Delivery.objects.filter(supporter=supporter).annotate(subject=Subquery(text.values("subject")))
    return [_told(row) for row in rows.select_related("letter").order_by("id")]


def _told(row: Any) -> Facts:
    told = facts(row, newsletter=lambda row: row.subject, letter=lambda row: row.letter.get_state_display())
    told["sent"] = row.letter.sent_at
    return told


def merge(old: Supporter, new: Supporter) -> None:
    """What either row was sent, the person was: a newsletter that both got is one."""
    both = Delivery.objects.filter(supporter=new).values("newsletter")
    Delivery.objects.filter(supporter=old, newsletter__in=both).delete()
    Delivery.objects.filter(supporter=old).update(supporter=new)
