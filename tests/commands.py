"""Management commands of a running site, each in a fork of one process with its settings: Django starts once, and its
checks, which said nothing of the same settings when the site started, are not made again for each command.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import django
from django.core.management import execute_from_command_line
from django.core.management.base import BaseCommand

from config.call_stack import roomy

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "from tests import commands; commands.main()"


class Commands:
    """Knows no site before the first command is run."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        self.process: subprocess.Popen[str] | None = None

    def run(self, *words: str) -> str:
        """What it printed. AssertionError with all it said where it failed."""
        done = self.done(*words)
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == 0, f"manage.py {words[0]} ended with {done.returncode}:\n{said}"
        return done.stdout

    def done(self, *words: str) -> subprocess.CompletedProcess[str]:
        """How it ended, well or not."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-c", INSIDE],
                cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return subprocess.CompletedProcess(words, *json.loads(self.process.stdout.readline()))

    def stop(self) -> None:
        """The next command begins with the settings anew."""
        if self.process:
            self.process.communicate()
            self.process = None


def main() -> None:
    """Lines of JSON in, lines of JSON out. It never opens the database: each fork has a connection of its own."""
    django.setup()
    importlib.import_module("config.urls")  # half of what a command takes to start
    BaseCommand.requires_system_checks = []
    run = roomy(_run)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def _run(words: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as complained:
        pid = os.fork()
        if not pid:
            code = 1
            try:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(printed.fileno(), 1)
                os.dup2(complained.fileno(), 2)
                execute_from_command_line(["manage.py", *words])
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(pid, 0)
        printed.seek(0)
        complained.seek(0)
        return os.waitstatus_to_exitcode(status), printed.read(), complained.read()
