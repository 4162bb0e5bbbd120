"""Settings of the baseline Django, the limit for a start and a view: `startproject` without admin, our database."""

from config import settings as house

SECRET_KEY = "nothing is signed here"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.bare_views"
DATABASES = house.DATABASES
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
USE_TZ = True
STRIPE_WEBHOOK_SECRETS = house.STRIPE_WEBHOOK_SECRETS
