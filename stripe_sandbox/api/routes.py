"""The API's routes: which handler answers, and which of the SDK's types its parameters must have."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from ..billing import catalog, checkout, customers, invoice_payments, pauses, portal, subscriptions
from ..money import balance, disputes, method_configurations, payment_methods, refunds
from ..store import events
from ..store.books import Books, Thing
from ..store.errors import unrecognised_url
from ..webhooks import endpoints
from . import listings, search
from .listings import Handler, of


@dataclass(frozen=True)
class Route:
    """One route: `params` is a type below stripe.params, `answer(books, params, *ids)` handles the request."""

    method: str
    path: str
    params: str
    answer: Handler


def _retrieve(kind: str) -> Handler:
    return lambda books, params, thing_id: books.need(kind, thing_id)


def _on(kind: str, change: Callable[[Books, Thing, Thing], Thing]) -> Handler:
    return lambda books, params, thing_id: change(books, books.need(kind, thing_id), params)


ROUTES = [
    Route("GET", "/v1/account", "_account_retrieve_current_params:AccountRetrieveCurrentParams",
          lambda books, params: balance.account(books)),
    Route("POST", "/v1/products", "_product_create_params:ProductCreateParams",
          lambda books, params: catalog.create_product(books, params)),
    Route("GET", "/v1/products", "_product_list_params:ProductListParams",
          of("product", "/v1/products", "active", "shippable", "url")),
    Route("GET", "/v1/products/{}", "_product_retrieve_params:ProductRetrieveParams", _retrieve("product")),
    Route("POST", "/v1/products/{}", "_product_update_params:ProductUpdateParams",
          _on("product", catalog.update_product)),
    Route("DELETE", "/v1/products/{}", "_product_delete_params:ProductDeleteParams",
          _on("product", catalog.delete_product)),
    Route("POST", "/v1/prices", "_price_create_params:PriceCreateParams",
          lambda books, params: catalog.create_price(books, params)),
    Route("GET", "/v1/prices", "_price_list_params:PriceListParams",
          of("price", "/v1/prices", "active", "currency", "product", "type")),
    Route("GET", "/v1/prices/{}", "_price_retrieve_params:PriceRetrieveParams", _retrieve("price")),
    Route("POST", "/v1/prices/{}", "_price_update_params:PriceUpdateParams", _on("price", catalog.update_price)),
    Route("POST", "/v1/customers", "_customer_create_params:CustomerCreateParams",
          lambda books, params: customers.create_customer(books, params)),
    Route("GET", "/v1/customers", "_customer_list_params:CustomerListParams",
          of("customer", "/v1/customers", "email")),
    Route("GET", "/v1/customers/search", "_customer_search_params:CustomerSearchParams",
          search.of("customer", "/v1/customers/search", "email", "name", "phone")),
    Route("GET", "/v1/customers/{}", "_customer_retrieve_params:CustomerRetrieveParams",
          lambda books, params, thing_id: customers.retrieve_customer(books, thing_id)),
    Route("POST", "/v1/customers/{}", "_customer_update_params:CustomerUpdateParams",
          _on("customer", customers.update_customer)),
    Route("DELETE", "/v1/customers/{}", "_customer_delete_params:CustomerDeleteParams",
          _on("customer", customers.delete_customer)),
    Route("POST", "/v1/checkout/sessions", "checkout._session_create_params:SessionCreateParams",
          lambda books, params: checkout.create(books, params)),
    Route("GET", "/v1/checkout/sessions", "checkout._session_list_params:SessionListParams", checkout.listing),
    Route("GET", "/v1/checkout/sessions/{}", "checkout._session_retrieve_params:SessionRetrieveParams",
          _retrieve("checkout.session")),
    Route("POST", "/v1/checkout/sessions/{}", "checkout._session_update_params:SessionUpdateParams",
          _on("checkout.session", checkout.update)),
    Route("POST", "/v1/checkout/sessions/{}/expire", "checkout._session_expire_params:SessionExpireParams",
          _on("checkout.session", lambda books, session, params: checkout.expire(books, session))),
    Route("GET", "/v1/checkout/sessions/{}/line_items",
          "checkout._session_line_item_list_params:SessionLineItemListParams", listings.session_items),
    Route("GET", "/v1/payment_methods", "_payment_method_list_params:PaymentMethodListParams",
          of("payment_method", "/v1/payment_methods", "customer", "type")),
    Route("GET", "/v1/payment_methods/{}", "_payment_method_retrieve_params:PaymentMethodRetrieveParams",
          _retrieve("payment_method")),
    Route("POST", "/v1/payment_methods/{}/attach", "_payment_method_attach_params:PaymentMethodAttachParams",
          lambda books, params, method_id: payment_methods.attach(books, method_id, params)),
    Route("POST", "/v1/payment_methods/{}/detach", "_payment_method_detach_params:PaymentMethodDetachParams",
          _on("payment_method", payment_methods.detach)),
    Route("GET", "/v1/customers/{}/payment_methods",
          "_customer_payment_method_list_params:CustomerPaymentMethodListParams", payment_methods.of_customer),
    Route("GET", "/v1/payment_method_configurations",
          "_payment_method_configuration_list_params:PaymentMethodConfigurationListParams",
          method_configurations.listing),
    Route("GET", "/v1/payment_method_configurations/{}",
          "_payment_method_configuration_retrieve_params:PaymentMethodConfigurationRetrieveParams",
          lambda books, params, thing_id: method_configurations.retrieve(books, thing_id)),
    Route("POST", "/v1/payment_method_configurations/{}",
          "_payment_method_configuration_update_params:PaymentMethodConfigurationUpdateParams",
          lambda books, params, thing_id: method_configurations.update(books, thing_id, params)),
    Route("GET", "/v1/setup_intents", "_setup_intent_list_params:SetupIntentListParams",
          of("setup_intent", "/v1/setup_intents", "customer", "payment_method")),
    Route("GET", "/v1/setup_intents/{}", "_setup_intent_retrieve_params:SetupIntentRetrieveParams",
          _retrieve("setup_intent")),
    Route("POST", "/v1/billing_portal/configurations",
          "billing_portal._configuration_create_params:ConfigurationCreateParams",
          lambda books, params: portal.configure(books, params)),
    Route("GET", "/v1/billing_portal/configurations",
          "billing_portal._configuration_list_params:ConfigurationListParams",
          of("billing_portal.configuration", "/v1/billing_portal/configurations", "active", "is_default")),
    Route("GET", "/v1/billing_portal/configurations/{}",
          "billing_portal._configuration_retrieve_params:ConfigurationRetrieveParams",
          _retrieve("billing_portal.configuration")),
    Route("POST", "/v1/billing_portal/configurations/{}",
          "billing_portal._configuration_update_params:ConfigurationUpdateParams",
          _on("billing_portal.configuration", portal.reconfigure)),
    Route("POST", "/v1/billing_portal/sessions", "billing_portal._session_create_params:SessionCreateParams",
          lambda books, params: portal.create(books, params)),
    Route("GET", "/v1/payment_intents", "_payment_intent_list_params:PaymentIntentListParams",
          of("payment_intent", "/v1/payment_intents", "customer")),
    Route("GET", "/v1/payment_intents/search", "_payment_intent_search_params:PaymentIntentSearchParams",
          search.of("payment_intent", "/v1/payment_intents/search", "amount", "currency", "customer", "status")),
    Route("GET", "/v1/payment_intents/{}", "_payment_intent_retrieve_params:PaymentIntentRetrieveParams",
          _retrieve("payment_intent")),
    Route("GET", "/v1/charges", "_charge_list_params:ChargeListParams",
          of("charge", "/v1/charges", "customer", "payment_intent")),
    Route("GET", "/v1/charges/search", "_charge_search_params:ChargeSearchParams",
          search.of("charge", "/v1/charges/search", "amount", "currency", "customer", "status", "payment_intent")),
    Route("GET", "/v1/charges/{}", "_charge_retrieve_params:ChargeRetrieveParams", _retrieve("charge")),
    Route("GET", "/v1/balance_transactions", "_balance_transaction_list_params:BalanceTransactionListParams",
          balance.listing),
    Route("GET", "/v1/balance_transactions/{}",
          "_balance_transaction_retrieve_params:BalanceTransactionRetrieveParams", _retrieve("balance_transaction")),
    Route("POST", "/v1/refunds", "_refund_create_params:RefundCreateParams",
          lambda books, params: refunds.create(books, params)),
    Route("GET", "/v1/refunds", "_refund_list_params:RefundListParams",
          of("refund", "/v1/refunds", "charge", "payment_intent")),
    Route("GET", "/v1/refunds/{}", "_refund_retrieve_params:RefundRetrieveParams", _retrieve("refund")),
    Route("POST", "/v1/refunds/{}", "_refund_update_params:RefundUpdateParams", _on("refund", refunds.update)),
    Route("POST", "/v1/refunds/{}/cancel", "_refund_cancel_params:RefundCancelParams", _on("refund", refunds.cancel)),
    Route("GET", "/v1/disputes", "_dispute_list_params:DisputeListParams",
          of("dispute", "/v1/disputes", "charge", "payment_intent")),
    Route("GET", "/v1/disputes/{}", "_dispute_retrieve_params:DisputeRetrieveParams", _retrieve("dispute")),
    Route("POST", "/v1/disputes/{}", "_dispute_update_params:DisputeUpdateParams", _on("dispute", disputes.update)),
    Route("POST", "/v1/disputes/{}/close", "_dispute_close_params:DisputeCloseParams", _on("dispute", disputes.close)),
    Route("GET", "/v1/radar/early_fraud_warnings",
          "radar._early_fraud_warning_list_params:EarlyFraudWarningListParams",
          of("radar.early_fraud_warning", "/v1/radar/early_fraud_warnings", "charge", "payment_intent")),
    Route("GET", "/v1/radar/early_fraud_warnings/{}",
          "radar._early_fraud_warning_retrieve_params:EarlyFraudWarningRetrieveParams",
          _retrieve("radar.early_fraud_warning")),
    Route("GET", "/v1/balance", "_balance_retrieve_params:BalanceRetrieveParams",
          lambda books, params: balance.show(books)),
    Route("GET", "/v1/payouts", "_payout_list_params:PayoutListParams", listings.payouts),
    Route("GET", "/v1/payouts/{}", "_payout_retrieve_params:PayoutRetrieveParams", _retrieve("payout")),
    Route("GET", "/v1/subscriptions", "_subscription_list_params:SubscriptionListParams", subscriptions.listing),
    Route("GET", "/v1/subscriptions/search", "_subscription_search_params:SubscriptionSearchParams",
          search.of("subscription", "/v1/subscriptions/search", "status", "canceled_at")),
    Route("GET", "/v1/subscriptions/{}", "_subscription_retrieve_params:SubscriptionRetrieveParams",
          _retrieve("subscription")),
    Route("POST", "/v1/subscriptions/{}", "_subscription_update_params:SubscriptionUpdateParams",
          _on("subscription", subscriptions.update)),
    Route("DELETE", "/v1/subscriptions/{}", "_subscription_cancel_params:SubscriptionCancelParams",
          _on("subscription", subscriptions.cancel)),
    Route("POST", "/v1/subscriptions/{}/pause", "_subscription_pause_params:SubscriptionPauseParams",
          _on("subscription", pauses.pause)),
    Route("POST", "/v1/subscriptions/{}/resume", "_subscription_resume_params:SubscriptionResumeParams",
          _on("subscription", pauses.resume)),
    Route("GET", "/v1/invoices", "_invoice_list_params:InvoiceListParams",
          of("invoice", "/v1/invoices", "customer", "status", "collection_method",
             subscription="$.parent.subscription_details.subscription")),
    Route("GET", "/v1/invoices/search", "_invoice_search_params:InvoiceSearchParams",
          search.of("invoice", "/v1/invoices/search", "customer", "currency", "number", "status", "total")),
    Route("GET", "/v1/invoices/{}", "_invoice_retrieve_params:InvoiceRetrieveParams", _retrieve("invoice")),
    Route("POST", "/v1/invoices/{}/pay", "_invoice_pay_params:InvoicePayParams", _on("invoice", invoice_payments.pay)),
    Route("POST", "/v1/invoices/{}/void", "_invoice_void_invoice_params:InvoiceVoidInvoiceParams",
          _on("invoice", invoice_payments.void)),
    Route("GET", "/v1/invoices/{}/lines", "_invoice_line_item_list_params:InvoiceLineItemListParams",
          listings.invoice_lines),
    Route("GET", "/v1/subscription_items", "_subscription_item_list_params:SubscriptionItemListParams",
          listings.subscription_items),
    Route("GET", "/v1/invoice_payments", "_invoice_payment_list_params:InvoicePaymentListParams",
          listings.invoice_payments),
    Route("GET", "/v1/invoice_payments/{}", "_invoice_payment_retrieve_params:InvoicePaymentRetrieveParams",
          _retrieve("invoice_payment")),
    Route("GET", "/v1/events", "_event_list_params:EventListParams", events.listing),
    Route("GET", "/v1/events/{}", "_event_retrieve_params:EventRetrieveParams", _retrieve("event")),
    Route("POST", "/v1/webhook_endpoints", "_webhook_endpoint_create_params:WebhookEndpointCreateParams",
          lambda books, params: endpoints.create(books, params)),
    Route("GET", "/v1/webhook_endpoints", "_webhook_endpoint_list_params:WebhookEndpointListParams",
          of("webhook_endpoint", "/v1/webhook_endpoints")),
    Route("GET", "/v1/webhook_endpoints/{}", "_webhook_endpoint_retrieve_params:WebhookEndpointRetrieveParams",
          _retrieve("webhook_endpoint")),
    Route("POST", "/v1/webhook_endpoints/{}", "_webhook_endpoint_update_params:WebhookEndpointUpdateParams",
          _on("webhook_endpoint", endpoints.update)),
    Route("DELETE", "/v1/webhook_endpoints/{}", "_webhook_endpoint_delete_params:WebhookEndpointDeleteParams",
          _on("webhook_endpoint", endpoints.delete)),
]  # fmt: skip
PATTERNS = [(route, re.compile(route.path.replace("{}", "([^/]+)"))) for route in ROUTES]


def find(method: str, path: str) -> tuple[Route, list[str]]:
    """Return the route of a path and the ids in it. Raises Stripe's 404 for any other."""
    for route, pattern in PATTERNS:
        match = pattern.fullmatch(path.rstrip("/") or "/")
        if match and route.method == method:
            return route, [unquote(part) for part in match.groups()]
    raise unrecognised_url(method, path)
