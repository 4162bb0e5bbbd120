"""The command line: `python -m stripe_sandbox --port 12111 --state sandbox.sqlite3`."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from . import API_VERSION
from .agenda import Timekeeper
from .app import App
from .faults import FaultError, Faults, read_fault, read_switches
from .http.messages import loopback
from .http.server import Server
from .store import truths
from .store.database import StateError, Store
from .webhooks import endpoints
from .webhooks.delivery import SCHEDULE, Courier


class StartError(Exception):
    """Why the sandbox does not start, as one sentence."""


def arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stripe_sandbox", description="An offline Stripe. No money moves.")
    parser.add_argument("--port", type=int, required=True, help="0 lets the system choose")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file, made when it is not there")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--webhook-url", help="where events of the main tenant are delivered")
    parser.add_argument("--webhook-secret", help="the signing secret of that address, whsec_…")
    parser.add_argument("--seed", help="makes ids repeatable; only the first run on a state file counts")
    parser.add_argument("--retry", default="", help="seconds between tries of a webhook, such as 1,2,5")
    parser.add_argument("--fault", action="append", default=[], help="KIND[,count=N|,probability=P][,path=GLOB]…")
    parser.add_argument("--webhooks", default="", help="such as drop=0.2,duplicate=0.3,two_v1; of the main books")
    parser.add_argument(
        "--truth", action="append", default=[], help="NAME=ANSWER, of GET /_sandbox/truths; of all books"
    )
    return parser.parse_args(words)


def build(asked: argparse.Namespace) -> tuple[Server, App]:
    """Build the server and bind its port. Raises StartError with a sentence."""
    if not loopback(asked.host):
        raise StartError(f"The offline sandbox listens on this machine only; {asked.host} is not a loopback address.")
    if bool(asked.webhook_url) != bool(asked.webhook_secret):
        raise StartError("Give --webhook-url and --webhook-secret together, or neither.")
    try:
        schedule = tuple(float(part) for part in asked.retry.split(",")) if asked.retry else SCHEDULE
    except ValueError:
        raise StartError(f"--retry takes seconds separated by commas, not {asked.retry!r}.") from None
    try:
        begun = truths.read(asked.truth)
    except ValueError as error:
        raise StartError(f"This switch cannot be set: {error}.") from None
    try:
        store = Store(asked.state, asked.seed, begun)
    except StateError as error:
        raise StartError(str(error)) from error
    try:
        faults = _faults(asked, store)
    except FaultError as error:
        store.close()
        raise StartError(f"This fault cannot be set: {error}.") from error
    app = App(store, faults, Courier(store, faults, schedule))
    if asked.webhook_url:
        with store.books("") as books:
            endpoints.configure(books, asked.webhook_url, asked.webhook_secret)
    try:
        return Server(asked.host, asked.port, app.answer), app
    except (OSError, OverflowError) as error:
        store.close()
        raise StartError(f"Cannot listen on {asked.host} port {asked.port}: {error}.") from error


def _faults(asked: argparse.Namespace, store: Store) -> Faults:
    """Return the faults that are injected from the start; the control API can change them."""
    faults, order = Faults(store.seed), dict[str, Any]()
    if asked.fault:
        order["api"] = [read_fault(text) for text in asked.fault]
    if asked.webhooks:
        order["webhooks"] = read_switches(asked.webhooks)
    try:
        faults.order("", order)
    except TypeError as error:
        raise FaultError(str(error)) from error
    return faults


def main(words: list[str] | None = None) -> int:
    try:
        server, app = build(arguments(words))
    except StartError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    timekeeper = Timekeeper(app.store, app.courier)
    app.courier.start()
    timekeeper.start()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    host, port = str(server.server_address[0]), server.server_address[1]
    shown = f"[{host}]" if ":" in host else host
    print(f"Offline Stripe {API_VERSION} ready at http://{shown}:{port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    timekeeper.stop()
    app.courier.stop()
    app.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
