"""Lists are published when something was revoked, before they end, and under the present key."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from throwaway import self_signed

from clearance.errors import Unavailable
from clearance.status_list import list_uri, parse_status_list
from register.status_lists import Publication
from signer.status_lists import StatusListPublisher
from verifier.status_list import read_status_list
from verifier.token_keys import keys_of

URL = "https://verify.example"


@dataclass
class StandInLists:
    """What the register keeps of the lists."""

    places: list[set[int]] = field(default_factory=lambda: [set()])
    published: dict[int, list[Publication]] = field(default_factory=lambda: defaultdict(list))

    def counts(self) -> tuple[int, ...]:
        return tuple(map(len, self.places))

    def revoked(self, number: int) -> list[int]:
        return list(self.places[number])

    def newest(self, number: int) -> Publication | None:
        return next(reversed(self.published[number]), None)

    def record(self, publication: Publication) -> None:
        self.published[publication.list_number].append(publication)


class StandInKey:
    """A P-256 key with a certificate of its own, which can be away."""

    def __init__(self) -> None:
        begins = datetime(2025, 1, 1, tzinfo=UTC)
        self._key = self_signed("token", begins=begins, ends=begins + timedelta(days=365))
        self.certificate = self._key.certificate
        self.away = False

    def sign(self, data: bytes) -> bytes:
        if self.away:
            raise Unavailable("hsm.unavailable")
        return self._key.sign(data)


class Desk:
    """A publisher over stand-ins, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2025, 5, 4, 9, 0, 0, 250_000, tzinfo=UTC)
        self.lists = StandInLists()
        self.key = StandInKey()
        self.publisher = StatusListPublisher(
            lists=self.lists,  # type: ignore[arg-type]
            key=lambda: self.key,  # type: ignore[arg-type, return-value]
            public_url=URL,
            ttl=timedelta(minutes=5),
            lifetime=timedelta(hours=24),
            clock=lambda: self.now,
        )

    def publishes(self) -> int:
        """How many lists one call publishes."""
        before = sum(map(len, self.lists.published.values()))
        self.publisher.publish()
        return sum(map(len, self.lists.published.values())) - before


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_list_of_nothing_is_published_once(desk: Desk) -> None:
    assert desk.publishes() == 1
    assert desk.publishes() == 0
    published = desk.lists.published[0][0]
    said = read_status_list(
        published.token, keys_of([desk.key.certificate]), uri=list_uri(URL, 0), now=desk.now
    )
    assert not any(said.bits)
    assert said.issued_at == published.issued_at == desk.now.replace(microsecond=0)
    assert said.expires_at == published.expires_at == said.issued_at + timedelta(hours=24)
    assert said.ttl == published.ttl == timedelta(minutes=5)


def test_a_withdrawal_is_published_at_once(desk: Desk) -> None:
    desk.publishes()
    desk.lists.places[0].add(7)
    assert desk.publishes() == 1
    assert desk.publishes() == 0
    newest = desk.lists.published[0][-1]
    claims = parse_status_list(newest.token).claims
    assert (newest.revoked, claims.is_revoked(7), claims.is_revoked(6)) == (1, True, False)


def test_a_list_is_published_again_before_it_ends(desk: Desk) -> None:
    desk.publishes()
    desk.now += timedelta(hours=11, minutes=59)
    assert desk.publishes() == 0
    desk.now += timedelta(minutes=1)
    assert desk.publishes() == 1


def test_another_key_signs_the_list_anew(desk: Desk) -> None:
    desk.publishes()
    desk.key = StandInKey()
    assert desk.publishes() == 1
    newest = desk.lists.published[0][-1]
    assert parse_status_list(newest.token).kid == newest.kid
    assert keys_of([desk.key.certificate]).keys() == {newest.kid}


def test_each_list_has_its_own_address(desk: Desk) -> None:
    desk.lists.places.append({3})
    assert desk.publishes() == 2
    claims = parse_status_list(desk.lists.published[1][0].token).claims
    assert claims.uri == "https://verify.example/s/1"
    assert claims.is_revoked(3)
    desk.lists.places[0].add(1)
    assert desk.publishes() == 1
    assert len(desk.lists.published[1]) == 1


def test_without_the_token_nothing_is_published(desk: Desk) -> None:
    desk.key.away = True
    with pytest.raises(Unavailable, match=r"hsm\.unavailable"):
        desk.publishes()
    assert not desk.lists.published[0]
    desk.key.away = False
    assert desk.publishes() == 1


def test_a_list_that_is_dated_ahead_is_replaced_at_once(desk: Desk) -> None:
    right = desk.now
    desk.now += timedelta(days=2)
    desk.publishes()
    desk.now = right
    assert desk.publishes() == 1
    assert desk.publishes() == 0
