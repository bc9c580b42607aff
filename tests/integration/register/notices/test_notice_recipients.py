"""Whom a notice goes to: resolved in the register, kept, and told of every change (R4)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError, InternalError

from clearance.errors import Conflict, NotFound
from clearance.identifiers import WorkshopNumber
from clearance.notices import NoticeEvent
from register.notices import open_notice
from service.courier import Courier

ASSIGNER = WorkshopNumber("0410000001")


@pytest.fixture
def place(deliveries):
    """Deliver into the inbox."""
    return Courier(deliveries, [])


def test_the_directory_says_who_not_the_request(issued, the_notice):
    assert issued.certificate.request.work_assigner.workshop_number == "0123456789"
    notice = the_notice()

    assert (notice.workshop_number, notice.account_id) == (ASSIGNER, "acc-1")


def test_a_notice_stands_or_falls_with_its_clearance(
    directory_rows, register, prepare, finish, clock, sql
):
    slow = prepare("key")
    clock.advance(minutes=2)
    finish(prepare("key"))
    with pytest.raises(Conflict, match=r"ticket\.spent"):
        finish(slow)

    assert sql("SELECT event FROM notice") == [("issued",)]


def test_a_later_account_is_not_told_what_the_former_was(
    issued, the_notice, change_account, work, place, notices, issue
):
    change_account("acc-2")
    work(by=place)
    assert the_notice().account_id == "acc-1"

    later = issue()
    assert notices.of_clearance(later.number)[0].account_id == "acc-2"


def test_the_assigner_learns_of_a_revocation_and_a_replacement(
    issued, revoke, prepare, finish, notices, clock, change_account, sql
):
    clock.advance(hours=1)
    change_account("acc-2")
    # The row is given to another by mistake: who was told of the clearance is told of its end.
    sql("UPDATE contract_row SET work_assigner_workshop = '0410000002', version = version + 1")
    revoke(issued.number)
    revoked_at = clock.now
    clock.advance(hours=1)
    replacement = finish(prepare(replaces=issued.number))

    first, revoked, replaced = notices.of_clearance(issued.number)
    assert (first.event, first.account_id) == ("issued", "acc-1")
    assert (revoked.event, revoked.workshop_number, revoked.account_id) == (
        "revoked",
        ASSIGNER,
        "acc-2",
    )
    assert (revoked.occurred_at, revoked.reason) == (revoked_at, "data_corrected")
    assert (replaced.event, replaced.replacement, replaced.account_id) == (
        "replaced",
        replacement.number,
        "acc-2",
    )
    assert first.position < revoked.position < replaced.position
    (new,) = notices.of_clearance(replacement.number)
    assert new.workshop_number == "0410000002"


def test_a_revocation_reaches_the_former_account_if_there_is_no_other(
    issued, revoke, notices, change_account
):
    change_account(None)
    revoke(issued.number)

    assert notices.of_clearance(issued.number)[1].account_id == "acc-1"


def test_without_an_account_it_waits_for_one(
    directory_rows, change_account, issue, notices, work, place, attempts
):
    change_account(None)
    issued = issue()
    (notice,) = notices.of_clearance(issued.number)
    assert (notice.account_id, notice.position, notice.state) == (None, None, "waiting")
    with pytest.raises(NotFound, match=r"notice\.not_found"):
        notices.view(notice.id, viewer="user", client_id="eservices")
    work(timedelta(minutes=1), by=place)
    assert attempts(notice.id)[0] == (1, None, "notice.no_account")
    newer = issue()

    change_account("acc-9")
    work(timedelta(hours=1), by=place)

    inbox = notices.inbox(ASSIGNER, limit=10)
    assert {each.number for each in inbox} == {issued.number, newer.number}
    assert {(each.account_id, each.state) for each in inbox} == {("acc-9", "delivered")}


def test_without_an_account_for_days_it_is_a_dead_letter(issue, notices, work, place):
    # Nothing at all is in the directory.
    issued = issue()
    work(timedelta(days=4), by=place)

    (dead,) = notices.undelivered(dead=True, limit=10)
    assert (dead.number, dead.last_error) == (issued.number, "notice.no_account")


def test_nothing_new_comes_before_a_position_that_was_read(
    issued, issue, notices, engine, prepare, finish, sql, revoke
):
    """Positions of one inbox are visible in their order, also while clearances end at once."""
    other, ticket = issue(), prepare()
    before = notices.inbox(ASSIGNER, limit=10)[-1].position
    with engine.begin() as connection:
        open_notice(
            connection,
            other.number,
            NoticeEvent.REVOKED,
            occurred_at=other.issued_at,
            now=other.issued_at,
            actor="tests",
            reason="lawful_order",
        )
        second = threading.Thread(target=finish, args=(ticket,))
        second.start()
        second.join(0.3)
        assert second.is_alive(), "the second waits for the first"
        assert notices.inbox(ASSIGNER, after=before, limit=10) == ()
    second.join(10)

    new = notices.inbox(ASSIGNER, after=before, limit=10)
    assert [each.event for each in new] == ["revoked", "issued"]


def test_the_evidence_stays_as_it_was_written(issued, the_notice, notices, work, place, sql):
    work(by=place)
    notices.view(the_notice().id, viewer="user", client_id="eservices")
    evidence = the_notice()

    for statement in (
        "UPDATE notice SET delivered_at = delivered_at - interval '1 hour'",
        "UPDATE notice SET delivered_by = 'webhook'",
        "UPDATE notice SET delivered_at = NULL, delivered_by = NULL, due_at = now()",
        "UPDATE notice SET first_viewed_at = first_viewed_at - interval '1 hour'",
        "UPDATE notice SET first_viewed_at = NULL",
        "UPDATE notice SET account_id = 'acc-9'",
        "UPDATE notice SET event = 'revoked', reason = 'lawful_order'",
        "DELETE FROM notice",
        "TRUNCATE notice CASCADE",
        "UPDATE notice_view SET viewer = 'somebody'",
        "DELETE FROM notice_attempt",
    ):
        with pytest.raises((IntegrityError, InternalError), match=r"refused|keeps|once"):
            sql(statement)
    assert the_notice() == evidence


def test_a_view_is_evidence_once(issued, the_notice, notices, clock, work, place, told, sql):
    work(by=place)
    clock.advance(minutes=5)
    notices.view(the_notice().id, viewer="user-1", client_id="eservices")
    first = clock.now
    for viewer in ("user-1", "user-2"):
        clock.advance(minutes=5)
        assert notices.view(the_notice().id, viewer=viewer, client_id="eservices").state == "viewed"

    assert the_notice().first_viewed_at == first
    assert sql("SELECT viewer, viewed_at, client_id FROM notice_view ORDER BY viewed_at") == [
        ("user-1", first, "eservices"),
        ("user-2", clock.now, "eservices"),
    ]
    assert [event for event in told() if event[0] == "notice.viewed"] == [
        ("notice.viewed", "eservices", issued.number)
    ]


def test_what_is_viewed_has_arrived(issued, the_notice, notices, clock, work):
    work(timedelta(hours=1))
    notices.view(the_notice().id, viewer="user-1", client_id="eservices")

    notice = the_notice()
    assert (notice.delivered_at, notice.delivered_by) == (clock.now, "view")
    assert notice.first_viewed_at == clock.now
    assert work(timedelta(days=4)) == []


def test_an_inbox_is_read_page_by_page(issued, issue, notices):
    numbers = [issued.number, *(issue().number for _ in range(4))]
    notices.view(notices.of_clearance(numbers[1])[0].id, viewer="user", client_id="eservices")

    read, after = [], 0
    while page := notices.inbox(ASSIGNER, after=after, limit=2):
        read += [each.number for each in page]
        after = page[-1].position
    assert read == numbers
    assert [each.number for each in notices.inbox(ASSIGNER, viewed=True, limit=9)] == [numbers[1]]
    unviewed = notices.inbox(ASSIGNER, viewed=False, limit=9)
    assert [each.number for each in unviewed] == [numbers[0], *numbers[2:]]
    assert notices.inbox(WorkshopNumber("0410000002"), limit=9) == ()
    with pytest.raises(NotFound, match=r"directory\.workshop_not_found"):
        notices.inbox(WorkshopNumber("0410000009"), limit=9)


def test_undelivered_notices_are_listed_page_by_page(issued, issue, notices, clock):
    clock.advance(seconds=1)
    numbers = [issued.number, *sorted(issue().number for _ in range(3))]
    first = notices.undelivered(dead=False, limit=3)
    rest = notices.undelivered(dead=False, after=first[-1].id, limit=3)

    assert sorted(each.number for each in (*first, *rest)) == sorted(numbers)
    assert first[0].number == issued.number
    assert notices.undelivered(dead=True, limit=3) == ()
