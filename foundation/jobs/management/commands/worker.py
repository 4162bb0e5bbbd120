"""manage.py worker: runs jobs until it is told to stop. Start as many as you like."""

import logging
import os
import signal
import socket
import threading
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from foundation.jobs import queue
from foundation.jobs.models import Heartbeat

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
MINUTE = 50  # seconds between what each worker does for its own machine: within the minute


class Command(BaseCommand):
    help = "Run jobs: Stripe's events, letters, periodic work. SIGTERM lets the running job end first."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="run what is due and end (for cron)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            queue.run_own()
            queue.enqueue_periodic()
            self.stdout.write(f"{queue.run_due()} jobs run")
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        self.stdout.write("worker: waiting for work")
        self.stdout.flush()  # whoever reads our output through a pipe or a journal would wait for it until the end
        self.loop(stop)
        self.stdout.write("worker: stopped")

    def loop(self, stop: threading.Event) -> None:
        """Work, or wait a moment. A database that is away is waited for, not died of."""
        me = f"{socket.gethostname()[:60]}:{os.getpid()}"
        beaten = own = 0.0
        while not stop.is_set():
            try:
                now = timezone.now()
                if now.timestamp() - own > MINUTE:
                    own = now.timestamp()
                    queue.run_own()
                if now.timestamp() - beaten > 20:
                    Heartbeat.objects.filter(beat_at__lt=now - timedelta(days=1)).delete()
                    Heartbeat.objects.update_or_create(worker=me, defaults={"beat_at": now})
                    queue.enqueue_periodic()
                    beaten = now.timestamp()
                job = queue.claim()
                if job is None:
                    stop.wait(IDLE_SECONDS)
                else:
                    queue.run(job)
            except DatabaseError as error:
                log.warning("worker waits for the database: %s", type(error).__name__)
                close_old_connections()
                stop.wait(2)
