"""Passwords: which are taken, how they are hashed, what is handed out."""

import re
import secrets

import pytest

from clearance.errors import InvalidValue
from register.staff.passwords import check_new_password, draw, hash_password, password_matches


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("elevenchars", "too_short"),
        ("x" * 201, "too_long"),
        ("aaaaaaaaaaaaaaaa", "too_easy"),
        ("ababababababab", "too_easy"),
        ("a.karimi.a.karimi", "too_easy"),
        ("علی کریمی ۱۲۳", "too_easy"),
        ("A.KARIMI1404", "too_easy"),
        ("password1234", "too_easy"),
        ("Password123456!", "too_easy"),
        ("iloveyou12345", "too_easy"),
        ("qwertyuiop[]", "too_easy"),
        ("123456789012", "too_easy"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(InvalidValue, match=rf"staff\.password_{code}"):
        check_new_password(password, username="a.karimi", full_name="علی کریمی")


@pytest.mark.parametrize("password", ["correct horse battery", "باغ و سیب پاییزی", "K7#mq!29xTz_"])
def test_a_long_password_of_any_script_is_taken(password: str) -> None:
    check_new_password(password, username="a.karimi", full_name="علی کریمی")


def test_a_hash_is_argon2id_of_its_own_salt_and_matches_its_password_only() -> None:
    one, other = hash_password("سیب پاییزی"), hash_password("سیب پاییزی")

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert password_matches(one, "سیب پاییزی")
    assert not password_matches(one, "سیب پاییزی ")


def test_the_same_letter_of_another_keyboard_is_the_same_password() -> None:
    assert password_matches(hash_password("é ﻻ"), "e\u0301 لا")


@pytest.mark.parametrize("stored", [None, "", "$argon2id$broken"])
def test_no_password_matches_nothing(stored: str | None) -> None:
    assert not password_matches(stored, "nobody")
    assert not password_matches(stored, "")


def test_what_is_handed_out_is_random_and_readable() -> None:
    drawn = {draw(secrets.token_bytes) for _ in range(200)}

    assert len(drawn) == 200
    for each in drawn:
        assert re.fullmatch(r"([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}", each)
        check_new_password(each, username="a.karimi", full_name="علی کریمی")
