"""The panel kit: lists of rows that staff read, search, filter and export, and that nobody edits by hand.

In an app's wagtail_hooks.py:

    class GiftViewSet(ReadOnlyViewSet):
        model = Gift
        icon = "form"
        menu_label, menu_order = _("Gifts"), 200
        list_display = ["reference", "donor_name", "amount_text", "status", "created_at"]   # first one links
        list_filter = ["status", "currency", "created_at"]   # dates are asked for from and to
        search_fields = ["reference", "donor_name", "email"]
        list_select_related = ["supporter"]
        inspect_view_fields = ["reference", "status", ...]          # empty: all fields
        list_export = ["reference", "amount", "currency"]           # needs donations.export_gift
        related = [Related(_("Ledger"), lambda gift: gift.entries.all(), ["kind", "amount_text", "at"])]
        actions = [Action("resend", _("Send the receipt again"), resend, "donations.change_gift")]

    @hooks.register("register_admin_viewset")
    def giving():
        return GivingGroup()       # a ModelViewSetGroup: items = (GiftViewSet, PlanViewSet, ...)

Staff see a list with `app.view_model`, export it with `app.export_model` (put it into Meta.permissions).
Addresses that add, edit, copy or delete do not exist. A method shown as a column is marked by `column`
(staff/columns.py); text in it is escaped by the template, so return plain text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model, QuerySet
from django.forms import Form
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.admin_url_finder import ModelAdminURLFinder
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from foundation.jobs import queue
from foundation.jobs.models import Job
from staff import action_views, list_views, many_views
from staff.list_search import Search

READING = frozenset({"view", "export"})


class ReadOnlyPolicy(ModelPermissionPolicy):
    """Read-only: nobody adds, changes or deletes such rows by hand, superusers included. Viewing needs permission."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action in READING and super().user_has_permission(user, action)

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[Any]:
        reading = READING.intersection(actions)
        everybody: QuerySet[Any] = super().users_with_any_permission(reading)
        return everybody if reading else everybody.none()


@dataclass(frozen=True)
class Action:
    """An action button on the detail page. It posts, needs the permission, and is written into the audit log.

    `run(row, user)` does the work and returns one sentence for staff; it stands in the audit log too. Where nothing was
    done it raises NotDoneError with the sentence (staff/action_views.py), which is shown as a failure. With a `form`,
    whose class takes `row`, the button leads to a page that asks, and `run` gets what was filled in by name. `sure(row,
    filled)` is the sentence of a page that asks for confirmation, and `beside` a template that it shows below.
    `warn(row)` is one for some rows alone; empty, nothing is asked. `fresh`: grave, so that it asks for the second
    factor once more (five minutes). `for_all`: the label of a bulk action of the list, which does it for every row that
    the list shows and of which nothing must be asked (staff/many_views.py). `sent_before(data)`: whether this form did
    it already; then `run` is asked again, though it applies no more, and says what became of it.
    """

    name: str  # part of the URL
    label: Any
    run: Callable[..., Any]
    permission: str  # "jobs.change_job"
    applies: Callable[[Any], bool] = lambda row: True
    form: Callable[..., Form] | None = None
    sure: Callable[[Any, dict[str, Any]], Any] | None = None
    for_all: Any = ""
    warn: Callable[[Any], str] | None = None
    beside: str = ""
    fresh: bool = False
    sent_before: Callable[[Any], bool] = lambda data: False

    @property
    def asks(self) -> bool:
        """Whether there may be a page with a form or a confirmation before the action."""
        return bool(self.form or self.sure or self.warn)

    def asks_about(self, row: Any) -> bool:
        """Whether there is one for this row."""
        return bool(self.form or self.sure or (self.warn and self.warn(row)))

    def question(self, row: Any, filled: dict[str, Any]) -> Any:
        """What the page asks, once its form is filled in; empty where there is nothing to ask."""
        if self.sure:
            return self.sure(row, filled)
        return self.warn(row) if self.warn else ""


def try_again(
    permission: str, applies: Callable[[Any], bool], job_of: Callable[[Any], Job] = lambda row: row
) -> Action:
    """An action that retries a dead job (dead letter), or the job of a row, which `job_of` returns."""

    def run(row: Model, user: Any) -> str:
        queue.retry_dead(job_of(row))
        return gettext("It waits for the worker again.")

    return Action("try-again", _("Try again"), run, permission, applies)


@dataclass(frozen=True)
class Related:
    """A table of related rows on the detail page. Its first column links to their own pages, if staff may see them."""

    label: Any
    rows: Callable[[Any], Iterable[Model]]
    columns: Sequence[str]


class ReadOnlyViewSet(ModelViewSet):
    """A searchable, filterable list with a detail page; see the top of this file."""

    index_view_class = list_views.ListView
    inspect_view_class = list_views.DetailView
    inspect_view_enabled = True
    inspect_template_name = "staff/detail.html"
    copy_view_enabled = False
    add_to_reference_index = False
    sort_order_field = None
    list_per_page = 50
    search_backend_name = None  # plain database search over search_fields
    search_fields: Sequence[str] = ()
    search: Search | None = None  # of a list that grows large: what indexes answer (staff/list_search.py)
    list_select_related: Sequence[str] = ()
    actions: Sequence[Action] = ()
    related: Sequence[Related] = ()

    @property
    def permission_policy(self) -> ReadOnlyPolicy:
        return ReadOnlyPolicy(self.model)

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_common_view_kwargs(
            **{
                "add_url_name": None,
                "edit_url_name": None,
                "delete_url_name": None,
                "history_url_name": None,
                "usage_url_name": None,
                "list_select_related": self.list_select_related,
                "search": self.search,
                "actions": self.actions,
                "related": self.related,
                "action_url_name": self.get_url_name("action"),
                "many_url_name": self.get_url_name("many"),
                **kwargs,
            }
        )

    def get_urlpatterns(self) -> list[URLPattern]:
        pk = f"<{self.pk_path_converter}:pk>"
        act = self.construct_view(action_views.ActionView)
        many = type("ManyView", (many_views.Many, self.index_view_class), {})
        for_all = self.construct_view(many, **self.get_index_view_kwargs())
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("all/<slug:action>/", for_all, name="many"),
            path(f"inspect/{pk}/", self.inspect_view, name="inspect"),
            path(f"inspect/{pk}/<slug:action>/", act, name="action"),
        ]

    def get_permissions_to_register(self) -> QuerySet[Permission]:
        """Offer in the group editor only the permissions that mean something here: view and export."""
        unused = [f"{verb}_{self.model_name}" for verb in ("add", "change", "delete")]
        used = [action.permission.split(".")[1] for action in self.actions]
        mine: QuerySet[Permission] = super().get_permissions_to_register()
        return mine.exclude(codename__in=[name for name in unused if name not in used])

    @property
    def url_finder_class(self) -> type[ModelAdminURLFinder]:
        """Admin links from histories and related rows lead to the detail page."""
        policy, address = self.permission_policy, self.get_url_name("inspect")

        class Finder(ModelAdminURLFinder):
            edit_url_name = address

            def get_edit_url(self, instance: Model) -> str | None:
                if self.user and not policy.user_has_permission(self.user, "view"):
                    return None
                url: str = self.construct_edit_url(instance)
                return url

        return Finder
