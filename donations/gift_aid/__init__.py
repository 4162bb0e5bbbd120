"""Gift Aid of the United Kingdom: what donors declare, which gifts it covers, and what is claimed of the tax office."""
