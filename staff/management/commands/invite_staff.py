"""manage.py invite_staff EMAIL: print a single-use invitation link for a member of staff."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from staff import factors, invitations, notices
from staff.models import User


class Command(BaseCommand):
    help = "Make the account if there is none, and print a link with which its owner chooses a password, once."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("email")
        role = parser.add_mutually_exclusive_group()
        role.add_argument("--role", default="", help="Editor, Donor care, Finance or Administrator")
        role.add_argument("--administrator", action="store_true", help="the same as --role Administrator")
        parser.add_argument(
            "--lost-phone",
            action="store_true",
            help="take away all second factors of this account: its owner lost them and enrols anew",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        role = invitations.ADMINISTRATOR if options["administrator"] else options["role"]
        try:
            validate_email(options["email"].strip())
            known = User.objects.in_charge().filter(email=options["email"].strip().lower()).exists()
            user = invitations.make_account(options["email"], role)
        except ValidationError as error:
            raise CommandError(f"“{options['email']}” is no e-mail address.") from error
        except Group.DoesNotExist as error:
            roles = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(f"There is no role “{role}”. There are: {roles}.") from error
        if role == invitations.ADMINISTRATOR and not known:
            notices.new_administrator(user)
        if options["lost_phone"]:
            factors.forget_all(user)
        if not user.is_superuser and not user.groups.exists():
            self.stderr.write("This account has no role yet and sees nothing: give it one with --role.")
        self.stdout.write("This link works once, within 24 hours:")
        self.stdout.write(invitations.make_link(user))
