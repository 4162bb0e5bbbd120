"""nginx that serves one file, the limit of a page that lies ready: as the user who measures, from a folder.

It listens on this machine alone. Where there is no such program the rows that need it are left out, and that is said.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import Server, running
from tests.running import free_port

# What distributions compile in would lie where only root may write.
CONFIGURATION = """
{user} daemon off; pid {folder}/pid; error_log {folder}/error.log crit; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off; default_type "text/html; charset=utf-8"; keepalive_requests 1000000; sendfile on; tcp_nodelay on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


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
    port, config = free_port(), folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker could not read a folder of root's
    config.write_text(CONFIGURATION.format(folder=folder, port=port, user=user))
    command = [binary(), "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(config)]
    with running(command, folder / "printed.log", "/ready", port) as server:
        yield server
