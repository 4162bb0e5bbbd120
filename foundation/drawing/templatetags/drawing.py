"""Template tags of the drawings, and the URL of a share image. Sizes are attributes and colours classes: no style."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from foundation.drawing import charts, emblems, line, sections, share_answer
from foundation.drawing import seal as seals

register = template.Library()
HIDDEN = mark_safe('aria-hidden="true" focusable="false"')
HORIZON = 700  # where it begins, in units of the front page's drawing


def _drawn(markup: str) -> SafeString:
    """Markup made of our own numbers only; nothing that a person typed goes this way."""
    return mark_safe(markup)  # noqa: S308


@register.simple_tag
@cache
def hero_art() -> SafeString:
    """The large drawing of the front page: coil, road and sun. Decoration, so hidden from screen readers. The horizon
    fades in where the words have ended: nothing is drawn behind the buttons.
    """
    road = line.Road()
    x, y = line.number(road.sun_x), line.number(road.sun_y)
    halos = "".join(f'<circle class="halo" cx="{x}" cy="{y}" r="{r}"/>' for r in (158, 206, 262, 326))
    strands = "".join(f'<path d="{path}"/>' for path in line.bundle(road))
    return _drawn(
        f'<svg class="hero-art" viewBox="0 0 1440 560" preserveAspectRatio="xMaxYMid slice" {HIDDEN}>'
        '<defs><clipPath id="hero-sky">'
        f'<rect x="-400" y="-400" width="2240" height="{400 + road.sun_y:.0f}"/></clipPath>'
        f'<linearGradient id="hero-far" gradientUnits="userSpaceOnUse" x1="{HORIZON}" x2="{HORIZON + 160}">'
        '<stop stop-opacity="0"/><stop offset="1" stop-opacity=".45"/></linearGradient></defs>'
        f'<g class="sun" clip-path="url(#hero-sky)"><circle cx="{x}" cy="{y}" r="118"/>{halos}</g>'
        f'<path stroke="url(#hero-far)" class="horizon" d="M{HORIZON} {y}H2240"/><g class="strands">{strands}</g></svg>'
    )


@register.simple_tag
@cache
def rule_line() -> SafeString:
    """The line as the rule under the head of a long text."""
    return _drawn(
        f'<svg class="rule engrave" viewBox="0 0 1240 92" {HIDDEN}><path d="{line.divider()}"/>'
        '<path d="M1150 46a28 28 0 0 1 56 0z" class="s"/></svg>'
    )


@register.simple_tag
def section_art(address: str) -> SafeString:
    """The drawing of the section that a page's address belongs to, its own if it has one; else the rule.
    Its front page, which has no address below itself, gets the rule too. `address` is a page's `url_path`.
    """
    _front, *slugs = address.strip("/").split("/")
    shapes = next((found for slug in [*slugs[-1:], *slugs[:1]] if (found := sections.shapes(slug))), "")
    return (
        _drawn(f'<svg class="section-art engrave" viewBox="0 0 560 240" {HIDDEN}>{shapes}</svg>')
        if shapes
        else rule_line()
    )


@register.simple_tag
@cache
def road_steps(steps: int) -> SafeString:
    """The line above steps that stand side by side: open before the second, with a stone for each that follows."""
    places = [1240 * at / steps + 10 for at in range(1, steps)]
    stones = "".join(f'<circle class="s" cx="{line.number(x)}" cy="46" r="7"/>' for x in places)
    path = line.divider(1240.0, 46.0, 30.0, 9, 0.8 / steps)
    return _drawn(
        f'<svg class="rule engrave" viewBox="0 0 1240 92" {HIDDEN}><path d="{path}"/>'
        f'<path d="M1150 46a28 28 0 0 1 56 0z" class="s"/>{stones}</svg>'
    )


ROAD_WIDTH, ROAD_MARGIN, ROAD_OPENS = 560, 18, 0.15  # of a supporter's own road


@register.simple_tag
def own_road(stones: Sequence[float], years: Sequence[float], sentence: str) -> SafeString:
    """The line as a road with a stone for each day that counts, and a notch for each new year. Both are shares of the
    way from where the coil is open to the sun. `sentence` says what it shows.
    """
    start = ROAD_MARGIN + ROAD_WIDTH * ROAD_OPENS
    length = ROAD_WIDTH - 2 * ROAD_MARGIN - start - 14  # the last stone stands before the sun, not on it
    path = line.divider(ROAD_WIDTH, 24, 15, 6, ROAD_OPENS, ROAD_MARGIN)
    notches = "".join(f"M{line.number(start + length * share)} 31v6" for share in years)
    radius = line.number(max(2.2, min(6.0, 150 / max(len(stones), 1))))
    circles = "".join(
        f'<circle class="s" cx="{line.number(start + length * share)}" cy="24" r="{radius}"/>' for share in stones
    )
    return format_html(
        '<svg class="rule engrave" viewBox="0 0 560 44" role="img" aria-label="{}">{}</svg>',
        sentence,
        _drawn(f'<path d="{path}"/><path d="M{ROAD_WIDTH - 34} 24a16 16 0 0 1 32 0z" class="s"/>')
        + _drawn((f'<path d="{notches}"/>' if notches else "") + circles),
    )


@register.simple_tag
@cache
def mark() -> SafeString:
    """The sign that stands beside the organisation's name."""
    return _drawn(
        f'<svg viewBox="0 0 62 34" width="50" height="27" {HIDDEN}><path d="{line.mark()}"/>'
        '<path d="M40 23.5a10 10 0 0 1 20 0z" class="s"/></svg>'
    )


