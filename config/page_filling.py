"""The worker keeps the page store of its machine full: when it starts, after publishing, and by the clock. So pages can
be read while the database is down, after a restart too (docs/page-store.md).
"""

import math
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from wagtail.models import Page

from awareness import finished, visitor
from awareness.pages import CARD, HelpPage
from config import page_front
from foundation.jobs import queue as jobs
from foundation.page_store.front import PageStore
from foundation.page_store.store import Key

MINUTE, HOUR = 60.0, 3600.0  # seconds: Get help is never older, and no other page
PURGE, LANE = "purge-pages", "network"
PURGE_TIMEOUT = 20  # seconds


class PurgeError(Exception):
    """The network in front was not told."""


@dataclass
class Done:
    """What this process filled: in which generation, and when (time.time()) Get help and all pages were filled last."""

    generation: str = ""
    urgent: float = -math.inf
    everything: float = -math.inf


_done = Done()


@jobs.each_worker
def fill(stop: threading.Event) -> None:
    """Fill the store where something is due; Get help first. Without PREFILL, Get help alone."""
    watch = _front().watch
    if not watch.look() or not finished.can_be_drawn():
        return
    now, new = time.time(), watch.generation != _done.generation
    if new or now - _done.urgent > MINUTE:
        urgent()
        _done.urgent = now
    if settings.PREFILL and (new or now - _done.everything > HOUR):
        _done.everything = now if everything(stop) else now - HOUR + MINUTE  # else again in a minute
    if new and settings.PURGE_COMMAND:
        soon = timezone.now() + timedelta(seconds=1)  # by then every process knows
        jobs.enqueue(PURGE, f"{PURGE}:{watch.generation}", run_at=soon)
    _done.generation = watch.generation


def urgent() -> None:
    """Make Get help anew, under every name of the site, and the error pages."""
    finished.finish()
    front = _front()
    front.watch.look()
    keys = [page_front.own_key(path) for page in HelpPage.objects.live() for path in _paths(page)]
    front.fill(keys, math.inf)
    for key, host in product(keys, page_front.hosts()[1:]):
        if made := front.store.find(key):
            front.store.put(key._replace(host=host), made)


def everything(stop: threading.Event | None = None) -> bool:
    """Make anew what is of another generation or an hour old: all pages for readers, and whatever was kept before.
    Whether all of them could be made.
    """
    front = _front()
    front.watch.look()
    return front.fill([*_keys(), *front.store.stored()], time.time() - HOUR, stop.is_set if stop else lambda: False)


@jobs.handler(PURGE, lane=LANE)
def purge(args: dict[str, Any]) -> None:
    """Job: tell the network in front (CDN) to forget its pages, by the owner's command. Where that fails, the job is
    tried again: meanwhile the network is as old as `Cache-Control` allows. What is said of it names no word of the
    command, in which a key may stand.
    """
    if not settings.PURGE_COMMAND:
        return
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": PURGE_TIMEOUT}
    try:
        ended = subprocess.run(shlex.split(settings.PURGE_COMMAND), check=False, **quiet).returncode
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise PurgeError(f"PURGE_COMMAND: {type(error).__name__}") from None
    if ended:
        raise PurgeError(f"PURGE_COMMAND ended with {ended}")


def _keys() -> Iterator[Key]:
    for page in Page.objects.live().public().filter(depth__gt=1).order_by("path").specific(defer=True):
        yield from map(page_front.own_key, _paths(page))


def _paths(page: Page) -> list[str]:
    address = urlsplit(page.get_url() or "").path
    if not address:
        return []
    return [address, address + CARD] if isinstance(page, HelpPage) else [address]


@cache
def _front() -> PageStore:
    return page_front.front(visitor.application, memory=0)
