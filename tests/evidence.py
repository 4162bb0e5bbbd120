"""What a failed test leaves behind: the last words of the processes it used, and what its browser showed.

Both go into pytest's report of the failure; the screenshot lies at the path that the report names.
"""

import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(tempfile.gettempdir()) / f"road-out-failures-{os.getpid()}"
LINES = 60  # of each process
_outputs: dict[Path, str] = {}
_began: dict[str, float] = {}


def watch(name: str, output: Path) -> None:
    """From now on a failure shows the end of this file, if it was written to during the test."""
    _outputs[output] = name


def begin(item: pytest.Item) -> None:
    _began[item.nodeid] = time.time()


def add(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put into the report of a failure what can still be seen."""
    since = _began.get(item.nodeid, 0.0) - 1  # file systems keep coarse times
    for path, name in _outputs.items():
        if path.exists() and path.stat().st_mtime >= since:
            last = path.read_text(errors="replace").splitlines()[-LINES:]
            report.sections.append((f"{name}: {path}", "\n".join(last)))
    opener = getattr(item, "funcargs", {}).get("open_page")
    for number, page in enumerate(getattr(opener, "pages", [])):
        report.sections.append((f"browser page {number + 1}", _seen(item, number, page)))


def _seen(item: pytest.Item, number: int, page: Any) -> str:
    words = [f"address: {page.url}", *(f"console: {text}" for text in page.wrongs)]
    FOLDER.mkdir(exist_ok=True)
    picture = FOLDER / f"{re.sub(r'[^a-zA-Z0-9]+', '-', item.nodeid)[-120:]}-{number + 1}.png"
    try:
        page.screenshot(path=picture)
        words.append(f"screenshot: {picture}")
    except Exception as error:  # the browser itself may be what failed; the rest is still worth reading
        words.append(f"no screenshot: {error}")
    return "\n".join(words)
