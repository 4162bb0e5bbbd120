"""Fault injection: API responses that fail, and webhooks that are lost, duplicated or delayed.

Faults live in memory, one set for each tenant; a restart clears them. `/_sandbox/faults` sets them.
"""

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

# Kinds of faults of an API call.
KINDS = {
    "unavailable": "503 before anything is done; nothing is kept under the idempotency key",
    "error_before": "500, nothing done; kept under the idempotency key, as Stripe keeps its 500s",
    "error_after": "500 after the work was done and committed; the 500 is kept under the idempotency key",
    "reset_before": "connection closed before anything is done",
    "reset_after": "work committed, connection closed; a retry with the same key gets the true answer",
    "rate_limit": "429 with Stripe-Rate-Limited-Reason",
    "lock_timeout": "429 with code lock_timeout",
    "forbidden": "403: the key is a restricted one and lacks this permission",
    "conflict": "409 idempotency_key_in_use",
    "slow": "waits `seconds`, or until the faults are cleared, before it does the work; the key is in use meanwhile",
    "timeout": "work done and committed, then silence for `seconds` (30 if not said) or until the faults are cleared, "
    "then the connection is closed",
    "notice": "the true answer, with a Stripe-Notice header",
    "malformed": "work done and committed, the JSON of the answer is cut in half",
}


class FaultError(ValueError):
    """An invalid fault; the message says why."""


@dataclass
class Fault:
    """One fault: for the next `count` matching calls, or for each with `probability`, or for all of them."""

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
    """Faults of webhook deliveries. Numbers are probabilities from 0 to 1 unless said otherwise."""

    drop: float = 0  # lost for good, never delivered
    duplicate: float = 0  # delivered twice
    reorder: float = 0  # delayed by a moment, so that younger ones overtake
    stale: float = 0  # out of date: carries the object as it was in the first event about it
    old_version: float = 0  # claims an older API version
    wrong_secret: float = 0  # invalid signature: another secret
    old_time: float = 0  # clock skew: signed ten minutes ago
    v0_only: float = 0  # without a signature of scheme v1
    two_v1: bool = False  # signed with a second secret too, as while a secret is rolled
    delay: float = 0  # seconds before the first attempt
    hold: bool = False  # nothing is delivered until /deliver


@dataclass
class Faults:
    """All faults in force, by tenant."""

    seed: str = ""
    _api: dict[str, list[Fault]] = field(default_factory=dict)
    _switches: dict[str, Switches] = field(default_factory=dict)
    _cleared: dict[str, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 (repeatable on purpose)

    def order(self, tenant: str, asked: dict[str, Any]) -> None:
        """Set faults by `{"api": [fault, ...]}` and/or `{"webhooks": {...}}`; each replaces what was set before."""
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
            waiting = self._cleared.pop(tenant, None)
        if waiting:
            waiting.set()

    def wait(self, tenant: str, seconds: float) -> None:
        """Sleep as long as a fault says, or until the tenant's faults are cleared."""
        with self._lock:
            cleared = self._cleared.setdefault(tenant, threading.Event())
        cleared.wait(seconds)

    def next_fault(self, tenant: str, method: str, path: str) -> Fault | None:
        """Return the fault for this call, if any, and decrement its count."""
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
    for name, value in item.items():
        if name in ("hold", "two_v1"):
            good = isinstance(value, bool)
        else:
            most = 3600 if name == "delay" else 1
            good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most
        if not good:
            raise FaultError(f"{name} cannot be {value!r}")
    return Switches(**item)


def read_fault(text: str) -> dict[str, Any]:
    """Parse a fault as the command line writes it: `error_after,count=2,path=/v1/checkout/*`."""
    kind, *pairs = text.split(",")
    return {"kind": kind, **_pairs(pairs)}


def read_switches(text: str) -> dict[str, Any]:
    """Parse webhook faults as the command line writes them: `drop=0.2,duplicate=0.3,hold`."""
    return _pairs(text.split(","))


def _pairs(pairs: list[str]) -> dict[str, Any]:
    return {name: _typed(value) if sign else True for name, sign, value in (pair.partition("=") for pair in pairs)}


def _typed(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
