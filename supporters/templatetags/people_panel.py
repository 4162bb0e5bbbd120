"""Template tag of the panel: whose letter it is."""

from django import template

from foundation.letters import reading
from foundation.letters.models import Letter
from supporters import supporters
from supporters.models import Supporter

register = template.Library()


@register.simple_tag
def reader_of(letter: Letter) -> Supporter | None:
    """{% reader_of letter as reader %}: the supporter to whom it went, by the address of then or of now; else None."""
    if not letter.to or not reading.sent_to({letter.to}).filter(pk=letter.pk).exists():
        return None
    return supporters.known_by(letter.to)
