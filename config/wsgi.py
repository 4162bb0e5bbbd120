"""WSGI entry point: granian or gunicorn config.wsgi:application."""

import os
import signal
import sys
import threading
import time
from multiprocessing import parent_process
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from config.call_stack import roomy  # noqa: E402
from config.connection_pool import Pooled  # noqa: E402
from config.form_pages import forms  # noqa: E402
from config.overload import Crowd, OverloadGuard  # noqa: E402
from config.page_front import edition, front  # noqa: E402
from config.reaper import GRACE_SECONDS  # noqa: E402
from config.short_way import addresses  # noqa: E402
from config.slow_bodies import SlowBodies  # noqa: E402
from foundation.page_store.front import PageStore  # noqa: E402
from foundation.page_store.generation import Watch  # noqa: E402 - all need the apps, which the line above sets up

SWITCH = 0.0005  # seconds (Python: 0.005) that a reader of a kept page waits for a thread that renders
sys.setswitchinterval(SWITCH)
inner = roomy(django)
apart = Pooled(inner, lambda: application.told, short=addresses())
watch = Watch(edition=edition(), apart=apart.run)
guarded = Crowd(SlowBodies(OverloadGuard(apart, static=inner)))
application: PageStore = front(forms(guarded, watch), watch=watch)


def _end_with(parent: Any) -> None:
    """End this process when its parent ends. granian's parent may be killed before it can stop its processes: each
    would hold the port, and no second server could start. (gunicorn's look after that themselves.)
    """
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


parent = parent_process()
if parent is not None:
    threading.Thread(target=_end_with, args=[parent], daemon=True, name="end with parent").start()
