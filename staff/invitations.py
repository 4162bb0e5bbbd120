"""Invitations: how somebody becomes staff, by an account without a password and a single-use link."""

from datetime import timedelta

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from wagtail.users.models import UserProfile

from foundation.access import tokens
from foundation.access.models import AccessLink
from foundation.letters import outbox
from foundation.organisation.models import Organisation
from staff import factors, notices
from staff.forms import ChoosePasswordForm
from staff.models import User

PURPOSE = notices.INVITATION
LIFETIME = timedelta(hours=24)
ADMINISTRATOR = notices.ADMINISTRATOR


def make_account(email: str, role: str = "") -> User:
    """Get or create the account of this address, with the role added. Raises Group.DoesNotExist."""
    group = Group.objects.get(name=role) if role else None
    address = email.strip().lower()
    user = User.objects.filter(email=address).first() or User.objects.create_user(address)
    if group:
        user.groups.add(group)
    profile = UserProfile.get_for_user(user)
    if not profile.current_time_zone:  # the panel shows the organisation's time, not UTC
        profile.current_time_zone = Organisation.load().time_zone
        profile.save()
    return user


@transaction.atomic
def make_link(user: User) -> str:
    """Make a single-use link to choose a password, valid for a day. Earlier ones stop working."""
    AccessLink.objects.filter(purpose=PURPOSE, subject=str(user.pk), used_at=None).delete()
    token = tokens.make(PURPOSE, str(user.pk), LIFETIME)
    return settings.BASE_URL + reverse("staff_invitation", args=[token])


@transaction.atomic
def send(user: User) -> None:
    """Enqueue the letter with the invitation link."""
    link = make_link(user)
    newest = AccessLink.objects.filter(purpose=PURPOSE, subject=str(user.pk)).latest("pk")
    outbox.queue(
        key=f"{PURPOSE}:{newest.pk}",
        template="staff_invitation",
        to=user.email,
        context={"link": link, "hours": round(LIFETIME.total_seconds() / 3600)},
    )


def first_link(email: str) -> str | None:
    """Return a link for the first administrator, or None once somebody in charge can sign in with a second factor."""
    in_charge = User.objects.in_charge()
    if any(factors.of(user).exists() for user in in_charge):
        return None
    return make_link(make_account(email, ADMINISTRATOR))


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """View behind the link: a form; choosing a password uses the link up. The gate then asks for the second factor."""
    link = tokens.find(token, PURPOSE)
    user = User.objects.filter(pk=link.subject, is_active=True).first() if link and not link.used_at else None
    if link is None or user is None:
        return render(request, "staff/invitation_over.html", status=410)
    form = ChoosePasswordForm(request.POST or None, user=user)
    if request.method != "POST" or not form.is_valid():
        status = 200 if request.method != "POST" else 422
        return render(request, "staff/invitation.html", {"form": form, "person": user}, status=status)
    with transaction.atomic():
        if not tokens.use(link):
            return render(request, "staff/invitation_over.html", status=410)
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
    logout(request)  # another account may be signed in here, and its owner is not the one who opened the link
    login = Login(user=user, email=user.email, redirect_url=settings.LOGIN_REDIRECT_URL)
    answer = perform_password_login(request, {"email": user.email}, login)
    request.session.set_expiry(0)
    return answer
