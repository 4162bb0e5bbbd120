"""manage.py web: one process loads the site, and those that serve it have it from there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.ports import free_port
from tests.running import ROOT
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.processes
GRANIAN = "import manage; manage.main()"
GUNICORN = f"import sys; sys.modules['granian'] = None; {GRANIAN}"  # as where granian has no build for the machine


@contextmanager
def serving(code: str, folder: Path) -> Iterator[tuple[int, str]]:
    """The id of a server's process and its address, with nothing behind it but what says what was loaded."""
    port = free_port()
    words = ["web", "--port", str(port), "--workers", "2", "--application", "tests.config.what_is_loaded:application"]
    env = {**os.environ, "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code, *words], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(lambda: _answer(address) or process.poll() is not None, "a start of the server")
        assert process.poll() is None
        yield process.pid, address
    finally:
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
    assert not _answer(address)


def _answer(address: str) -> str:
    try:
        return requests.get(address, timeout=60).text
    except requests.ConnectionError:
        return ""


@pytest.mark.parametrize("code", [GRANIAN, GUNICORN], ids=["granian", "gunicorn"])
def test_it_loads_the_site_once_for_all_its_processes(code: str, tmp_path: Path) -> None:
    with serving(code, tmp_path) as (parent, address):
        assert {_answer(address) for _ in range(8)} == {f"True {parent}"}
