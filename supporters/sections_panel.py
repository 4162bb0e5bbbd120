"""Sections of a supporter's page in the panel. Each app adds its own by the hook of that name, in wagtail_hooks.py.

@hooks.register(sections_panel.HOOK)
def giving(supporter: Supporter, user: Any) -> Section:
    return GivingSection(supporter, user)
"""

from collections.abc import Iterable
from typing import Any

from wagtail import hooks
from wagtail.admin.ui.components import Component

from supporters import supporters
from supporters.addresses import canonical
from supporters.models import Supporter

HOOK = "construct_supporter_page"
SHOWN = 20  # rows of a section: the newest, with a link to the list of all


class Section(Component):
    """One section: facts of one app about this person, for staff who have the permission. `facts` is the context of its
    template; `addresses`, the spellings under which this app knows the person, for whom letters went there.
    """

    permission = ""
    order = 100

    def __init__(self, supporter: Supporter, user: Any) -> None:
        self.supporter, self.user = supporter, user
        self.all: list[Section] = [self]  # of this page

    @property
    def is_shown(self) -> bool:
        return bool(self.user.has_perm(self.permission))

    def facts(self) -> dict[str, Any]:
        return {}

    def addresses(self) -> Iterable[str]:
        return ()

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"supporter": self.supporter, "user": self.user, "perms": parent_context.get("perms"), **self.facts()}


def every(supporter: Supporter, user: Any) -> list[Section]:
    """The sections of all apps, in their order."""
    made: list[Section] = [make(supporter, user) for make in hooks.get_hooks(HOOK)]
    for section in made:
        section.all = made
    return sorted(made, key=lambda section: section.order)


def spellings(supporter: Supporter, sections: Iterable[Section]) -> set[str]:
    """Every address under which this person had letters of us; none that is somebody else's by now."""
    mailboxes = supporters.mailboxes(supporter)
    known = {supporter.email, *(former.email for former in supporter.former_addresses.all())}
    for section in sections:
        known.update(section.addresses())
    return {email for email in known - {""} if canonical(email) in mailboxes}
