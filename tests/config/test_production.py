"""A live site refuses to start on an unsafe setting, and says which variable to set to what."""

import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import mail, production
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


def environment(tmp_path: Path, changes: Mapping[str, str | None]) -> dict[str, str]:
    """Of a site that is safe but for the changes."""
    env = {key: value for key, value in os.environ.items() if key not in {*SAFE, *OURS}}
    env |= {**SAFE, "DATA_DIR": str(tmp_path)}
    return {name: value for name, value in {**env, **changes}.items() if value is not None}


def check(tmp_path: Path, *args: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    command, env = [sys.executable, "manage.py", "check", *args], environment(tmp_path, changes)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def said_by_the_settings(tmp_path: Path, **changes: str | None) -> str:
    """Why the settings cannot be loaded in that environment, which manage.py prints; "" where they can."""
    with patch.dict(os.environ, environment(tmp_path, changes), clear=True):
        try:
            runpy.run_path(str(ROOT / "config" / "settings.py"))
        except ImproperlyConfigured as error:
            return str(error)
    return ""


def test_it_starts_when_all_is_safe_and_makes_no_secrets_and_a_database_that_nobody_else_can_read(
    tmp_path: Path,
) -> None:
    done = check(tmp_path, "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    # Nothing but that this database, which holds no table yet, cannot be asked what staff must still check.
    assert "identified 1 issue" in done.stderr and "could not be counted" in done.stderr
    assert not (tmp_path / "secrets.env").exists()
    assert (tmp_path / "road_out.sqlite3").stat().st_mode & 0o077 == 0


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
    assert variable in said_by_the_settings(tmp_path, **{variable: value})


def test_it_names_everything_that_is_unsafe_at_once(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("")
    (tmp_path / "road_out.sqlite3").write_text("")
    for name in ("secrets.env", "road_out.sqlite3"):
        (tmp_path / name).chmod(0o640)
    unsafe = {
        "BASE_URL": "https://me:secret@road.example.org/site",
        "ALLOWED_HOSTS": "www.example.org",
        "TRUSTED_PROXIES": "-1",
        "STRIPE_SECRET_KEY": "pk_live_notarealkeybutlongenough",
        "EMAIL_URL": "smtp://user:password@mail.example.org:25",
    }
    done = check(tmp_path, **unsafe)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert [line.split()[1] for line in lines] == [*unsafe, "DATA_DIR", "DATA_DIR"]
    assert all(f"chmod 600 {tmp_path / name}" in done.stderr for name in ("secrets.env", "road_out.sqlite3"))


def refused(**changes: object) -> str:
    """What the guard says to these settings, in place of those of a site that is safe; "" when it lets them be."""
    safe = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    safe |= {**SAFE, "HTTPS": True, "HOST": "road.example.org", "ALLOWED_HOSTS": ["road.example.org"]}
    safe |= {"SECURE_SSL_REDIRECT": True, "STRIPE_OFFLINE": False, "STRIPE_API_BASE": "https://api.stripe.com"}
    safe |= {"STRIPE_WEBHOOK_SECRETS": [SAFE["STRIPE_WEBHOOK_SECRETS"]], "EMAIL_URL_SET": True, "ANYMAIL": {}}
    safe |= {"DATA_DIR": ROOT, "DATABASES": {"default": {"ENGINE": "postgresql"}}}
    if changes.get("EMAIL_URL", True):
        safe |= mail.server(str(changes.get("EMAIL_URL", SAFE["EMAIL_URL"])))
    try:
        production.refuse_unsafe(safe | changes)
    except ImproperlyConfigured as error:
        return str(error)
    return ""


HERE = "localhost 127.0.0.2 [::1] 0.0.0.0 127.1 2130706433 10.0.0.5 192.168.2.7 [fd00::7] 169.254.1.1 [::ffff:10.0.0.5]"
BEYOND = "me@road.example.org :x@road.example.org road.example.org/site road.example.org?x=1 road.example.org#x"


@pytest.mark.parametrize("address", [*f"{HERE} road-out road.local road.internal. {BEYOND}".split(), ""])
def test_it_takes_nothing_for_its_address_that_strangers_cannot_open(address: str) -> None:
    host = urlsplit(f"https://{address}").hostname or "localhost"
    assert "BASE_URL" in refused(BASE_URL=f"https://{address}", HOST=host, ALLOWED_HOSTS=[host])


@pytest.mark.parametrize("address", ["https://road.example.org", "https://road.example.org:8443", "https://8.8.8.8"])
def test_it_takes_an_address_that_strangers_can_open(address: str) -> None:
    host = urlsplit(address).hostname or ""
    assert refused(BASE_URL=address, HOST=host, ALLOWED_HOSTS=[host]) == ""


NO_MAIL = (
    "consolemail:// filemail:///tmp memorymail:// dummymail:// smtp+tls:// smtp://mail.example.org smtp://localhost:25"
)


@pytest.mark.parametrize("mail", NO_MAIL.split())
def test_it_takes_no_mail_server_that_sends_nothing_or_in_the_open(mail: str) -> None:
    assert "EMAIL_URL" in refused(EMAIL_URL=mail)


def test_it_looks_at_a_mail_provider_in_the_same_way() -> None:
    provider = {"EMAIL_URL": "", "EMAIL_PROVIDER": "postmark", "EMAIL_WEBHOOK_SECRET": "a:b"}
    assert refused(**provider) == ""
    assert "EMAIL_PROVIDER sends nothing" in refused(**{**provider, "EMAIL_PROVIDER": "console"})
    assert "without TLS" in refused(**provider, ANYMAIL={"POSTMARK_API_URL": "http://mail.example.org"})


@pytest.mark.parametrize("key", ["foo", "pk_live_notarealkeybutlongenough", "sk_live_", "sk_live_a b"])
def test_it_takes_no_key_that_is_not_secret(key: str) -> None:
    assert "STRIPE_SECRET_KEY" in refused(STRIPE_SECRET_KEY=key)
    assert refused(STRIPE_SECRET_KEY="sk_test_" + "a" * 24) == ""


def test_it_takes_its_own_name_and_its_proxies_into_account() -> None:
    assert refused(ALLOWED_HOSTS=[".example.org"]) == ""
    assert "ALLOWED_HOSTS" in refused(ALLOWED_HOSTS=[])
    assert "TRUSTED_PROXIES" in refused(SECURE_SSL_REDIRECT=False)
    assert refused(SECURE_SSL_REDIRECT=False, TRUSTED_PROXIES=1) == ""


def test_it_refuses_a_mode_that_it_does_not_know(tmp_path: Path) -> None:
    assert "SITE_MODE" in said_by_the_settings(tmp_path, SITE_MODE="staging")


def test_it_refuses_a_live_key_in_a_demonstration(tmp_path: Path) -> None:
    said = said_by_the_settings(tmp_path, SITE_MODE="demo")
    assert "SITE_MODE" in said and "STRIPE_SECRET_KEY" in said


def test_it_keeps_the_demonstrations_secrets_from_others_and_makes_them_once(tmp_path: Path) -> None:
    plain = dict.fromkeys(SAFE)
    assert check(tmp_path, "--deploy", "--fail-level", "WARNING", **plain).returncode == 0
    path = tmp_path / "secrets.env"
    before = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert said_by_the_settings(tmp_path, **plain) == "" and path.read_text() == before


def test_it_has_no_secret_in_the_code() -> None:
    text = (ROOT / "config" / "settings.py").read_text()
    assert 'env.str("SECRET_KEY", default="")' in text
    assert "sk_test_" not in text and "whsec_" not in text


@pytest.mark.postgres
@pytest.mark.django_db
def test_it_gives_up_a_line_to_the_database_that_was_cut() -> None:
    """As the system has it of the open connection: no packet that is not answered holds a thread for minutes."""
    connection.ensure_connection()
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
        assert 0 < line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 20_000
