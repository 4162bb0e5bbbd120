"""manage.py worker: run jobs of the queue until it is told to stop. Start as many as you like."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections, connection

from foundation.jobs import lanes, owed, picking, queue

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
OWN_SECONDS, AFTER_A_FAILURE = 1, 20  # between two looks at what a worker does for its own machine
BEAT_SECONDS = 20
AFTER_A_CUT = 2  # seconds before it asks again for a database that is away
MOST = 64  # processes, or threads of one: more is a typing mistake


class Command(BaseCommand):
    help = "Run jobs: Stripe's events, letters, periodic work. SIGTERM lets the running job end first."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due and end (for cron)")
        parser.add_argument("--processes", type=int, default=1, help="workers side by side, to use more than one core")
        parser.add_argument("--threads", type=int, default=1, help="of each for the main lane: one works, others wait")
        parser.add_argument("--beside", action="store_true", help="end when standard input does: of --processes")

    def handle(self, *args: Any, **options: Any) -> None:
        if not all(1 <= options[name] <= MOST for name in ("processes", "threads")):
            raise CommandError(f"--processes and --threads go from 1 to {MOST}.")
        me = f"{socket.gethostname()[:60]}:{os.getpid()}"
        if options["once"]:
            self.once(me)
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        if options["beside"]:
            threading.Thread(target=_end_with_input, args=(stop,), daemon=True).start()
        self.stdout.write("worker: waiting for work")
        self.stdout.flush()  # a reader of our output through a pipe or a journal would wait for it until the end
        side = [*lanes.lanes()[1:], *[lanes.MAIN] * (options["threads"] - 1)]
        others = options["processes"] - 1
        with ThreadPoolExecutor(len(side) + others + 1) as pool:
            ends = [pool.submit(self.work, stop, lane) for lane in side]
            ends += [pool.submit(self.beside, stop, options["threads"]) for _ in range(others)]
            if not options["beside"]:  # of the machine: once for all of them
                ends.append(pool.submit(self.own, stop))
            try:
                self.loop(stop, lanes.MAIN, me)
            finally:
                stop.set()
        for end in ends:
            end.result()  # what ended its lane ends the worker, for its supervisor to see
        self.stdout.write("worker: stopped")

    def once(self, me: str) -> None:
        """Run what is due: first what the clock asks for, which enqueues other jobs; letters after what is booked."""
        queue.run_own(threading.Event())
        queue.agree()
        queue.beat(me)
        picking.refile()
        queue.enqueue_periodic()
        first = [lanes.PERIODIC, lanes.MAIN, lanes.PEOPLE, lanes.SLOW]
        order = [*first, *(lane for lane in lanes.lanes() if lane not in first)]
        self.stdout.write(f"{sum(queue.run_due(lane=lane) for lane in order)} jobs run")

    def beside(self, stop: threading.Event, threads: int) -> None:
        """Run a further worker as a process. It ends with this one, also where this one is killed: its standard input
        ends then. If it ends alone, so does this one, for its supervisor to see.
        """
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--beside", f"--threads={threads}"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            try:
                while not stop.wait(IDLE_SECONDS):
                    if process.poll() is not None:
                        raise CommandError(f"a worker beside this one ended with code {process.returncode}")
            finally:
                stop.set()
                process.terminate()

    def work(self, stop: threading.Event, lane: str) -> None:
        """Run jobs of a lane beside the first thread. It never ends alone, unseen."""
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
                _let_go()
                stop.wait(OWN_SECONDS if well else AFTER_A_FAILURE)
        finally:
            stop.set()
            connection.close()

    def loop(self, stop: threading.Event, lane: str, me: str = "") -> None:
        """Claim and run jobs, or wait a moment. A database that is down is waited for, not died of. `me`: the worker's
        name for its heartbeat, in one of all threads.
        """
        beaten = float("-inf")
        refiled = not me
        owed.keep()
        while not stop.is_set():
            try:
                owed.pay()
                if time.monotonic() - beaten > BEAT_SECONDS:
                    queue.agree()
                    if me:
                        queue.beat(me)
                        queue.enqueue_periodic()
                    beaten = time.monotonic()
                if not refiled:
                    picking.refile()
                    refiled = True
                job = queue.claim(lane)
                if job is None:
                    stop.wait(IDLE_SECONDS)
                else:
                    queue.run(job)
            except Error as error:
                log.warning("worker waits for the database: %s", type(error).__name__)
                _let_go()
                stop.wait(AFTER_A_CUT)
        with suppress(Error):  # told to stop just then: once more, or the lease says it
            owed.pay()


def _let_go() -> None:
    """Let go of a connection that is broken, for the next question to make a new one."""
    with suppress(Error):
        close_old_connections()


def _end_with_input(stop: threading.Event) -> None:
    """Wait until whoever started this process is gone, however that ended."""
    sys.stdin.buffer.read()
    stop.set()
