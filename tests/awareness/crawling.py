"""A crawler over the site of a test, from link to link, and what it sees of a page."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

VOID_OF_OURS = ("/admin/", "/accounts/")  # for staff, behind a password
LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADING |= {"embed": "src", "object": "data", "track": "src", "input": "src", "image": "href", "use": "href"}


class Seen(HTMLParser):
    """Links, headings, anchors, pictures and title of a page."""

    def __init__(self, html):
        super().__init__()
        self.links, self.headings, self.ids, self.loaded, self.without_alt, self.title = [], [], set(), [], [], ""
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        have = dict(attrs)
        if have.get("id"):
            self.ids.add(have["id"])
        if tag == "a" and have.get("href"):
            self.links.append(have["href"])
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if tag == "img" and "alt" not in have:
            self.without_alt.append(have)
        if tag in LOADING and have.get(LOADING[tag]):
            self.loaded.append(have[LOADING[tag]])
        if have.get("srcset"):
            self.loaded += [part.split()[0] for part in have["srcset"].split(",")]
        if have.get("poster"):
            self.loaded.append(have["poster"])
        if tag == "link" and have.get("rel") in ("stylesheet", "preload", "icon", "preconnect"):
            self.loaded.append(have["href"])
        self._in_title = tag == "title" and not self.title

    def handle_data(self, data):
        if self._in_title:
            self.title += data
            self._in_title = False


class Found(dict[str, tuple[Any, Seen | None]]):
    """What a crawl met: by address the answer, and what is seen in it where it is a page."""

    def pages(self) -> dict[str, str]:
        """The HTML of every page."""
        return {address: answer.content.decode() for address, (answer, seen) in self.items() if seen}


def crawl(*starts: str) -> Found:
    """Every internal address that a link leads to from these. How many queries an answer
    took with nothing kept from before is its attribute `queries`; each visitor is a new one.
    """
    waiting, found = list(starts), Found()
    while waiting:
        address = waiting.pop()
        if address in found or address.startswith(VOID_OF_OURS):
            continue
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            answer: Any = Client().get(address)
        answer.queries = len(asked)  # a note of our own on it
        html = answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code == 200
        seen = Seen(answer.content.decode()) if html else None
        found[address] = (answer, seen)
        if answer.streaming:
            list(answer.streaming_content)  # a file, which is closed at its end
        if seen:
            for link in seen.links:
                full = urlsplit(urldefrag(urljoin(f"http://testserver{address}", link)).url)
                if full.scheme in ("http", "https") and full.netloc == "testserver":
                    waiting.append(full.path + (f"?{full.query}" if full.query else ""))
    return found
