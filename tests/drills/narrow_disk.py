"""A disk that can be filled: a small tmpfs where one may be mounted, else a limit on what the files may hold."""

import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.databases import FILE

SIZE = 96  # megabytes


class NarrowDisk:
    """Use as a context manager. `folder` is where the site's data belongs."""

    def __enter__(self) -> "NarrowDisk":
        self.folder = Path(tempfile.mkdtemp(prefix="road-out-narrow-"))
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(self.folder)]
        self.mounted = os.geteuid() == 0 and not subprocess.run(mount, capture_output=True).returncode
        self.how = "disk full (ENOSPC)" if self.mounted else "files may grow no further (EFBIG)"
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, site: Any) -> None:
        """From now on nothing more can be written."""
        if not self.mounted:
            self._limit(site, 4096)
            return
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.folder / "data" / FILE)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what the log holds would be written over and over
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def free(self, site: Any) -> None:
        if not self.mounted:
            self._limit(site, resource.RLIM_INFINITY)
            return
        (self.folder / "ballast").unlink()

    def _limit(self, site: Any, most: int) -> None:
        """SQLite's log of changes grows by appending, so it meets the limit at once."""
        for pid in [*site.workers, *_family(site.web.pid)]:
            _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]
