"""Passkeys (WebAuthn): allauth lets the last one be deleted, and fails on answers that no browser gives; we do not."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext


class Answer:
    """A browser's WebAuthn answer. Anybody may post anything there: it is invalid then, not an error of ours."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (KeyError, AttributeError, TypeError, ValueError):
            raise get_adapter().validation_error("incorrect_code") from None


class SignInAnswer(Answer, LoginWebAuthnForm):
    pass


class SecondStepAnswer(Answer, AuthenticateWebAuthnForm):
    pass


class ConfirmAnswer(Answer, ReauthenticateWebAuthnForm):
    pass


class RemovePasskey(RemoveWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, gettext("This is your last second factor. Add another one first."))
            return redirect("mfa_index")
        answer: HttpResponse = super().form_valid(form)
        return answer
