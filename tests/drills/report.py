"""What one run of the drills injected and what it checked: one report, however many sites it broke."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Drill:
    """One drill: what was done to its sites, and what was then asked of them, each with how often."""

    name: str
    injected: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    seconds: float = 0
    failed: str = ""


@dataclass
class Report:
    """`now` is the drill under way."""

    drills: list[Drill] = field(default_factory=lambda: [Drill("a site by itself")])

    @property
    def now(self) -> Drill:
        return self.drills[-1]

    def begin(self, name: str) -> Drill:
        self.drills.append(Drill(name))
        return self.now

    def text(self) -> str:
        lines = []
        for drill in self.drills[1:]:
            lines.append(f"{drill.name}: {drill.failed or 'held'}, {drill.seconds:.0f} s")
            for word, what in (("injected", drill.injected), ("checked", drill.checked)):
                lines += [f"  {word:9} {times:6} × {name}" for name, times in sorted(what.items())]
                lines += [] if what else [f"  {word:9} nothing that is counted here"]
        return "\n".join(lines)

    def write(self, place: Path) -> None:
        place.write_text(self.text() + "\n")
