"""Early fraud warnings: the card's network suspects a charge; a refund or a dispute settles the matter."""

from .books import Books, Thing
from .events import change, emit


def warn(books: Books, charge: Thing, fraud_type: str = "made_with_stolen_card") -> Thing:
    """radar.early_fraud_warning.created. No money moves."""
    warning = {
        "id": books.new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": not (charge["refunded"] or charge["disputed"]),
        "charge": charge["id"],
        "created": books.now,
        "fraud_type": fraud_type,
        "livemode": False,
        **({"payment_intent": charge["payment_intent"]} if charge["payment_intent"] else {}),
    }
    books.put(warning)
    emit(books, "radar.early_fraud_warning.created", warning)
    return warning


def handled(books: Books, charge: Thing) -> None:
    """Nothing more to be done about this charge's warnings."""
    for warning in books.find("radar.early_fraud_warning", charge=charge["id"], actionable=1):
        change(books, warning, "radar.early_fraud_warning.updated", actionable=False)
