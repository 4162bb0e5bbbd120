"""Faults on order: answers of the API that go wrong, and webhooks that are lost, doubled or held back.

They live in memory, one set for each tenant; a restart clears them. `/_sandbox/faults` sets them.
"""

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

# What can go wrong with an API call.
KINDS = {
    "unavailable": "503 before anything is done; nothing is kept under the idempotency key",
    "error_before": "500, nothing done; kept under the idempotency key, as Stripe keeps its 500s",
    "error_after": "500 after the work was done and committed; the 500 is kept under the idempotency key",
    "reset_before": "connection closed before anything is done",
    "reset_after": "work committed, connection closed; a retry with the same key gets the true answer",
    "rate_limit": "429 with Stripe-Rate-Limited-Reason",
    "lock_timeout": "429 with code lock_timeout",
    "conflict": "409 idempotency_key_in_use",
    "slow": "waits `seconds` before it does the work; the key is in use meanwhile",
    "malformed": "work done and committed, the JSON of the answer is cut in half",
}


class FaultError(ValueError):
    """A fault that cannot be set; the message says why."""


@dataclass
class Fault:
    """One order: for the next `count` matching calls, or for each with `probability`, or for all of them."""

    kind: str
    count: int | None = None
    probability: float | None = None
    seconds: float = 0
    method: str = "*"
    path: str = "*"

    def matches(self, method: str, path: str) -> bool:
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


@dataclass
class Switches:
    """Webhooks: share of deliveries lost for good, share sent twice, and whether all wait for /deliver."""

    drop: float = 0
    duplicate: float = 0
    hold: bool = False


@dataclass
class Faults:
    """All orders in force."""

    seed: str = ""
    _api: dict[str, list[Fault]] = field(default_factory=dict)
    _switches: dict[str, Switches] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 (repeatable on purpose)

    def order(self, tenant: str, asked: dict[str, Any]) -> None:
        """Set `{"api": [fault, ...]}` and/or `{"webhooks": {...}}`; each replaces what was set before."""
        unknown = set(asked) - {"api", "webhooks"}
        if unknown:
            raise FaultError(f"unknown keys {sorted(unknown)}: faults have `api` and `webhooks`")
        api = [_fault(item) for item in asked["api"]] if "api" in asked else None
        switches = _switches(asked["webhooks"]) if "webhooks" in asked else None
        with self._lock:
            if api is not None:
                self._api[tenant] = api
            if switches is not None:
                self._switches[tenant] = switches

    def clear(self, tenant: str) -> None:
        with self._lock:
            self._api.pop(tenant, None)
            self._switches.pop(tenant, None)

    def take(self, tenant: str, method: str, path: str) -> Fault | None:
        """The fault for this call, if any; counts it down."""
        with self._lock:
            for fault in self._api.get(tenant, []):
                if not fault.matches(method, path):
                    continue
                if fault.count is not None:
                    if fault.count == 0:
                        continue
                    fault.count -= 1
                    return fault
                if self._dice.random() < (1 if fault.probability is None else fault.probability):
                    return fault
        return None

    def switches(self, tenant: str) -> Switches:
        return self._switches.get(tenant, Switches())

    def happens(self, share: float) -> bool:
        with self._lock:
            return share > 0 and self._dice.random() < share

    def report(self, tenant: str) -> dict[str, Any]:
        with self._lock:
            return {
                "api": [vars(fault) for fault in self._api.get(tenant, [])],
                "webhooks": vars(self._switches.get(tenant, Switches())),
            }


def _fault(item: Any) -> Fault:
    if not isinstance(item, dict) or set(item) - set(Fault.__dataclass_fields__):
        raise FaultError(f"a fault has the keys {sorted(Fault.__dataclass_fields__)}, not {item!r}")
    if item.get("kind") not in KINDS:
        raise FaultError(f"unknown kind {item.get('kind')!r}: one of {sorted(KINDS)}")
    fault = Fault(**item)
    if fault.count is not None and fault.probability is not None:
        raise FaultError("give count or probability, not both")
    if not 0 <= fault.seconds <= 120:
        raise FaultError("seconds must be between 0 and 120")
    return fault


def _switches(item: Any) -> Switches:
    if not isinstance(item, dict) or set(item) - set(Switches.__dataclass_fields__):
        raise FaultError(f"webhooks have the switches {sorted(Switches.__dataclass_fields__)}, not {item!r}")
    return Switches(**item)
