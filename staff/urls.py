"""Sign-in URLs: allauth's views as far as staff need them, and Wagtail's own, which redirect there."""

from typing import Any

from allauth.account import views as account
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, re_path, reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from staff import browsers, invitations
from staff.passkeys import RemovePasskey


@never_cache
def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to allauth: Wagtail's own knows no second factor. allauth checks where `next` leads (open redirect)."""
    wanted = request.GET.get("next") or request.POST.get("next")
    query = "?" + urlencode({"next": wanted}) if wanted else ""
    return redirect(reverse("account_login") + query)


@never_cache
def to_sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out by POST: Wagtail's menu posts here."""
    return account.logout(request) if request.method == "POST" else redirect("account_logout")


@never_cache
def to_password_reset(request: HttpRequest) -> HttpResponse:
    return redirect("account_reset_password")


class NewPassword(account.PasswordResetFromKeyView):
    """Choose a password by a mailed link. The browser is trusted from then on: no stranger's tries lock it out."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        browsers.remember(self.request, answer, self.reset_user.email)
        return answer


urlpatterns = [
    # Wagtail's sign-in URLs, redirected; the pages behind them are never reached.
    path("admin/login/", to_sign_in, name="wagtail_login"),
    path("admin/logout/", to_sign_out, name="wagtail_logout"),
    re_path(r"^admin/password_reset/(?:.*/)?$", to_password_reset, name="wagtail_password_reset"),
    path("_util/login/", to_sign_in),
    # allauth, without sign-up, e-mail management and login by code.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/invitation/<str:token>/", invitations.accept, name="staff_invitation"),
]
