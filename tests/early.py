"""Loaded before Django's settings: every test run has a data folder of its own and no key of anybody's."""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1].name

for name in (
    "SITE_MODE",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRETS",
    "EMAIL_URL",
    "BASE_URL",
    "PORT",
    "DEBUG",
):
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix=f"road-out-tests-{CHECKOUT}-{os.getpid()}-")
os.environ.setdefault("LOG_LEVEL", "ERROR")
# What a script starts in its background ignores Ctrl-C, and hands that on to each server that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Playwright's own event loop runs in the thread of the tests, where Django would refuse to talk to the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
