"""A notice is delivered once in effect, whatever its receiver does, and none is lost."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest

from clearance.errors import Conflict, Unavailable
from clearance.notices import DeliveryWay, NoticeState
from register.deliveries import Channel, Outcome
from service.channels.webhook import NAME, new_secret
from service.courier import Courier

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def quiet(*, seconds: float) -> Channel:
    """A channel whose attempts the test ends itself."""
    return Channel(name=NAME, send=lambda *_: Outcome(), hold=timedelta(seconds=seconds))


def test_the_receiver_is_told_who_where_and_nothing_personal(
    receiver, work, the_notice, issued, clock, secrets_in_use, accepts
):
    with receiver.serve():
        work()

    (call,) = receiver.calls
    notice = the_notice()
    assert call["request"] == "POST /mohr HTTP/1.1"
    assert call["content-type"] == "application/cloudevents+json"
    assert accepts(secrets_in_use[0], call)
    path = f"/v1/notices/{notice.id}"
    assert json.loads(call["body"]) == {
        "specversion": "1.0",
        "id": str(notice.id),
        "source": "https://verify.example.ir",
        "type": "mohr.clearance.issued",
        "subject": issued.number,
        "time": "2025-05-04T08:30:00Z",
        "datacontenttype": "application/json",
        "data": {
            "notice": str(notice.id),
            "number": issued.number,
            "workshop_number": "0410000001",
            "account_id": "acc-1",
            "contract": {"branch_code": "1234", "row": "123", "sequence": "01"},
            "occurred_at": "2025-05-04T08:30:00Z",
            "links": {"self": path, "document": f"{path}/document", "views": f"{path}/views"},
        },
    }
    assert call["webhook-id"] == str(notice.id)
    for secret in (issued.verification_code, issued.token_text, "شهرداری", "5600000000"):
        assert secret not in call["body"]
    assert (notice.delivered_at, notice.delivered_by) == (clock.now, "webhook")


def test_a_receiver_that_is_down_for_an_hour(
    receiver, work, the_notice, issued, clock, sql, attempts
):
    went_down = clock.now
    while_down = work(HOUR)
    assert the_notice().last_error == "webhook.unavailable"
    pauses = [later - sooner for sooner, later in pairwise(while_down)]
    assert pauses[:4] == [timedelta(seconds=each) for each in (15, 30, 60, 120)]
    assert pauses == sorted(pauses)

    with receiver.serve():
        (came_back,) = work(HOUR)
        work(3 * DAY)

    assert len(receiver.calls) == len(receiver.accounts) == 1
    notice = the_notice()
    assert notice.delivered_at == came_back
    assert came_back - went_down < 2.2 * HOUR
    assert notice.attempts == len(while_down) + 1
    assert [error for *_, error in attempts(notice.id)] == [
        *["webhook.unavailable"] * len(while_down),
        None,
    ]
    assert sql("SELECT FROM notice WHERE due_at IS NOT NULL") == []


def test_a_receiver_that_never_answers_properly(
    receiver, behaviours, work, the_notice, attempts, issued
):
    failures = {
        "silent": "webhook.timed_out",
        "trickles": "webhook.timed_out",
        "late": "webhook.timed_out",
        "hangs_up": "webhook.cut_off",
        "babbles": "webhook.cut_off",
    }
    receiver.script += [getattr(behaviours, each) for each in failures]
    with receiver.serve():
        work(HOUR)

    notice = the_notice()
    assert attempts(notice.id) == [
        *((place, None, error) for place, error in enumerate(failures.values(), 1)),
        (6, 200, None),
    ]
    assert notice.state is NoticeState.DELIVERED
    # It has seen the event six times, under one id, and counts it once.
    assert {call["webhook-id"] for call in receiver.calls} == {str(notice.id)}
    assert len({call["body"] for call in receiver.calls}) == 1
    assert len({call["webhook-timestamp"] for call in receiver.calls}) == 6
    assert list(receiver.accounts) == [str(notice.id)]


def test_any_status_but_success_is_tried_again(
    receiver, behaviours, work, the_notice, attempts, issued
):
    elsewhere = f"Location: http://127.0.0.1:{receiver.port}/elsewhere"
    statuses = [500, 503, 400, 401, 404, 409, 429, 301, 307]
    receiver.script += [behaviours.answers(each, elsewhere) for each in (*statuses, 204)]
    with receiver.serve():
        work(DAY)

    assert attempts(the_notice().id) == [
        *(
            (place, status, "webhook.redirected" if status < 400 else "webhook.refused")
            for place, status in enumerate(statuses, 1)
        ),
        (10, 204, None),
    ]
    assert {call["request"] for call in receiver.calls} == {"POST /mohr HTTP/1.1"}


def test_a_receiver_that_says_when_to_come_again(receiver, behaviours, work, issued, clock):
    receiver.script += [
        behaviours.answers(503, "Retry-After: 7200"),
        behaviours.answers(429, "Retry-After: 9999999"),
        behaviours.answers(503, "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"),
    ]
    with receiver.serve():
        first, second, third, fourth = work(DAY)

    assert second - first == timedelta(hours=2)
    assert third - second == timedelta(hours=4), "no receiver puts us off for longer"
    assert fourth - third == timedelta(minutes=1), "dates are not read"


def test_an_answer_that_comes_twice_is_no_answer_to_the_next_notice(
    receiver, behaviours, work, notices, issued, issue
):
    other = issue()
    receiver.script += [behaviours.twice, behaviours.answers(500)]
    with receiver.serve():
        work()

    states = [notices.of_clearance(each.number)[0].state for each in (issued, other)]
    assert sorted(states) == ["delivered", "waiting"]


def test_gone_means_never_again_until_a_person_says_so(
    receiver, behaviours, work, the_notice, notices, issued, told, clock
):
    receiver.script.append(behaviours.answers(410))
    with receiver.serve():
        work(DAY)
        assert len(receiver.calls) == 1
        notice = the_notice()
        assert (notice.state, notice.last_error) == ("dead", "webhook.gone")
        assert notices.undelivered(dead=True, limit=10) == (notice,)

        assert notices.resend(notice.id, actor="operator").state == "waiting"
        work()

    assert the_notice().delivered_at == clock.now
    assert notices.undelivered(dead=True, limit=10) == ()
    assert told() == [
        ("notice.opened", "client", issued.number),
        ("notice.dead", "courier", issued.number),
        ("notice.resent", "operator", issued.number),
        ("notice.delivered", "courier", issued.number),
    ]
    with pytest.raises(Conflict, match=r"notice\.delivered"):
        notices.resend(notice.id, actor="operator")


def test_after_three_days_it_is_a_dead_letter_and_is_not_lost(
    receiver, work, the_notice, notices, issued, clock
):
    opened = clock.now
    tried = work(10 * DAY)
    assert tried[-1] - opened == 3 * DAY
    assert max(later - sooner for sooner, later in pairwise(tried)) == 4 * HOUR
    assert the_notice().state is NoticeState.DEAD
    assert the_notice().gave_up_at == opened + 3 * DAY

    notices.resend(the_notice().id, actor="operator")
    sent_again = work(HOUR)
    assert sent_again[1] - sent_again[0] == timedelta(seconds=15), "it starts afresh"
    with receiver.serve():
        work(3 * DAY)
    assert the_notice().state is NoticeState.DELIVERED


def test_one_that_waits_long_can_be_hurried(receiver, work, the_notice, notices, issued, clock):
    work(HOUR)
    assert the_notice().due_at > clock.now
    with receiver.serve():
        notices.resend(the_notice().id, actor="operator")
        work()

    assert the_notice().delivered_at == clock.now


def test_two_secrets_sign_while_one_is_changed(
    receiver, work, issue, issued, secrets_in_use, accepts
):
    former, new = secrets_in_use[0], new_secret(lambda count: b"\1" * count)
    with receiver.serve():
        work()
        secrets_in_use[:] = [new, former]
        issue()
        work()
        secrets_in_use[:] = [new]
        issue()
        work()

    assert [(accepts(former, call), accepts(new, call)) for call in receiver.calls] == [
        (True, False),
        (True, True),
        (False, True),
    ]


def test_a_worker_that_died_while_it_delivered(
    receiver, courier, deliveries, the_notice, issued, clock, sql, attempts
):
    lost = deliveries.begin(the_notice().id, [quiet(seconds=40)])
    sql("DELETE FROM procrastinate_jobs")
    with receiver.serve():
        courier.deliver(str(the_notice().id))
        assert receiver.calls == [], "another holds it"
        deliveries.set_lost_jobs()
        assert _jobs(sql) == []
        clock.advance(seconds=40)
        deliveries.set_lost_jobs()
        deliveries.set_lost_jobs()
        assert _jobs(sql) == [(str(the_notice().id), "notices", 20)]
        courier.deliver(str(the_notice().id))

    delivered = the_notice()
    assert delivered.delivered_at == clock.now
    clock.advance(seconds=1)
    # It was not dead after all, only slow.
    deliveries.finish(lost, Outcome(status=200))
    assert the_notice() == delivered
    assert attempts(delivered.id) == [(1, 200, None), (2, 200, None)]


def test_a_confirmation_that_cannot_be_recorded_is_asked_for_again(
    receiver, courier, deliveries, the_notice, issued, clock, work, monkeypatch
):
    def away(*_):
        raise Unavailable("register.unavailable")

    with receiver.serve():
        monkeypatch.setattr(deliveries, "finish", away)
        with pytest.raises(Unavailable):
            courier.deliver(str(the_notice().id))
        monkeypatch.undo()
        assert the_notice().state is NoticeState.WAITING
        work(timedelta(minutes=1))

    assert the_notice().state is NoticeState.DELIVERED
    assert len(receiver.calls) == 2
    assert len(receiver.accounts) == 1


@pytest.mark.parametrize("error", [None, "webhook.timed_out"])
def test_of_two_attempts_at_once_the_first_confirmation_stays(
    deliveries, the_notice, issued, clock, sql, error
):
    slow = deliveries.begin(the_notice().id, [quiet(seconds=1)])
    clock.advance(seconds=1)
    quick = deliveries.begin(the_notice().id, [quiet(seconds=1)])
    deliveries.finish(slow, Outcome(error=error, status=None if error else 200))
    first = the_notice()
    clock.advance(seconds=1)
    deliveries.finish(quick, Outcome(status=200))

    if error:
        assert first.due_at is not None, "the other attempt still counts"
        assert the_notice().delivered_at == clock.now
    else:
        assert the_notice() == first


def test_a_delivery_sets_its_next_job_itself(work, the_notice, issued, sql, clock):
    assert _jobs(sql) == [(str(the_notice().id), "notices", 20)]
    sql("DELETE FROM procrastinate_jobs")
    work()

    ((at,),) = sql("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'notice'")
    assert at == the_notice().due_at == clock.now + timedelta(seconds=15)


def test_without_a_webhook_it_is_delivered_by_lying_in_the_inbox(
    deliveries, the_notice, issued, clock, work, told
):
    clock.advance(seconds=1)
    work(by=Courier(deliveries, []))

    notice = the_notice()
    assert (notice.delivered_at, notice.delivered_by) == (clock.now, "inbox")
    assert told()[-1] == ("notice.delivered", "courier", issued.number)


def test_what_is_delivered_is_sent_to_nobody_again(receiver, courier, work, the_notice, issued):
    with receiver.serve():
        work()
        courier.deliver(str(the_notice().id))

    assert len(receiver.calls) == 1


def test_the_attempts_of_many_spread(engine, deliveries, clock):
    moments = {
        deliveries._patience.next_attempt(
            failures=8, since=clock.now, now=clock.now, fraction=fraction
        )
        for fraction in (0.0, 0.5, 0.999)
    }
    half_an_hour = clock.now + timedelta(minutes=32)
    assert len(moments) == 3
    assert all(half_an_hour - timedelta(minutes=16) <= each < half_an_hour for each in moments)


def _jobs(sql) -> list[tuple[str, str, int]]:
    return sql(
        "SELECT args ->> 'notice', queue_name, priority FROM procrastinate_jobs "
        "WHERE task_name = 'notice' AND status = 'todo'"
    )


def test_several_channels_take_turns_until_one_confirms(
    channel, deliveries, the_notice, issued, clock, work, sql
):
    """The webhook's receiver is away; the other channel stays silent once, then confirms."""
    outcomes = [Outcome(error="other.silent"), Outcome(status=7)]
    other = Channel(
        name=DeliveryWay("other"),
        send=lambda notice, at: outcomes.pop(0),
        hold=timedelta(seconds=5),
    )

    work(HOUR, by=Courier(deliveries, [channel, other]))

    assert (the_notice().delivered_by, the_notice().attempts) == ("other", 4)
    assert sql("SELECT channel, status, error FROM notice_attempt ORDER BY attempt") == [
        ("webhook", None, "webhook.unavailable"),
        ("other", None, "other.silent"),
        ("webhook", None, "webhook.unavailable"),
        ("other", 7, None),
    ]
