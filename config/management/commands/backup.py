"""manage.py backup: one file with the database and the uploads, made while the site runs. Its secrets stay apart."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from config.copies import writing
from config.copies.form import Contents, CopyError

# Secrets without which a site cannot be started again, or that would have to be made anew by hand. Never in the backup.
SECRETS = (
    *("SECRET_KEY", "SECRET_KEY_FALLBACKS", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "EMAIL_URL"),
    *("EMAIL_PROVIDER_SETTINGS", "EMAIL_WEBHOOK_SECRET", "DATABASE_URL"),
    *("SANDBOX_SECRET_KEY", "SANDBOX_WEBHOOK_SECRET", "DEMO_LETTERS_KEY"),
)


class Command(BaseCommand):
    help = "Back up database and uploads into one file, while the site runs. Secrets are kept apart."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("target", type=Path, help="a folder, or the name of a file that is not there yet")
        parser.add_argument("--secrets", type=Path, help="write the secrets too, into this file of their own")

    def handle(self, *args: Any, target: Path, secrets: Path | None, **options: Any) -> None:
        try:
            path, contents = writing.write(target, self.stdout.write)
        except CopyError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"No copy was made: the database says “{str(error).strip()}”.") from error
        self.stdout.write(f"{path}  {path.stat().st_size / 2**20:.1f} MB")
        for line in listed(contents):
            self.stdout.write(line)
        names = [name for name in SECRETS if os.environ.get(name)]
        if secrets:
            _write(secrets, names)
            self.stdout.write(f"The secrets are in {secrets}. Keep that file apart from the copies.")
        else:
            self.stdout.write(f"Secrets are not in it, keep them apart: {', '.join(names)} ({_where()}).")


def listed(contents: Contents) -> list[str]:
    """Describe what is in a backup, for people."""
    media = contents.media()
    size = sum(contents.files[name][1] for name in media) / 2**20
    lines = [
        f"of {contents.of}, made at {contents.made_at}",
        f"database: {contents.database}, {sum(contents.rows.values())} rows in {len(contents.rows)} tables",
        f"uploads: {len(media)} files, {size:.1f} MB",
    ]
    return lines + [
        f"LEFT OUT: {name} is a link or no file. Copy by itself what it leads to." for name in contents.left_out
    ]


def _where() -> str:
    file = settings.DATA_DIR / "secrets.env"
    return f"in {file}" if file.exists() else "in the environment of this site"


def _write(path: Path, names: list[str]) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{name}={os.environ[name]}\n" for name in names)
    except OSError as error:
        raise CommandError(f"The copy is made, and the secrets are not: {path}: {error.strerror}.") from error
