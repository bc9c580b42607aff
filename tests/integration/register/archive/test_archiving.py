"""Archival revisions when something is away, late, overtaken or not what it should be."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from clearance.errors import Conflict, InternalFault, Refused, Unavailable
from clearance.long_life import TrustHistory
from clearance.verdict import Outcome, Reason
from register.queue import QUEUE, defer
from signer.layout import Layout

pytestmark = pytest.mark.integration


@pytest.fixture
def closed(life, clock, prepare):
    """The file of a clearance whose archival revision is due."""
    content = life.issue(prepare())
    clock.advance(hours=1)
    return content


@pytest.fixture
def make(life):
    def run():
        (due,) = life.archive.due(10)
        with life.archiving() as archiving:
            return archiving.make(due)

    return run


@pytest.mark.parametrize("layout", [Layout.CLOSED, Layout.B_B, Layout.B_LTA])
def test_each_layout_has_an_archival_revision(life, clock, prepare, layout):
    ticket = prepare()
    sealed = life.issue(ticket, layout)
    clock.advance(hours=1)
    assert life.renew() == [(1, "none_yet")]
    archived = life.newest(ticket.number)
    assert archived.startswith(sealed)
    for each in (sealed, archived):
        assert life.carried(each)[0] == "evidence.embedded"


def test_the_evidence_is_listed_for_the_seal_and_covered_by_the_timestamp(life, closed, make):
    archived = life.documents.get(make().sha256)
    reader = PdfFileReader(io.BytesIO(archived))
    seal, stamp = reader.embedded_signatures
    (reference,) = reader.root["/DSS"]["/VRI"].values()
    entry = reference.get_object()
    assert entry["/Cert"]
    assert entry["/CRL"]
    assert stamp.field_name == "Archive1"
    assert len(archived) - len(closed) < 40_000
    revisions = [each.sig_object_type for each in (seal, stamp)]
    assert revisions == ["/Sig", "/DocTimeStamp"]
    # The evidence lies in a revision of its own before the timestamp's.
    assert reader.xrefs.total_revisions == 3


def test_a_verifier_whose_clock_is_an_hour_back_calls_the_same_files_genuine(life, clock, prepare):
    """The register saw each file made; what our clock says meanwhile takes nothing from it."""
    ticket = prepare()
    sealed = life.issue(ticket)
    clock.advance(hours=-1)
    assert life.verify(sealed).outcome is Outcome.AUTHENTIC
    assert life.carried(sealed)[0] == "evidence.embedded"
    clock.advance(days=1)
    life.renew()
    archived = life.newest(ticket.number)
    clock.advance(hours=-1)
    for each in (sealed, archived):
        assert life.verify(each).outcome is Outcome.AUTHENTIC
        assert life.carried(each)[0] == "evidence.embedded"


def test_one_byte_more_is_altered(life, closed, make):
    archived = life.documents.get(make().sha256)
    assert life.verify(archived + b"\n").outcome is Outcome.ALTERED
    assert life.verify(archived[:-7]).outcome is Outcome.ALTERED


def test_a_registered_revision_without_its_timestamp_disagrees(life, closed, make, sql):
    """The register says that it is an archival revision, and it ends with the evidence alone."""
    archived = life.documents.get(make().sha256)
    ends = [at for at in range(len(archived)) if archived.startswith(b"%%EOF", at)]
    stripped = archived[: ends[-2] + 6]
    assert stripped.startswith(closed)
    sql(
        "INSERT INTO sealed_document (sha256, kind, number, revision, layout, template_version, "
        "size, sealed_at) SELECT :sha256, kind, number, 2, layout, template_version, :size, "
        "sealed_at FROM sealed_document WHERE revision = 1",
        sha256=life.documents.put(stripped),
        size=len(stripped),
    )
    verdict = life.verify(stripped)
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons[0] is Reason.CHECK_DISAGREES
    assert Reason.ARCHIVE_INCOMPLETE in verdict.reasons


def test_without_a_renewal_in_time_the_register_stands_alone(life, world, clock, closed, make):
    make()
    world.history = TrustHistory(weak_from=(("sha256", datetime(2030, 1, 1, tzinfo=UTC)),))
    clock.now = datetime(2030, 1, 1, tzinfo=UTC)
    assert life.carried(closed) == ("evidence.register_alone", {})


def test_a_renewal_too_late_carries_nothing(life, world, clock, prepare):
    ticket = prepare()
    closed = life.issue(ticket)
    clock.advance(hours=1)
    life.renew()
    world.history = TrustHistory(weak_from=(("sha256", datetime(2037, 6, 1, tzinfo=UTC)),))
    clock.now = datetime(2037, 7, 1, tzinfo=UTC)
    world.tsa = 2
    assert life.renew() == [(2, "certificate_ends")]
    assert life.carried(closed) == ("evidence.register_alone", {})
    assert life.carried(life.newest(ticket.number)) == ("evidence.register_alone", {})


def test_an_anchor_that_retired_before_the_seal_is_not_trusted_again(life, world, clock, closed):
    world.history = TrustHistory(retired=((world.root.name, datetime(2025, 1, 1, tzinfo=UTC)),))
    verdict = life.verify(closed)
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons[0] is Reason.CHECK_DISAGREES


def test_policy_makes_renewals_due(life, world, clock, closed, make):
    make()
    clock.now = datetime(2025, 9, 1, tzinfo=UTC)
    in_time, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    for history, causes in (
        ({"weak_from": (("sha256", in_time),)}, ["algorithm_weak"]),
        ({"weak_from": (("ec", in_time),)}, ["algorithm_weak"]),
        ({"weak_from": (("sha256", later),)}, []),
        ({"weak_from": (("sha384", in_time),)}, []),
        ({"retired": ((world.root.name, in_time),)}, ["anchor_retires"]),
        ({"retired": ((world.second_root.name, in_time),)}, []),
    ):
        world.history = TrustHistory(**history)
        assert [each.cause.value for each in life.archive.due(10)] == causes, history


def test_no_better_timestamp_is_refused_and_tried_again_later(life, world, clock, closed, make):
    make()
    clock.now = datetime(2030, 8, 1, tzinfo=UTC)
    with pytest.raises(Refused, match=r"archive\.no_better"):
        make()
    assert life.archive.due(10) == ()
    clock.advance(minutes=1)
    with pytest.raises(Refused, match=r"archive\.no_better"):
        make()
    clock.advance(minutes=1)
    assert life.archive.due(10) == ()
    world.tsa = 1
    clock.advance(minutes=1)
    assert make().revision == 2


def test_an_authority_that_stays_weak_makes_no_revision(life, world, clock, closed, make, sql):
    make()
    world.history = TrustHistory(weak_from=(("sha256", datetime(2026, 1, 1, tzinfo=UTC)),))
    clock.now = datetime(2025, 9, 1, tzinfo=UTC)
    with life.archiving() as archiving:
        archiving.work(*[each.number for each in life.archive.due(10)])
    assert sql("SELECT revision, last_error FROM archive") == [(1, "archive.no_better")]
    assert sql("SELECT max(revision) FROM sealed_document") == [(1,)]


def test_a_fault_of_ours_is_tried_again_later_too(life, closed, monkeypatch, sql):
    def broken(_pdf, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr("signer.archiving.continue_file", broken)
    (due,) = life.archive.due(10)
    with life.archiving() as archiving, pytest.raises(ZeroDivisionError):
        archiving.make(due)
    assert sql("SELECT last_error FROM archive") == [("internal.fault",)]
    assert life.archive.due(10) == ()


def test_an_outage_leaves_it_due(life, world, clock, closed, make, sql):
    world.away = True
    with pytest.raises(Unavailable):
        make()
    assert sql("SELECT attempts, last_error FROM archive") == [(1, "revocation.unavailable")]
    world.away = False
    clock.advance(minutes=1)
    assert make().revision == 1
    assert sql("SELECT attempts, last_error FROM archive") == [(0, None)]


def test_evidence_that_is_not_to_be_had_any_more_does_not_hinder(life, world, clock, closed, make):
    """Both certificates have ended: the evidence in the file must do."""
    world.tsa = 1
    clock.now = datetime(2032, 1, 1, tzinfo=UTC)
    make()
    assert life.carried(closed)[0] == "evidence.embedded"


def test_of_two_at_once_one_is_entered(life, closed, sql):
    (due,) = life.archive.due(10)

    def make(_):
        try:
            with life.archiving() as archiving:
                return archiving.make(due).revision
        except Conflict as conflict:
            return conflict.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(make, range(2)))) == ["1", "archive.overtaken"]
    assert sql("SELECT revision FROM sealed_document WHERE revision > 0") == [(1,)]
    assert sql("SELECT count(*) FROM audit_event WHERE name = 'clearance.archived'") == [(1,)]


def test_what_fails_our_own_check_is_not_entered(life, closed, monkeypatch, sql):
    monkeypatch.setattr("signer.archiving.continue_file", lambda pdf, **_: pdf)
    (due,) = life.archive.due(10)
    with life.archiving() as archiving, pytest.raises(InternalFault, match="own_check_failed"):
        archiving.make(due)
    assert sql("SELECT count(*) FROM sealed_document WHERE revision > 0") == [(0,)]


def test_a_round_sets_each_job_once(life, closed, sql):
    jobs = "SELECT args, queue_name FROM procrastinate_jobs WHERE task_name = 'archive'"
    for _ in range(2):
        life.archive.set_jobs()
    ((arguments, queue_name),) = sql(jobs)
    assert queue_name == "archive"
    with life.archiving() as archiving:
        archiving.work(**arguments)
        archiving.work(**arguments)
    assert life.archive.due(10) == ()


def test_a_round_stands_back_while_anything_is_issued(life, closed, engine, clock, sql):
    with engine.begin() as connection:
        defer(connection, "batch", {}, at=clock() - timedelta(seconds=1), queue=QUEUE)
    life.archive.set_jobs()
    assert sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'archive'") == [(0,)]


def test_renewals_come_before_first_ones(life, clock, prepare, closed, make):
    make()
    later = prepare()
    clock.now = datetime(2027, 12, 1, tzinfo=UTC)
    life.issue(later)
    clock.now = datetime(2030, 10, 1, tzinfo=UTC)
    assert [each.cause.value for each in life.archive.due(10)] == ["certificate_ends", "none_yet"]
    assert len(life.archive.due(1)) == 1
