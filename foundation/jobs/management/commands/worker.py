"""manage.py worker: runs jobs until it is told to stop. Start as many as you like."""

import logging
import os
import signal
import socket
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from foundation.jobs import queue

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
MINUTE = 50  # seconds between what each worker does for its own machine: within the minute
BEAT_SECONDS = 20


class Command(BaseCommand):
    help = "Run jobs: Stripe's events, letters, periodic work. SIGTERM lets the running job end first."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due and end (for cron)")

    def handle(self, *args: Any, **options: Any) -> None:
        me = f"{socket.gethostname()[:60]}:{os.getpid()}"
        if options["once"]:
            queue.run_own()
            queue.agree()
            queue.beat(me)
            queue.enqueue_periodic()
            self.stdout.write(f"{queue.run_due()} jobs run")
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        self.stdout.write("worker: waiting for work")
        self.stdout.flush()  # whoever reads our output through a pipe or a journal would wait for it until the end
        self.loop(stop, me)
        self.stdout.write("worker: stopped")

    def loop(self, stop: threading.Event, me: str) -> None:
        """Work, or wait a moment. A database that is away is waited for, not died of."""
        beaten = own = float("-inf")
        while not stop.is_set():
            try:
                if time.monotonic() - own > MINUTE:
                    own = time.monotonic()
                    queue.run_own()
                if time.monotonic() - beaten > BEAT_SECONDS:
                    queue.agree()
                    queue.beat(me)
                    queue.enqueue_periodic()
                    beaten = time.monotonic()
                job = queue.claim()
                if job is None:
                    stop.wait(IDLE_SECONDS)
                else:
                    queue.run(job)
            except DatabaseError as error:
                log.warning("worker waits for the database: %s", type(error).__name__)
                close_old_connections()
                stop.wait(2)
