"""Wrong codes are counted by subscriber, not by each of its addresses."""

import pytest

from api.toolkit.limits import GuessLimiter
from api.toolkit.problems import HttpError


def refused(limiter: GuessLimiter, address: str) -> bool:
    try:
        limiter.count_wrong(address)
    except HttpError as error:
        return error.code == "access.too_many_attempts"
    return False


@pytest.fixture
def limiter() -> GuessLimiter:
    return GuessLimiter("2/minute")


@pytest.mark.parametrize(
    ("guesser", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("unknown", "192.0.2.1", False),
        ("", "192.0.2.1", False),
    ],
)
def test_who_shares_a_count(limiter: GuessLimiter, guesser: str, other: str, same: bool) -> None:
    for _ in range(2):
        assert not refused(limiter, guesser)
    assert refused(limiter, guesser)
    assert refused(limiter, other) is same
