"""Webhook endpoints: created by the API (the secret is shown once), or by the command line."""

from urllib.parse import urlsplit

from .. import API_VERSION
from ..store.books import Books, Thing, merged
from ..store.errors import bad_value
from ..store.events import change


def _shape(endpoint_id: str, now: int, params: Thing) -> Thing:
    return {
        "id": endpoint_id,
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": now,
        "description": params.get("description") or None,
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "status": "enabled",
        "url": params["url"],
    }


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_value("url", "Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid")


def create(books: Books, params: Thing) -> Thing:
    _check_url(params["url"])
    if params.get("api_version", API_VERSION) != API_VERSION:
        raise bad_value("api_version", f"This offline sandbox speaks API version {API_VERSION} only.")
    endpoint = books.put(_shape(books.new_id("we"), books.now, params))
    secret = books.new_id("whsec")
    books.keep_note(endpoint["id"], {"secret": secret})
    return {**endpoint, "secret": secret}


def update(books: Books, endpoint: Thing, params: Thing) -> Thing:
    fields: Thing = {name: params[name] for name in ("url", "enabled_events", "description") if name in params}
    if "url" in fields:
        _check_url(fields["url"])
    if "disabled" in params:
        fields["status"] = "disabled" if params["disabled"] else "enabled"
    return change(books, endpoint, None, **fields, metadata=merged(endpoint["metadata"], params.get("metadata")))


def delete(books: Books, endpoint: Thing, params: Thing) -> Thing:
    books.remove(endpoint["id"])
    books.db.execute("DELETE FROM deliveries WHERE tenant = ? AND endpoint = ?", (books.tenant, endpoint["id"]))
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def configure(books: Books, url: str, secret: str) -> None:
    """Upsert the endpoint of --webhook-url: one per state file, its URL and secret may change between runs."""
    endpoint_id = books.fixed_id("we", "configured")
    endpoint = books.get("webhook_endpoint", endpoint_id)
    if endpoint is None:
        params = {
            "url": url,
            "enabled_events": ["*"],
            "api_version": API_VERSION,
            "description": "--webhook-url",
        }
        endpoint = _shape(endpoint_id, books.now, params)
    endpoint.update(url=url, status="enabled")
    books.put(endpoint)
    books.keep_note(endpoint_id, {"secret": secret})
