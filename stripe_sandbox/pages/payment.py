"""Payment on Checkout's page: a decline, one gift, or the first of monthly gifts."""

from dataclasses import asdict, dataclass

from ..billing import checkout, invoicing
from ..money import banks, cards, charging, payment_methods
from ..shapes import checkout as session_shapes
from ..shapes import customers
from ..shapes import subscriptions as billing
from ..store.books import Books, Thing
from ..store.events import change, emit


@dataclass
class Payer:
    """What the donor typed on the page, and their card or bank account."""

    means: cards.Card | banks.Bank
    email: str
    name: str | None
    country: str | None
    postal_code: str | None


def attempt(books: Books, session: Thing, payer: Payer, confirmed: bool = False) -> cards.Decline | None:
    """Try the payment method on an open session. None means paid or processing; a Decline leaves the session open."""
    note = books.note(session["id"])
    intent = _intent(books, session, note)
    billing_details = customers.billing_details(payer.name, payer.email, payer.country, payer.postal_code)
    if isinstance(payer.means, cards.Card) and payer.means.decline:
        method = customers.payment_method(books.new_id("pm"), books.now, asdict(payer.means), billing_details)
        charging.fail(books, intent, method, payer.means.decline)
        return payer.means.decline
    method = payment_methods.keep_method(books, payer.means, billing_details)
    customer = customer_of(books, session, payer)
    intent["customer"] = customer["id"] if customer else None
    slow = method["type"] != "card"
    if customer and session["mode"] == "subscription":
        charge = _first_month(books, session, note, customer, method, intent, confirmed)
    else:
        charge = charging.process(books, intent, method) if slow else charging.succeed(books, intent, method, confirmed)
        session["payment_intent"] = intent["id"]
    complete(books, session, payer, billing_details, customer, "unpaid" if slow else "paid")
    if slow:
        books.keep_note(intent["id"], {"session": session["id"]})
    else:
        charging.settle(books, charge)
    return None


def _intent(books: Books, session: Thing, note: Thing) -> Thing:
    """Return the session's payment intent, created at the first attempt and reused after a decline."""
    if "intent" in note:
        return books.own("payment_intent", note["intent"])
    data = note["payment_intent_data"]
    monthly = session["mode"] == "subscription"
    facts = {
        "amount": session["amount_total"],
        "currency": session["currency"],
        "customer": session["customer"],
        "description": "Subscription creation" if monthly else data.get("description"),
        "metadata": data.get("metadata"),
        "receipt_email": data.get("receipt_email"),
        "suffix": data.get("statement_descriptor_suffix"),
        "setup_future_usage": "off_session" if monthly else data.get("setup_future_usage"),
    }
    intent = charging.open_intent(books, facts)
    books.keep_note(session["id"], {**note, "intent": intent["id"]})
    note["intent"] = intent["id"]
    return intent


def customer_of(books: Books, session: Thing, payer: Payer) -> Thing | None:
    """Return the session's customer, a new one if it wants one, or None."""
    if session["customer"]:
        return books.own("customer", session["customer"])
    if session["customer_creation"] != "always":
        return None
    address = {"country": payer.country, "postal_code": payer.postal_code}
    facts = {"email": payer.email, "name": payer.name, "preferred_locales": ["en"]}
    customer = customers.customer(books.new_id("cus"), books.now, facts)
    if payer.country or payer.postal_code:
        customer["address"] = customers.address(**address)
    books.put(customer)
    emit(books, "customer.created", customer)
    return customer


def _first_month(
    books: Books, session: Thing, note: Thing, customer: Thing, method: Thing, intent: Thing, confirmed: bool
) -> Thing:
    """Create subscription, first invoice and its payment, after the card was charged (as since API version basil)."""
    change(books, method, None, customer=customer["id"])
    emit(books, "payment_method.attached", method)
    sub = _subscription(books, session, note, customer, method)
    invoice = invoicing.draw_up(books, sub, "subscription_create", (books.now, books.now))
    sub["latest_invoice"] = invoice["id"]
    books.put(sub)
    emit(books, "customer.subscription.created", sub)
    emit(books, "invoice.created", invoice)
    invoicing.finalize(books, invoice)
    if method["type"] == "card":
        charge = charging.succeed(books, intent, method, confirmed)
        invoicing.begin_payment(books, invoice, intent["id"])
        invoicing.mark_paid(books, invoice)
    else:
        invoicing.begin_payment(books, invoice, intent["id"])
        charge = charging.process(books, intent, method)
    customer = books.own("customer", customer["id"])
    change(books, customer, "customer.updated", currency=customer["currency"] or sub["currency"])
    session.update(subscription=sub["id"], invoice=invoice["id"])
    return charge


def _subscription(books: Books, session: Thing, note: Thing, customer: Thing, method: Thing) -> Thing:
    data, sub_id, now = note["subscription_data"], books.new_id("sub"), books.now
    items = []
    for line in checkout.line_items(books, session["id"]):
        if line["price"]["recurring"]:
            end = invoicing.period_end(now, now, line["price"]["recurring"])
            item_id = books.new_id("si")
            items.append(billing.subscription_item(item_id, sub_id, now, end, line["price"], line["quantity"]))
    facts = {
        "customer": customer["id"],
        "default_payment_method": method["id"],
        "currency": session["currency"],
        "description": data.get("description"),
        "metadata": data.get("metadata"),
    }
    sub = books.put(billing.subscription(sub_id, now, facts, items))
    books.schedule(sub_id, "renew", items[0]["current_period_end"])
    return sub


def complete(
    books: Books, session: Thing, payer: Payer, billing_details: Thing, customer: Thing | None, status: str
) -> None:
    """checkout.session.completed, with payment_status paid, unpaid (a debit on its way) or no_payment_required."""
    details = session_shapes.customer_details(payer.email, payer.name, billing_details["address"])
    collected = {"business_name": None, "individual_name": None, "shipping_details": None}
    session.update(
        status="complete",
        payment_status=status,
        customer=customer["id"] if customer else None,
        customer_details=details,
        collected_information=collected,
    )
    books.put(session)
    books.unschedule(session["id"])
    emit(books, "checkout.session.completed", session)
