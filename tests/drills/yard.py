"""Where drills happen: prepared sites, made once and copied, on SQLite or on the database that DATABASE_URL names."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import copy_template, dumped, own_database
from tests.drills.cluster import Cluster
from tests.drills.narrow_disk import NarrowDisk
from tests.drills.report import Report
from tests.drills.site import WHOLE, DrillSite, Rows, Say, copy_of, prepare

ON_FILES = {"DATABASE_URL": ""}


class Yard:
    """Makes sites for drills. SQLite sites are copies of one that was prepared once."""

    def __init__(self, folder: Path, say: Say = print, rows: Rows = WHOLE) -> None:
        self.folder, self.say, self.rows = folder, say, rows
        self.report = Report()

    def skip(self, reason: str) -> None:
        self.say(f"   SKIPPED: {reason}")
        self.report.now.failed = f"SKIPPED: {reason}"

    @property
    def prepared(self) -> Path:
        """The first use prepares it."""
        place = self.folder / "prepared"
        if not place.exists():
            draft = Path(tempfile.mkdtemp(prefix="draft-", dir=self.folder))
            copy_template(draft)
            prepare(draft, ON_FILES, self.rows)
            draft.rename(place)  # half prepared is not prepared
        return place

    @contextmanager
    def site(self, seed: int, **extra: str) -> Iterator[DrillSite]:
        """A new site, on SQLite or, where DATABASE_URL names a PostgreSQL, in a database of its own there."""
        place = copy_of(self.prepared, Path(tempfile.mkdtemp(prefix="site-", dir=self.folder)))
        with own_database(f"drill-{self.folder.name}-{place.name}") as env:
            if env:
                prepare(place, env, self.rows)
            with DrillSite(place, (env or ON_FILES) | extra, seed, self.say, self.report) as site:
                yield site

    @contextmanager
    def empty(self, site: DrillSite) -> Iterator[tuple[Path, dict[str, str]]]:
        """An empty place of the same kind beside a site, with nothing but the secrets that its owner keeps apart."""
        place = Path(tempfile.mkdtemp(prefix="empty-", dir=self.folder))
        shutil.copy(site.data_dir / "secrets.env", place)
        (place / "static").symlink_to((site.data_dir / "static").resolve())
        with own_database(f"drill-{self.folder.name}-{place.name}") as env:
            yield place, env or ON_FILES

    @contextmanager
    def site_on_cluster(self, seed: int) -> Iterator[tuple[DrillSite, Cluster]]:
        place = copy_of(self.prepared, Path(tempfile.mkdtemp(prefix="site-", dir=self.folder)))
        with Cluster() as cluster:
            if dump := dumped():
                cluster.read(dump)
            prepare(place, cluster.env, self.rows)
            with DrillSite(place, cluster.env, seed, self.say, self.report) as site:
                yield site, cluster

    @contextmanager
    def site_on_narrow_disk(self, seed: int) -> Iterator[tuple[DrillSite, NarrowDisk]]:
        with NarrowDisk() as disk:
            place = copy_of(self.prepared, disk.folder / "data")
            with DrillSite(place, ON_FILES, seed, self.say, self.report) as site:
                yield site, disk


@contextmanager
def yard(say: Say = print, rows: Rows = WHOLE) -> Iterator[Yard]:
    folder = Path(tempfile.mkdtemp(prefix="road-out-drills-"))
    try:
        yield Yard(folder, say, rows)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
