"""Sums in an export as the database writes them: what `money.decimal` makes of minor units, digit for digit."""

from typing import Any

from donations import money
from staff.export_cells import Cell


def _among(codes: frozenset[str]) -> str:
    return "{code} IN (" + ", ".join(f"'{code}'" for code in sorted(codes)) + ")"


def _cases(whole: str, two: str, three: str) -> str:
    """A digit that people do not write is left out where it is zero. What nearly every currency has is told first."""
    rare = money.ZERO_DECIMAL | money.THREE_DECIMAL | money.WHOLE_ONLY
    return (
        f"CASE WHEN NOT {_among(rare)} THEN {two}"
        f" WHEN {_among(money.ZERO_DECIMAL)} THEN {whole}"
        f" WHEN {_among(money.THREE_DECIMAL)} AND {{}} = {{}} / 10 * 10 THEN {two.replace('{}', '({} / 10)')}"
        f" WHEN {_among(money.THREE_DECIMAL)} THEN {three}"
        f" WHEN {{}} = {{}} / 100 * 100 THEN {whole.replace('{}', '({} / 100)')} ELSE {two} END"
    )


def _point(digits: int) -> str:
    """So many digits behind the point, of a whole number: SQLite has no numbers of that kind."""
    unit = 10**digits
    sign = "CASE WHEN {} < 0 THEN '-' ELSE '' END"
    return f"{sign} || printf('%%d.%%0{digits}d', abs({{}}) / {unit}, abs({{}}) %% {unit})"


class Sum(Cell):
    """A sum of minor units, with its currency as the second expression."""

    postgresql = _cases("{}::numeric", "{} * 0.01", "{} * 0.001")
    sqlite = "CASE WHEN {} IS NOT NULL THEN " + _cases("{}", _point(2), _point(3)) + " END"

    def _written(self, template: str, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        code, _none = compiler.compile(self.source_expressions[1])
        return super()._written(template.replace("{code}", code), compiler, connection)
