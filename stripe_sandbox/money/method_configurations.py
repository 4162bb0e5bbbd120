"""Payment method configurations: the one default of an account, which says what Checkout's page offers."""

from ..shapes import method_configurations as shapes
from ..store.books import Books, Thing
from . import banks

KIND = "payment_method_configuration"
# As a new account of this country begins, with the bank debits that the offline page takes; the rest is off.
ON = ("card", "apple_pay", "google_pay", "link", *banks.BY_CURRENCY.values())
OFF = ("acss_debit", "affirm", "alipay", "amazon_pay", "au_becs_debit", "bacs_debit", "cashapp", "klarna", "paypal")


def default(books: Books) -> Thing:
    """Return the default configuration; made when it is first asked for."""
    known = books.fixed_id("pmc", "default")
    shown = {**dict.fromkeys(ON, True), **dict.fromkeys(OFF, False)}
    return books.get(KIND, known) or books.put(shapes.configuration(known, shown))


def listing(books: Books, params: Thing) -> Thing:
    """GET /v1/payment_method_configurations. `application` finds those of a Connect platform: there are none."""
    default(books)
    where = "json_extract(body, '$.application') = ?" if params.get("application") else "1"
    values = (params["application"],) if params.get("application") else ()
    if "active" in params:
        where, values = f"{where} AND json_extract(body, '$.active') = ?", (*values, int(params["active"]))
    return books.listing(KIND, "/v1/payment_method_configurations", params, where, values)


def retrieve(books: Books, configuration_id: str) -> Thing:
    default(books)
    return books.need(KIND, configuration_id)


def update(books: Books, configuration_id: str, params: Thing) -> Thing:
    """POST …/{id}: its name, and whether methods are displayed, as in the Dashboard. Stripe sends no event of it."""
    found = retrieve(books, configuration_id)
    for name in {*ON, *OFF} & params.keys():
        preference = params[name].get("display_preference", {}).get("preference", "none")
        found[name] = shapes.method(preference == "on" if preference != "none" else name in ON)
    return books.put({**found, "name": params.get("name") or found["name"]})
