"""The charity's own colours: checked for contrast when they are saved, and made into what the stylesheet needs.

A colour is "#RRGGBB". Contrast is WCAG's, 1 to 21. What they are held against are the stylesheet's own tokens; a test
compares the two.
"""

import re
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

HEX = re.compile(r"#[0-9A-Fa-f]{6}")
TEXT, SHAPE = 4.5, 3.0  # what WCAG 2.2 AA asks of text, and of shapes that say something
GROUNDS = {"paper": "#FBFCFA", "mist": "#EDF3EF", "dawn": "#FFF3D9", "sky": "#E4EFF4", "blush": "#FBEAE6"}
INK, ON_DARK, ON_DARK_2 = "#10211D", "#F1F6F2", "#B9CFC5"
BAND, BUTTON = "#08271F", "#F5B335"
SPRUCE, EDGE, LINK, LINK_DARK, LETTER_DARK = "#145146", "#8F5B00", "#0B5D4E", "#86D6C2", "#0B1714"  # of letters


class Pair(NamedTuple):
    """Two colours that must differ, how much, and the words for the second."""

    one: str
    other: str
    least: float
    words: Any  # said in the language of whoever saves


def known(value: str) -> None:
    """Raise ValidationError unless it is a colour that we can compute with."""
    if not HEX.fullmatch(value):
        raise ValidationError(_("Write a colour as # and six digits, for example #145146."))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def check(band: str, button: str, link: str) -> None:
    """Raise ValidationError, by field, for a colour that somebody could not read. "" is ours, and is right."""
    wanted = {
        "band_colour": [Pair(band, each, TEXT, _("the text on it")) for each in (ON_DARK, ON_DARK_2)] if band else [],
        "button_colour": [
            Pair(button, INK, TEXT, _("the words on the button")),
            Pair(button, band or BAND, SHAPE, _("the dark bands")),
        ]
        if button
        else [],
        "link_colour": [Pair(link, each, TEXT, _("the paper behind it")) for each in GROUNDS.values()] if link else [],
    }
    wrong = {name: error for name, pairs in wanted.items() if (error := _too_close(pairs))}
    if band and not button and contrast(BUTTON, band) < SHAPE:
        wrong["band_colour"] = _told(Pair(band, BUTTON, SHAPE, _("the buttons on it")))
    if wrong:
        raise ValidationError(wrong)


def sheet(band: str, button: str, link: str) -> str:
    """The style sheet that stands after ours: only what was chosen, and what follows from it."""
    light, both = [], []
    if band:
        both += [
            ("spruce-9", band),
            ("spruce-8", towards(band, "#FFFFFF", 0.07)),
            ("spruce-7", towards(band, "#FFFFFF", 0.13)),
        ]
        both += [("spruce-line", towards(band, "#FFFFFF", 0.2))]
    if button:
        deep = until(button, "#000000", GROUNDS["mist"], TEXT)
        both += [("gold", button), ("gold-hover", towards(button, "#FFFFFF", 0.15))]
        both += [("gold-3", until(button, "#FFFFFF", band or BAND, TEXT))]
        light += [("gold-edge", deep), ("gold-ink", deep)]
    if link:
        light.append(("link", link))
    rules = [(":root", both), ("@media (prefers-color-scheme: light) { :root", light)]
    written = (f"{where} {{ {_tokens(those)} }}{' }' * where.count('{')}" for where, those in rules if those)
    return f"@layer tokens {{ {' '.join(written)} }}\n" if both or light else ""


def worn(band: str, button: str, link: str) -> dict[str, str]:
    """The colours of letters and documents, light and dark; "" is ours. No style sheet of ours reaches them."""
    said = link or LINK
    return {
        "band": band or SPRUCE,
        "button": button or BUTTON,
        "edge": until(button, "#000000", GROUNDS["mist"], TEXT) if button else EDGE,
        "link": said,
        "link_dark": until(said, "#FFFFFF", LETTER_DARK, TEXT) if link else LINK_DARK,
    }


def towards(colour: str, end: str, share: float) -> str:
    """The colour moved by that share (0 to 1) of the way to another."""
    mixed = (round(a + (b - a) * share) for a, b in zip(_parts(colour), _parts(end), strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def until(colour: str, end: str, ground: str, least: float) -> str:
    """The first colour on the way to `end` that stands out from the ground."""
    steps = (towards(colour, end, step / 20) for step in range(21))
    return next((each for each in steps if contrast(each, ground) >= least), end)


def _too_close(pairs: list[Pair]) -> ValidationError | None:
    closest = min(pairs, key=lambda pair: contrast(pair.one, pair.other) / pair.least, default=None)
    if closest is None or contrast(closest.one, closest.other) >= closest.least:
        return None
    return _told(closest)


def _told(pair: Pair) -> ValidationError:
    return ValidationError(
        _("Too close to %(other)s: the contrast is %(found)s to 1, and it takes %(least)s."),
        params={"other": pair.words, "found": f"{contrast(pair.one, pair.other):.1f}", "least": f"{pair.least:g}"},
    )


def _tokens(pairs: list[tuple[str, str]]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in pairs)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    scaled = [part / 255 for part in _parts(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in scaled)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
