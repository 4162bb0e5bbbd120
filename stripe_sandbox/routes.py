"""The API's addresses: which function answers, and which of the SDK's types its parameters must have."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import balance, catalog, checkout, disputes, endpoints, events, people, refunds, subscriptions
from .books import Books, Thing, windowed
from .errors import unrecognised_url

Handler = Callable[..., Thing]


@dataclass(frozen=True)
class Route:
    """One address: `params` is a type below stripe.params, `answer(books, params, *ids)` does the work."""

    method: str
    path: str
    params: str
    answer: Handler


def _retrieve(kind: str) -> Handler:
    return lambda books, params, thing_id: books.need(kind, thing_id)


def _on(kind: str, change: Callable[[Books, Thing, Thing], Thing]) -> Handler:
    return lambda books, params, thing_id: change(books, books.need(kind, thing_id), params)


def _list(kind: str, url: str, *filters: str) -> Handler:
    """A list with filters that compare a field of the same name."""

    def answer(books: Books, params: Thing) -> Thing:
        asked = {name: params[name] for name in filters if name in params}
        where = " AND ".join(
            ["json_extract(body, '$.deleted') IS NULL", *(f"json_extract(body, '$.{name}') = ?" for name in asked)]
        )
        return books.listing(kind, url, params, where, tuple(_sql(value) for value in asked.values()))

    return answer


def _sql(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _session_items(books: Books, params: Thing, session_id: str) -> Thing:
    books.need("checkout.session", session_id)
    ids = tuple(books.note(session_id)["items"])
    marks = ", ".join("?" for _ in ids)
    url = f"/v1/checkout/sessions/{session_id}/line_items"
    return books.listing("item", url, params, f"id IN ({marks})", ids)


def _update_session(books: Books, session: Thing, params: Thing) -> Thing:
    metadata = catalog.merged(session["metadata"], params.get("metadata"))
    return events.change(books, session, None, metadata=metadata)


def _invoice_payments(books: Books, params: Thing) -> Thing:
    where, values = ["1"], []
    for name in ("invoice", "status"):
        if name in params:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(params[name])
    if "payment" in params:
        wanted = params["payment"]
        where.append("json_extract(body, '$.payment.payment_intent') = ?")
        values.append(wanted.get("payment_intent", ""))
    return books.listing("invoice_payment", "/v1/invoice_payments", params, " AND ".join(where), tuple(values))


def _invoices(books: Books, params: Thing) -> Thing:
    where, values = ["1"], []
    for name in ("customer", "status", "collection_method"):
        if name in params:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(params[name])
    if "subscription" in params:
        where.append("json_extract(body, '$.parent.subscription_details.subscription') = ?")
        values.append(params["subscription"])
    return books.listing("invoice", "/v1/invoices", params, " AND ".join(where), tuple(values))


def _payouts(books: Books, params: Thing) -> Thing:
    """The window of arrival is a filter as `created` is."""
    where, values = ["1"], []
    for name in ("status", "destination"):
        if name in params:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(params[name])
    sql, bounds = windowed("arrival_date", params)
    return books.listing("payout", "/v1/payouts", params, " AND ".join([*where, *sql]), (*values, *bounds))


def _subscription_items(books: Books, params: Thing) -> Thing:
    return _inner(books.need("subscription", params["subscription"], "subscription")["items"], params)


def _invoice_lines(books: Books, params: Thing, invoice_id: str) -> Thing:
    return _inner(books.need("invoice", invoice_id)["lines"], params)


def _inner(items: Thing, params: Thing) -> Thing:
    """A list that lives inside another object: here it is never longer than one page."""
    if "starting_after" in params or "ending_before" in params:
        return {**items, "data": []}
    return {**items, "data": items["data"][: params.get("limit", 10)]}


ROUTES = [
    Route("GET", "/v1/account", "_account_retrieve_current_params:AccountRetrieveCurrentParams",
          lambda books, params: balance.account(books)),
    Route("POST", "/v1/products", "_product_create_params:ProductCreateParams",
          lambda books, params: catalog.create_product(books, params)),
    Route("GET", "/v1/products", "_product_list_params:ProductListParams",
          _list("product", "/v1/products", "active", "shippable", "url")),
    Route("GET", "/v1/products/{}", "_product_retrieve_params:ProductRetrieveParams", _retrieve("product")),
    Route("POST", "/v1/products/{}", "_product_update_params:ProductUpdateParams",
          _on("product", catalog.update_product)),
    Route("POST", "/v1/prices", "_price_create_params:PriceCreateParams",
          lambda books, params: catalog.create_price(books, params)),
    Route("GET", "/v1/prices", "_price_list_params:PriceListParams",
          _list("price", "/v1/prices", "active", "currency", "product", "type")),
    Route("GET", "/v1/prices/{}", "_price_retrieve_params:PriceRetrieveParams", _retrieve("price")),
    Route("POST", "/v1/prices/{}", "_price_update_params:PriceUpdateParams", _on("price", catalog.update_price)),
    Route("POST", "/v1/customers", "_customer_create_params:CustomerCreateParams",
          lambda books, params: people.create_customer(books, params)),
    Route("GET", "/v1/customers", "_customer_list_params:CustomerListParams",
          _list("customer", "/v1/customers", "email")),
    Route("GET", "/v1/customers/{}", "_customer_retrieve_params:CustomerRetrieveParams",
          lambda books, params, thing_id: people.retrieve_customer(books, thing_id)),
    Route("POST", "/v1/customers/{}", "_customer_update_params:CustomerUpdateParams",
          _on("customer", people.update_customer)),
    Route("DELETE", "/v1/customers/{}", "_customer_delete_params:CustomerDeleteParams",
          _on("customer", people.delete_customer)),
    Route("POST", "/v1/checkout/sessions", "checkout._session_create_params:SessionCreateParams",
          lambda books, params: checkout.create(books, params)),
    Route("GET", "/v1/checkout/sessions", "checkout._session_list_params:SessionListParams", checkout.listing),
    Route("GET", "/v1/checkout/sessions/{}", "checkout._session_retrieve_params:SessionRetrieveParams",
          _retrieve("checkout.session")),
    Route("POST", "/v1/checkout/sessions/{}", "checkout._session_update_params:SessionUpdateParams",
          _on("checkout.session", _update_session)),
    Route("POST", "/v1/checkout/sessions/{}/expire", "checkout._session_expire_params:SessionExpireParams",
          _on("checkout.session", lambda books, session, params: checkout.expire(books, session))),
    Route("GET", "/v1/checkout/sessions/{}/line_items",
          "checkout._session_line_item_list_params:SessionLineItemListParams", _session_items),
    Route("GET", "/v1/payment_methods", "_payment_method_list_params:PaymentMethodListParams",
          _list("payment_method", "/v1/payment_methods", "customer", "type")),
    Route("GET", "/v1/payment_methods/{}", "_payment_method_retrieve_params:PaymentMethodRetrieveParams",
          _retrieve("payment_method")),
    Route("GET", "/v1/payment_intents", "_payment_intent_list_params:PaymentIntentListParams",
          _list("payment_intent", "/v1/payment_intents", "customer")),
    Route("GET", "/v1/payment_intents/{}", "_payment_intent_retrieve_params:PaymentIntentRetrieveParams",
          _retrieve("payment_intent")),
    Route("GET", "/v1/charges", "_charge_list_params:ChargeListParams",
          _list("charge", "/v1/charges", "customer", "payment_intent")),
    Route("GET", "/v1/charges/{}", "_charge_retrieve_params:ChargeRetrieveParams", _retrieve("charge")),
    Route("GET", "/v1/balance_transactions", "_balance_transaction_list_params:BalanceTransactionListParams",
          balance.listing),
    Route("GET", "/v1/balance_transactions/{}",
          "_balance_transaction_retrieve_params:BalanceTransactionRetrieveParams", _retrieve("balance_transaction")),
    Route("POST", "/v1/refunds", "_refund_create_params:RefundCreateParams",
          lambda books, params: refunds.create(books, params)),
    Route("GET", "/v1/refunds", "_refund_list_params:RefundListParams",
          _list("refund", "/v1/refunds", "charge", "payment_intent")),
    Route("GET", "/v1/refunds/{}", "_refund_retrieve_params:RefundRetrieveParams", _retrieve("refund")),
    Route("POST", "/v1/refunds/{}", "_refund_update_params:RefundUpdateParams", _on("refund", refunds.update)),
    Route("POST", "/v1/refunds/{}/cancel", "_refund_cancel_params:RefundCancelParams", _on("refund", refunds.cancel)),
    Route("GET", "/v1/disputes", "_dispute_list_params:DisputeListParams",
          _list("dispute", "/v1/disputes", "charge", "payment_intent")),
    Route("GET", "/v1/disputes/{}", "_dispute_retrieve_params:DisputeRetrieveParams", _retrieve("dispute")),
    Route("POST", "/v1/disputes/{}", "_dispute_update_params:DisputeUpdateParams", _on("dispute", disputes.update)),
    Route("POST", "/v1/disputes/{}/close", "_dispute_close_params:DisputeCloseParams", _on("dispute", disputes.close)),
    Route("GET", "/v1/radar/early_fraud_warnings",
          "radar._early_fraud_warning_list_params:EarlyFraudWarningListParams",
          _list("radar.early_fraud_warning", "/v1/radar/early_fraud_warnings", "charge", "payment_intent")),
    Route("GET", "/v1/radar/early_fraud_warnings/{}",
          "radar._early_fraud_warning_retrieve_params:EarlyFraudWarningRetrieveParams",
          _retrieve("radar.early_fraud_warning")),
    Route("GET", "/v1/balance", "_balance_retrieve_params:BalanceRetrieveParams",
          lambda books, params: balance.show(books)),
    Route("GET", "/v1/payouts", "_payout_list_params:PayoutListParams", _payouts),
    Route("GET", "/v1/payouts/{}", "_payout_retrieve_params:PayoutRetrieveParams", _retrieve("payout")),
    Route("GET", "/v1/subscriptions", "_subscription_list_params:SubscriptionListParams", subscriptions.listing),
    Route("GET", "/v1/subscriptions/{}", "_subscription_retrieve_params:SubscriptionRetrieveParams",
          _retrieve("subscription")),
    Route("POST", "/v1/subscriptions/{}", "_subscription_update_params:SubscriptionUpdateParams",
          _on("subscription", subscriptions.update)),
    Route("DELETE", "/v1/subscriptions/{}", "_subscription_cancel_params:SubscriptionCancelParams",
          _on("subscription", subscriptions.cancel)),
    Route("GET", "/v1/invoices", "_invoice_list_params:InvoiceListParams", _invoices),
    Route("GET", "/v1/invoices/{}", "_invoice_retrieve_params:InvoiceRetrieveParams", _retrieve("invoice")),
    Route("GET", "/v1/invoices/{}/lines", "_invoice_line_item_list_params:InvoiceLineItemListParams",
          _invoice_lines),
    Route("GET", "/v1/subscription_items", "_subscription_item_list_params:SubscriptionItemListParams",
          _subscription_items),
    Route("GET", "/v1/invoice_payments", "_invoice_payment_list_params:InvoicePaymentListParams", _invoice_payments),
    Route("GET", "/v1/invoice_payments/{}", "_invoice_payment_retrieve_params:InvoicePaymentRetrieveParams",
          _retrieve("invoice_payment")),
    Route("GET", "/v1/events", "_event_list_params:EventListParams", events.listing),
    Route("GET", "/v1/events/{}", "_event_retrieve_params:EventRetrieveParams", _retrieve("event")),
    Route("POST", "/v1/webhook_endpoints", "_webhook_endpoint_create_params:WebhookEndpointCreateParams",
          lambda books, params: endpoints.create(books, params)),
    Route("GET", "/v1/webhook_endpoints", "_webhook_endpoint_list_params:WebhookEndpointListParams",
          _list("webhook_endpoint", "/v1/webhook_endpoints")),
    Route("GET", "/v1/webhook_endpoints/{}", "_webhook_endpoint_retrieve_params:WebhookEndpointRetrieveParams",
          _retrieve("webhook_endpoint")),
    Route("POST", "/v1/webhook_endpoints/{}", "_webhook_endpoint_update_params:WebhookEndpointUpdateParams",
          _on("webhook_endpoint", endpoints.update)),
    Route("DELETE", "/v1/webhook_endpoints/{}", "_webhook_endpoint_delete_params:WebhookEndpointDeleteParams",
          _on("webhook_endpoint", endpoints.delete)),
]  # fmt: skip
PATTERNS = [(route, re.compile(route.path.replace("{}", "([^/]+)"))) for route in ROUTES]


def find(method: str, path: str) -> tuple[Route, list[str]]:
    """The route of an address and the ids in it; raises Stripe's 404 for any other."""
    for route, pattern in PATTERNS:
        match = pattern.fullmatch(path.rstrip("/") or "/")
        if match and route.method == method:
            return route, [unquote(part) for part in match.groups()]
    raise unrecognised_url(method, path)
