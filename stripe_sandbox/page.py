"""The hosted payment page: a plain form without script, and the bank's question for 3-D Secure cards.

Stable for tests that fill it, in a browser or over HTTP:
    GET/POST /c/pay/{session}           fields card_number, exp (MM/YY), cvc, name, country, postal_code;
                                        email too when the session has none; button #pay; link #cancel;
                                        a refusal stands in #error (role alert)
    GET/POST /c/pay/{session}/confirm   buttons #confirm (answer=yes) and #refuse (answer=no)
    GET/POST /c/pay/{session}/bank      the bank debit's form, see bank_page.py; link #bank leads there
A payment answers 303 to the success address, a refused card 402, a slip of the pen 422, both with the form.
"""

import html
import re
from dataclasses import asdict
from datetime import UTC, datetime

from . import agenda, bank_page, cards, checkout, frame, money, paying, saving
from .books import Books, Caller, Thing
from .store import Store
from .template import BANK_LINK, CONFIRM, FORM
from .wire import Answer, Request, request_id

ADDRESS = re.compile(r"/c/pay/(cs_test_[A-Za-z0-9]+)(/confirm|/bank)?")


def answer(store: Store, tenant: str, prefix: str, path: str, request: Request) -> Answer:
    """One request for the page, its style sheet, or the bank's question."""
    if path == "/c/page.css" and request.method == "GET":
        return frame.style_sheet()
    match = ADDRESS.fullmatch(path)
    with agenda.up_to_date(store, tenant, Caller(request_id())) as books:
        session = books.get("checkout.session", match[1]) if match else None
        if match is None or session is None:
            return frame.notice(prefix, 404, "This payment page does not exist", "The link is wrong or incomplete.")
        if session["status"] != "open":
            return _closed(session, prefix, request)
        if match[2] == "/bank":
            return bank_page.answer(books, session, prefix, _email(books, session), request)
        if match[2]:
            return _confirm(books, session, prefix, request)
        if request.method == "GET":
            return _form(books, session, prefix, {})
        return _pay(books, session, prefix, request)


def _pay(books: Books, session: Thing, prefix: str, request: Request) -> Answer:
    fields = frame.fields(request)
    email = _email(books, session) or fields.get("email", "")
    slip = _slip(fields, email)
    card = None if slip else card_of(fields)
    if slip or card is None:
        return _form(books, session, prefix, fields, slip or "Your card number is invalid.", 422)
    country, postal_code = fields.get("country", "").upper() or None, fields.get("postal_code") or None
    payer = paying.Payer(card, email, fields.get("name") or None, country, postal_code)
    if card.behaviour in ("confirm", "confirm_once"):
        note = books.note(session["id"])
        books.keep_note(session["id"], {**note, "question": asdict(payer)})
        return frame.redirect(f"{prefix}/c/pay/{session['id']}/confirm")
    return _charge(books, session, prefix, payer, fields)


def _charge(
    books: Books,
    session: Thing,
    prefix: str,
    payer: paying.Payer,
    fields: dict[str, str],
    confirmed: bool = False,
) -> Answer:
    if session["mode"] == "setup":
        decline = saving.attempt(books, session, payer)
    else:
        decline = paying.attempt(books, session, payer, confirmed)
    if decline:
        return _form(books, session, prefix, fields, decline.words, 402)
    return frame.redirect(checkout.success_url(session))


def _confirm(books: Books, session: Thing, prefix: str, request: Request) -> Answer:
    """The bank asks whether it is really you."""
    note = books.note(session["id"])
    question = note.pop("question", None)
    if question is None:
        return frame.redirect(f"{prefix}/c/pay/{session['id']}")
    if request.method == "GET":
        amount = money.written(session["amount_total"], session["currency"])
        return frame.page(
            prefix, "Confirm with your bank", CONFIRM.format(amount=html.escape(amount)), session["success_url"]
        )
    books.keep_note(session["id"], note)
    card = cards.Card(**question.pop("means"))
    if frame.fields(request).get("answer") != "yes":
        words = "We are unable to authenticate your payment method. Please choose a different one and try again."
        refused = cards.Decline("payment_intent_authentication_failure", None, words)
        card = cards.Card(**{**asdict(card), "decline": refused})
    payer = paying.Payer(means=card, **question)
    fields = {
        "name": payer.name or "",
        "country": payer.country or "",
        "postal_code": payer.postal_code or "",
    }
    return _charge(books, session, prefix, payer, fields, confirmed=True)


def _digits(fields: dict[str, str]) -> str:
    return re.sub(r"[\s-]", "", fields.get("card_number", ""))


def _expiry(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(0?[1-9]|1[0-2])\s*/?\s*(?:20)?(\d\d)", text, re.ASCII)
    return (int(match[1]), 2000 + int(match[2])) if match else None


def card_of(fields: dict[str, str]) -> cards.Card | None:
    """The card in a form without slips."""
    expiry = _expiry(fields.get("exp", ""))
    return cards.read(_digits(fields), *expiry) if expiry else None


def card_slip(fields: dict[str, str]) -> str | None:
    """What is wrong with the card's fields before any card is tried, in words for the donor."""
    now, expiry = datetime.now(UTC), _expiry(fields.get("exp", ""))
    if not cards.luhn(_digits(fields) or "1") or not re.fullmatch(r"\d{12,19}", _digits(fields), re.ASCII):
        return "Your card number is invalid."
    if expiry is None:
        return "Your card's expiration date is incomplete."
    if (expiry[1], expiry[0]) < (now.year, now.month):
        return "Your card's expiration year is in the past."
    if not re.fullmatch(r"\d{3,4}", fields.get("cvc", ""), re.ASCII):
        return "Your card's security code is incomplete."
    return None


def _slip(fields: dict[str, str], email: str) -> str | None:
    if not checkout.EMAIL.fullmatch(email):
        return "Your email is incomplete."
    slip = card_slip(fields)
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
    """Paid or expired already: pressing pay twice leads on to the thanks, and pays once."""
    if session["status"] == "complete":
        if request.method == "POST":
            return frame.redirect(checkout.success_url(session))
        return frame.notice(
            prefix, 200, "This payment is complete", "You are all done here.", checkout.success_url(session)
        )
    return frame.notice(prefix, 410, "This payment page has expired", "Nothing was charged.", session["cancel_url"])


def _about(books: Books, session: Thing) -> tuple[str, str, str, str]:
    """What the page says: the heading, the amount, how often, and the verb on the button."""
    if session["mode"] == "setup":
        return "Save a card for later", "", "", "Save card"
    amount = money.written(session["amount_total"], session["currency"])
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
        error=frame.alert(error),
        bank=BANK_LINK.format(url=f"{prefix}/c/pay/{session['id']}/bank") if bank_page.kind(session) else "",
        email=html.escape(email or fields.get("email", ""), quote=True),
        locked="readonly" if email else "required",
        message=f"<p>{html.escape(message)}</p>" if message else "",
        cancel=f'<p><a id="cancel" href="{html.escape(session["cancel_url"])}">Cancel and go back</a></p>'
        if session["cancel_url"]
        else "",
    )
    return frame.page(prefix, f"Error: {title}" if error else title, body, session["success_url"], status)
