"""Files with mode 0600: the demonstration's secrets, made once in DATA_DIR, and the SQLite database."""

import os
import secrets
import string
from pathlib import Path

LETTERS = string.ascii_letters + string.digits


def ensure(path: Path) -> None:
    """Write the file if it is not there. Two processes that start at once agree on one file: the second keeps what the
    first wrote, because the finished file is hard-linked into place and linking never replaces.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Made on the first start. Whoever has this file can act as this site: do not share it.\n")
        file.write(f"SECRET_KEY={_word(64)}\n")
        file.write(f"SANDBOX_SECRET_KEY=sk_test_{_word(32)}\n")
        file.write(f"SANDBOX_WEBHOOK_SECRET=whsec_{_word(32)}\n")
        file.write(f"DEMO_LETTERS_KEY={_word(24)}\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def private(path: Path) -> None:
    """Make an empty file for SQLite, which would make one that everybody on this machine can read.

    What was there before stays as it is; the production checks of a live site look at it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:  # it is there, or nothing can be written there, which the database will say
        pass


def _word(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
