"""Translation catalogues (gettext): updates locale/…/django.po from the strings in pages, forms and letters; compiles.

Babel does it all, so that a machine with nothing but pip can; the compiled files are committed with their sources.
"""

import ast
import io
import re
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

from foundation.letters import kinds
from foundation.organisation.languages import LETTER, shape_of

KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
}
ROWS = {
    "hotlines": ("hours",),
    "topics": ("name",),
    "authors": ("name",),
    "sources": ("brief",),
}
APPS = ("awareness", "config", "donations", "foundation", "pledges", "supporters", "templates")
# Only staff read these: their panel speaks English.
FOR_STAFF = re.compile(
    r"/migrations/|/management/|_panel|/panel(/|\.py)|wagtail_hooks|templates/(staff|account|mfa|demo|wagtail)"
    r"|letters/(staff_|message_waits)|/about\.txt|templates/awareness/reports|foundation/jobs"
    r"|donations/(stripe/(account|troubles)|letters/(alarms|year_end)|giving/offline)\.py"
    r"|supporters/(merging|newsletter/(acts|form|models|prose))\.py"
    r"|awareness/(careful_words|desk|fact_lists|found_links|reports|reviews)\.py"
)
# In all other files only the panel shows the names and help texts of fields, blocks and lists.
ALWAYS_FOR_STAFF = {"verbose_name", "verbose_name_plural", "heading", "menu_label", "icon"}
OF_A_PANEL = {"label", "help_text", "description"}
PANEL_PARTS = re.compile(r"^(models|blocks|wagtail)\.|(Block|Panel|Column)$|^\w+Field$")  # forms.CharField is none


def public() -> set[Any]:
    """Return every string that a visitor, donor or signer may see: a text, or a pair of singular and plural."""
    found = {message for path in _files() for message in _messages(path)}
    found |= {words for words in (*_rows(), *_samples()) if LETTER.search(words)}
    return found | set(map(shape_of, _figures())) - {"", "{1}"}


def folder(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES"


def read(language: str) -> Catalog:
    path = folder(language) / "django.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)


def compiled(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _files() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*")):
            if path.suffix in (".py", ".html", ".txt") and not FOR_STAFF.search(path.as_posix()):
                yield path


def _messages(path: Path) -> Iterator[Any]:
    source = path.read_text(encoding="utf-8")
    hidden = set(labels_of_the_panel(source)) if path.suffix == ".py" else set()
    if path.suffix != ".py":
        source = templatize(source)
    for line, message, _comments, _context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
        if (line, message) not in hidden:
            yield message


def labels_of_the_panel(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string that names or explains a field, a block or a list of the panel."""
    tree = ast.parse(source)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS and node.args:
            words = node.args[0]
            if isinstance(words, ast.Constant) and isinstance(words.value, str) and _is_label(node, above):
                yield node.lineno, words.value


def _is_label(call: ast.Call, above: dict[ast.AST, ast.AST]) -> bool:
    holder = above[call]
    match holder:
        case ast.keyword(arg=name):
            return name in ALWAYS_FOR_STAFF or (name in OF_A_PANEL and _is_part(above[holder]))
        case ast.Call(func=func, args=[first, *_]):  # models.CharField(_("name"), …)
            return first is call and ast.unparse(func).startswith("models.")
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in ALWAYS_FOR_STAFF or (name in OF_A_PANEL and _is_meta(above[holder]))
    return False


def _is_part(call: ast.AST) -> bool:
    return isinstance(call, ast.Call) and bool(PANEL_PARTS.search(ast.unparse(call.func)))


def _is_meta(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == "Meta"


def _rows() -> Iterator[str]:
    """Yield the texts of the starter rows, which pages translate by foundation/organisation/languages.py."""
    content = settings.BASE_DIR / "content"
    for path in (content / "navigation.toml", *sorted((content / "profiles").glob("*.toml"))):
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        menu = {**read, **read.get("navigation", {})}
        yield from (menu.get(name, "") for name in ("announcement", "announcement_label", "status_note"))
        for entry in [*menu.get("header", []), *menu.get("footer", [])]:
            for part in [entry, *entry.get("links", [])]:
                yield from (part.get(name, "") for name in ("label", "title", "note"))
    for name, fields in ROWS.items():
        for row in tomllib.loads((content / f"{name}.toml").read_text(encoding="utf-8"))[name.removesuffix("s")]:
            yield from (row.get(field, "") for field in fields)


def _samples() -> Iterator[str]:
    """Yield the examples in previews of letters: words, days and sums. Addresses, codes and numbers are the same."""
    for kind in kinds.every():
        for words in (*kind.sample.values(), *chain.from_iterable(kind.facts)):
            if re.search(r"[a-z]|\$", words) and not re.search(r"://|@", words):
                yield words


def _figures() -> Iterator[str]:
    """Yield the sentences of figures, numbers and all."""
    for row in tomllib.loads((settings.BASE_DIR / "content" / "figures.toml").read_text(encoding="utf-8"))["figure"]:
        yield from (row.get(field, "") for field in ("text", "short", "counts", "measured", "method", "correction"))
        if row.get("status"):  # only a figure out of use is printed as a sentence
            yield row["phrase"]


class Command(BaseCommand):
    help = "Add new strings to each catalogue (gettext), and compile it. Translations stay; missing ones are counted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("language", nargs="*", help="such as es; none: all but the first")

    def handle(self, *args: Any, **options: Any) -> None:
        for language in options["language"] or [code for code, _ in settings.LANGUAGES[1:]]:
            catalogue = read(language)
            for message in sorted(public(), key=str):
                if catalogue.get(message) is None:
                    catalogue.add(message, ("", "") if isinstance(message, tuple) else "")
            missing = [each.id for each in catalogue if each.id and not all(_texts(each.string))]
            folder(language).mkdir(parents=True, exist_ok=True)
            out = io.BytesIO()
            write_po(out, catalogue, sort_output=True, width=118, omit_header=False)
            (folder(language) / "django.po").write_bytes(out.getvalue())
            (folder(language) / "django.mo").write_bytes(compiled(read(language)))
            self.stdout.write(f"{language}: {len(catalogue)} strings, {len(missing)} not translated")
            for message in missing:
                self.stdout.write(f"  {message}")


def _texts(string: Any) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)
