"""Numbers are gap-free, never used twice, and follow the Jalali year of Tehran."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from clearance.status_list import LIST_SIZE
from register.repository import Register

pytestmark = pytest.mark.integration


def test_the_first_number_of_a_branch(prepare):
    ticket = prepare()

    assert ticket.number.startswith("1404-1234-000001-")
    assert 0 <= ticket.status_list_index < LIST_SIZE
    assert ticket.issued_at == datetime(2025, 5, 4, 8, 30, tzinfo=UTC)


def test_places_in_the_status_list_tell_nothing_of_how_many_there_are(prepare):
    places = [prepare().status_list_index for _ in range(60)]

    # Of 60 random places some lie in each quarter, and they do not rise: by chance, one in 10^7.
    assert {place * 4 // LIST_SIZE for place in places} == {0, 1, 2, 3}
    assert places != sorted(places)


def test_a_place_that_is_taken_is_drawn_anew(engine, clock, prepare_on):
    drawn = iter((bytes(8), bytes(8), (7).to_bytes(8)))

    def random_bytes(length):
        return next(drawn) if length == 8 else secrets.token_bytes(length)

    register = Register(engine, clock=clock, random_bytes=random_bytes, evaluate=lambda *_: ())
    assert [prepare_on(register).status_list_index for _ in range(2)] == [0, 7]


def test_eight_callers_of_one_branch_get_200_numbers_without_gap_or_repetition(prepare):
    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(lambda _: prepare(), range(200)))

    assert sorted(ticket.number.serial for ticket in tickets) == list(range(1, 201))
    assert len({ticket.verification_code for ticket in tickets}) == 200
    assert len({ticket.status_list_index for ticket in tickets}) == 200


def test_branches_count_for_themselves(prepare):
    numbers = [prepare(branch=branch).number for branch in ("1234", "0001", "1234", "0001")]

    assert [(number.branch_code, number.serial) for number in numbers] == [
        ("1234", 1),
        ("0001", 1),
        ("1234", 2),
        ("0001", 2),
    ]


def test_serials_begin_anew_at_nowruz_in_tehran(prepare, clock):
    # Nowruz 1405 begins at 2026-03-20T20:30Z, midnight in Tehran.
    clock.now = datetime(2026, 3, 20, 20, 29, 59, tzinfo=UTC)
    last_year = [prepare().number, prepare().number]
    clock.advance(seconds=1)
    this_year = prepare().number

    assert [(number.jalali_year, number.serial) for number in [*last_year, this_year]] == [
        (1404, 1),
        (1404, 2),
        (1405, 1),
    ]


def test_a_failed_prepare_gives_its_number_back(prepare, sql):
    first = prepare()
    sql("ALTER TABLE audit_event ADD CONSTRAINT broken CHECK (false) NOT VALID")
    with pytest.raises(Exception, match=r"register\.fault"):
        prepare()
    sql("ALTER TABLE audit_event DROP CONSTRAINT broken")

    assert prepare().number.serial == first.number.serial + 1


def test_the_last_serial_of_a_year_is_not_followed_by_another(prepare, sql):
    sql("INSERT INTO number_counter VALUES (1404, '1234', 999999)")

    with pytest.raises(Exception, match=r"clearance_number\.exhausted"):
        prepare()
