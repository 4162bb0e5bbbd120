#!/usr/bin/env python
"""Runs Django's and the site's own management commands on the site that DATA_DIR (or DATABASE_URL) names."""

import os
import sys
from pathlib import Path

try:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config.call_stack import roomy
except ModuleNotFoundError:
    made = Path(__file__).with_name(".venv") / "bin" / "python"
    there = f"{made} manage.py" if made.exists() else "script/server once: it makes .venv"
    raise SystemExit(f"This Python does not have the site's packages. Use {there}.") from None


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.SECRET_KEY  # noqa: B018 - loads the settings, so that a refusal is said in plain words
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        raise SystemExit(f"DATA_DIR cannot be used: {error.strerror}: {error.filename}") from None
    roomy(execute_from_command_line)(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("Stopped. Nothing is lost: run the same command to start again.") from None
