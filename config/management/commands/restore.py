"""manage.py restore: a backup into an empty place, inert there until manage.py claim_site says whose site it is."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.copies import reading
from config.copies.form import CopyError
from config.management.commands.backup import listed

THEN = """Restored, and inert: no letter leaves, Stripe is not asked, no money is moved.
1. Start the site and look at it: script/server, or the processes of docs/deploy.md.
2. Make sure that the site it was copied from is off for ever.
3. Say that this is its place:   manage.py claim_site
4. Fetch what came since then:   manage.py reconcile --full --apply
Staff sign in anew. Letters that waited when the copy was made stand as “perhaps sent”: they may have left meanwhile."""


class Command(BaseCommand):
    help = "Restore a file of manage.py backup into an empty place. It is inert until manage.py claim_site."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--list", action="store_true", help="say what is in the file, and restore nothing")
        parser.add_argument("--unsealed", action="store_true", help="the SECRET_KEY it was made with is lost")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            if options["list"]:
                with reading.opened(file, sealed=False) as (_bundle, contents):
                    self.stdout.write("\n".join(listed(contents)))
                return
            contents = reading.restore(file, self.stdout.write, sealed=not options["unsealed"])
        except CopyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(listed(contents)))
        self.stdout.write(THEN)