@register.simple_tag
def emblem(name: str, css_class: str = "engrave") -> SafeString:
    """One of ripple, lens, braid; nothing for any other name, since editors may leave the choice empty."""
    if name not in emblems.EMBLEMS:
        return SafeString("")
    drawing = emblems.emblem(name)
    return format_html(
        '<svg class="{}" viewBox="{}" {}>{}</svg>', css_class, drawing.box, HIDDEN, _drawn(drawing.shapes)
    )


@register.simple_tag
def dot_field(total: int, part: int, sentence: str = "", key: str = "") -> SafeString:
    """A field of counted dots. `sentence` says what it shows; `key` tells two fields of one page apart."""
    field = charts.dot_field(int(total), int(part))
    pitch, name = 18, f"dots{key}-{total}-{part}"

    def rects(blocks: Iterable[charts.Block], letter: str) -> SafeString:
        return format_html_join(
            "",
            '<rect x="{}" y="{}" width="{}" height="{}" fill="url(#{}-{})"/>',
            ((b.column * pitch, b.row * pitch, b.columns * pitch, b.rows * pitch, name, letter) for b in blocks),
        )

    patterns = format_html_join(
        "",
        '<pattern id="{}-{}" width="18" height="18" patternUnits="userSpaceOnUse">'
        '<circle class="{}" cx="9" cy="9" r="5.4"/></pattern>',
        ((name, letter, letter) for letter in "ab"),
    )
    numbers = {"total": total, "part": part}
    sentence = sentence or _("%(total)d dots, of which %(part)d are set apart.") % numbers
    return format_html(
        '<svg class="dots" viewBox="0 0 {} {}" role="img" aria-label="{}"><defs>{}</defs>{}{}</svg>',
        field.columns * pitch,
        field.rows * pitch,
        sentence,
        patterns,
        rects(field.rest, "a"),
        rects(field.part, "b"),
    )


@register.inclusion_tag("partials/bar_table.html")
def bar_table(rows: Iterable[Mapping[str, Any]], caption: str = "") -> dict[str, Any]:
    """A table that is its chart. A row: `label`, `value` (number), `text` (as printed), `apart` (bool)."""
    rows = list(rows)
    widths = charts.bar_widths([float(row["value"] or 0) for row in rows])
    drawn = [{**row, "width": width} for row, width in zip(rows, widths, strict=True)]
    return {"caption": caption, "rows": drawn}


@register.simple_tag
def elements(act: str, means: str, purpose: str) -> SafeString:
    """What the law asks: three elements for an adult, two for a child, whose open circle need not be shown."""
    names = {"act": act, "means": means, "purpose": purpose}
    adult, child = _("For an adult"), _("For anyone under 18")
    sentence = _(
        "For an adult, three elements make a case: %(act)s, %(means)s and %(purpose)s. "
        "For anyone under 18, two are enough: %(act)s and %(purpose)s."
    )
    return format_html(
        '<svg class="elements" viewBox="0 0 340 192" role="img" aria-label="{}">{}{}</svg>',
        sentence % names,
        _elements_row(18, adult, [act, means, purpose]),
        _elements_row(118, child, [act, "", purpose]),
    )


def _elements_row(top: int, title: str, names: list[str]) -> SafeString:
    """One line with its elements; an empty name leaves its place open."""
    places = list(zip((50, 170, 290), names, strict=True))
    dots = format_html_join(
        "",
        '<circle class="{}" cx="{}" cy="{}" r="9"/>',
        (("d" if name else "o", x, top + 26) for x, name in places),
    )
    words = format_html_join(
        "", '<text x="{}" y="{}" class="m">{}</text>', ((x, top + 54, name or _("not needed")) for x, name in places)
    )
    return format_html(
        '<text x="0" y="{}" class="t">{}</text><path d="M0 {}H340"/>{}{}', top - 4, title, top + 26, dots, words
    )


@register.simple_tag
def seal(public_id: str) -> SafeString:
    """The rosette of a pledge's public id."""
    drawing = seals.seal(str(public_id))
    copies = format_html_join(
        "",
        '<use href="#{}" transform="rotate({} 110 110)"/>',
        ((drawing.name, f"{turn:g}") for turn in drawing.turns),
    )
    return format_html(
        '<svg class="seal engrave" viewBox="0 0 220 220" {}><path id="{}" d="{}"/>{}</svg>',
        HIDDEN,
        drawing.name,
        drawing.path,
        copies,
    )


@register.simple_tag
def meter(part: float, whole: float) -> SafeString:
    """How far a goal is reached: road for what is there, coil for what is not. Numbers stand beside it."""
    share = round(min(1.0, max(0.0, float(part) / float(whole))), 3) if whole else 0.0
    x = f"{560 * share:.0f}"
    return format_html(
        '<svg class="meter" viewBox="0 0 560 42" {}><path class="todo" d="{}"/>'
        '<path class="done" d="M0 34H{}"/><circle cx="{}" cy="34" r="7"/></svg>',
        HIDDEN,
        line.still_bound(share),
        x,
        x,
    )


@register.simple_tag(takes_context=True)
def share_picture(context: dict[str, Any], path: str, title: str) -> str:
    """{% share_picture path title as picture %}: the whole address of the picture at that path."""
    return share_answer.address(path, title, context["organisation"].name)
