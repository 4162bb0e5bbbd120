"""The shapes of Stripe's objects at this API version: functions that build one whole object each.

Rule for every field: required is always there, nullable is null when unknown, and an optional field that cannot
be null is left out until it exists.
"""
