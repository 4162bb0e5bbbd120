"""Checkout's other way to pay, `/c/pay/{session}/bank`: a bank debit, which succeeds or fails days later.

Fields account_number and, for dollars, routing_number; email, name, country, postal_code as on the card's page.
"""

import html

from ..billing import checkout
from ..http.messages import Answer, Request
from ..money import banks, currencies
from ..store.books import Books, Thing
from . import layout, payment
from .templates import BANK, ROUTING


def kind(session: Thing) -> str | None:
    """Return the bank debit that this session offers, or None."""
    offered = [name for name in session["payment_method_types"] if name != "card"]
    return offered[0] if offered else None


def answer(books: Books, session: Thing, prefix: str, email: str | None, request: Request) -> Answer:
    offered = kind(session)
    if offered is None:
        return layout.redirect(f"{prefix}/c/pay/{session['id']}")
    if request.method == "GET":
        return _form(session, prefix, email, offered, {})
    fields = layout.fields(request)
    bank = banks.read(offered, fields.get("routing_number", ""), fields.get("account_number", ""))
    error = None
    if not checkout.EMAIL.fullmatch(email or fields.get("email", "")):
        error = "Your email is incomplete."
    elif not fields.get("name") or len(fields["name"]) > 200:
        error = "Write the name of the account holder."
    elif bank is None:
        error = "This is no test bank account."
    if error or bank is None:
        return _form(session, prefix, email, offered, fields, error)
    payer = payment.Payer(bank, email or fields["email"], fields["name"], None, None)
    payment.attempt(books, session, payer)
    return layout.redirect(checkout.success_url(session))


def _form(
    session: Thing, prefix: str, email: str | None, offered: str, fields: dict[str, str], error: str | None = None
) -> Answer:
    amount = currencies.written(session["amount_total"], session["currency"]) if session["amount_total"] else ""
    us = offered == "us_bank_account"
    body = BANK.format(
        action=f"{prefix}/c/pay/{session['id']}/bank",
        back=f"{prefix}/c/pay/{session['id']}",
        amount=html.escape(amount),
        error=layout.error_alert(error),
        email=html.escape(email or fields.get("email", ""), quote=True),
        locked="readonly" if email else "required",
        name=html.escape(fields.get("name", ""), quote=True),
        routing=ROUTING.format(number=banks.ROUTING) if us else "",
        label="Account number" if us else "IBAN",
        hint="0001 2345 6789 pays." if us else "AT61 1904 3002 3457 3201 pays.",
    )
    title = f"Pay {amount} by bank debit"
    return layout.page(
        prefix, f"Error: {title}" if error else title, body, session["success_url"], 422 if error else 200
    )
