#!/usr/bin/env python
"""Runs Django's and the site's own commands on the site that DATA_DIR (or DATABASE_URL) names."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
