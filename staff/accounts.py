"""Staff accounts in the panel: Wagtail's user views, without passwords and without superusers."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
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
from wagtail.users.views.bulk_actions import AssignRoleBulkAction, DeleteBulkAction, SetActiveStateBulkAction
from wagtail.users.views.users import CreateView, DeleteView, EditView, IndexView, UserViewSet

from staff import factors, gate, invitations, notices, reach, searching
from staff.models import User


class NoPrivilegeForm(forms.ModelForm):
    """Against privilege escalation: an administrator gives roles. Nobody becomes a superuser in the panel: manage.py
    createsuperuser does that.
    """

    email = forms.EmailField(label=_("E-mail address"), help_text=_("Also the name to sign in with."))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("is_superuser", None)
        for name in ("first_name", "last_name"):
            self.fields[name].required = False
        if "groups" in self.fields:
            self.fields["groups"].label = _("Roles")
            self.fields["groups"].queryset = reach.roles_to_give(actor)  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Normalise the e-mail address to one spelling, so that one person has one account."""
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
    def clean(self) -> dict[str, Any]:
        """At least one administrator who can sign in must stay."""
        filled: dict[str, Any] = super().clean() or self.cleaned_data
        roles = {role.name for role in filled.get("groups", ())}
        stays = self.instance.is_superuser or notices.ADMINISTRATOR in roles
        stays = stays and filled.get("is_active", self.instance.is_active)
        if notices.standing(self.instance).in_charge and not stays and not reach.in_charge_without(self.instance):
            raise forms.ValidationError(
                _("Nobody else could enter the panel as an administrator. Give the role to somebody who has signed in.")
            )
        return filled

    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields - {"is_superuser"}


class StaffList(IndexView):
    """Wagtail's list of users, with a column of roles in place of superuser."""

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


class Acting:
    """Mixin for Wagtail's create and edit views: the form knows who does it, and the old address is notified."""

    request: Any
    object: Any

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.request.user}  # type: ignore[misc]


class StaffCreateView(Acting, CreateView):
    def save_instance(self) -> User:
        user: User = super().save_instance()
        if user.is_superuser or user.groups.filter(name=notices.ADMINISTRATOR).exists():
            notices.new_administrator(user, self.request.user)
        return user


class StaffEditView(Acting, EditView):
    def save_instance(self) -> User:
        before = notices.standing(self.object)
        user: User = super().save_instance()
        if before.in_charge and not notices.standing(user).in_charge:
            reach.keep_somebody_in_charge()
        notices.changed(self.request.user, user, before)
        return user


class StaffDeleteView(DeleteView):
    def delete_action(self) -> None:
        with transaction.atomic():
            before = notices.standing(self.object)
            super().delete_action()
            if before.in_charge:
                reach.keep_somebody_in_charge()
            notices.deleted(self.request.user, before.email)


class StaffUserViewSet(UserViewSet):
    index_view_class = StaffList
    add_view_class, edit_view_class, delete_view_class = StaffCreateView, StaffEditView, StaffDeleteView
    copy_view_enabled = False  # it would create an account without the hooks of the create view

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return StaffEditForm if for_update else StaffCreationForm


class Reaching:
    """Mixin for Wagtail's bulk actions below its list of users: only those whom this user may change."""

    request: Any
    before: list[tuple[User, notices.Standing]]

    def get_all_objects_in_listing_query(self, parent_id: Any) -> QuerySet[Any]:
        """“Select all” below a search: only the users that the list shows."""
        words = self.request.GET.get("q", "")
        return searching.matching(User.objects.all(), searching.PEOPLE, words).values_list("pk", flat=True)

    def check_perm(self, obj: User) -> bool:
        return bool(super().check_perm(obj)) and reach.may_change(self.request.user, obj)  # type: ignore[misc]

    def prepare_action(self, objects: list[User], objects_without_access: Any) -> HttpResponse | None:
        if answer := gate.ask_again(self.request):
            return answer
        self.before = [(user, notices.standing(user)) for user in objects]
        return None

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            self.before = []
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            self.after()
        return answer

    def after(self) -> None:
        """Notify and check after a bulk action: Wagtail changed many at once, by no form and no signal."""
        if any(before.in_charge for _, before in self.before):
            reach.keep_somebody_in_charge()
        for user, before in self.before:
            if User.objects.filter(pk=user.pk).exists():
                notices.changed(self.request.user, user, before)
            else:
                notices.deleted(self.request.user, before.email)


class AssignRole(Reaching, AssignRoleBulkAction):
    def get_form(self, form_class: Any = None) -> forms.Form:
        form: forms.Form = super().get_form(form_class)
        form.fields["role"].queryset = reach.roles_to_give(self.request.user)  # type: ignore[attr-defined]
        return form


class SetActiveState(Reaching, SetActiveStateBulkAction):
    pass


class DeleteMany(Reaching, DeleteBulkAction):
    pass


def before_a_change(request: Any, user: User | None = None) -> HttpResponse | None:
    """Wagtail hook before creating, changing or deleting a user: 403, a redirect to reauthentication, or None."""
    if user is not None and not reach.may_change(request.user, user):
        raise PermissionDenied
    return gate.ask_again(request) if request.method == "POST" else None


class LinkForm(forms.Form):
    lost = forms.BooleanField(
        required=False,
        label=_("The phone or passkey is lost"),
        help_text=_("All second factors of this account stop working, and a new one is set up with the link."),
    )


def welcome(request: HttpRequest, user: User) -> None:
    """After an administrator created an account: mail its owner an invitation link, and set the panel's time zone."""
    invitations.make_account(user.email)
    invitations.send(user)
    messages.success(request, gettext("A sign-in link is on its way to %(email)s.") % {"email": user.email})


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def invite(request: Any, pk: int) -> HttpResponse:
    """Mail somebody a new invitation link; for a lost phone, delete the old second factors first."""
    if not request.user.has_perm("staff.change_user"):
        raise PermissionDenied
    user = get_object_or_404(User, pk=pk, is_active=True)
    if not reach.may_change(request.user, user):
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
