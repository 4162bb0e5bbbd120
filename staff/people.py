"""Staff accounts in the panel: Wagtail's pages for users, without passwords and without superusers."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column
from wagtail.log_actions import log
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import IndexView, UserViewSet

from staff import factors, invitations
from staff.models import User


class NoPrivilegeForm(forms.ModelForm):
    """An administrator gives roles. Nobody becomes a superuser in the panel: manage.py createsuperuser does that."""

    email = forms.EmailField(label=_("E-mail address"), help_text=_("Also the name to sign in with."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("is_superuser", None)
        for name in ("first_name", "last_name"):
            self.fields[name].required = False
        if "groups" in self.fields:
            self.fields["groups"].label = _("Roles")
            self.fields["groups"].queryset = Group.objects.order_by("name")  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """One spelling, so that one person has one account."""
        email: str = self.cleaned_data["email"].strip().lower()
        return email


class StaffCreationForm(NoPrivilegeForm, UserCreationForm):
    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields - {"is_superuser"}

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()  # until its owner chooses one
        user: User = super().save(commit)
        return user


class StaffEditForm(NoPrivilegeForm, UserEditForm):
    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields - {"is_superuser"}


class StaffList(IndexView):
    """Wagtail's list, with roles where it says who is a superuser."""

    def get_base_queryset(self) -> QuerySet[User]:
        people: QuerySet[User] = super().get_base_queryset()
        return people.prefetch_related("groups")

    @cached_property
    def columns(self) -> list[Any]:
        found: list[Any] = list(super().columns)
        roles = Column("roles", label=_("Roles"), accessor=_roles)
        return [roles if column.name == "is_superuser" else column for column in found]


def _roles(user: User) -> str:
    names = sorted(group.name for group in user.groups.all())
    return ", ".join([*names, gettext("Superuser")] if user.is_superuser else names)


class StaffUserViewSet(UserViewSet):
    index_view_class = StaffList

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return StaffEditForm if for_update else StaffCreationForm


class LinkForm(forms.Form):
    lost = forms.BooleanField(
        required=False,
        label=_("The phone or passkey is lost"),
        help_text=_("All second factors of this account stop working, and a new one is set up with the link."),
    )


def welcome(request: HttpRequest, user: User) -> None:
    """After an administrator made an account: its owner gets a link, and the panel's clock is set."""
    invitations.make_account(user.email)
    invitations.send(user)
    messages.success(request, gettext("A sign-in link is on its way to %(email)s.") % {"email": user.email})


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail somebody a new link; for a lost phone, take the old factors away first."""
    if not request.user.has_perm("staff.change_user"):
        raise PermissionDenied
    user = get_object_or_404(User, pk=pk, is_active=True)
    if user.is_superuser and not request.user.is_superuser:
        raise PermissionDenied
    form = LinkForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "staff/invite.html", {"form": form, "person": user})
    lost = form.cleaned_data["lost"]
    if lost:
        factors.forget_all(user)
    invitations.send(user)
    label = gettext("Sent a sign-in link, factors taken away") if lost else gettext("Sent a sign-in link")
    log(user, "staff.action", user=request.user, data={"action": "invite", "label": label})
    messages.success(request, gettext("A sign-in link is on its way to %(email)s.") % {"email": user.email})
    return redirect("wagtailusers_users:edit", user.pk)
