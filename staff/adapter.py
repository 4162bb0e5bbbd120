"""allauth adapters: no sign-up, e-mails go through the outbox, secrets of second factors are encrypted at rest."""

import uuid
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from foundation.access import client_ip
from foundation.letters import outbox
from foundation.organisation.models import Organisation
from staff import browsers, factors, lockout, sealing


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip.of(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not if a factor was shown a moment ago; nor right after sign-in with none enrolled yet."""
        fresh = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
        return not factors.lately(context.request, within=fresh)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Sign in under our own rate limits (staff/lockout.py). allauth's count in the memory of one process, and for
        everybody at once: they are off.
        """
        account = str(credentials.get("email") or getattr(request.user, "email", ""))
        if not lockout.may_try(request, account):
            raise ImmediateHttpResponse(lockout.locked(request))
        user = super().authenticate(request, **credentials)
        if user:
            lockout.went_well(request, account)
        return user

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        browsers.remember(request, answer, user.email)
        return answer

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """With a second factor, reauthenticate with it: a password that was stolen with the session proves nothing."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and factors.of(user).exists():
            return [way for way in ways if way["id"] != "reauthenticate"]
        return ways

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Enqueue the e-mail now; a job sends it: the answer takes equally long whether the address is known or not."""
        words = self.render_mail(template_prefix, email, {"email": email, **context})
        outbox.queue(
            key=f"staff:{uuid.uuid4()}",
            template="staff_notice",
            to=email,
            context={"subject": words.subject, "words": words.body},
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the password reset link on the configured address, whatever Host the request claimed."""
        person, _, token = key.partition("-")
        return settings.BASE_URL + reverse("account_reset_password_from_key", args=[person, token])


class StaffMFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last second factor cannot be deleted. A person who lost it asks an administrator for a new link."""
        return factors.of(authenticator.user).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def _get_site_name(self) -> str:
        return Organisation.load().name
