"""The site as a whole: settings, addresses, and what spans the apps."""

from pathlib import Path

VERSION = (Path(__file__).resolve().parent.parent / "VERSION").read_text().strip()
