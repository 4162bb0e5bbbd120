"""Letters as staff read them: the words that were sent, without what in their links opens something for its holder."""

import re

from django.db.models import QuerySet

from foundation.letters import kinds
from foundation.letters.models import Letter
from foundation.letters.retention import ANSWER

LINK = re.compile(r"(https?://[^/\s<>\"]+)([^\s<>\"]*)")
# In a link of ours: a token, a signature, an id. The names of our pages are shorter, or small letters and hyphens.
OPENS = re.compile(r"(?![a-z-]+(?:[/?#&=]|$))[^/?#&=]{16,}")


def words(letter: Letter) -> str:
    """Return its text as it was sent, each token of a link as “…”: staff never come in as somebody else. Empty once it
    is forgotten.
    """
    return LINK.sub(lambda found: found[1] + OPENS.sub("…", found[2]), letter.text)


def sent_to(addresses: set[str]) -> QuerySet[Letter]:
    """Letters to these addresses, the newest first. What is written to staff has no kind: it tells of others."""
    known = [*(kind.name for kind in kinds.every()), ANSWER]
    return Letter.objects.to_any(addresses).filter(template__in=known)
