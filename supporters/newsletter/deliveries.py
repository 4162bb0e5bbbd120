"""What was sent to one person: told to them in their export, and kept right when two rows of theirs become one."""

from typing import Any

from django.db.models import F, OuterRef, Subquery

from supporters.models import Supporter
from supporters.newsletter.models import Delivery, NewsletterText


def received(supporter: Supporter) -> list[dict[str, Any]]:
    """Export: every newsletter that was written to this person, whether it left and when."""
    text = NewsletterText.objects.filter(newsletter=OuterRef("newsletter"), language=OuterRef("language"))
    rows = Delivery.objects.filter(supporter=supporter).annotate(
        subject=Subquery(text.values("subject")), state=F("letter__state"), sent=F("letter__sent_at")
    )
    return [dict(row) for row in rows.order_by("id").values("subject", "language", "state", "sent")]


def merge(old: Supporter, new: Supporter) -> None:
    """What either row was sent, the person was: a newsletter that both got is one."""
    both = Delivery.objects.filter(supporter=new).values("newsletter")
    Delivery.objects.filter(supporter=old, newsletter__in=both).delete()
    Delivery.objects.filter(supporter=old).update(supporter=new)
