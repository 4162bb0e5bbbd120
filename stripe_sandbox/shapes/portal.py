"""Shapes: the billing portal's configuration and session."""

from typing import Any

Thing = dict[str, Any]


def configuration(configuration_id: str, now: int, params: Thing, default: bool = False) -> Thing:
    business = params.get("business_profile", {})
    return {
        "id": configuration_id,
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            "headline": business.get("headline") or None,
            "privacy_policy_url": business.get("privacy_policy_url"),
            "terms_of_service_url": business.get("terms_of_service_url"),
        },
        "created": now,
        "default_return_url": params.get("default_return_url") or None,
        "features": features(params["features"]),
        "is_default": default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": params.get("metadata") or {},
        "name": params.get("name") or None,
        "updated": now,
    }


def features(asked: Thing) -> Thing:
    """Every feature, off unless it was asked for."""
    cancel, pause = asked.get("subscription_cancel", {}), asked.get("subscription_pause", {})
    reason, duration = cancel.get("cancellation_reason", {}), pause.get("duration", {})
    options = duration.get("interval_options") or [{"interval": "month", "interval_count": 1}]
    update = asked.get("customer_update", {})
    return {
        "customer_update": {
            "allowed_updates": update.get("allowed_updates") or [],
            "enabled": update.get("enabled", False),
        },
        "invoice_history": {"enabled": asked.get("invoice_history", {}).get("enabled", False)},
        "payment_method_update": {
            "enabled": asked.get("payment_method_update", {}).get("enabled", False),
            "payment_method_configuration": None,
        },
        "subscription_cancel": {
            "cancellation_reason": {
                "enabled": reason.get("enabled", False),
                "options": reason.get("options") or [],
            },
            "enabled": cancel.get("enabled", False),
            "mode": cancel.get("mode", "at_period_end"),
            "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": {
                "interval_options": [{"interval_count": 1, **option} for option in options],
                "type": duration.get("type", "interval_options"),
            },
            "enabled": pause.get("enabled", False),
        },
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "products": [],
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


def session(session_id: str, now: int, params: Thing, configuration: Thing) -> Thing:
    return {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": configuration["id"],
        "created": now,
        "customer": params["customer"],
        "customer_account": None,
        "flow": _flow(params["flow_data"]) if "flow_data" in params else None,
        "livemode": False,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url") or configuration["default_return_url"],
        "url": f"/p/session/{session_id}",
    }


def _flow(asked: Thing) -> Thing:
    after, kind = asked.get("after_completion", {"type": "portal_homepage"}), asked["type"]
    confirmation = {"custom_message": None, **after.get("hosted_confirmation", {})}
    made = {
        "after_completion": {
            "hosted_confirmation": confirmation if after["type"] == "hosted_confirmation" else None,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        "subscription_cancel": None,
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": kind,
    }
    if kind == "subscription_cancel":
        made[kind] = {"retention": None, "subscription": asked[kind]["subscription"]}
    elif kind == "subscription_pause":
        made[kind] = {"subscription": asked[kind]["subscription"]}
    return made
