"""Where finished pages are kept: in memory, bounded, and on disk, where a restart finds them again."""

import hashlib
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

from foundation.page_store import pages
from foundation.page_store.pages import Page

log = logging.getLogger(__name__)
MEMORY = 48 * 1024 * 1024  # bytes of bodies, in each process
FILES = 5_000  # on each host: about as many pages as a site has, in all languages, with their lists
SWEEP = 200  # writes between two looks at how many files there are


class Key(NamedTuple):
    """What a page is found by. The language is a part of the path."""

    scheme: str
    host: str
    path: str
    query: str


class Store:
    """Pages by key. What does not fit into memory is on disk; what does not fit there is made again when asked for.

    Several processes share the folder. A file appears whole or not at all; one that cannot be read is no page.
    """

    def __init__(self, folder: Path, memory: int = MEMORY, files: int = FILES) -> None:
        self.folder, self.memory, self.files = folder, memory, files
        self._pages: dict[Key, Page] = {}
        self._size = self._writes = 0
        self._changing = threading.Lock()

    def held(self, key: Key) -> Page | None:
        """The page in memory. One look into a dictionary: it is all that most requests cost."""
        return self._pages.get(key)

    def find(self, key: Key) -> Page | None:
        """The page in memory or on disk, whichever was made later: another process may have made it anew."""
        held, kept = self._pages.get(key), self._read(key)
        if kept is None or (held is not None and held.made >= kept.made):
            return held
        self._hold(key, kept)
        return kept

    def stands(self, key: Key) -> bool:
        """Whether the page is on disk."""
        return self._file(key).exists()

    def stored(self) -> list[Key]:
        """The keys of all pages on disk."""
        found = []
        for path in sorted(self.folder.glob("*.page")):
            try:
                with path.open("rb") as file:
                    found.append(Key(*pages.key_of(file.readline())))
            except (OSError, ValueError, TypeError):
                path.unlink(missing_ok=True)  # of another release, or broken
        return found

    def put(self, key: Key, page: Page) -> None:
        """Keep a page; on disk as well, unless that is full."""
        self._hold(key, page)
        try:
            self._write(key, pages.to_bytes(page, key))
        except OSError as error:
            log.warning("a finished page is kept in memory alone: %s", error.strerror)

    def drop(self, key: Key) -> None:
        """Forget a page: it is no longer there, or no longer for everybody."""
        with self._changing:
            old = self._pages.pop(key, None)
            self._size -= old.size if old else 0
        try:
            self._file(key).unlink(missing_ok=True)
        except OSError as error:
            log.warning("an old page stays on disk: %s", error.strerror)

    def _hold(self, key: Key, page: Page) -> None:
        """The last made stands last. What is read often is made anew often, so the first is what nobody reads."""
        if page.size > self.memory:
            return
        with self._changing:
            old = self._pages.pop(key, None)
            self._size += page.size - (old.size if old else 0)
            self._pages[key] = page
            while self._size > self.memory:
                first = next(iter(self._pages))
                self._size -= self._pages.pop(first).size

    def _file(self, key: Key) -> Path:
        return self.folder / f"{hashlib.sha256(repr(tuple(key)).encode()).hexdigest()}.page"

    def _read(self, key: Key) -> Page | None:
        try:
            return pages.from_bytes(self._file(key).read_bytes())
        except (OSError, ValueError):
            return None

    def _write(self, key: Key, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder)
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            fresh.chmod(0o644)  # whoever runs a command beside the site leaves nothing that the site cannot read
            fresh.replace(self._file(key))
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self._writes += 1
        if self._writes % SWEEP == 0:
            self._sweep()

    def _sweep(self) -> None:
        """Delete the files that were made longest ago, above the number that may stand there."""
        found = sorted(self.folder.glob("*.page"), key=_made, reverse=True)
        for old in found[self.files :]:
            old.unlink(missing_ok=True)


def _made(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
