"""Rules for allauth: nobody signs up, letters go through the outbox, secrets of second factors are kept sealed."""

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

from foundation.doors import address
from foundation.letters import outbox
from foundation.organisation.models import Organisation
from staff import browsers, factors, lockout, sealing


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address.of(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who showed a factor a moment ago need not do it again; nor who signed in and has none yet."""
        fresh = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
        return not factors.lately(context.request, within=fresh)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """allauth's own limits count in the memory of one process, and for everybody at once: they are off."""
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
        """Who has a second factor shows that one: a password that was stolen with the session proves nothing."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and factors.of(user).exists():
            return [way for way in ways if way["id"] != "reauthenticate"]
        return ways

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Written now, sent by a job: the answer takes equally long whether the address is known or not."""
        words = self.render_mail(template_prefix, email, {"email": email, **context})
        outbox.queue(
            key=f"staff:{uuid.uuid4()}",
            template="staff_notice",
            to=email,
            context={"subject": words.subject, "words": words.body},
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Always the configured address, whatever Host the request claimed."""
        person, _, token = key.partition("-")
        return settings.BASE_URL + reverse("account_reset_password_from_key", args=[person, token])


class StaffMFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last factor stays. Who lost it asks an administrator for a new link."""
        return factors.of(authenticator.user).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def _get_site_name(self) -> str:
        return Organisation.load().name
