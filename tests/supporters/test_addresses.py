"""One person signs once, however they write their address; two people are never taken for one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supporters.addresses import PLUS_IS_A_NOTE, canonical

LOCAL = st.text("abcXYZ019.+-_", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org ", "ada@example.org"),
        ("ada@example.org.", "ada@example.org"),
        ("a.d.a@gmail.com", "ada@gmail.com"),
        ("ADA+pledge@googlemail.com", "ada@gmail.com"),
        ("a.da+x+y@GMAIL.com", "ada@gmail.com"),
        ("ada+x@outlook.com", "ada@outlook.com"),
        ("ada@müller.example", "ada@xn--mller-kva.example"),
        ("ada@XN--MLLER-KVA.example", "ada@xn--mller-kva.example"),
        ("ada@ｇｍａｉｌ.com", "ada@gmail.com"),
        ("ada@gmail.com。", "ada@gmail.com"),
        ('"a.d.a"@gmail.com', "ada@gmail.com"),
        (r'"a\da"@example.org', "ada@example.org"),
    ],
)
def test_it_finds_the_mailbox_behind_a_spelling(typed: str, mailbox: str) -> None:
    assert canonical(typed) == mailbox


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.da@example.org", "ada@example.org"),  # most hosts take a dot for what it is
        ("a.da@outlook.com", "ada@outlook.com"),
        ("ada+x@example.org", "ada@example.org"),  # and a plus, where we do not know better
        ("ada@example.org", "ada@example.com"),
        ("ada@sub.gmail.com", "ada@gmail.com"),
        ('"a da"@gmail.com', "ada@gmail.com"),
    ],
)
def test_it_keeps_two_mailboxes_apart(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("typed", ["+note@gmail.com", ".@gmail.com", "@", "", "no-address", "a@b@c"])
def test_it_answers_for_anything_that_is_no_address(typed: str) -> None:
    assert "@" in canonical(typed)


@given(st.text(max_size=60))
@example("0 .")
@example(". +n@gmail.com")
@example("l.@x＠gmail.com")
def test_it_changes_nothing_the_second_time(typed: str) -> None:
    assert canonical(canonical(typed)) == canonical(typed)


@given(LOCAL, st.sampled_from(["gmail.com", "example.org", "outlook.com"]))
def test_it_does_not_look_at_case(local: str, domain: str) -> None:
    typed = f"{local}@{domain}"
    assert canonical(typed.upper()) == canonical(typed) == canonical(typed.lower())


@given(st.text("abc019", min_size=1), st.text("abc.+", max_size=9), st.sampled_from(sorted(PLUS_IS_A_NOTE)))
def test_it_drops_every_note_behind_a_plus_where_the_host_does(local: str, note: str, domain: str) -> None:
    assert canonical(f"{local}+{note}@{domain}") == canonical(f"{local}@{domain}")


@given(st.lists(st.text("abc019", min_size=1), min_size=1, max_size=6))
def test_it_drops_every_dot_of_gmail(parts: list[str]) -> None:
    assert canonical(".".join(parts) + "@gmail.com") == "".join(parts) + "@gmail.com"
