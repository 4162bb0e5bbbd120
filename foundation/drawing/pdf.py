"""Documents as PDF, drawn by typst: tagged for screen readers (PDF/UA), the same bytes for the same facts.

What people typed reaches typst as data only, never as source: a name such as `#panic() *x* @ref` prints as it stands.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Final, cast

PAPERS = Path(__file__).parent / "papers"
STANDARD: Final = "ua-1"
log = logging.getLogger(__name__)
_one_at_a_time = Lock()  # the kept compiler holds the facts of the document it works on


@dataclass(frozen=True)
class Drawn:
    """A finished PDF. Not `accessible`: no typeface has one of its letters, so a box stands in its place."""

    content: bytes
    accessible: bool


def draw(name: str, facts: Mapping[str, Any], at: datetime) -> Drawn:
    """The document papers/<name>.typ with these facts (plain JSON), dated `at`, a moment with a time zone.

    PDF/UA forbids text that no typeface can show. Where ours lack a letter (a Chinese name), those of the machine
    help; where none has it, the document is drawn without that promise, which is better than none. Raises
    typst.TypstError when even that fails.
    """
    typst = _typst()
    for machine in (False, True):
        try:
            return Drawn(_compile(name, facts, at, [STANDARD], machine), accessible=True)
        except typst.TypstError as error:
            if "could not be displayed" not in error.message:
                raise
    log.warning("%s drawn without %s: no typeface of this machine has one of its letters", name, STANDARD)
    return Drawn(_compile(name, facts, at, [], machine=True), accessible=False)


def _compile(name: str, facts: Mapping[str, Any], at: datetime, standards: list[Any], machine: bool) -> bytes:
    with _one_at_a_time:
        drawn = _compiler(machine).compile(
            input=str(PAPERS / f"{name}.typ"),
            format="pdf",
            sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
            pdf_standards=standards,
            timestamp=at.replace(microsecond=0),
        )
    return cast(bytes, drawn)


def _typst() -> Any:
    """7 MB, which a process that draws nothing need not hold."""
    return import_module("typst")


@cache
def _compiler(machine: bool) -> Any:
    """Kept: it reads the typefaces once. Ours alone wherever they suffice, so that every machine draws the same."""
    return _typst().Compiler(root=str(PAPERS), font_paths=_typefaces(machine), ignore_system_fonts=not machine)


def _typefaces(machine: bool) -> Any:
    """Ours come first: the machine's are asked only for letters that those lack."""
    paths = [str(PAPERS / "fonts")]
    return _typst().Fonts(include_system_fonts=machine, include_embedded_fonts=False, font_paths=paths)
