"""Billing portal's hosted page: another card, cancel a monthly gift, undo that, pause it.

Stable for tests that fill it, in a browser or over HTTP:
    GET/POST /p/session/{session}   forms by a hidden field `action`: card (card_number, exp, cvc; button #save),
                                    cancel, keep, pause (field subscription; buttons #cancel_…, #keep_…, #pause_…);
                                    link #return. A session with a flow shows that form alone.
An invalid form answers 422 and a declined card 402, with the form; what is done redirects (303), to the flow's URL if
any.
"""

import html
import re

from .. import agenda
from ..billing import portal
from ..http.messages import Answer, Request, request_id
from ..money import currencies, payment_methods
from ..shapes import customers
from ..store.books import Books, Caller, Thing
from ..store.database import Store
from ..store.errors import StripeError
from . import card_form, layout
from .templates import PORTAL, PORTAL_ACTION, PORTAL_CARD

ADDRESS = re.compile(r"/p/session/(bps_[A-Za-z0-9]+)")
FEATURES = {
    "card": "payment_method_update",
    "cancel": "subscription_cancel",
    "keep": "subscription_cancel",
    "pause": "subscription_pause",
}


def answer(store: Store, tenant: str, prefix: str, path: str, request: Request) -> Answer:
    """Answer one request for the page."""
    match = ADDRESS.fullmatch(path)
    with agenda.up_to_date(store, tenant, Caller(request_id())) as books:
        session = books.get("billing_portal.session", match[1]) if match else None
        if session is None or portal.expired(books, session):
            words = "Ask for a new link where this one came from."
            return layout.notice(prefix, 404 if session is None else 410, "This link is no longer valid", words)
        if request.method == "GET":
            return _show(books, session, prefix)
        return _act(books, session, prefix, layout.fields(request))


def _features(books: Books, session: Thing) -> Thing:
    found: Thing = books.own("billing_portal.configuration", session["configuration"])["features"]
    return found


def _act(books: Books, session: Thing, prefix: str, fields: dict[str, str]) -> Answer:
    action = fields.get("action", "")
    name = FEATURES.get(action, "")
    feature = _features(books, session).get(name, {})
    if not feature.get("enabled"):
        return _show(books, session, prefix, "This cannot be done here.", 422)
    if action == "card":
        error, status = _card(books, session, fields)
        if error:
            return _show(books, session, prefix, error, status)
    else:
        mine = portal.live(books, session["customer"])
        sub = next((one for one in mine if one["id"] == fields.get("subscription")), None)
        if sub is None:
            return _show(books, session, prefix, "This monthly gift is over already.", 422)
        try:
            _change(books, sub, action, feature, fields)
        except StripeError as error:
            return _show(books, session, prefix, str(error), 422)
    return _onward(session, prefix)


def _change(books: Books, sub: Thing, action: str, feature: Thing, fields: dict[str, str]) -> None:
    if action == "cancel":
        portal.cancel(books, sub, feature, fields.get("feedback", ""))
    elif action == "keep":
        portal.undo_cancel(books, sub)
    else:
        portal.pause(books, sub, feature)


def _card(books: Books, session: Thing, fields: dict[str, str]) -> tuple[str | None, int]:
    """Verify the card as a bank would when it is put on file. Returns error and status."""
    customer = books.own("customer", session["customer"])
    slip = card_form.card_slip(fields)
    card = None if slip else card_form.card_from_form(fields)
    if slip or card is None:
        return slip or "Your card number is invalid.", 422
    if card.decline:
        return card.decline.words, 402
    billing = customers.billing_details(customer["name"], customer["email"], None, None)
    portal.use_method(books, customer["id"], payment_methods.keep_method(books, card, billing))
    return None, 200


def _onward(session: Thing, prefix: str) -> Answer:
    after = (session["flow"] or {}).get("after_completion", {"type": "portal_homepage"})
    if after["type"] == "redirect":
        return layout.redirect(after["redirect"]["return_url"])
    if after["type"] == "hosted_confirmation":
        words = after["hosted_confirmation"]["custom_message"] or "Your change is saved."
        return layout.notice(prefix, 200, "Done", html.escape(words), session["return_url"])
    return layout.redirect(f"{prefix}/p/session/{session['id']}")


def _show(books: Books, session: Thing, prefix: str, error: str | None = None, status: int = 200) -> Answer:
    features, flow = _features(books, session), session["flow"]
    address = f"{prefix}/p/session/{session['id']}"
    parts = []
    for sub in portal.live(books, session["customer"]):
        parts.append(_gift(sub, features, flow, address))
    if features["payment_method_update"]["enabled"] and (not flow or flow["type"] == "payment_method_update"):
        parts.append(PORTAL_CARD.format(action=address))
    back = session["return_url"]
    link = f'<p><a id="return" href="{html.escape(back)}">Back to the site</a></p>' if back else ""
    body = PORTAL.format(error=layout.error_alert(error), parts="\n".join(part for part in parts if part), link=link)
    after = (flow or {}).get("after_completion", {}).get("redirect") or {}
    title = "Error: Your gifts" if error else "Your gifts"
    return layout.page(prefix, title, body, after.get("return_url") or back, status)


def _gift(sub: Thing, features: Thing, flow: Thing | None, address: str) -> str:
    """Render one monthly gift and the buttons that it can have, or nothing when the flow is about something else."""
    wanted = [name for name in ("subscription_cancel", "subscription_pause") if features[name]["enabled"]]
    if flow:
        about = (flow.get(flow["type"]) or {}).get("subscription")
        wanted = [name for name in wanted if name == flow["type"] and about == sub["id"]]
    price = sub["items"]["data"][0]["price"]
    amount = f"{currencies.written(price['unit_amount'], price['currency'])} every {price['recurring']['interval']}"
    buttons = []
    if "subscription_cancel" in wanted:
        buttons.append(("keep", "Keep this gift") if sub["cancel_at"] else ("cancel", "Stop this gift"))
    if "subscription_pause" in wanted and sub["status"] == "active":
        buttons.append(("pause", "Pause this gift"))
    forms = [
        PORTAL_ACTION.format(action=address, name=name, words=f"{words}: {html.escape(amount)}", id=sub["id"])
        for name, words in buttons
    ]
    if flow and not forms:
        return ""
    state = "stops at the end of the period" if sub["cancel_at"] else sub["status"].replace("_", " ")
    return f"<h2>{html.escape(amount)}</h2>\n<p>{state}</p>\n" + "\n".join(forms)
