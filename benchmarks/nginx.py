"""nginx that serves one file, the limit of a page that lies ready; and nginx in front of a site, as docs/deploy.md has
it. Both as the user who measures, from a folder.

It listens on this machine alone. Where there is no such program the rows that need it are left out, and that is said.
"""

import os
import re
import shutil
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import Server, running
from tests.running import ROOT, free_port

# What distributions compile in would lie where only root may write.
CONFIGURATION = """
{user} daemon off; pid {folder}/pid; error_log {folder}/error.log crit; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off; default_type "text/html; charset=utf-8"; keepalive_requests 1000000; sendfile on; tcp_nodelay on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {more}
}}
"""
LINES = r"((?: {4}.+\n)+)"  # a block of a Markdown page


def binary() -> str:
    """The program's path, or nothing."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin") or ""


@contextmanager
def serving_files(folder: Path) -> Iterator[Server]:
    """Context manager: nginx with one process, as the site has one, and the files in `folder`/files. The folder stands
    already, and whoever made it takes it away.
    """
    (folder / "files").mkdir()
    (folder / "files" / "ready").write_bytes(b"")
    port = free_port()
    with _running(folder, port, f"server {{ listen 127.0.0.1:{port}; root {folder}/files; }}", "/ready") as server:
        yield server


@contextmanager
def in_front(folder: Path, site: int, ready: str = "/healthz") -> Iterator[Server]:
    """Context manager: nginx in front of the site on that port, with the lines of docs/deploy.md that keep pages."""
    beside, inside = recipe()
    beside = re.sub(r"(?<=proxy_cache_path )\S+", f"{folder}/kept", beside)
    port = free_port()
    host = f"proxy_set_header Host localhost:{site}; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
    place = f"{host} location / {{ proxy_pass http://127.0.0.1:{site}; }}"
    server = f"server {{ listen 127.0.0.1:{port};\n{inside}\n{place} }}"
    with _running(folder, port, f"{beside}\n{server}", ready) as front:
        yield front


def recipe() -> tuple[str, str]:
    """The lines of docs/deploy.md with which nginx keeps pages: those beside `server`, and those in it."""
    said = (ROOT / "docs" / "deploy.md").read_text()
    blocks = [f"Beside `server`:\n\n{LINES}", f"In `server`:\n\n{LINES}"]
    beside, inside = (textwrap.dedent(re.findall(block, said)[0]) for block in blocks)
    return beside, inside


@contextmanager
def _running(folder: Path, port: int, more: str, ready: str) -> Iterator[Server]:
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker could not read a folder of root's
    config.write_text(CONFIGURATION.format(folder=folder, user=user, more=more))
    command = [binary(), "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(config)]
    with running(command, folder / "printed.log", ready, port) as server:
        yield server
