"""Stripe's API errors: one exception with its HTTP status and its JSON body."""

from typing import Any


class StripeError(Exception):
    """A Stripe error response; `status` is its HTTP status.

    With `keep`, the transaction is committed all the same: a declined card leaves a failed charge.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
        keep: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        self.headers = headers or {}
        self.body: dict[str, Any] = {"message": message, "type": kind, **more}
        if code is not None:
            self.body["code"] = code
            self.body["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.body["param"] = param


def missing_param(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown_param(param: str) -> StripeError:
    return StripeError(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def empty_param(param: str) -> StripeError:
    message = (
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
        f"however '{param}' cannot be unset. You should remove '{param}' from your request or supply a "
        "non-empty value."
    )
    return StripeError(message, code="parameter_invalid_empty", param=param)


def bad_value(param: str, message: str, code: str | None = None) -> StripeError:
    return StripeError(message, code=code, param=param)


def no_such(noun: str, object_id: str, param: str = "id", status: int = 400) -> StripeError:
    return StripeError(f"No such {noun}: '{object_id}'", code="resource_missing", param=param, status=status)


def unrecognised_url(method: str, path: str) -> StripeError:
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/."
    )
    return StripeError(message, status=404)


def server_error(status: int = 500) -> StripeError:
    return StripeError("An unknown error occurred", status=status, kind="api_error")
