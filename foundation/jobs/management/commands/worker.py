"""manage.py worker: run jobs of the queue until it is told to stop. Start as many as you like."""

import logging
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection

from foundation.jobs import queue

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
OWN_SECONDS, AFTER_A_FAILURE = 1, 20  # between two looks at what a worker does for its own machine
BEAT_SECONDS = 20


class Command(BaseCommand):
    help = "Run jobs: Stripe's events, letters, periodic work. SIGTERM lets the running job end first."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due and end (for cron)")

    def handle(self, *args: Any, **options: Any) -> None:
        me = f"{socket.gethostname()[:60]}:{os.getpid()}"
        if options["once"]:
            queue.run_own(threading.Event())
            queue.agree()
            queue.beat(me)
            queue.enqueue_periodic()
            self.stdout.write(f"{sum(queue.run_due(lane=lane) for lane in queue.lanes())} jobs run")
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        self.stdout.write("worker: waiting for work")
        self.stdout.flush()  # a reader of our output through a pipe or a journal would wait for it until the end
        with ThreadPoolExecutor(len(queue.lanes())) as pool:  # one for each other lane, and one for our own work
            ends = [pool.submit(self.work, stop, lane) for lane in queue.lanes()[1:]]
            ends.append(pool.submit(self.own, stop))
            try:
                self.loop(stop, queue.MAIN, me)
            finally:
                stop.set()
        for end in ends:
            end.result()  # what ended its lane ends the worker, for its supervisor to see
        self.stdout.write("worker: stopped")

    def work(self, stop: threading.Event, lane: str) -> None:
        """Run the jobs of a lane beside the main one, in a thread. It never ends alone, unseen."""
        try:
            self.loop(stop, lane)
        finally:
            stop.set()
            connection.close()

    def own(self, stop: threading.Event) -> None:
        """Do what each worker does for its own machine, in a thread: no job waits for it."""
        try:
            while not stop.is_set():
                well = queue.run_own(stop)
                with suppress(DatabaseError):
                    close_old_connections()
                stop.wait(OWN_SECONDS if well else AFTER_A_FAILURE)
        finally:
            stop.set()
            connection.close()

    def loop(self, stop: threading.Event, lane: str, me: str = "") -> None:
        """Claim and run jobs, or wait a moment. A database that is down is waited for, not died of. `me`: the worker's
        name for its heartbeat, in one of all lanes.
        """
        beaten = float("-inf")
        while not stop.is_set():
            try:
                if time.monotonic() - beaten > BEAT_SECONDS:
                    queue.agree()
                    if me:
                        queue.beat(me)
                        queue.enqueue_periodic()
                    beaten = time.monotonic()
                job = queue.claim(lane)
                if job is None:
                    stop.wait(IDLE_SECONDS)
                else:
                    queue.run(job)
            except DatabaseError as error:
                log.warning("worker waits for the database: %s", type(error).__name__)
                close_old_connections()
                stop.wait(2)
