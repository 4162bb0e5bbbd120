"""Retention and erasure of letters: forget what they said after some time, and all of them when a person is erased."""

from django.db.models import QuerySet

from foundation.letters import kinds
from foundation.letters.models import Letter
from foundation.organisation import retention_periods

State = Letter.State
ANSWER = "answer"  # to a message: it is kept with the message, and forgotten with it


def old_words(dry: bool = False) -> int:
    """Retention: blank the words and links of letters that were sent long ago, and what went to a stranger altogether:
    nobody may have wanted anything of us there. Returns how many.

    The row stays with its key, so that the same letter is never written a second time.
    """
    end = retention_periods.end("letters")
    strangers = [*(kind.name for kind in kinds.every() if kind.stranger), ANSWER]
    typed = Letter.objects.filter(template__in=strangers, created_at__lt=end).exclude(to="")
    typed = typed.exclude(state__in=[State.WAITING, State.SENDING])
    count = retention_periods.blank(typed, dry, to="", subject="", text="", html="", stop_url="", last_error="")
    sent = Letter.objects.filter(state=State.SENT, sent_at__lt=end).exclude(template__in=strangers)
    return count + retention_periods.blank(
        sent.exclude(text="", html="", stop_url=""), dry, text="", html="", stop_url=""
    )


def forget_rows(found: QuerySet[Letter]) -> int:
    """Erasure: forget these letters, whatever their rows are found by."""
    rows = Letter.objects.filter(pk__in=list(found.values_list("pk", flat=True)))  # what finds them may go with them
    rows.exclude(state=State.SENT).update(state=State.FORGOTTEN)
    return rows.update(to="", subject="", text="", html="", stop_url="", last_error="")


def forget_words_of(key: str) -> int:
    """Erasure: blank one letter that tells others of a person, such as staff of a message. It is not sent any more."""
    found = Letter.objects.filter(key=key)
    found.exclude(state=State.SENT).update(state=State.FORGOTTEN)
    return found.update(text="", html="", stop_url="")
