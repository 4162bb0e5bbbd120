"""The offline Stripe inside of this process, for stories of thousands of calls: the same application behind the same
driver and the same Stripe library, of which only the socket is gone (D-242). No webhook is sent by itself, and no
thread runs beside it.
"""

import itertools
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from stripe_sandbox.app import App
from stripe_sandbox.faults import Faults
from stripe_sandbox.http import messages
from stripe_sandbox.http.messages import Request, json_answer
from stripe_sandbox.store import truths
from stripe_sandbox.store.database import Store
from stripe_sandbox.webhooks.delivery import Courier
from tests import chance
from tests.stripe_sandbox import web
from tests.stripe_sandbox.driver import Sandbox, begun_with

PORTS = itertools.count(1)  # where nobody listens: what goes there by a socket fails at once


class Inside(Sandbox):
    """Use `running`."""

    def __init__(self, directory: Path, seed: str, clock: Callable[[], float]) -> None:
        self.address, self.state = f"http://127.0.0.1:{next(PORTS)}", directory / "stripe.sqlite3"
        self._store = Store(self.state, seed, truths.read(begun_with()), clock)
        _take_to_memory(self._store)
        faults = Faults(self._store.seed)
        self._app = App(self._store, faults, Courier(self._store, faults))

    def stop(self) -> int:
        self._store.close()
        return 0

    def answer(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> web.Answered:
        """As the server of stripe_sandbox/http does. Raises ConnectionResetError where that cuts the connection."""
        host, _, rest = url.partition("://")[2].partition("/")
        path, _, query = f"/{rest}".partition("?")
        sent = {**{name.lower(): value for name, value in headers.items()}, "host": host}
        with chance.of_another_process():
            try:
                answer = self._app.answer(Request(method, path, query, sent, body))
            except Exception:
                traceback.print_exc()
                answer = json_answer(500, {"error": {"message": "The sandbox itself failed.", "type": "api_error"}})
        if answer.cut:
            raise ConnectionResetError("the offline Stripe closed the connection")
        return answer.status, CaseInsensitiveDict(answer.headers), answer.body


def _take_to_memory(store: Store) -> None:
    """No other process reads these books, and one that is forked has a copy of them (tests/simulator/forks.py)."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.row_factory = sqlite3.Row
    store._db.backup(memory)
    store._db.close()
    store._db = memory


@contextmanager
def running(directory: Path, seed: str, clock: Callable[[], float]) -> Iterator[Inside]:
    """One for this process. `clock`: its seconds (UTC), before what a tenant's clock is ahead."""
    inside, send = Inside(directory, seed, clock), HTTPAdapter.send

    def sent(adapter: HTTPAdapter, asked: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if web.origin(asked.url or "") != inside.address:
            return send(adapter, asked, *args, **more)
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
        try:
            status, headers, told = inside.answer(asked.method or "", asked.url or "", body, dict(asked.headers))
        except ConnectionResetError as error:
            raise requests.ConnectionError(error, request=asked) from error
        answer = requests.Response()
        answer.status_code, answer.headers, answer.raw = status, headers, BytesIO(told)
        answer.url, answer.request = asked.url or "", asked
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "INDENT", None)
        patch.setattr(HTTPAdapter, "send", sent)
        patch.setattr(requests.sessions, "get_environ_proxies", lambda *_, **more: {})  # no socket, no proxy
        patch.setitem(web.INSIDE, inside.address, inside.answer)
        yield inside
    inside.stop()
