"""python -m tests.planted [NAME …]: each break alone in a copy of the source, and its tests, which must turn red.

First all those files of tests run without a break, and must be green. 0: so it was. What stayed green is named.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.planted.faults import FAULTS, Fault
from tests.running import ROOT, files_of_the_project

FAILED = 1  # pytest's code for tests that failed; others say that it could not run them


def main(names: list[str]) -> int:
    unknown = set(names) - {fault.name for fault in FAULTS}
    if unknown:
        print(f"No break is called {', '.join(sorted(unknown))}. There are: {', '.join(each.name for each in FAULTS)}")
        return 2
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    with tempfile.TemporaryDirectory(prefix="road-out-planted-") as folder:
        root = copied(Path(folder))
        code, said = run(root, sorted({fault.red for fault in chosen}))
        if code:
            print(f"Without any break they are not green, so nothing can be said:\n{said}")
            return 1
        green = [fault.name for fault in chosen if not turns_red(root, fault)]
    print(f"{len(chosen) - len(green)} of {len(chosen)} breaks turned their tests red.")
    print("".join(f"STAYED GREEN: {name}\n" for name in green), end="")
    return int(bool(green))


def copied(folder: Path) -> Path:
    """The files of the project, so that a break never stands in the source itself."""
    for name in files_of_the_project("*"):
        there = folder / name
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, there)
    return folder


def turns_red(root: Path, fault: Fault) -> bool:
    """Put the break in, run its file of tests until the first that fails, and take it out again."""
    there, whole = root / fault.path, (root / fault.path).read_text()
    there.write_text(fault.broken(root))
    try:
        code, said = run(root, [fault.red], "-x")
    finally:
        there.write_text(whole)
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    word = {0: "GREEN", FAILED: "red"}.get(code, f"COULD NOT RUN ({code})")
    first = next((line for line in said.splitlines() if line.startswith("FAILED ")), last[0])
    print(f"{word:5} {fault.name}: {first[:160]}", flush=True)
    return code == FAILED


def run(root: Path, paths: list[str], *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0", "-m", "not processes"]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root)}
    done = subprocess.run([*command, *words, *paths], cwd=root, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
