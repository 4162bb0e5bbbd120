"""A PostgreSQL of the drill's own, to be stopped at once and started again. Never the machine's server."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.running import free_port

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
PG_CTL = shutil.which("pg_ctl") or (str(FOUND[-1]) if FOUND else "")


def why_not() -> str:
    """Why no cluster can be started here, or nothing."""
    if not PG_CTL:
        return "PostgreSQL's own programs (pg_ctl, initdb) are not on this machine"
    if os.geteuid() == 0 and not _user():
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _user() -> str | None:
    """Whom PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    return next((entry.pw_name for entry in pwd.getpwall() if entry.pw_name == "postgres"), None)


class Cluster:
    """Made and started on entering, gone without a trace on leaving."""

    def __enter__(self) -> "Cluster":
        self.folder = Path(tempfile.mkdtemp(prefix="road-out-cluster-"))
        self.port = free_port()
        if user := _user():
            shutil.chown(self.folder, user, user)
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_at_once()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.port}/postgres"}

    def start(self) -> None:
        """Start, with recovery from the last crash, and wait until it takes connections."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", options, "-w", "start")

    def read(self, dump: Path) -> None:
        """Tables and rows that pg_dump wrote, for who starts with them."""
        command = ["psql", "--no-psqlrc", "--quiet", self.env["DATABASE_URL"]]
        with dump.open("rb") as file:
            subprocess.run(command, check=True, stdin=file, stdout=subprocess.DEVNULL)

    def stop_at_once(self) -> None:
        """As in a power cut: no checkpoint, no goodbye to anybody."""
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        command = [str(Path(PG_CTL).with_name(program)), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, user=_user())
