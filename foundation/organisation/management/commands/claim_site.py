"""manage.py claim_site: claim the site for a restored or moved database (clone guard), so money and mail may move."""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management.base import BaseCommand

from foundation.organisation import clone_guard, mode


class Command(BaseCommand):
    help = "Claim this address and Stripe account for this database, restored or moved (clone guard)."

    def handle(self, *args: Any, **options: Any) -> None:
        before = str(clone_guard.identity())
        for line in self.stranded():
            self.stdout.write(line)
        clone_guard.claim()
        self.stdout.write(f"Was at home at: {before}.")
        self.stdout.write("This database is at home here now. The Stripe account is taken from the next payment.")
        if not mode.no_money_moves():
            self.stdout.write(
                "Real money moves here. Gifts made with test money before stay, marked as test: they count in no "
                "total, campaign, match or statement, take no number of the real receipts, and "
                "nothing more is asked for their monthly gifts."
            )

    def stranded(self) -> Iterator[str]:
        """Staff who cannot sign in at another address: passkeys work only where they were made."""
        keys = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN, user__is_active=True)
        apps = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user")
        alone = sorted(set(keys.exclude(user__in=apps).values_list("user__email", flat=True)))
        if not keys.exists():
            return
        yield f"Passkeys work only at the address where they were made. If {settings.BASE_URL} is a new one, they end:"
        yield f"of staff, {keys.values('user').distinct().count()} have passkeys. Who has an app too still comes in."
        for email in alone:
            yield f"  {email} has recovery codes at most; without one: manage.py invite_staff {email} --lost-phone"
