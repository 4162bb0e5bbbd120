"""Mutation testing of the money: mutmut, of decorated functions too, and a short report.

    nice -n 10 .venv/bin/python script/mutate.py run --max-children 2 "donations.money.*"
    .venv/bin/python script/mutate.py report

Settings stand in pyproject.toml, [tool.mutmut]; the work is done in the folder mutants/. docs/mutation.md says more.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import libcst as cst
from mutmut.__main__ import cli
from mutmut.mutation import file_mutation
from mutmut.stats import status_by_exit_code


def take_decorated_functions() -> None:
    """Patch mutmut to mutate decorated functions too, which it leaves out. Here the decorators stay on the switch
    (trampoline) between original and mutants, and the copies go without, so that nothing is registered or cached twice.
    """
    visitor = file_mutation.MutationVisitor
    skips, arrange = visitor._skip_node_and_children, file_mutation.function_trampoline_arrangement

    def skip(self: Any, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            words = [item.decorator for item in node.decorators]
            return any(isinstance(word, cst.Attribute) and word.attr.value == "setter" for word in words)
        return skips(self, node)

    def arranged(function: cst.FunctionDef, mutants: Any, class_name: str | None) -> tuple:
        declared, (switch, *copies), *rest = arrange(function, mutants, class_name=class_name)
        return declared, [switch, *(copy.with_changes(decorators=[]) for copy in copies)], *rest

    visitor._skip_node_and_children = skip  # type: ignore[method-assign]
    file_mutation.function_trampoline_arrangement = arranged


def report() -> None:
    """Print the mutation score of each module, and the names of the mutants that survived."""
    for path in sorted(Path("mutants/donations").rglob("*.py.meta")):
        ends = {
            name: status_by_exit_code[code] for name, code in json.loads(path.read_text())["exit_code_by_key"].items()
        }
        count = Counter(ends.values())
        done, ran = count["killed"] + count["timeout"], len(ends) - count["not checked"]
        if not ends:
            continue
        share = f"{100 * done / ran:.1f} %" if ran else "-"
        name = str(path.relative_to("mutants/donations")).removesuffix(".py.meta")
        print(f"{name:20} {ran:4} of {len(ends):4} tried, noticed {share:>7}  {dict(count)}")
        for name, end in ends.items():
            if end not in ("killed", "timeout", "not checked"):
                print(f"    {end}: {name}")


if __name__ == "__main__":
    if sys.argv[1:] == ["report"]:
        report()
    else:
        take_decorated_functions()
        cli()
