"""Which functions of ours a walk enters: a tracer that listens from the first one until it returns."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tests.running import ROOT

OURS = ("awareness", "config", "donations", "foundation", "pledges", "staff", "supporters")


class Walk:
    """`entered`: "donations.books.ledger.record_charge" and so on, each once, in the order of the first visit.
    `modules`: of each of them, "donations.books.ledger".
    """

    def __init__(self, first: Callable[..., Any]) -> None:
        self.entered: dict[str, None] = {}
        self.modules: dict[str, str] = {}
        self._first = first.__code__
        self._inside: FrameType | None = None

    def hear(self, frame: FrameType, event: str, _arg: Any) -> None:
        if event == "return" and frame is self._inside:
            self._inside = None
        if event != "call":
            return
        if self._inside is None and frame.f_code is self._first:
            self._inside = frame
        if self._inside is not None and (module := _module(frame.f_code.co_filename)):
            name = f"{module}.{frame.f_code.co_qualname}"
            self.entered.setdefault(name)
            self.modules[name] = module


def _module(filename: str) -> str:
    path = Path(filename)
    if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in OURS:
        return ""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@contextmanager
def walk(first: Callable[..., Any]) -> Iterator[Walk]:
    heard = Walk(first)
    before = sys.getprofile()
    sys.setprofile(heard.hear)
    try:
        yield heard
    finally:
        sys.setprofile(before)
