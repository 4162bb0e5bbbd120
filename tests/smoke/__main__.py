"""python -m tests.smoke: the main journeys against Stripe's test mode, with a person's own key. See docs/stripe.md.

With `--check` it looks at the key alone. It needs a database for some minutes and makes one of its own.
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

STRIPE = "https://api.stripe.com"
MISSING = (
    "STRIPE_SMOKE_KEY is missing: set it to a test key of your own Stripe account (sk_test_… or rk_test_…), from "
    "Developers, API keys, in test mode."
)
OURS = ("SITE_MODE", "DATABASE_URL", "BASE_URL", "PORT", "EMAIL_URL", "EMAIL_PROVIDER", "STRIPE_OFFLINE", "SPANISH")


def refusal(key: str, base: str) -> str:
    """Why nothing is done with this key and at this address, as one sentence; empty when there is no reason."""
    if not key:
        return MISSING
    if key.startswith(("sk_live_", "rk_live_")):
        return "STRIPE_SMOKE_KEY is a live key: nothing was done, because this suite pays and refunds. Use a test key."
    if not key.startswith(("sk_test_", "rk_test_")):
        return "STRIPE_SMOKE_KEY is no secret test key: it begins with sk_test_ or rk_test_."
    if base != STRIPE and urlsplit(base).hostname not in ("127.0.0.1", "localhost"):
        return "STRIPE_SMOKE_BASE may name the offline stand-in on this machine only; leave it out for Stripe."
    return ""


def main(words: list[str]) -> int:
    key, base = os.environ.get("STRIPE_SMOKE_KEY", ""), os.environ.get("STRIPE_SMOKE_BASE", STRIPE)
    if why := refusal(key, base):
        print(why, file=sys.stderr)
        return 2
    if "--check" in words:
        return 0
    with tempfile.TemporaryDirectory(prefix="road-out-smoke-") as folder:
        for name in OURS:
            os.environ.pop(name, None)
        os.environ.update(
            DATA_DIR=folder,
            DJANGO_SETTINGS_MODULE="config.settings",
            LOG_LEVEL="ERROR",
            STRIPE_SECRET_KEY=key,
            STRIPE_API_BASE=base,
            STRIPE_WEBHOOK_SECRETS="whsec_of_the_smoke_run_0123456789",
        )
        if "TEST_SQLITE_TEMPLATE" in os.environ:  # a run of the tests made one
            importlib.import_module("tests.databases").copy_template(Path(folder))
        importlib.import_module("django").setup()
        journeys = importlib.import_module("tests.smoke.journeys")
        return int(journeys.run(offline=base != STRIPE))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
