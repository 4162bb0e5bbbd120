"""Benchmarks: how fast the site is, as a ratio to the limit on the same machine in the same minute."""
