"""Contrast, computed from the stylesheet: WCAG 2.2 AA for every pair in use, in both themes."""

import re

import pytest
from django.conf import settings

CSS = (settings.BASE_DIR / "static/css/site.css").read_text()
TOKEN = re.compile(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})\s*;")
DARK_BLOCK = re.search(r"prefers-color-scheme: dark\) \{\s*:root[^{]*\{(.*?)\}", CSS, re.S)
LIGHT_BLOCK = re.search(r"@layer tokens \{\s*:root \{(.*?)\n  \}", CSS, re.S)
assert DARK_BLOCK
assert LIGHT_BLOCK
LIGHT = dict(TOKEN.findall(LIGHT_BLOCK[1]))
DARK = {**LIGHT, **dict(TOKEN.findall(DARK_BLOCK[1]))}

# Text on ground: 4.5 to 1.
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "link") for ground in ("paper", "surface", "mist", "dawn", "sky")),
    ("ink", "blush"),
    ("link", "blush"),
    ("gold-ink", "paper"),
    ("gold-ink", "surface"),
    ("gold-ink", "dawn"),
    ("gold-ink", "mist"),
    ("danger", "paper"),
    ("danger", "surface"),
    ("danger", "blush"),
    ("ok", "paper"),
    ("ok", "mist"),
    ("on-spruce", "spruce-9"),
    ("on-spruce", "spruce-8"),
    ("on-spruce", "spruce-7"),
    ("on-spruce-2", "spruce-9"),
    ("on-spruce-2", "spruce-8"),
    ("gold", "spruce-9"),
    ("gold", "spruce-8"),
    ("gold-3", "spruce-9"),
    ("gold-3", "spruce-8"),
    ("on-gold", "gold"),
    ("on-gold", "gold-hover"),
    ("on-danger", "danger"),
    ("cert-ink", "cert"),
    ("cert-ink-2", "cert"),
]
# Borders of controls, marks of state, focus rings: 3 to 1.
SHAPES = [
    ("edge", "paper"),
    ("edge", "surface"),
    ("edge", "mist"),
    ("gold-edge", "paper"),
    ("gold-edge", "surface"),
    ("link", "paper"),
    ("link", "mist"),
    ("danger", "paper"),
    ("focus", "paper"),
    ("focus", "mist"),
    ("gold-3", "spruce-9"),
    ("cert-gold", "cert"),
]


def light_of(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((light_of(one), light_of(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_it_computes_contrast_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_it_has_contrast_for_text(theme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(theme[ink], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_it_has_contrast_for_shapes(theme: dict[str, str], shape: str, ground: str) -> None:
    assert contrast(theme[shape], theme[ground]) >= 3


def test_it_writes_colours_only_as_tokens() -> None:
    """A colour outside the token layer would escape these tests. Print, on white paper, is the exception."""
    rest = CSS.replace(LIGHT_BLOCK.group(), "").replace(DARK_BLOCK.group(), "")
    rest = re.sub(r"@media print \{.*", "", rest, flags=re.S)
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b", rest) == []
