"""Sign-in forms: rate limits that hold across all processes, and one-time codes that work once."""

import re
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.access import client_ip, ratelimit
from staff import browsers, lockout
from staff.models import User

RESET_LETTERS, RESETS_HERE, RESET_WINDOW = 3, 20, 3600  # per hour: to one mailbox, and asked for from one address
CODE_REMEMBERED = 3600  # seconds, against replay; a code of an app is valid for ninety


def _may_guess(user: Any) -> None:
    if not lockout.may_guess(context.request, user):
        raise get_adapter().validation_error("too_many_login_attempts")


def _refuse_replay(user: Any, code: str) -> None:
    """Against replay: a TOTP code works once, in whichever process it is shown again."""
    digits = re.sub(r"\W", "", code)
    if not ratelimit.allow("totp-code", f"{user.pk}:{digits}", 1, CODE_REMEMBERED):
        raise get_mfa_adapter().validation_error("incorrect_code")


class LoginForm(AllauthLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Labels say what belongs where; placeholders inside the fields would vanish while typing."""
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["password"].help_text = ""  # the page has the link already
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class CodeOnce:
    """Mixin for allauth's two forms that ask for a code: rate limited, and each code works once."""

    user: Any
    authenticator: Authenticator

    def clean_code(self) -> str:
        _may_guess(self.user)
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            _refuse_replay(self.user, code)
        return code


class SignInCodeForm(CodeOnce, AuthenticateForm):
    pass


class ConfirmCodeForm(CodeOnce, ReauthenticateForm):
    pass


class ActivateAppForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        _may_guess(self.user)
        code: str = super().clean_code()
        _refuse_replay(self.user, code)
        return code


class ChangePasswordForm(AllauthChangePasswordForm):
    def clean_oldpassword(self) -> str:
        """Rate limited too: a screen left alone is no place to guess the password either."""
        if not lockout.may_try(context.request, self.user.email):
            raise get_adapter().validation_error("too_many_login_attempts")
        old: str = super().clean_oldpassword()
        lockout.went_well(context.request, self.user.email)
        return old


class ResetPasswordForm(AllauthResetPasswordForm):
    def clean_email(self) -> str:
        """Rate limit by network address, the same for known and unknown accounts (against enumeration)."""
        self.browser = browsers.known(context.request, self.cleaned_data["email"])
        place = client_ip.block(client_ip.of(context.request))
        if not (self.browser or ratelimit.allow("password-reset", place, RESETS_HERE, RESET_WINDOW)):
            raise forms.ValidationError(_("Too many tries. Please wait an hour."), code="too_many")
        email: str = super().clean_email()
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Rate limit by mailbox: three reset letters an hour, whoever asks, and the answer is the same for the fourth:
        nobody can flood a colleague, and nobody is refused, because the letters that came lead in as well. A browser
        that is known has a limit of its own.
        """
        email: str = self.cleaned_data["email"]
        if ratelimit.allow("password-reset", f"{self.browser} {browsers.spelled(email)}", RESET_LETTERS, RESET_WINDOW):
            super().save(request, **kwargs)
        return email


class ChoosePasswordForm(forms.Form):
    """Password form of an invitation link."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password
