"""Wagtail hooks of this app: what it adds to the panel."""

from django.urls import URLPattern
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from staff import panel_search
from supporters import letters_panel, panel, person_panel, sections_panel
from supporters.newsletter import panel as newsletters


@hooks.register("register_admin_viewset")
def people() -> panel.People:
    return panel.People()


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    return [*letters_panel.addresses(), *person_panel.addresses(), *newsletters.addresses()]


hooks.register(panel_search.HOOK, panel.SupporterViewSet, order=20)


@hooks.register("register_admin_menu_item")
def newsletter_list() -> MenuItem:
    return newsletters.menu_item()


for section in (
    letters_panel.LettersSection,
    person_panel.ConsentSection,
    person_panel.NotesSection,
    person_panel.MergesSection,
):
    hooks.register(sections_panel.HOOK, section)
