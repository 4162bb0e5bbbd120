"""Share image (Open Graph) of a page, which other sites show with a link: line, title, our name. PNG, 1200 x 630."""

import io
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from itertools import groupby

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from foundation.drawing.line import Point, Road, courses

WIDTH, HEIGHT = 1200, 630  # what readers of Open Graph expect
FINER = 2  # drawn so many times larger, then shrunk: smooth edges
MARGIN = 72
GROUND, LINE, WORDS, QUIET = "#08271F", "#F5B335", "#F1F6F2", "#B9CFC5"
ROAD = Road(left=-60, base=500, sun_x=1010, sun_y=455, radius=78)
TITLE_SIZES = (76, 66, 56, 46)
MOST_LINES = 3
LOOK = "2"  # raise it when the drawing changes, so that cached pictures are fetched again
FONTS = ("besley-basic-400-700.woff2", "besley-latin1-400-700.woff2")  # the second has what the first has not
Font = ImageFont.FreeTypeFont


def version(title: str, kicker: str) -> str:
    """Return a cache key of what is on the picture: other words, another key."""
    return sha256("\n".join([LOOK, title, kicker]).encode()).hexdigest()[:12]


@lru_cache(maxsize=256)
def share_image(title: str, kicker: str) -> bytes:
    """Draw the PNG. Words in a script that our font lacks are left out: the picture is then the line alone."""
    title, kicker = (unicodedata.normalize("NFC", words) for words in (title, kicker))
    picture = _ground().copy()
    pen = ImageDraw.Draw(picture)
    if kicker and _can_write(kicker):
        _write(pen, (MARGIN, MARGIN), kicker, 34, 600, QUIET)
    if _can_write(title):
        size, lines = _fit(title)
        for number, text in enumerate(lines):
            _write(pen, (MARGIN, MARGIN + 70 + number * size * 1.14), text, size, 500, WORDS)
    picture = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    picture.quantize(128).save(kept, "PNG", optimize=True)
    return kept.getvalue()


@cache
def _ground() -> Image.Image:
    """What all have in common: the coil, the road and the low sun."""
    picture = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), GROUND)
    pen = ImageDraw.Draw(picture)
    x, y = ROAD.sun_x * FINER, ROAD.sun_y * FINER
    for radius in (58, 82, 110, 142):
        box = (x - radius * FINER, y - radius * FINER, x + radius * FINER, y + radius * FINER)
        if radius == 58:
            pen.pieslice(box, 180, 360, fill=LINE)
        else:
            pen.arc(box, 180, 360, fill="#54582A", width=FINER)
    pen.line((0, y, WIDTH * FINER, y), fill="#54582A", width=FINER)
    for points in courses(ROAD, strands=7, fan=70):
        pen.line([(px * FINER, py * FINER) for px, py in _smooth(points)], fill=LINE, width=FINER + 1, joint="curve")
    return picture


def _smooth(points: Sequence[Point], parts: int = 6) -> Iterable[Point]:
    """A Catmull-Rom spline through the points, as many short straight lines."""
    last = len(points) - 1
    for i in range(last):
        a, b, c, d = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, last)]
        for part in range(parts):
            t = part / parts
            yield tuple(  # type: ignore[misc]
                0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
                for p, q, r, s in zip(a, b, c, d, strict=True)
            )
    yield points[-1]


@cache
def _font(name: str, size: int, weight: int) -> Font:
    font = ImageFont.truetype(str(settings.BASE_DIR / "static" / "fonts" / name), size * FINER)
    font.set_variation_by_axes([weight])
    return font


@lru_cache(maxsize=512)
def _file_with(letter: str) -> str:
    """The font file that has a letter, "" where none has: both draw the same empty box for what they lack."""
    for name in FONTS:
        font = _font(name, 20, 400)
        if letter.isspace() or font.getmask(letter).getbbox() != font.getmask("\uffff").getbbox():
            return name
    return ""


def _can_write(text: str) -> bool:
    return all(_file_with(letter) for letter in text)


def _runs(text: str, size: int, weight: int) -> list[tuple[str, Font]]:
    return [("".join(run), _font(name, size, weight)) for name, run in groupby(text, _file_with)]


def _length(text: str, size: int, weight: int) -> float:
    return sum(font.getlength(run) for run, font in _runs(text, size, weight)) / FINER


def _write(pen: ImageDraw.ImageDraw, at: Point, text: str, size: int, weight: int, colour: str) -> None:
    x, baseline = at[0] * FINER, (at[1] + size) * FINER
    for run, font in _runs(text, size, weight):
        pen.text((x, baseline), run, fill=colour, font=font, anchor="ls")
        x += font.getlength(run)


def _fit(title: str) -> tuple[int, list[str]]:
    """The largest size at which the title stands in few lines, no word of it broken; at the smallest, words break and
    the rest is cut.
    """
    for size in TITLE_SIZES:
        lines = _wrap(title.split(), size)
        if len(lines) <= MOST_LINES and all(_fits(line, size) for line in lines):
            return size, lines
    size = TITLE_SIZES[-1]
    lines = _wrap([part for word in title.split() for part in _broken(word, size)], size)
    return size, lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]}…"]


def _wrap(words: Iterable[str], size: int) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if _fits(longer, size):
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def _broken(word: str, size: int) -> Iterable[str]:
    """A word in parts, each as much of it as stands on a line."""
    while not _fits(word, size):
        end = next(end for end in range(len(word) - 1, 0, -1) if _fits(word[:end], size))
        yield word[:end]
        word = word[end:]
    yield word


def _fits(line: str, size: int) -> bool:
    return _length(line, size, 500) <= WIDTH - 2 * MARGIN
