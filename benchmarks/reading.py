"""Benchmark of reading pages, packed as browsers take them, against a bare response of the same bytes by the same
server and connections.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import asking, nginx
from benchmarks.ground import Ground, insist
from benchmarks.measure import Pair, Sample
from benchmarks.server import Server

PAGES = {
    "The front page": "/",
    "The long article": "/the-problem/what-is-human-trafficking/",
    "The facts and their sources": "/the-problem/facts-and-sources/",
}
HELP = "/get-help/"
AS_BROWSERS = {"Accept_Encoding": "gzip, deflate, br"}
BARE = "a bare Django view, no middleware"
NGINX = "nginx serving that file"
FORMS = {
    "The giving page": "/give/",
    "The pledge": "/pledge/",
    "The door of My page": "/my/",
    "Search": "/search/",
    "The check of a receipt": "/receipts/check/",
    "Contact": "/about/contact/",
}
PLACE = "road-out-bench-nginx-"
EDITOR = "sessionid=bench"  # with such a cookie the database is asked whether anything newer was published


def pages(ground: Ground) -> Iterator[Pair]:
    """Each page against a bare view; where nginx is on this machine, against that as well, by itself and behind nginx
    as docs/deploy.md sets it up.
    """
    with ExitStack() as stack:
        files = front = None
        if nginx.binary():
            folder, other = (Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=PLACE))) for _ in range(2))
            files = stack.enter_context(nginx.serving_files(folder))
            front = stack.enter_context(nginx.in_front(other, ground.site.port))
        else:
            print("   nginx is not on this machine: the rows against it are left out")
        for number, (name, path) in enumerate(PAGES.items()):
            bare = f"/page/{number}"
            body = _same(ground, str(number), path, bare)
            yield _pair(ground, name, path, BARE, bare)
            if files is not None and front is not None:
                (folder / "files" / str(number)).write_bytes(body)
                insist(files.one(f"/{number}")[0] == body, f"nginx does not serve what {path} says.")
                insist(front.one(path, **AS_BROWSERS)[0] == body, f"nginx in front does not say what {path} says.")
                limit = _asks(ground, files, f"/{number}")
                yield Pair(name, NGINX, "pages", _asks(ground, ground.site, path), limit)
                yield Pair(f"{name}, nginx in front", NGINX, "pages", _asks(ground, front, path), limit)


def made(ground: Ground) -> Iterator[Pair]:
    """The reading pages as an editor gets them; and forms, which hold something of each reader."""
    for number, (name, path) in enumerate(PAGES.items()):
        ground.keep(f"made{number}", ground.site.one(path, Cookie=EDITOR)[0])
        yield _pair(ground, f"{name}, as an editor gets it", path, BARE, f"/page/made{number}", Cookie=EDITOR)
    for number, (name, path) in enumerate(FORMS.items()):
        ground.keep(f"form{number}", ground.site.one(path)[0])  # a token in it is another each time, and as long
        yield _pair(ground, name, path, BARE, f"/page/form{number}")


def get_help(ground: Ground) -> Iterator[Pair]:
    _same(ground, "help", HELP, "/raw/help")
    yield _pair(ground, "Get help, kept", HELP, "a bare WSGI application", "/raw/help")


def _pair(ground: Ground, name: str, path: str, limit: str, bare: str, **headers: str) -> Pair:
    ours = _asks(ground, ground.site, path, **headers)
    return Pair(name, limit, "pages", ours, _asks(ground, ground.bare, bare, **headers))


def _asks(ground: Ground, server: Server, path: str, **headers: str) -> Callable[[], Sample]:
    request = asking.request(server.port, path, None, **{**AS_BROWSERS, **headers})
    return lambda: server.samples(lambda: request, ground.seconds)


def _same(ground: Ground, name: str, path: str, bare: str) -> bytes:
    """Check that both answer the same bytes, and the site does so each time. Returns them."""
    body, _sample = ground.site.one(path, **AS_BROWSERS)
    insist(ground.site.one(path, **AS_BROWSERS)[0] == body, f"{path} is another page each time.")
    ground.keep(name, body)
    insist(ground.bare.one(bare)[0] == body, f"The bare answer is not what {path} says.")
    return body
