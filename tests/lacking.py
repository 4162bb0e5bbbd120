"""What a machine may lack: a browser, a small disk, PostgreSQL's own programs. No test skips itself by another way."""

import os
from typing import NoReturn

import pytest


def skip(what: str) -> NoReturn:
    """Skip a test for want of something, or fail it where REQUIRE_ALL says that everything is there."""
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"This run requires what is not here: {what}")
    pytest.skip(f"Not here: {what}")
