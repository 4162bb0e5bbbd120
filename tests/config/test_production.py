"""A live site refuses to start on an unsafe setting, and says which variable to set to what."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT

SAFE = {
    "SITE_MODE": "live",
    "SECRET_KEY": "kT7vQ2mZ9xB4nR8wL1cY6dF3gH5jS0aPqWeRtYuIoPzXcVbNmKjHgFdSaQ1w2E3r",
    "BASE_URL": "https://road.example.org",
    "STRIPE_SECRET_KEY": "rk_live_notarealkeybutlongenough",
    "STRIPE_WEBHOOK_SECRETS": "whsec_notarealsecretbutlongenough",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
}

OURS = {"DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}  # set by the tests, not by an owner


def check(tmp_path: Path, *args: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key not in {*SAFE, *OURS}}
    env |= {**SAFE, "DATA_DIR": str(tmp_path)}
    for name, value in changes.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    command = [sys.executable, "manage.py", "check", *args]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def test_it_starts_when_all_is_safe_and_passes_the_deployment_checks(tmp_path: Path) -> None:
    done = check(tmp_path, "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    # Nothing but that this database, which holds no table yet, cannot be asked what staff must still check.
    assert "identified 1 issue" in done.stderr and "could not be counted" in done.stderr


def test_it_makes_no_secrets_for_a_live_site(tmp_path: Path) -> None:
    check(tmp_path)
    assert not (tmp_path / "secrets.env").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("BASE_URL", "http://road.example.org"),
        ("BASE_URL", "https://localhost"),
        ("BASE_URL", None),
        ("ALLOWED_HOSTS", "*"),
        ("STRIPE_SECRET_KEY", None),
        ("STRIPE_API_BASE", "http://localhost:8001"),
        ("STRIPE_API_BASE", "https://api.stripe.com.evil.example"),
        ("STRIPE_WEBHOOK_SECRETS", None),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_"),
        ("DEBUG", "true"),
        ("EMAIL_URL", None),
    ],
)
def test_it_refuses_to_start_and_names_the_variable(tmp_path: Path, variable: str, value: str | None) -> None:
    done = check(tmp_path, **{variable: value})
    assert done.returncode != 0
    assert variable in done.stderr
    assert "Traceback" not in done.stderr


def test_it_refuses_a_mode_that_it_does_not_know(tmp_path: Path) -> None:
    done = check(tmp_path, SITE_MODE="staging")
    assert done.returncode != 0 and "SITE_MODE" in done.stderr


def test_it_refuses_a_live_key_in_a_demonstration(tmp_path: Path) -> None:
    done = check(tmp_path, SITE_MODE="demo")
    assert done.returncode != 0 and "SITE_MODE" in done.stderr and "STRIPE_SECRET_KEY" in done.stderr


def test_it_keeps_the_demonstrations_secrets_from_others_and_makes_them_once(tmp_path: Path) -> None:
    plain = dict.fromkeys(SAFE)
    assert check(tmp_path, "--deploy", "--fail-level", "WARNING", **plain).returncode == 0
    path = tmp_path / "secrets.env"
    before = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert check(tmp_path, **plain).returncode == 0
    assert path.read_text() == before


def test_it_has_no_secret_in_the_code() -> None:
    text = (ROOT / "config" / "settings.py").read_text()
    assert 'env.str("SECRET_KEY", default="")' in text
    assert "sk_test_" not in text and "whsec_" not in text
