"""Starter content: facts, hotlines, organisation, pages and menus from content/, loaded without undoing edits."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models, transaction
from wagtail.contrib.settings.models import BaseGenericSetting

from awareness import content_sync, markup
from awareness.content_sync import Memory, Verdict
from awareness.deduplicated_tasks import once_each
from awareness.facts import Figure, Source
from awareness.help_languages import HelpLanguage
from awareness.hotlines import Hotline
from awareness.navigation import Navigation
from awareness.starter_pages import load_pages
from awareness.topics import Author, Topic
from foundation.organisation.models import Organisation

CONTENT = Path(settings.BASE_DIR) / "content"
Say = Callable[[str], None]


@transaction.atomic
@once_each()
def load(profile: str | None, say: Say) -> None:
    """Load everything, dependencies first. Idempotent. Without a profile that of the last time, and the sample at
    first. Raises ContentError for an invalid file.
    """
    memory = Memory()
    before = memory.last("profile").get("name", "")
    profile = profile or before or "sample"
    if profile != before:
        memory.remember("profile", {"name": profile})
    sources = _read("sources.toml")["source"]
    _rows(Source, sources, memory, say)
    _figures(_read("figures.toml")["figure"], {row["slug"] for row in sources}, memory, say)
    _rows(Hotline, _read("hotlines.toml")["hotline"], memory, say)
    _rows(HelpLanguage, _read("help_languages.toml")["language"], memory, say)
    _rows(Topic, _read("topics.toml")["topic"], memory, say)
    _rows(Author, _read("authors.toml")["author"], memory, say)
    organisation = _profile(profile)
    navigation = {**_read("navigation.toml"), **organisation.pop("navigation", {})}
    _setting(Organisation, organisation, memory, say)
    load_pages(CONTENT / "pages", _address(), memory, say)
    menus = {name: _menu(name, navigation.pop(name, [])) for name in ("header", "footer")}
    _setting(Navigation, {**menus, **navigation}, memory, say)
    memory.keep()


def _rows(model: type[models.Model], rows: list[dict[str, Any]], memory: Memory, say: Say) -> None:
    known = {row.slug: row for row in model._default_manager.all()}  # type: ignore[attr-defined]
    verdicts = [_row(model, known, dict(row), memory, say) for row in rows]
    _tell(str(model._meta.verbose_name_plural), verdicts, say)


def _figures(rows: list[dict[str, Any]], named: set[str], memory: Memory, say: Say) -> None:
    """Load figures, which name their source and what replaced them by slug; the replacing ones come first in the file.

    `named` are the sources of the files: one that is named but not there was deleted by a person, with its figures.
    """
    sources = {source.slug: source for source in Source.objects.all()}
    known = {figure.slug: figure for figure in Figure.objects.all()}
    in_file = {row["slug"] for row in rows}
    verdicts = []
    for row in rows:
        source, replaced_by = row["source"], row.get("replaced_by")
        if source not in named or (replaced_by and replaced_by not in in_file):
            raise markup.ContentError(f"figures.toml: {row['slug']} names a row that no file holds")
        if source not in sources:
            verdicts.append(Verdict.DELETED)
            continue
        fields = {**row, "source": sources[source], "replaced_by": known.get(replaced_by or "")}
        verdicts.append(_row(Figure, known, fields, memory, say))
    _tell("figures", verdicts, say)


def _row(model: type[models.Model], known: dict[str, Any], fields: dict[str, Any], memory: Memory, say: Say) -> Verdict:
    """Load one row with a slug. A created row is added to `known`."""
    slug = fields["slug"]
    key = f"{model._meta.label_lower}:{slug}"
    now, wanted = known.get(slug), model(**fields)
    verdict = memory.decide(key, _content(now, fields) if now else None, _content(wanted, fields))
    if verdict in (Verdict.CREATE, Verdict.UPDATE):
        wanted.pk = now.pk if now else None
        wanted.full_clean(validate_unique=False, validate_constraints=False)
        wanted.save()
        known[slug] = wanted
        memory.remember(key, _content(wanted, fields))
    elif verdict in (Verdict.CHANGED, Verdict.DELETED):
        say(f"  {key}: {verdict.value}")
    return verdict


def _setting(model: type[BaseGenericSetting], fields: Mapping[str, Any], memory: Memory, say: Say) -> None:
    """Load a settings row. One that still holds nothing but its defaults is taken over; what another profile filled in
    and this one does not name is emptied again.
    """
    key = str(model._meta.label_lower)
    row, new = model.load(), model()
    dropped = [name for name in memory.last(key) if name not in fields and hasattr(new, name)]
    fields = {**{name: getattr(new, name) for name in dropped}, **fields}
    before = _content(row, fields)
    untouched = content_sync.plain(before) == content_sync.plain(_content(new, fields))
    verdict = memory.decide(key, before, _content(model(**fields), fields), adopt=untouched)
    if verdict == Verdict.UPDATE:
        for name, value in fields.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()
        memory.remember(key, _content(row, fields))
    say(f"{model._meta.verbose_name}: {verdict.value}")


def _content(row: models.Model, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the named fields of a row, normalised for comparison."""
    content = {}
    for name in fields:
        field = row._meta.get_field(name)
        if not isinstance(field, models.Field):
            raise markup.ContentError(f"{row._meta.verbose_name} has no field {name} of its own")
        content[name] = field.get_prep_value(field.value_from_object(row))
    return content


def _menu(name: str, items: list[dict[str, Any]]) -> Any:
    block = Navigation._meta.get_field(name).stream_block
    raw = []
    for item in items:
        kind = "column" if name == "footer" else "group" if "links" in item else "link"
        raw.append({"type": kind, "value": markup.fill(block.child_blocks[kind], item, f"navigation.{name}")})
    return block.clean(block.to_python(raw))


def _profile(name: str) -> dict[str, Any]:
    path = CONTENT / "profiles" / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in path.parent.glob("*.toml")))
        raise markup.ContentError(f"There is no profile {name}. There are: {known}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _read(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise markup.ContentError(f"{name}: {error}") from error


def _address() -> tuple[str, int]:
    """Return host and port of BASE_URL."""
    parts = urlsplit(settings.BASE_URL)
    return parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else 80)


def _tell(what: str, verdicts: list[Verdict], say: Say) -> None:
    counted = [f"{verdicts.count(verdict)} {verdict.value}" for verdict in Verdict if verdict in verdicts]
    say(f"{len(verdicts)} {what}: {', '.join(counted)}")
