"""The line and the seal as files of their own: where no stylesheet reaches (documents), the colours stand inside."""

from base64 import b64encode
from functools import cache

from foundation.drawing import line
from foundation.drawing import seal as seals

SPRUCE, GOLD = "#145146", "#F5B335"
SVG = 'xmlns="http://www.w3.org/2000/svg"'


@cache
def line_file(stroke: str = SPRUCE, sun: str = GOLD) -> str:
    """The unbinding line with its sun, 1240 x 92."""
    return (
        f'<svg {SVG} viewBox="0 0 1240 92" width="1240" height="92"><path d="{line.divider()}" fill="none" '
        f'stroke="{stroke}" stroke-width="1.4"/><path d="M1150 46a28 28 0 0 1 56 0z" fill="{sun}"/></svg>'
    )


def picture_file(png: bytes) -> str:
    """A PNG inside an SVG of its size, for where only text is taken."""
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # of its first chunk
    source = f"data:image/png;base64,{b64encode(png).decode()}"
    size = f'width="{width}" height="{height}"'
    return f'<svg {SVG} viewBox="0 0 {width} {height}" {size}><image {size} href="{source}"/></svg>'


def seal_file(public_id: str, stroke: str = SPRUCE) -> str:
    """The seal of an id, 220 x 220."""
    drawing = seals.seal(public_id)
    centre = line.number(seals.CENTRE)
    turned = "".join(
        f'<path d="{drawing.path}" transform="rotate({turn} {centre} {centre})"/>' for turn in (0, *drawing.turns)
    )
    return (
        f'<svg {SVG} viewBox="0 0 220 220" width="220" height="220">'
        f'<g fill="none" stroke="{stroke}" stroke-width=".7" opacity=".75">{turned}</g></svg>'
    )
