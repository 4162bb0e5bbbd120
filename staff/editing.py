"""The panel kit for editable models: view sets for rows that staff add and edit in a form, with or without deletion."""

from typing import Any

from django.forms import BaseModelForm
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy


class EditedViewSet(ModelViewSet):
    """View set of editable rows with a form of ours. No copy view; no reference index: none uses pages or pictures."""

    form: type[BaseModelForm]
    copy_view_enabled = False
    add_to_reference_index = False
    sort_order_field = None
    search_backend_name = None  # plain database search over search_fields

    def get_form_class(self, for_update: bool = False) -> type[BaseModelForm]:
        return self.form


class NeverDeletedPolicy(ModelPermissionPolicy):
    """Permission policy: nobody deletes such rows, superusers included."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)


class NeverDeleted:
    """Mixin for a view set whose rows others hang on: what ends is closed or taken off the site. Say which in its
    docstring.

    It stands before the view set's class: `class PledgeViewSet(NeverDeleted, EditedViewSet)`.
    """

    model: Any

    @property
    def permission_policy(self) -> NeverDeletedPolicy:
        return NeverDeletedPolicy(self.model)
