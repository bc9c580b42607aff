"""How long evidence holds, and what carries it further."""

from datetime import UTC, datetime

import pytest

from clearance.long_life import Proof, Strength, TrustHistory, held_until


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def proof(made: int, ends: int | None) -> Proof:
    return Proof(made_at=year(made), ends_at=None if ends is None else year(ends))


@pytest.mark.parametrize(
    ("later", "end"),
    [
        ((), 2040),
        (((2027, 2040), (2035, 2050)), 2050),
        (((2040, 2050),), 2040),
        (((2041, 2050),), 2040),
        (((2027, 2030), (2031, 2050)), 2050),
        (((2027, 2045), (2043, 2060)), 2060),
        (((2027, 2030),), 2040),
        (((2027, 2030), (2041, None)), 2040),
        (((2039, None),), None),
    ],
)
def test_a_timestamp_in_time_carries_further(
    later: tuple[tuple[int, int | None], ...], end: int | None
) -> None:
    held = held_until(proof(2026, 2040), [proof(*each) for each in later])
    assert held == (None if end is None else year(end))


def test_the_first_end_counts() -> None:
    history = TrustHistory(
        weak_from=(("rsa-3072", year(2045)), ("sha256", year(2040))),
        retired=(("anchor", year(2042)),),
    )
    assert history.end(["rsa", "rsa-3072", "sha256"], "anchor") == year(2040)
    assert history.end(["rsa-3072", "sha512"], "anchor") == year(2042)
    assert history.end(["rsa-3072"], "other") == year(2045)
    assert history.end(["sha512"], "other") is None
    assert history.weak_by(year(2040)) == ("sha256",)
    assert history.retired_by(year(2041)) == ()


@pytest.mark.parametrize(("certificate", "end"), [(2031, 2031), (2050, 2040)])
def test_a_timestamp_is_renewed_before_certificate_and_algorithm_end(
    certificate: int, end: int
) -> None:
    strength = Strength(certificate_ends_at=year(certificate), algorithms=("sha256",), anchor="a")
    assert strength.end(TrustHistory(weak_from=(("sha256", year(2040)),))) == year(end)
