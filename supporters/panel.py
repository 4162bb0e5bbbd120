"""Supporters and consent in the panel: who they are to us, and each yes and no they told us."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSetGroup

from staff.action_views import NotDoneError
from staff.lists import Action, ReadOnlyViewSet, Related
from supporters import moving, privacy_registry
from supporters.forms import StaffAddressForm
from supporters.models import ConsentEvent, Subscription, Supporter


def _erase(supporter: Supporter, user: Any) -> str:
    try:
        privacy_registry.erase(supporter)
    except privacy_registry.CannotEraseError as error:
        raise NotDoneError(gettext("Nothing was changed: %(why)s") % {"why": error}) from error
    return gettext("Erased. What a law makes us keep stands under number %(number)s.") % {"number": supporter.pk}


def _move(supporter: Supporter, user: Any, email: str, check_made: str) -> str:
    try:
        moving.move(supporter, email, by=user, check=check_made)
    except moving.TakenError as error:
        raise NotDoneError(gettext("Nothing was changed: %(why)s") % {"why": error}) from error
    return gettext("Every later letter goes to the new address. Both addresses are told, and Stripe is.")


def _sure_of_erasing(supporter: Supporter, filled: dict[str, Any]) -> str:
    return gettext(
        "Forget this person for ever? Name, addresses, messages, dedications and letters go, and a signature is taken "
        "back. Ledger and receipts stay, because tax law asks for them; a receipt keeps the name. What Stripe holds "
        "is erased in Stripe's own dashboard. There is no way back."
    )


class SupporterViewSet(ReadOnlyViewSet):
    """The list of supporters: one row for each mailbox that gave, signed or asked for letters."""

    model = Supporter
    icon = "user"
    menu_label = _("Supporters")
    list_display = ["name_or_email", "email", "country", "mailbox_text", "created_at"]
    list_filter = {
        "country": ["exact"],
        "created_at": ["date"],
        "bounced_at": ["date"],
        "complained_at": ["date"],
    }
    search_fields = ["name", "email", "canonical"]
    inspect_view_fields = [
        *["name", "email", "canonical", "country", "language", "bounced_at", "complained_at", "created_at"],
    ]
    list_export = ["name", "email", "country", "created_at"]
    related = [
        Related(
            _("What they agreed to"),
            lambda supporter: supporter.consent_events.all(),
            ["purpose", "given", "method", "at"],
        )
    ]
    actions = [
        Action(
            "address",
            _("Put the e-mail address right"),
            _move,
            "supporters.change_supporter",
            lambda supporter: supporter.erased_at is None,
            form=StaffAddressForm,
        ),
        Action(
            "erase",
            _("Erase this person"),
            _erase,
            "supporters.delete_supporter",
            lambda supporter: supporter.erased_at is None,
            sure=_sure_of_erasing,
        ),
    ]


class ConsentEventViewSet(ReadOnlyViewSet):
    """The list of consent events, the proof of consent: words, moment and method. Append-only."""

    model = ConsentEvent
    icon = "tick-inverse"
    menu_label = _("Consent")
    list_display = ["supporter", "purpose", "given", "method", "where", "at"]
    list_filter = {"purpose": ["exact"], "given": ["exact"], "method": ["exact"], "at": ["date"]}
    search_fields = ["supporter__name", "supporter__email", "wording"]
    list_select_related = ["supporter"]
    inspect_view_fields = [
        "supporter",
        "purpose",
        "given",
        "wording",
        "wording_sha256",
        "locale",
        "where",
        "method",
        "asked_at",
        "at",
    ]


class SubscriptionViewSet(ReadOnlyViewSet):
    """Newsletter subscribers, and by which words. A mailbox that bounced or complained is marked, not written to."""

    model = Subscription
    icon = "mail"
    menu_label = _("Subscribers")
    list_display = ["email", "name", "mailbox_text", "method", "where", "at"]
    list_filter = {"method": ["exact"], "locale": ["exact"], "at": ["date"]}
    search_fields = ["supporter__name", "supporter__email"]
    inspect_view_fields = ["supporter", "wording", "wording_sha256", "locale", "where", "method", "asked_at", "at"]
    list_export = [
        *["email", "name", "mailbox_text", "locale", "wording", "wording_sha256", "where", "method"],
        *["asked_at", "at"],
    ]


class People(ModelViewSetGroup):
    menu_label = _("People")
    menu_icon = "group"
    menu_order = 400
    items = (SupporterViewSet, SubscriptionViewSet, ConsentEventViewSet)
