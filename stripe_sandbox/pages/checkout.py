"""Checkout's hosted page: a plain form without script, and the bank's question for 3-D Secure cards.

Stable for tests that fill it, in a browser or over HTTP:
    GET/POST /c/pay/{session}           fields card_number, exp (MM/YY), cvc, name, country, postal_code;
                                        email too when the session has none; button #pay; link #cancel;
                                        a refusal stands in #error (role alert)
    GET/POST /c/pay/{session}/confirm   buttons #confirm (answer=yes) and #refuse (answer=no)
    GET/POST /c/pay/{session}/bank      the bank debit's form, see bank_debit.py; link #bank leads there
A payment redirects (303) to the success_url; a declined card answers 402, an invalid form 422, both with the form.
"""

import html
import re
from dataclasses import asdict

from .. import agenda
from ..billing import checkout
from ..http.messages import Answer, Request, request_id
from ..money import cards, currencies
from ..store.books import Books, Caller, Thing
from ..store.database import Store
from . import bank_debit, card_form, layout, payment, setup_mode
from .templates import BANK_LINK, CONFIRM, FORM

ADDRESS = re.compile(r"/c/pay/(cs_test_[A-Za-z0-9]+)(/confirm|/bank)?")


def answer(store: Store, tenant: str, prefix: str, path: str, request: Request) -> Answer:
    """Answer one request for the page, its style sheet, or the bank's question."""
    if path == "/c/page.css" and request.method == "GET":
        return layout.style_sheet()
    match = ADDRESS.fullmatch(path)
    with agenda.up_to_date(store, tenant, Caller(request_id())) as books:
        session = books.get("checkout.session", match[1]) if match else None
        if match is None or session is None:
            return layout.notice(prefix, 404, "This payment page does not exist", "The link is wrong or incomplete.")
        if session["status"] != "open":
            return _closed(session, prefix, request)
        if match[2] == "/bank":
            return bank_debit.answer(books, session, prefix, _email(books, session), request)
        if match[2]:
            return _confirm(books, session, prefix, request)
        if request.method == "GET":
            return _form(books, session, prefix, {})
        return _pay(books, session, prefix, request)


def _pay(books: Books, session: Thing, prefix: str, request: Request) -> Answer:
    fields = layout.fields(request)
    email = _email(books, session) or fields.get("email", "")
    slip = _slip(fields, email)
    card = None if slip else card_form.card_from_form(fields)
    if slip or card is None:
        return _form(books, session, prefix, fields, slip or "Your card number is invalid.", 422)
    country, postal_code = fields.get("country", "").upper() or None, fields.get("postal_code") or None
    payer = payment.Payer(card, email, fields.get("name") or None, country, postal_code)
    if card.behaviour in ("confirm", "confirm_once"):
        note = books.note(session["id"])
        books.keep_note(session["id"], {**note, "question": asdict(payer)})
        return layout.redirect(f"{prefix}/c/pay/{session['id']}/confirm")
    return _charge(books, session, prefix, payer, fields)


def _charge(
    books: Books,
    session: Thing,
    prefix: str,
    payer: payment.Payer,
    fields: dict[str, str],
    confirmed: bool = False,
) -> Answer:
    if session["mode"] == "setup":
        decline = setup_mode.attempt(books, session, payer)
    else:
        decline = payment.attempt(books, session, payer, confirmed)
    if decline:
        return _form(books, session, prefix, fields, decline.words, 402)
    return layout.redirect(checkout.success_url(session))


