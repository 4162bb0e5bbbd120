"""The door for WSGI servers: granian or gunicorn config.wsgi:application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from config.finished import FinishedFirst  # noqa: E402 - needs the apps, which the line above sets up

application = FinishedFirst(django)
