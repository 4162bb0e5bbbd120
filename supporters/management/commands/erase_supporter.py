"""manage.py erase_supporter: erase one person's data, by e-mail address. A dry run, unless told --yes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from supporters import privacy_registry
from supporters.addresses import canonical
from supporters.models import Supporter


class Command(BaseCommand):
    help = "Erase everything about one person that no law makes us keep. There is no way back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="really erase; without it only say what is known")

    def handle(self, *args: Any, **options: Any) -> None:
        supporter = Supporter.objects.filter(canonical=canonical(options["email"])).first()
        if supporter is None:
            raise CommandError("Nobody is known by that address.")
        if not options["yes"]:
            for app, known in privacy_registry.export(supporter).items():
                self.stdout.write(f"{app}: {known}")
            self.stdout.write("Nothing was changed. To erase this person: --yes")
            return
        try:
            privacy_registry.erase(supporter)
        except privacy_registry.CannotEraseError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Erased. What is kept stands under number {supporter.pk}; docs/privacy.md says why.")
