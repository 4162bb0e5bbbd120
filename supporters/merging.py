"""Merge of two supporters by staff, recorded in full, so that it can be undone: what moved goes back, and only that."""

from datetime import date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from wagtail.models import ModelLogEntry

from foundation.append_only.models import AppendOnlyModel
from supporters import privacy_registry, visits
from supporters.models import FormerAddress, Merge, Supporter


class CannotMergeError(Exception):
    """One of the two is not there any more. The text is a sentence for staff."""


class CannotUndoError(Exception):
    """It cannot be undone any more. The text is a sentence for staff that says why."""


@transaction.atomic
def merge(old: Supporter, new: Supporter, by: Any, check: str) -> Merge:
    """Merge the first into the second, and write down all that moves. Who was signed in as the first is signed out.
    Raises CannotMergeError, and then nothing is changed.
    """
    rows = {each.pk: each for each in _locked(old.pk, new.pk) if each.erased_at is None}
    if len(rows) < 2:  # somebody else merged or erased one of them meanwhile
        raise CannotMergeError(gettext("one of the two is not there any more."))
    old, new = rows[old.pk], rows[new.pk]
    visits.end_all(old)
    pointing = {_name(field): _rows(field, old) for field in _pointing()}
    kept = {
        "row": _written(old),
        "before": _written(new)["fields"],
        "moved": {name: [row.pk for row in found] for name, found in pointing.items()},
        "log": list(_log(old).values_list("pk", flat=True)),
    }
    number = old.pk
    privacy_registry.merge(old, new)
    new.refresh_from_db()
    kept["after"] = _written(new)["fields"]
    kept["gone"] = [_written(row) for found in pointing.values() for row in _gone(found)]  # of what both had
    return Merge.objects.create(supporter=new, number=number, by=by, check_made=check, kept=kept)


@transaction.atomic
def undo(done: Merge, by: Any) -> Supporter:
    """Undo a merge: the row that went is there again with its number, and what moved with it goes back. What came since
    stays where it came, unless it hangs on what goes back, as a month of a monthly gift does. Raises CannotUndoError,
    and then nothing is changed.
    """
    new = Supporter.objects.select_for_update().get(pk=done.supporter_id)
    done = Merge.objects.get(pk=done.pk, supporter=new)
    if why := obstacle(done):
        raise CannotUndoError(why)
    FormerAddress.objects.filter(number=done.number, supporter=new).delete()
    gone = [done.kept["row"], *done.kept.get("gone", [])]
    for row in serializers.deserialize("python", gone, ignorenonexistent=True):
        row.save()
    old = Supporter.objects.get(pk=done.number)
    for field in _pointing():
        _give_back(field, done.kept["moved"].get(_name(field), []), new, old)
    for app in privacy_registry.APPS.values():
        app.split(old, new)
    _log(new).filter(pk__in=done.kept["log"]).update(object_id=str(old.pk))
    _restore(new, done.kept["before"], done.kept["after"])
    done.undone_at, done.undone_by, done.kept, done.check_made = timezone.now(), by, {}, ""
    done.save(update_fields=["undone_at", "undone_by", "kept", "check_made"])
    return old


def newest(supporter: Supporter) -> Merge | None:
    """The merge that may be undone next: the newest, because later ones may have moved the same rows once more."""
    standing = [done for done in supporter.merges.all() if done.undone_at is None]
    return max(standing, key=lambda done: done.pk, default=None)


def obstacle(done: Merge) -> str:
    """Why a merge cannot be undone, in a sentence for staff; empty where it can."""
    if done.undone_at:
        return gettext("it was undone already.")
    if done.supporter.erased_at or not done.kept:
        return gettext("this person was erased since, and what was known of the other went with it.")
    later = newest(done.supporter)
    if later and later.pk != done.pk:
        return gettext("another one was merged later. Undo that first.")
    taken = Supporter.objects.filter(canonical=done.kept["row"]["fields"]["canonical"]).first()
    if taken and taken.pk == done.supporter_id:
        return gettext("the e-mail address of the one who went is this person’s own by now.")
    if taken:
        return gettext("since then that e-mail address came anew, as supporter number %(number)s.") % {
            "number": taken.pk
        }
    return ""


def said(done: Merge) -> str:
    """The name and address of the one who went, for staff; empty once nothing of them is kept."""
    if not done.kept:
        return ""
    fields = done.kept["row"]["fields"]
    return f"{fields['name']} ({fields['email']})" if fields["name"] else str(fields["email"])


def forget(supporter: Supporter) -> None:
    """Erasure: a record of a merge names the other row, and no more. It cannot be undone then."""
    supporter.merges.update(kept={}, check_made="")


def _locked(*numbers: int) -> list[Supporter]:
    """In one order, so that two who merge at the same moment wait for each other."""
    return list(Supporter.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _pointing() -> list[Any]:
    """Every field of every app that names a supporter: whatever merge moves stands in one of them."""
    found = [relation.field for relation in Supporter._meta.related_objects if relation.related_model]
    return [field for field in found if not field.model._meta.proxy]


def _name(field: Any) -> str:
    return f"{field.model._meta.label_lower}.{field.name}"


def _rows(field: Any, supporter: Supporter) -> list[Any]:
    return list(field.model._base_manager.filter(**{field.name: supporter}).order_by("pk"))


def _gone(rows: list[Any]) -> list[Any]:
    """Of these rows of one table, those that are there no more."""
    there = (
        set(type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        if rows
        else set()
    )
    return [row for row in rows if row.pk not in there]


def _give_back(field: Any, pks: list[Any], new: Supporter, old: Supporter) -> None:
    """Of the rows that moved, those that are still where they went."""
    rows = field.model._base_manager.filter(pk__in=pks, **{field.name: new})
    if issubclass(field.model, AppendOnlyModel):
        for row in rows:
            row.move_to(**{field.name: old})
        return
    rows.update(**{field.name: old})


def _log(supporter: Supporter) -> Any:
    kind = ContentType.objects.get_for_model(Supporter)
    return ModelLogEntry.objects.filter(content_type=kind, object_id=str(supporter.pk))


def _written(row: models.Model) -> dict[str, Any]:
    """All of a row, as JSON can hold it and to the microsecond."""
    (found,) = serializers.serialize("python", [row])
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in found["fields"].items()}
    return {**found, "fields": plain}


def _restore(new: Supporter, before: dict[str, Any], after: dict[str, Any]) -> None:
    """What merging filled in or changed in the row that stayed, unless somebody changed it since."""
    now = _written(new)["fields"]
    changed = [name for name in before if before[name] != after[name] and now[name] == after[name]]
    if not changed:
        return
    for name in changed:
        field: Any = new._meta.get_field(name)
        setattr(new, name, field.to_python(before[name]))
    new.save(update_fields=changed)
