"""The named moments at which a process of the site can be made to die, as kill -9 kills: no clean-up, no answer.

The site knows nothing of this and has no switch for it, so no switch can be left on. A drill starts the site's own
processes through here, and the function at the named place is followed, or preceded, by the process's own SIGKILL.
A kill from outside cannot hit these moments: between a commit and the answer there are microseconds.
"""

import functools
import importlib
import itertools
import os
import signal
from pathlib import Path
from typing import Any

# name -> the module, the function in it, and whether death comes before or after it
WEB = {
    "web: before the signature is checked": ("donations.stripe.signature", "check", "before"),
    "web: event and job stored, not committed": ("foundation.jobs.with_row", "_write", "after"),
    "web: committed, not answered": ("donations.webhooks.inbox", "receive", "after"),
}
JOB = {
    "job: payment fetched, not written": ("donations.sync.payments", "receive", "before"),
    "job: payment written, not committed": ("donations.books.receipts", "correct", "after"),
    "job: payment committed, not done": ("donations.sync.payments", "receive", "after"),
}
LETTER = {
    "letter: claimed, not handed over": ("foundation.letters.outbox", "_move", "after"),
    "letter: handed over, not noted": ("django.core.mail", "EmailMultiAlternatives.send", "after"),
}
POINTS = WEB | JOB | LETTER  # each by itself
STATEMENT = {"statement: one more is written": ("donations.letters.year_end", "_write", "after")}


def arm(name: str, mark: Path, nth: int = 1) -> None:
    """From now on this process dies when it comes to that point for the nth time, and leaves `mark` to show it."""
    module, path, when = (POINTS | STATEMENT)[name]
    came = itertools.count(1)
    owner: Any = importlib.import_module(module)
    *parents, last = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    real = getattr(owner, last)

    @functools.wraps(real)
    def mortal(*args: Any, **kwargs: Any) -> Any:
        last_time = next(came) == nth
        if when == "before" and last_time:
            _die(mark)
        result = real(*args, **kwargs)
        if last_time:
            _die(mark)
        return result

    setattr(owner, last, mortal)


def _die(mark: Path) -> None:
    mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)