def _confirm(books: Books, session: Thing, prefix: str, request: Request) -> Answer:
    """The 3-D Secure challenge: the bank asks whether it is really you."""
    note = books.note(session["id"])
    question = note.pop("question", None)
    if question is None:
        return layout.redirect(f"{prefix}/c/pay/{session['id']}")
    if request.method == "GET":
        amount = currencies.written(session["amount_total"], session["currency"])
        return layout.page(
            prefix, "Confirm with your bank", CONFIRM.format(amount=html.escape(amount)), session["success_url"]
        )
    books.keep_note(session["id"], note)
    card = cards.Card(**question.pop("means"))
    if layout.fields(request).get("answer") != "yes":
        words = "We are unable to authenticate your payment method. Please choose a different one and try again."
        refused = cards.Decline("payment_intent_authentication_failure", None, words)
        card = cards.Card(**{**asdict(card), "decline": refused})
    payer = payment.Payer(means=card, **question)
    fields = {
        "name": payer.name or "",
        "country": payer.country or "",
        "postal_code": payer.postal_code or "",
    }
    return _charge(books, session, prefix, payer, fields, confirmed=True)


def _slip(fields: dict[str, str], email: str) -> str | None:
    if not checkout.EMAIL.fullmatch(email):
        return "Your email is incomplete."
    slip = card_form.card_slip(fields)
    if slip:
        return slip
    if not re.fullmatch(r"([A-Za-z]{2})?", fields.get("country", "")):
        return "Write the country as two letters, such as GB."
    if len(fields.get("name", "")) > 200 or len(fields.get("postal_code", "")) > 20:
        return "The name or the postcode is too long."
    return None


def _email(books: Books, session: Thing) -> str | None:
    if session["customer"]:
        return books.own("customer", session["customer"]).get("email")
    email: str | None = session["customer_email"]
    return email


def _closed(session: Thing, prefix: str, request: Request) -> Answer:
    """For a session that is complete or expired: pressing pay twice leads on to the success_url, and pays once."""
    if session["status"] == "complete":
        if request.method == "POST":
            return layout.redirect(checkout.success_url(session))
        return layout.notice(
            prefix, 200, "This payment is complete", "You are all done here.", checkout.success_url(session)
        )
    return layout.notice(prefix, 410, "This payment page has expired", "Nothing was charged.", session["cancel_url"])


def _about(books: Books, session: Thing) -> tuple[str, str, str, str]:
    """Return what the page says: the heading, the amount, how often, and the verb on the button."""
    if session["mode"] == "setup":
        return "Save a card for later", "", "", "Save card"
    amount = currencies.written(session["amount_total"], session["currency"])
    line = checkout.line_items(books, session["id"])[0]
    recurring = line["price"]["recurring"]
    pace = f" every {recurring['interval']}" if recurring else ""
    verb = {"donate": "Donate", "book": "Book", "subscribe": "Subscribe"}.get(
        session["submit_type"] or "", "Subscribe" if recurring else "Pay"
    )
    return line["description"], amount, pace, verb


def _form(
    books: Books,
    session: Thing,
    prefix: str,
    fields: dict[str, str],
    error: str | None = None,
    status: int = 200,
) -> Answer:
    what, amount, pace, verb = _about(books, session)
    title = f"{verb} {amount}{pace}".strip()
    email = _email(books, session)
    message = (session["custom_text"]["submit"] or {}).get("message")
    words = {name: html.escape(fields.get(name, ""), quote=True) for name in ("exp", "name", "country", "postal_code")}
    body = FORM.format(
        **words,
        action=f"{prefix}/c/pay/{session['id']}",
        what=html.escape(what),
        amount=html.escape(amount + pace),
        button=html.escape(title),
        error=layout.error_alert(error),
        bank=BANK_LINK.format(url=f"{prefix}/c/pay/{session['id']}/bank") if bank_debit.kind(session) else "",
        email=html.escape(email or fields.get("email", ""), quote=True),
        locked="readonly" if email else "required",
        message=f"<p>{html.escape(message)}</p>" if message else "",
        cancel=f'<p><a id="cancel" href="{html.escape(session["cancel_url"])}">Cancel and go back</a></p>'
        if session["cancel_url"]
        else "",
    )
    return layout.page(prefix, f"Error: {title}" if error else title, body, session["success_url"], status)
