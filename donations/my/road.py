"""Timeline of a supporter's gifts, drawn as a road: where each day stands on it. It grows by dates, never by a goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Road:
    """Timeline. `stones` and `years` (each first of January) are shares of the way. `until`: once it is a year long."""

    stones: list[float]
    years: list[float]
    since: date
    until: date | None


def of(days: Sequence[date]) -> Road | None:
    """Return the timeline. The first day stands where the road begins, the newest before the sun. In a first year most
    of the way is open, so that two gifts of one week do not look like the ends of a life.
    """
    if not days:
        return None
    known = sorted(set(days))
    first, newest = known[0], known[-1]
    length = max(newest - first, A_YEAR)
    turns = [date(year, 1, 1) for year in range(first.year + 1, newest.year + 1)]
    return Road(
        stones=[(day - first) / length for day in known],
        years=[(day - first) / length for day in turns],
        since=first,
        until=newest if newest - first >= A_YEAR else None,
    )
