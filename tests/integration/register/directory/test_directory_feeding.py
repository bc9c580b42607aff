"""Records are taken by their version, and undertakings once for a fiscal period."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from clearance.errors import Conflict, InternalFault, InvalidValue, NotFound
from clearance.identifiers import BranchCode, LegalEntityId, NationalId, WorkshopNumber
from clearance.roles import Reach
from register.database import transaction
from register.directory import Put
from register.directory.facts import undertakings_of_period


def test_a_record_reads_back_as_it_was_fed(directory, make_workshop, make_row, clock) -> None:
    workshop = make_workshop(undertaking_accepted_at=clock())
    row = make_row(subject=None, initial_amount=None, contractor_workshop=None)
    assert directory.put_workshop(workshop, actor="feeder") is Put.CREATED
    assert directory.put_contract_row(row, actor="feeder") is Put.CREATED
    assert directory.workshop(workshop.number) == workshop
    assert directory.contract_row(row.key) == row
    assert directory.contract_rows(row.key.branch_code, row.key.row) == (row,)


def test_a_higher_version_replaces_the_record_as_a_whole(directory, make_row) -> None:
    directory.put_contract_row(make_row(version=3), actor="feeder")
    newer = make_row(version=7, subject=None)
    assert directory.put_contract_row(newer, actor="feeder") is Put.CHANGED
    assert directory.contract_row(newer.key) == newer


def test_the_same_again_changes_nothing(directory, make_workshop, sql) -> None:
    workshop = make_workshop()
    directory.put_workshop(workshop, actor="feeder")
    assert directory.put_workshop(workshop, actor="feeder") is Put.UNCHANGED
    assert sql("SELECT count(*) FROM audit_event WHERE name = 'workshop.recorded'") == [(1,)]


def test_a_stale_write_is_refused_with_the_version_on_file(directory, make_workshop) -> None:
    directory.put_workshop(make_workshop(version=5), actor="feeder")
    older, other, reused = (
        {"version": 4},
        {"version": 4, "name": "نام دیگر"},
        {"version": 5, "name": "نام دیگر"},
    )
    for changes in (older, other, reused):
        with pytest.raises(Conflict) as refusal:
            directory.put_workshop(make_workshop(**changes), actor="feeder")
        assert refusal.value.code == "directory.stale"
        assert refusal.value.parameters == {"version": "5"}
    assert directory.workshop(WorkshopNumber("0123456789")) == make_workshop(version=5)


def test_an_unknown_branch_is_refused_by_name(directory, make_workshop) -> None:
    with pytest.raises(InvalidValue) as refusal:
        directory.put_workshop(make_workshop(branch_code=BranchCode("9999")), actor="feeder")
    assert refusal.value.code == "directory.branch_unknown"
    assert refusal.value.parameters == {"branch": "9999"}


def test_writers_of_one_record_at_once_leave_the_highest_version(directory, make_workshop) -> None:
    def put(version: int) -> str:
        try:
            return directory.put_workshop(make_workshop(version=version), actor="feeder")
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(put, [3, 1, 8, 2, 7, 4, 6, 5]))
    assert directory.workshop(WorkshopNumber("0123456789")).version == 8
    assert answers[2] in {Put.CREATED, Put.CHANGED}
    assert answers.count(Put.CREATED) == 1


def test_an_act_leaves_its_event(directory, make_row, sql) -> None:
    directory.put_contract_row(make_row(), actor="feeder")
    assert sql(
        "SELECT actor, subject, details FROM audit_event WHERE name = 'contract_row.recorded'"
    ) == [("feeder", "1234/123/01", {"put": "created", "version": 1})]


def test_what_lies_out_of_reach_is_as_if_it_did_not_exist(
    directory, make_workshop, make_row, make_undertaking
) -> None:
    directory.put_workshop(make_workshop(), actor="feeder")
    directory.put_contract_row(make_row(), actor="feeder")
    directory.file_undertaking(make_undertaking(), actor="feeder")
    reads = {
        "directory.branch_not_found": lambda r: directory.branch(BranchCode("1234"), reach=r),
        "directory.workshop_not_found": lambda r: directory.workshop(
            WorkshopNumber("0123456789"), reach=r
        ),
        "directory.row_not_found": lambda r: directory.contract_row(make_row().key, reach=r),
        "undertaking.not_found": lambda r: directory.undertaking("U-1", reach=r),
    }
    for code, read in reads.items():
        read(Reach(province="تهران"))
        read(Reach(branch=BranchCode("1234")))
        for reach in (Reach(province="فارس"), Reach(branch=BranchCode("1235"))):
            with pytest.raises(NotFound) as refusal:
                read(reach)
            assert refusal.value.code == code


def test_a_second_undertaking_for_the_fiscal_period_names_the_first(
    directory, make_undertaking
) -> None:
    directory.file_undertaking(make_undertaking(), actor="feeder")
    touching = {
        "same": (date(2024, 3, 20), date(2025, 3, 20)),
        "begins on its last day": (date(2025, 3, 20), date(2026, 3, 20)),
        "ends on its first day": (date(2023, 3, 21), date(2024, 3, 20)),
        "within": (date(2024, 6, 1), date(2024, 6, 1)),
        "around": (date(2020, 1, 1), date(2030, 1, 1)),
    }
    for name, (start, end) in touching.items():
        second = make_undertaking(
            id="U-2", branch_code=BranchCode("5001"), period_start=start, period_end=end
        )
        with pytest.raises(Conflict) as refusal:
            directory.file_undertaking(second, actor="feeder")
        assert refusal.value.code == "undertaking.already_taken", name
        assert refusal.value.parameters == {"first": "U-1", "branch": "1234"}


def test_the_next_fiscal_period_and_another_contractor_have_their_own(
    directory, make_undertaking
) -> None:
    directory.file_undertaking(make_undertaking(), actor="feeder")
    for other in (
        make_undertaking(id="U-2", period_start=date(2025, 3, 21), period_end=date(2026, 3, 20)),
        make_undertaking(id="U-3", contractor_identifier=NationalId("0013542419")),
    ):
        assert directory.file_undertaking(other, actor="feeder") is Put.CREATED


def test_an_undertaking_on_file_stays_as_it_is(directory, make_undertaking, sql) -> None:
    undertaking = make_undertaking()
    directory.file_undertaking(undertaking, actor="feeder")
    assert directory.file_undertaking(undertaking, actor="feeder") is Put.UNCHANGED
    with pytest.raises(Conflict, match=r"undertaking\.differs"):
        directory.file_undertaking(make_undertaking(period_end=date(2025, 3, 19)), actor="feeder")
    assert directory.undertaking("U-1") == undertaking
    assert sql("SELECT count(*) FROM audit_event WHERE name = 'inspection_undertaking.filed'") == [
        (1,)
    ]


def test_of_many_who_file_for_one_period_at_once_one_succeeds(
    directory, make_undertaking, engine
) -> None:
    def file(place: int) -> str:
        try:
            return directory.file_undertaking(make_undertaking(id=f"U-{place}"), actor="feeder")
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(file, range(8)))
    assert sorted(answers) == [Put.CREATED] + ["undertaking.already_taken"] * 7
    with transaction(engine) as connection:
        on_file = undertakings_of_period(
            connection, LegalEntityId("10380284790"), date(2020, 1, 1), date(2030, 1, 1)
        )
    assert len(on_file) == 1


def test_the_database_itself_refuses(directory, make_workshop, engine) -> None:
    directory.put_workshop(make_workshop(), actor="feeder")
    for statement in (
        "UPDATE workshop SET name = 'x'",
        "UPDATE workshop SET name = 'x', version = version - 1",
        "DELETE FROM workshop",
        "TRUNCATE branch CASCADE",
        "DELETE FROM contract_row",
        "UPDATE inspection_undertaking SET period_end = period_end",
        "DELETE FROM contract_row_review",
        "UPDATE contract_row_review SET outcome = 'matching'",
        "DELETE FROM directory_import",
    ):
        with pytest.raises(InternalFault), transaction(engine) as connection:
            connection.exec_driver_sql(statement)
    assert directory.workshop(WorkshopNumber("0123456789")) == make_workshop()
