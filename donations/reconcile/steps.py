"""Steps of a reconciliation: read a list's objects, mend one row, note what went wrong; all in bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from donations.models import Reconciliation
from donations.stripe.errors import NoPermissionError, NotFoundError, StripeIsDownError
from donations.stripe.objects import Raw
from donations.sync import orphans, payments
from foundation.jobs import queue as jobs

CHUNK = 100
NOTED = 200  # lines of notes that a run keeps; the row holds no more
NAMED = 10_000  # balance transactions that it names; each has a row of its own (Gap)
Progress = Callable[[str, int, datetime | None], None]


class Steps:
    """What a run found and could not do. `lacking`: how many balance transactions nothing explains."""

    def __init__(self, row: Reconciliation, progress: Progress) -> None:
        self.row, self.progress, self.apply = row, progress, row.applied
        self.found: Counter[str] = Counter(row.found)
        self.problems: list[str] = row.notes.splitlines()
        self.missing: list[str] = row.missing
        self.lacking = len(row.missing)
        self.why: dict[str, str] = {}

    def note(self, line: str) -> None:
        if len(self.problems) < NOTED:
            self.problems.append(line)

    def lack(self, ident: str) -> None:
        self.lacking += 1
        if len(self.missing) < NAMED:
            self.missing.append(ident)

    def _mend(self, name: str, ident: str, step: Callable[..., Any], *args: Any) -> None:
        self.found[name] += 1
        if self.apply:
            self._try(ident, step, *args)

    def _try(self, ident: str, step: Callable[..., Any], *args: Any) -> None:
        """Repair one row: a failure does not keep the others from it. What a handler notes for staff is kept."""
        try:
            note = step(*args)
        except jobs.LeaseLostError:
            raise
        except (NoPermissionError, orphans.UnknownOrphanError) as error:
            self._say(ident, str(error))
        except StripeIsDownError:
            raise
        except (payments.NotOursError, NotFoundError):
            return
        except Exception as error:  # whatever it is, staff see it, and the rest goes on
            self._say(ident, type(error).__name__)
        else:
            if note:
                self.note(f"{ident}: {note}")

    def _say(self, ident: str, why: str) -> None:
        self.note(f"{ident}: {why}")
        self.why[ident] = why

    def _read(
        self, name: str, raws: Iterable[Raw], read: Callable[[Raw], Any], failed: Callable[[Raw], None] | None = None
    ) -> Iterator[Any]:
        """Parse each object, one by one; `failed` is told of what we cannot parse."""
        for count, raw in enumerate(raws, start=1):
            try:
                fact = read(raw)
            except Exception as error:  # an object of a form that nobody here has seen yet
                self._say(str(raw["id"]), type(error).__name__)
                if failed:
                    failed(raw)
                continue
            self.progress(name, count, getattr(fact, "created", None))
            yield fact


def chunks(things: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(things)
    while some := list(islice(rest, CHUNK)):
        yield some
