"""A clearance over thirty years: certificates end, the TSA rolls, SHA-256 grows weak, roots go."""

from datetime import datetime

import pytest

from clearance.long_life import TrustHistory

pytestmark = pytest.mark.integration


def test_thirty_years(life, world, clock, prepare, at_year):
    # 2025: issued; an hour later its archival revision is made
    ticket = prepare()
    closed = life.issue(ticket)
    assert life.carried(closed)[0] == "evidence.embedded"
    assert life.renew() == []
    clock.advance(hours=1)
    assert life.renew() == [(1, "none_yet")]
    first = life.newest(ticket.number)
    assert first.startswith(closed)
    assert life.carried(first)[0] == "evidence.embedded"
    assert life.renew() == []

    # 2029: the seal's certificate has ended
    clock.now = at_year(2029)
    assert life.carried(closed) == ("evidence.embedded", {})

    # 2030: the TSA's certificate ends next year, and it signs with another one
    clock.now = at_year(2030, 8)
    world.tsa = 1
    assert life.renew() == [(2, "certificate_ends")]

    # 2037: the policy says that SHA-256 is weak from 2041 on and that the root retires in 2043; the
    # TSA signs with SHA-512 under a new root
    world.history = TrustHistory(
        weak_from=(("sha256", at_year(2041)),), retired=((world.root.name, at_year(2043)),)
    )
    clock.now = at_year(2037, 6)
    world.tsa = 2
    assert life.renew() == []
    assert life.carried(closed) == ("evidence.embedded", {"until": "2041-01-01T00:00:00Z"})

    # 2039: half a year before the second TSA's certificate ends, the weak hash comes next
    clock.now = at_year(2039, 8)
    assert life.renew() == [(3, "certificate_ends")]
    third = life.newest(ticket.number)
    assert third.startswith(life.documents.get(first_of(life, first)))

    # 2042: SHA-256 convinces nobody any more
    clock.now = at_year(2042)
    assert life.carried(closed) == ("evidence.archival", {"revision": "3"})
    assert life.carried(first) == ("evidence.archival", {"revision": "3"})
    assert life.carried(third) == ("evidence.embedded", {})
    assert life.carried(closed, with_archive=False) == ("evidence.register_alone", {})

    # 2055: the root has been replaced long since
    clock.now = at_year(2055)
    assert life.carried(closed) == ("evidence.archival", {"revision": "3"})
    assert life.carried(third) == ("evidence.embedded", {})


def first_of(life, content):
    return life.documents.put(content)


@pytest.fixture
def at_year():
    def moment(year: int, month: int = 1) -> datetime:
        return datetime.fromisoformat(f"{year}-{month:02}-01T00:00:00+00:00")

    return moment
