"""Makes the virtual environment .venv, installs pinned requirements when changed. Standard library only: it runs first.

Usage: python3 script/setup.py requirements.txt [more.txt …]   (a name ending in contract.txt is installed alone,
without the packages it asks for)
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REASONS = {  # what pip or uv say -> what we say
    "No space left on device": "There is no space left on the disk. Free about 600 MB and run this again.",
    "Read-only file system": "This folder cannot be written to. Copy the project somewhere you may write.",
    "Permission denied": "This folder cannot be written to. Copy the project somewhere you may write.",
    "DO NOT MATCH THE HASHES": "A downloaded package is not the one that was pinned. Run this again.",
}
NETWORK = "The packages could not be fetched: no connection to the package index. Check the network and run this again."
SIGNS_OF_NO_NETWORK = (
    "connection",
    "resolve",
    "timed out",
    "network",
    "No matching distribution",
    "Could not find",
)


def main(files: list[str]) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anybody checked
        fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Name another: PYTHON=/path/to/python.")
    if not usable():
        say("Making the environment in .venv …")
        make()
    for name in files:
        install(name)


def usable() -> bool:
    """Whether .venv can be used. One that was copied or whose Python went away is made again, and one that was stopped
    half way: it may have a Python without pip. Django is in each that was ever filled.
    """
    if not PYTHON.exists():
        return False
    probe = [str(PYTHON), "-c", "import sys, django; raise SystemExit(sys.version_info < (3, 11))"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def make() -> None:
    try:
        shutil.rmtree(VENV, ignore_errors=True)
        if shutil.which("uv"):
            run(["uv", "venv", "--quiet", "--python", sys.executable, str(VENV)])
        else:
            run([sys.executable, "-m", "venv", str(VENV)])
    except OSError as error:
        fail(reason(str(error)))


def install(name: str) -> None:
    wanted = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    stamp = VENV / f".installed-{name}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing what {name} pins (the first time takes a minute) …")
    alone = ["--no-deps"] if name.endswith("contract.txt") else []
    if shutil.which("uv"):
        run(["uv", "pip", "install", "--quiet", "--python", str(PYTHON), *alone, "-r", str(ROOT / name)])
    else:
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        run([*pip, "--retries", "2", *alone, "-r", str(ROOT / name)])
    try:
        stamp.write_text(wanted)
    except OSError as error:
        fail(reason(str(error)))


def run(command: list[str]) -> None:
    """Run quietly. When it fails, print one plain sentence, and keep the output for a person who wants to look."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        if os.environ.get("VERBOSE"):
            print(done.stdout, file=sys.stderr)
        fail(reason(done.stdout))


def reason(output: str) -> str:
    for sign, sentence in REASONS.items():
        if sign in output:
            return sentence
    if "ensurepip" in output:
        return "Python cannot make environments here. On Debian and Ubuntu: apt-get install python3-venv."
    if any(sign.lower() in output.lower() for sign in SIGNS_OF_NO_NETWORK):
        return NETWORK
    last = [line for line in output.splitlines() if line.strip()][-1:] or ["no reason given"]
    return f"Setting up failed: {last[0].strip()} (VERBOSE=1 shows everything)"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def fail(sentence: str) -> None:
    say(sentence)
    raise SystemExit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        say("Stopped. Run the same command again to go on.")
        raise SystemExit(130) from None
