"""The house rules: who may import whom, who may import stripe, and what stands in no file."""
