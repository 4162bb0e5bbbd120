"""Supporters and consent in the panel: who they are to us, and each yes and no they told us."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSetGroup

from staff.action_views import NotDoneError
from staff.list_search import Search, is_address
from staff.lists import Action, ReadOnlyViewSet
from supporters import merging, moving, person_panel, privacy_registry
from supporters.addresses import canonical
from supporters.forms import StaffAddressForm
from supporters.models import ConsentEvent, Subscription, Supporter

MERGE = "supporters.merge_supporter"


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


def _is_there(supporter: Supporter) -> bool:
    return supporter.erased_at is None


def _merge(supporter: Supporter, user: Any, other: Supporter, check_made: str) -> str:
    number = other.pk
    try:
        merging.merge(other, supporter, user, check_made)
    except merging.CannotMergeError as error:
        raise NotDoneError(gettext("Nothing was changed: %(why)s") % {"why": error}) from error
    return gettext("Number %(number)s is part of this person now. It can be undone here.") % {"number": number}


def _sure_of_merging(supporter: Supporter, filled: dict[str, Any]) -> str:
    return gettext(
        "%(other)s, number %(number)s, becomes part of %(this)s: gifts, monthly and yearly gifts, signatures, letters "
        "and consent. From then on one who opens My page from %(email)s sees all of it, and nobody does from %(old)s. "
        "It can be undone on this page."
    ) % {
        "other": _named(filled["other"]),
        "number": filled["other"].pk,
        "this": _named(supporter),
        "email": supporter.email,
        "old": filled["other"].email,
    }


def _named(supporter: Supporter) -> str:
    return f"{supporter.name} ({supporter.email})" if supporter.name else supporter.email


def _undo(supporter: Supporter, user: Any) -> str:
    done = merging.newest(supporter)
    try:
        if done is None:
            raise merging.CannotUndoError(gettext("it was undone already."))
        old = merging.undo(done, user)
    except merging.CannotUndoError as error:
        raise NotDoneError(gettext("Nothing was changed: %(why)s") % {"why": error}) from error
    return gettext("Undone. Number %(number)s is there again, with what was theirs before.") % {"number": old.pk}


def _sure_of_undoing(supporter: Supporter, filled: dict[str, Any]) -> str:
    done = merging.newest(supporter)
    if done is None or (why := merging.obstacle(done)):
        return gettext("This cannot be undone any more: %(why)s") % {"why": why if done else ""}
    return gettext(
        "%(other)s, number %(number)s, is a supporter of their own again, with the gifts, letters, signatures and "
        "consent that moved. What came since the merge stays here, but for payments of a monthly or yearly gift that "
        "goes back."
    ) % {"other": merging.said(done), "number": done.number}


def _sure_of_erasing(supporter: Supporter, filled: dict[str, Any]) -> str:
    return gettext(
        "Forget this person for ever? Name, addresses, messages, dedications and letters go, and a signature is taken "
        "back. Ledger and receipts stay, because tax law asks for them; a receipt keeps the name. What Stripe holds "
        "is erased in Stripe's own dashboard. There is no way back."
    )


def _mailbox(typed: str) -> Any:
    """Whoever has that mailbox, in whatever spelling of its address."""
    return Q(canonical=canonical(typed)) if is_address(typed) else None


class SupporterViewSet(ReadOnlyViewSet):
    """The list of supporters: one row for each mailbox that gave, signed or asked for letters."""

    model = Supporter
    icon = "user"
    menu_label = _("Supporters")
    inspect_view_class = person_panel.SupporterDetail
    inspect_template_name = "supporters/person_panel.html"
    list_display = ["name_or_email", "email", "country", "mailbox_text", "created_at"]
    list_filter = {
        "country": ["exact"],
        "created_at": ["date"],
        "bounced_at": ["date"],
        "complained_at": ["date"],
    }
    search_fields, search = Supporter.sought_in, Search(_mailbox)
    inspect_view_fields = [
        *["name", "email", "canonical", "country", "language", "bounced_at", "complained_at", "created_at"],
    ]
    list_export = ["name", "email", "country", "created_at"]
    actions = [
        Action(
            "note",
            _("Write a note"),
            person_panel.write_note,
            "supporters.add_staffnote",
            _is_there,
            form=person_panel.NoteForm,
        ),
        Action(
            "address",
            _("Put the e-mail address right"),
            _move,
            "supporters.change_supporter",
            _is_there,
            form=StaffAddressForm,
        ),
        Action(
            "merge",
            _("Merge another supporter into this one"),
            _merge,
            MERGE,
            _is_there,
            form=person_panel.MergeForm,
            sure=_sure_of_merging,
            fresh=True,
        ),
        Action(
            "undo-merge",
            _("Undo the last merge"),
            _undo,
            MERGE,
            lambda supporter: merging.newest(supporter) is not None,
            sure=_sure_of_undoing,
            fresh=True,
        ),
        Action(
            "erase",
            _("Erase this person"),
            _erase,
            "supporters.delete_supporter",
            _is_there,
            sure=_sure_of_erasing,
            beside="supporters/erase_panel.html",
            fresh=True,
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
