"""The door for WSGI servers: granian or gunicorn config.wsgi:application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from config.bodies import SlowBodies  # noqa: E402 - both need the apps, which the line above sets up
from config.finished import FinishedFirst  # noqa: E402

application = FinishedFirst(SlowBodies(django))
