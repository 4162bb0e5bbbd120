"""The house rules: who may import whom, who may import stripe, and what stands in no file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template

from tests.running import files_of_the_project

ROOT = Path(__file__).resolve().parent.parent
FOUNDATION = ["append_only", "prepared", "organisation", "jobs", "letters", "access", "drawing", "page_store"]
# Each room, and the rooms that it may import from. Every arrow points down.
ARROWS = {
    "foundation.append_only": set(),
    "foundation.prepared": set(),
    "foundation.organisation": {"foundation.prepared"},
    "foundation.jobs": {"foundation.prepared", "foundation.organisation"},
    "foundation.letters": {"foundation.prepared", "foundation.jobs", "foundation.organisation"},
    "foundation.access": {"foundation.prepared", "foundation.organisation"},
    "foundation.drawing": {"foundation.organisation"},
    "foundation.page_store": set(),
}
GROUND = {f"foundation.{name}" for name in FOUNDATION}
ARROWS["staff"] = GROUND
ARROWS["supporters"] = GROUND | {"staff"}
for app in ("awareness", "donations", "pledges"):
    ARROWS[app] = GROUND | {"staff", "supporters"}
ARROWS["config"] = GROUND | {"staff", "supporters", "awareness", "donations", "pledges"}
ARROWS["stripe_sandbox"] = set()
MAY_IMPORT_STRIPE = "donations/stripe/"
MAX_LINES = 300
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    name = ".".join(parts[:2]) if parts[0] == "foundation" else parts[0]
    return name if name in ARROWS else None


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.col_offset
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.col_offset


def site_modules() -> list[Path]:
    return list(modules(*{name.split(".")[0] for name in ARROWS} - {"stripe_sandbox"}))


def test_it_imports_only_downwards() -> None:
    wrong = []
    for path in modules(*sorted({name.split(".")[0] for name in ARROWS})):
        here = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if here is None:
            continue
        for name, _ in imports(path):
            there = room(name)
            if there and there != here and there not in ARROWS[here]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_it_imports_stripe_in_one_folder_only() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in site_modules()
        for name, _ in imports(path)
        if name.split(".")[0] == "stripe"
    }
    assert importers and {name for name in importers if not name.startswith(MAY_IMPORT_STRIPE)} == set()


def test_it_imports_at_the_top_of_modules() -> None:
    late = [f"{path.relative_to(ROOT)}: {name}" for path in site_modules() for name, column in imports(path) if column]
    assert [item for item in late if "TYPE_CHECKING" not in item] == []


def test_it_opens_each_module_with_one_line_that_says_its_job() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in [*site_modules(), *modules("stripe_sandbox")]
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_it_keeps_modules_small() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in [*site_modules(), *modules("stripe_sandbox")]
        if (count := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_it_skips_a_test_by_one_door_that_a_run_can_shut() -> None:
    """REQUIRE_ALL=1 shuts it: tests/lacking.py."""
    by_another = re.compile(r"pytest\.skip\(|pytest\.importorskip\(|mark\.skip|unittest\.skip")
    paths = [path for path in modules("tests") if path.name not in ("lacking.py", "test_gate.py", "test_house.py")]
    assert [str(path.relative_to(ROOT)) for path in paths if by_another.search(path.read_text())] == []


def test_it_does_not_assert_outside_tests() -> None:
    """python -O drops assert: a guard of the site must not go with it."""
    asserting = [
        str(path.relative_to(ROOT))
        for path in site_modules()
        if any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert asserting == []


def test_it_has_no_inline_script_or_style_or_handler() -> None:
    """The content security policy forbids them, so they would be there and do nothing."""
    patterns = (
        r"\sstyle\s*=",
        r"<style\b",
        r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")",
        r"""\son[a-z]+\s*=\s*["']""",
        r"javascript:",
    )
    wrong = []
    for path in TEMPLATES:
        text = path.read_text()
        if "letters" in path.parts:  # mail needs a style sheet of its own; it is inlined when the letter is written
            text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
        wrong += [f"{path.relative_to(ROOT)}: {pattern}" for pattern in patterns if re.search(pattern, text)]
    assert wrong == []


def test_it_has_every_template_that_is_named() -> None:
    """Those of a folder, in whole. Django's own widgets come from an engine of their own."""
    name = re.compile(r"""["']((?!django/forms/)[\w-]+(?:/[\w-]+)+\.(?:html|txt))["']""")
    templates = [*TEMPLATES, *(ROOT / "templates").rglob("*.txt"), *ROOT.glob("*/templates/**/*.html")]
    named = {found for path in [*site_modules(), *templates] for found in name.findall(path.read_text())}
    assert len(named) > 100
    for found in sorted(named):
        get_template(found)  # TemplateDoesNotExist names it


def test_it_writes_moments_in_one_format_which_names_their_zone() -> None:
    wrong = [path.name for path in TEMPLATES if re.search(r"""\|(?:time\b|date:"[^"_]*[HGgPf])""", path.read_text())]
    assert wrong == [], 'date:"DATETIME_FORMAT" says the hour (config/formats)'


def test_it_loads_nothing_from_third_parties() -> None:
    patterns = (
        r"""<(?!a\b)\w+\b[^>]*\b(?:src|srcset|poster|data|href)\s*=\s*["']?(?:https?:)?//(?!\{)""",
        r"preconnect|dns-prefetch|prefetch",
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {pattern}"
        for path in TEMPLATES
        for pattern in patterns
        if re.search(pattern, path.read_text())
    ]
    assert wrong == []


def test_it_names_no_card_field_and_no_publishable_key() -> None:
    """Cards are typed at Stripe: the smallest PCI scope stays true only while this is."""
    for path in [*TEMPLATES, *site_modules(), *(ROOT / "static").rglob("*.js")]:
        assert not re.search(r"js\.stripe\.com|pk_(live|test)_|cc-number|cc-csc", path.read_text()), path


@pytest.mark.django_db
def test_it_has_a_migration_for_every_model() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_it_commits_no_path_of_a_machine_and_no_package_host() -> None:
    listed = files_of_the_project("--cached")
    patterns = ("/wor" + "k/", "../sha" + "red", "pyp" + "i.org", "pythonho" + "sted", "npm" + "js.")
    wrong = []
    for name in listed:
        path = ROOT / name
        if path.suffix in {".woff2", ".png", ".ico", ".mo"} or not path.exists():
            continue
        text = path.read_text(errors="ignore")
        wrong += [f"{name}: {pattern}" for pattern in patterns if pattern in text]
    assert wrong == []


def test_it_waits_a_minute_or_more_for_what_may_be_slow() -> None:
    """A shorter limit in a test fails on a busy machine. One that means to run into it says `# short:`."""
    lines = [(path.name, line) for path in modules("tests") for line in path.read_text().splitlines()]
    short = re.compile(r"timeout=(\d[\d_.]*)\b(?!.*# short:)")
    limits = [(name, line.strip(), float(found[1])) for name, line in lines if (found := short.search(line))]
    assert len(limits) > 20
    assert [limit for limit in limits if 0 < limit[2] < 60] == []
