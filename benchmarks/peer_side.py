"""The peer's process: dj-stripe keeps and books the events that it reads from standard input, a round a line.

`benchmarks.peer` starts it, with a Python that has dj-stripe and nothing of ours. It answers each line with how many
seconds that took, by the clock and of processor time.
"""

import json
import os
import re
import resource
import sys
import time
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

from benchmarks.posting import post

told = json.loads(os.environ["PEER"])
urls = ModuleType("peer_urls")
sys.modules["peer_urls"] = urls
settings.configure(
    SECRET_KEY="nothing is signed here",
    ALLOWED_HOSTS=["localhost"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "djstripe"],
    DATABASES={"default": told["database"]},
    ROOT_URLCONF="peer_urls",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGGING_CONFIG=None,
    STRIPE_API_HOST=told["stripe"],
    STRIPE_API_VERSION=told["version"],
    STRIPE_SECRET_KEY=told["key"],
    STRIPE_TEST_SECRET_KEY=told["key"],
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
)
django.setup()

import stripe  # noqa: E402 - the settings come first
from djstripe.models import Account, APIKey, WebhookEndpoint  # type: ignore[import-not-found]  # noqa: E402
from stripe._http_client import RequestsClient  # noqa: E402 - the only place where its requests can be made simpler


class Simpler(RequestsClient):
    """Two things that the offline Stripe does not know: the header that names one's own account, and to have an object
    inside of an expanded one.
    """

    def request_with_retries(self, method: str, url: str, headers: Any, *rest: Any, **named: Any) -> Any:
        headers = {name: value for name, value in headers.items() if name.lower() != "stripe-account"}
        url = re.sub(r"expand(\[\d+\]|%5B\d+%5D)=[^&]*(\.|%2E)[^&]*&?", "", url).rstrip("?&")
        return super().request_with_retries(method, url, headers, *rest, **named)


def main() -> None:
    stripe.default_http_client, stripe.api_version = Simpler(), told["version"]
    call_command("migrate", verbosity=0)
    APIKey.objects.get_or_create_by_api_key(told["key"])
    endpoint = WebhookEndpoint.objects.create(
        id="we_peer", url="http://localhost/", secret=told["secret"], livemode=False, enabled_events=["*"],
        status="enabled", djstripe_owner_account=Account.get_default_account(api_key=told["key"]),
    )  # fmt: skip
    urls.urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]  # type: ignore[attr-defined]
    application, where = get_wsgi_application(), f"/stripe/webhook/{endpoint.djstripe_uuid}/"
    print("ready", flush=True)
    for line in sys.stdin:
        clock, cpu = time.perf_counter(), _cpu()
        for body, signature in json.loads(line):
            post(application, where, body.encode(), signature)
        print(json.dumps([time.perf_counter() - clock, _cpu() - cpu]), flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
