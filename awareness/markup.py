"""Markdown parser of our own content files: Markdown with TOML in fences, turned into the blocks of a page.

A file begins with TOML front matter between two lines of +++. Below it, "## " and "### " are headings, text between
them is one text block, and a fence such as ```stat holds the TOML of one block. Only what editors can type is
understood: paragraphs, lists, **bold**, *italic*, [words](address).
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from django.utils.html import escape
from wagtail import blocks

from awareness import starter_files
from awareness.pictures import FileNumberBlock, ImageNumberBlock

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(##|###) (.+)$", re.MULTILINE)
BULLET, NUMBER = re.compile(r"^- "), re.compile(r"^\d+\. ")
INLINE = [
    (re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*(.+?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"\*(.+?)\*"), r"<i>\1</i>"),
]


class ContentError(ValueError):
    """A file in content/ is invalid. The text says which and why."""


def read(path: Path) -> tuple[dict[str, Any], str]:
    """Return front matter and text of a page's file. Raises ContentError."""
    try:
        _, head, text = path.read_text(encoding="utf-8").split("+++\n", 2)
        return tomllib.loads(head), text
    except (ValueError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"{path.name}: {error}") from error


def stream(text: str, body: blocks.StreamBlock) -> blocks.StreamValue:
    """Return the text as a validated StreamValue of that body. Raises ContentError or Django's ValidationError."""
    return body.clean(body.to_python(_raw(text, body)))


def rich(text: str) -> str:
    """Convert Markdown to the rich text HTML that Wagtail stores."""
    parts = re.split(r"\n\s*\n", text.strip())
    return "".join(_paragraph([line.strip() for line in part.splitlines()]) for part in parts if part.strip())


def fill(block: blocks.Block, data: Any, where: str) -> Any:
    """Convert TOML to the raw value of a block. Raises ContentError for a field that the block does not have."""
    if isinstance(block, blocks.RichTextBlock):
        return rich(data)
    if isinstance(block, ImageNumberBlock | FileNumberBlock):
        return starter_files.row(data).pk
    if isinstance(block, blocks.StreamBlock):
        return _raw(data, block)
    if isinstance(block, blocks.ListBlock):
        return [fill(block.child_block, item, where) for item in data]
    if isinstance(block, blocks.StructBlock):
        unknown = set(data) - set(block.child_blocks)
        if unknown:
            raise ContentError(f"{where} has no field {', '.join(sorted(unknown))}")
        return {name: fill(block.child_blocks[name], value, f"{where}.{name}") for name, value in data.items()}
    return data


def _raw(text: str, body: blocks.StreamBlock) -> list[dict[str, Any]]:
    raw: list[dict[str, Any]] = []
    at = 0
    for fence in FENCE.finditer(text):
        raw += _running(text[at : fence.start()])
        name, at = fence[1], fence.end()
        if name not in body.child_blocks:
            raise ContentError(f"There is no block {name} here")
        try:
            data = tomllib.loads(fence[2])
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"Block {name}: {error}") from error
        raw.append({"type": name, "value": fill(body.child_blocks[name], data, name)})
    return raw + _running(text[at:])


def _running(text: str) -> list[dict[str, Any]]:
    """Split running text into headings and text blocks."""
    raw: list[dict[str, Any]] = []
    before, *rest = HEADING.split(text)
    pieces = [("", "", before), *zip(rest[::3], rest[1::3], rest[2::3], strict=True)]
    for level, heading, below in pieces:
        if heading:
            words, _, anchor = heading.strip().removesuffix("}").partition(" {#")  # "## Su seguridad {#staying-safe}"
            raw.append({"type": "heading", "value": {"text": words, "level": str(len(level)), "anchor": anchor}})
        if below.strip():
            raw.append({"type": "paragraph", "value": rich(below)})
    return raw


def _paragraph(lines: list[str]) -> str:
    for pattern, tag in ((BULLET, "ul"), (NUMBER, "ol")):
        if all(pattern.match(line) for line in lines):
            items = "".join(f"<li>{_inline(pattern.sub('', line))}</li>" for line in lines)
            return f"<{tag}>{items}</{tag}>"
    return f"<p>{_inline(' '.join(lines))}</p>"


def _inline(text: str) -> str:
    text = escape(text).replace("&#x27;", "'").replace("&quot;", '"')
    for pattern, html in INLINE:
        text = pattern.sub(html, text)
    return text
