"""Files of records: taken in chunk by chunk, refused line by line, taken up again after a break."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clearance.directory_files import FileFormat
from clearance.directory_shapes import Kind, as_object
from clearance.errors import Conflict, InvalidRequest, NotFound, Unavailable
from clearance.identifiers import BranchCode, WorkshopNumber
from register.directory import import_run, rehearsal


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_run, "CHUNK", 10)


@pytest.fixture
def lines(make_workshop):
    """Return so many workshops as JSON Lines, some changed."""

    def make(count: int, **changed: dict[str, Any]) -> bytes:
        records = [
            {**as_object(make_workshop(number=WorkshopNumber(f"{place:010}"))), **extra}
            for place in range(1, count + 1)
            for extra in [changed.get(f"line{place}", {})]
        ]
        return b"".join(json.dumps(record).encode() + b"\n" for record in records)

    return make


@pytest.fixture
def take(directory):
    """Import a file in one go, in pieces of an odd size."""

    def run(content: bytes, *, key="k", replay=True, kind=Kind.WORKSHOPS, stop_after=None):
        run = directory.imports.begin(
            kind, FileFormat.JSON_LINES, actor="feeder", key=key, replay=replay
        )
        for start in range(0, stop_after or len(content), 997):
            run.feed(content[start : min(start + 997, stop_after or len(content))])
        return run.report if stop_after else run.finish()

    return run


@pytest.fixture
def stored(sql):
    return lambda: sql("SELECT count(*), count(DISTINCT number) FROM workshop")[0]


def _report(refusal) -> tuple[object, ...]:
    [problem] = refusal.problems
    return refusal.line, refusal.subject, problem.code, problem.field, problem.parameters


def counts(report) -> tuple[int, int, int, int]:
    return report.created, report.changed, report.unchanged, report.refused


def test_good_lines_are_taken_and_bad_ones_named(directory, take, lines, stored, sql) -> None:
    content = lines(
        35,
        line3={"postal_code": "12", "name": ""},
        line20={"branch_code": "9999"},
        line21={"number": "0000000005", "version": 2},
        line22={"number": "0000000005", "version": 1},
    )
    report = take(content)
    assert counts(report) == (31, 1, 0, 3)
    assert (report.lines, report.resumed_after) == (35, 0)
    assert stored() == (31, 31)
    refusals = directory.imports.refusals(report.id)
    assert [
        (each.line, each.subject, [(p.field, p.code) for p in each.problems]) for each in refusals
    ] == [
        (3, "0000000003", [("/name", "text.empty"), ("/postal_code", "postal_code.invalid")]),
        (20, "0000000020", [("/branch_code", "directory.branch_unknown")]),
        (22, "0000000005", [("/version", "directory.stale")]),
    ]
    page = directory.imports.refusals(report.id, after=3, limit=1)
    assert [each.line for each in page] == [20]
    events = sql(
        "SELECT name, details FROM audit_event WHERE subject = :id ORDER BY id", id=str(report.id)
    )
    assert [name for name, _ in events] == [
        "directory.import_started",
        *["directory.import_went_on"] * 4,
        "directory.import_finished",
    ]
    assert events[-1][1]["created"] == 31


def test_the_same_file_again_changes_nothing(take, lines) -> None:
    take(lines(25))
    again = take(lines(25), key="other")
    assert counts(again) == (0, 0, 25, 0)


def test_a_broken_off_import_goes_on_behind_its_last_chunk(take, lines, stored, sql) -> None:
    content = lines(45, line2={"version": 0}, line41={"version": 0})
    place_of_line_25 = sum(len(line) + 1 for line in content.split(b"\n")[:25])
    broken = take(content, stop_after=place_of_line_25)
    assert (broken.lines, broken.finished_at) == (20, None)
    report = take(content)
    assert (report.id, report.resumed_after, report.lines) == (broken.id, 20, 45)
    assert counts(report) == (43, 0, 0, 2)
    assert stored() == (43, 43)
    assert sql("SELECT count(*) FROM directory_import_refusal") == [(2,)]
    assert sql("SELECT count(*) FROM audit_event WHERE name = 'directory.import_resumed'") == [(1,)]


def test_a_chunk_whose_answer_was_lost_is_not_taken_twice(
    directory, lines, take, stored, monkeypatch
) -> None:
    """Failed-but-persisted: the commit happened, its answer did not arrive."""
    run = directory.imports.begin(
        Kind.WORKSHOPS, FileFormat.JSON_LINES, actor="feeder", key="k", replay=True
    )
    real = import_run.transaction

    class Lost:
        def __init__(self, engine: object) -> None:
            self._inner = real(engine)

        def __enter__(self) -> object:
            return self._inner.__enter__()

        def __exit__(self, *error: object) -> None:
            self._inner.__exit__(*error)
            raise Unavailable("register.unavailable")

    monkeypatch.setattr(import_run, "transaction", Lost)
    with pytest.raises(Unavailable):
        run.feed(lines(15))
    monkeypatch.setattr(import_run, "transaction", real)
    report = take(lines(15))
    assert (report.resumed_after, counts(report)) == (10, (15, 0, 0, 0))
    assert stored() == (15, 15)


def test_another_file_does_not_go_on_with_the_same_key(take, lines, directory) -> None:
    content = lines(45)
    take(content, stop_after=len(content) - 10)
    with pytest.raises(Conflict, match=r"import\.other_content"):
        take(lines(45, line7={"version": 9}))
    with pytest.raises(Conflict, match=r"import\.other_content"):
        take(lines(5))
    with pytest.raises(Conflict, match=r"idempotency\.conflict"):
        directory.imports.begin(
            Kind.BRANCHES, FileFormat.JSON_LINES, actor="feeder", key="k", replay=True
        )
    assert counts(take(content)) == (45, 0, 0, 0)


def test_a_finished_import_answers_its_report_again(take, lines, sql) -> None:
    first = take(lines(12, line5={"version": 0}))
    again = take(lines(12, line5={"version": 0}))
    assert (again.id, counts(again), again.finished_at) == (
        first.id,
        counts(first),
        first.finished_at,
    )
    assert sql("SELECT count(*) FROM directory_import") == [(1,)]
    for other in (lines(13), lines(11), lines(12)):
        with pytest.raises(Conflict, match=r"import\.other_content"):
            take(other)


def test_without_replay_a_finished_import_begins_anew(take, lines) -> None:
    first = take(lines(12), replay=False)
    second = take(lines(12), replay=False)
    assert second.id != first.id
    assert counts(second) == (0, 0, 12, 0)


def test_two_who_send_the_same_file_at_once_leave_one_import(
    take, lines, stored, directory, sql
) -> None:
    def send(_: int) -> str:
        try:
            take(lines(60))
        except Conflict as refusal:
            return refusal.code
        return "finished"

    with ThreadPoolExecutor(3) as threads:
        answers = set(threads.map(send, range(3)))
    assert answers <= {"finished", "import.taken_over"}
    assert stored() == (60, 60)
    assert sql("SELECT count(*) FROM directory_import") == [(1,)]
    if "finished" in answers:
        [(lines_done, created)] = sql("SELECT lines_done, created FROM directory_import")
        assert (lines_done, created) == (60, 60)


def test_a_dry_run_reports_and_keeps_nothing(directory, lines, stored, sql) -> None:
    heard = []
    run = directory.imports.rehearse(
        Kind.WORKSHOPS, FileFormat.JSON_LINES, actor="feeder", on_refused=heard.append
    )
    before = sql("SELECT count(*) FROM audit_event")
    run.feed(lines(25, line2={"branch_code": "9999"}, line3={"state": "x"}))
    report = run.finish()
    assert (counts(report), report.id) == ((23, 0, 0, 2), None)
    assert [each.line for each in heard] == [2, 3]
    assert stored() == (0, 0)
    assert sql("SELECT count(*) FROM directory_import") == [(0,)]
    assert sql("SELECT count(*) FROM audit_event") == before


@pytest.fixture
def rehearse(directory):
    """Make a dry run of a file; answer its report and its refusals."""

    def run(content: bytes, *, kind=Kind.WORKSHOPS):
        heard = []
        run = directory.imports.rehearse(
            kind, FileFormat.JSON_LINES, actor="feeder", on_refused=heard.append
        )
        run.feed(content)
        return run.finish(), heard

    return run


def test_a_dry_run_sees_a_key_again_many_lines_later_as_the_import_does(
    directory, lines, rehearse, take
) -> None:
    content = lines(
        45,
        line12={"number": "0000000001"},
        line22={"number": "0000000002", "version": 3},
        line23={"number": "0000000002", "version": 2, "name": "نامی دیگر"},
        line31={"number": "0000000002", "version": 2},
        line32={"number": "0000000003", "name": "نامی دیگر"},
        line33={"number": "0000000002", "version": 4},
        line34={"number": "0000000002", "version": 5, "branch_code": "9999"},
        line44={"number": "0000000002", "version": 5},
    )

    rehearsed, heard = rehearse(content)
    real = take(content)

    assert counts(rehearsed) == counts(real) == (37, 3, 1, 4)
    assert [_report(each) for each in heard] == [
        _report(each) for each in directory.imports.refusals(real.id)
    ]
    assert [(each.line, each.problems[0].code) for each in heard] == [
        (23, "directory.stale"),
        (31, "directory.stale"),
        (32, "directory.stale"),
        (34, "directory.branch_unknown"),
    ]


def test_a_dry_run_knows_what_is_on_file_already(lines, rehearse, take) -> None:
    take(lines(25, line1={"version": 7}))
    content = lines(25, line1={"version": 6}, line15={"number": "0000000001", "version": 8})

    report, heard = rehearse(content)

    assert counts(report) == (0, 1, 23, 1)
    assert [each.line for each in heard] == [1]


def test_a_dry_run_sees_an_undertaking_again(rehearse, make_undertaking) -> None:
    first = as_object(make_undertaking())
    records = [first, *[{}] * 10, first, {**first, "received_at": "2020-01-01T00:00:00Z"}]

    report, heard = rehearse(
        b"\n".join(json.dumps(each).encode() for each in records), kind=Kind.UNDERTAKINGS
    )

    assert counts(report) == (1, 0, 1, 11)
    assert heard[-1].problems[0].code == "undertaking.differs"


def test_a_dry_run_remembers_no_more_keys_than_it_may(lines, rehearse, monkeypatch) -> None:
    monkeypatch.setattr(rehearsal, "MOST_KEYS", 5)
    content = lines(25, line20={"number": "0000000005"}, line21={"number": "0000000006"})

    report, _ = rehearse(content)

    assert counts(report) == (24, 0, 1, 0)


def test_each_kind_can_be_imported(empty_directory, make_row, make_undertaking) -> None:
    files = {
        Kind.BRANCHES: [{"code": "1234", "name": "شعبه", "province": "تهران", "version": 1}],
        Kind.CONTRACT_ROWS: [as_object(make_row(subject=None))],
        Kind.UNDERTAKINGS: [
            as_object(make_undertaking()),
            as_object(make_undertaking(id="U-2")),
        ],
    }
    for kind, records in files.items():
        run = empty_directory.imports.begin(
            kind, FileFormat.JSON_LINES, actor="feeder", key=kind, replay=True
        )
        run.feed(b"\n".join(json.dumps(record).encode() for record in records))
        report = run.finish()
        assert report.created == 1
    [refusal] = empty_directory.imports.refusals(report.id)
    assert refusal.problems[0].code == "undertaking.already_taken"
    assert refusal.problems[0].parameters["first"] == "U-1"
    assert empty_directory.contract_row(make_row().key) == make_row(subject=None)
    assert empty_directory.branch(BranchCode("1234")).province == "تهران"


def test_a_file_that_is_none_leaves_its_import_open(directory, take) -> None:
    with pytest.raises(InvalidRequest):
        take(b"\xff\xfe{\x00}\x00\n\x00")
    with pytest.raises(NotFound):
        directory.imports.report(take(b"{}\n", key="other").id, actor="somebody else")
