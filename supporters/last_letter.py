"""The last letter to somebody who was erased: it says so, and its row holds nothing once it has left."""

from typing import Any

from foundation.jobs import queue as jobs
from foundation.letters import outbox, retention
from foundation.letters.models import Letter

KIND = "erased"
JOB = "send-last-letter"


def write(number: int, email: str, language: str) -> None:
    """Write to the address that was just erased with supporter `number`. Its letters are forgotten by now."""
    outbox.queue(f"{KIND}:{number}", KIND, email, {}, language=language, job=JOB)


@jobs.handler(JOB, lane=outbox.LANE)
def send(args: dict[str, Any]) -> None:
    """Job: send it, then forget where it went and what it said, whatever became of it: nobody sends it again."""
    outbox.send(args)  # while it must wait, this raises, and the address waits with it
    retention.forget_rows(Letter.objects.filter(pk=args["letter"]))
