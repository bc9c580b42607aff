"""Records of the directory: compared field by field, written and read back alike."""

import csv
import dataclasses
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.csv_text import csv_row
from clearance.directory import (
    CONTRACT_FIELDS,
    BranchRecord,
    ContractData,
    ContractRowKey,
    ContractRowRecord,
    InspectionUndertaking,
    ReviewOutcome,
    RowState,
    Workshop,
    differences,
    outcome,
    same,
)
from clearance.directory_files import FileFormat, FileReader
from clearance.directory_shapes import RECORDS, Fed, Kind, as_object, subject_of
from clearance.errors import InvalidRequest
from clearance.identifiers import (
    BranchCode,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    NationalId,
    PostalCode,
    WorkshopNumber,
)
from clearance.money import LIMIT, Rials
from clearance.request import read_whole

NOW = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
PERSIAN = "آابپتثجچخدذرزسشصضطظعغفقکگلمنوهی ۰۱۲۳۴۵۶۷۸۹،.()«»\u200c,;\"'=+-@"

texts = st.text(PERSIAN, min_size=1, max_size=40).map(lambda text: f"ا{text.strip()}ا")
days = st.dates(date(1990, 1, 1), date(2080, 1, 1))
moments = st.integers(0, 1_750_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
versions = st.integers(1, 2**53 - 1)
branch_codes = st.from_regex(r"[0-9]{4}", fullmatch=True).map(BranchCode)
workshop_numbers = st.from_regex(r"[0-9]{10}", fullmatch=True).map(WorkshopNumber)
identifiers = st.sampled_from([LegalEntityId("10380284790"), NationalId("0013542419")])
contract_members: dict[str, st.SearchStrategy[Any]] = {
    "contract_number": texts,
    "contract_date": days,
    "subject": texts,
    "start": days,
    "end": days,
    "initial_amount": st.integers(0, LIMIT - 1).map(Rials),
    "work_assigner_workshop": workshop_numbers,
    "contractor_workshop": workshop_numbers,
    "contract_address": texts,
}


def _in_order(data: dict[str, Any]) -> dict[str, Any]:
    if data["start"] is not None and data["end"] is not None:
        data["start"], data["end"] = sorted((data["start"], data["end"]))
    return data


contracts = st.fixed_dictionaries(
    {name: st.none() | values for name, values in contract_members.items()}
).map(_in_order)
contract_rows = st.builds(
    lambda data, **rest: ContractRowRecord(**data, **rest),
    contracts,
    key=st.builds(
        ContractRowKey,
        branch_code=branch_codes,
        row=st.from_regex(r"[0-9]{3}|[0-9]{8}", fullmatch=True).map(ContractRow),
        sequence=st.from_regex(r"[0-9]{2}", fullmatch=True).map(ContractSequence),
    ),
    state=st.sampled_from(RowState),
    version=versions,
)
workshops = st.builds(
    Workshop,
    number=workshop_numbers,
    name=texts,
    branch_code=branch_codes,
    address=texts,
    postal_code=st.from_regex(r"[13-9]{5}[0-9]{5}", fullmatch=True).map(PostalCode),
    owner_identifier=identifiers,
    account_id=st.none() | texts,
    undertaking_accepted_at=st.none() | moments,
    version=versions,
)
undertakings = st.builds(
    lambda start, length, **rest: InspectionUndertaking(
        period_start=start, period_end=start + timedelta(length), **rest
    ),
    days,
    st.integers(0, 400),
    id=texts,
    branch_code=branch_codes,
    contractor_identifier=identifiers,
    received_at=moments,
)
branches = st.builds(BranchRecord, code=branch_codes, name=texts, province=texts, version=versions)
fed = st.one_of(
    st.tuples(st.just(Kind.BRANCHES), branches),
    st.tuples(st.just(Kind.WORKSHOPS), workshops),
    st.tuples(st.just(Kind.CONTRACT_ROWS), contract_rows),
    st.tuples(st.just(Kind.UNDERTAKINGS), undertakings),
)


def cleaned(kind: Kind, record: Fed) -> Any:
    """The record as one reading leaves it: texts in their one form."""
    return read_whole(RECORDS[kind], as_object(record), now=NOW)


@given(fed)
def test_a_record_reads_back_as_it_was_written(drawn: tuple[Kind, Fed]) -> None:
    kind, record = drawn
    once = cleaned(kind, record)
    assert cleaned(kind, once) == once
    assert type(once) is type(record)


@given(fed)
def test_a_record_survives_csv(drawn: tuple[Kind, Fed]) -> None:
    kind, record = drawn
    once = cleaned(kind, record)
    members = as_object(once)
    written = io.StringIO()
    writer = csv.DictWriter(written, list(members))
    writer.writeheader()
    writer.writerow(members)
    reader = FileReader(kind, FileFormat.CSV, now=NOW)
    [line] = [*reader.feed(written.getvalue().encode()), *reader.finish()]
    assert line.problems == ()
    assert line.record == once


@given(contracts)
def test_a_record_matches_itself_exactly_where_it_is_complete(data: dict[str, Any]) -> None:
    record = ContractData(**data)
    gaps = tuple(name for name in CONTRACT_FIELDS if data[name] is None)
    assert differences(record, record) == gaps
    assert outcome(record, record) is (ReviewOutcome.INCOMPLETE if gaps else ReviewOutcome.MATCHING)


@given(contracts, contracts)
def test_comparing_does_not_depend_on_the_side(one: dict[str, Any], other: dict[str, Any]) -> None:
    record, claims = ContractData(**one), ContractData(**other)
    found = differences(record, claims)
    assert found == differences(claims, record)
    assert outcome(record, claims) is outcome(claims, record)
    assert set(CONTRACT_FIELDS) - set(found) == {
        name
        for name in CONTRACT_FIELDS
        if one[name] is not None and other[name] is not None and same(one[name], other[name])
    }
    contradicts = any(one[name] is not None and other[name] is not None for name in found)
    assert (outcome(record, claims) is ReviewOutcome.MISMATCHED) == contradicts


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("ساختمان اداری", "ساختمان  ادارى", True),
        ("می‌شود", "میشود", True),
        ("قرارداد ۱۴۰۲/۷۷", "قرارداد 1402/77", True),
        ("احداث پل", "احداث پل دوم", False),
        (Rials(5), Rials(5), True),
        (Rials(5), Rials(6), False),
        (WorkshopNumber("0000000001"), WorkshopNumber("0000000001"), True),
        (None, None, False),
        (None, "متن", False),
    ],
)
def test_fields_agree_by_meaning(one: object, other: object, agree: bool) -> None:
    assert same(one, other) is agree


def test_a_record_names_its_key_and_its_gaps() -> None:
    key = ContractRowKey(
        branch_code=BranchCode("0041"), row=ContractRow("123"), sequence=ContractSequence("01")
    )
    empty = ContractRowRecord(
        key=key,
        state=RowState.ACTIVE,
        version=1,
        **dict.fromkeys(CONTRACT_FIELDS),
    )
    assert subject_of(empty) == "0041/123/01"
    assert empty.missing == CONTRACT_FIELDS
    assert dataclasses.replace(empty, subject="پل").missing == tuple(
        name for name in CONTRACT_FIELDS if name != "subject"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"version": 0}, ("/version", "version.out_of_range")),
        ({"version": 2**53}, ("/version", "version.out_of_range")),
        ({"version": "3"}, ("/version", "field.wrong_type")),
        ({"version": True}, ("/version", "field.wrong_type")),
        ({"end": "1380/01/01"}, ("/end", "period.end_before_start")),
        ({"state": "open"}, ("/state", "field.not_allowed")),
        ({"state": None}, ("/state", "field.wrong_type")),
        ({"row": "1234"}, ("/row", "contract_row.invalid")),
        ({"initial_amount": 1.0}, ("/initial_amount", "money.not_an_integer")),
        ({"missing": None}, ("/missing", "field.unknown")),
    ],
)
def test_a_wrong_value_is_told_with_its_place(
    change: dict[str, Any], problem: tuple[str, str]
) -> None:
    row = {"branch_code": "0041", "row": "123", "sequence": "01", "state": "active", "version": 1}
    row["start"] = "1400-01-01"
    with pytest.raises(InvalidRequest) as refusal:
        read_whole(RECORDS[Kind.CONTRACT_ROWS], row | change, now=NOW)
    assert [(each.field, each.code) for each in refusal.value.problems] == [problem]


@given(st.lists(st.none() | st.integers() | st.text(), min_size=1, max_size=5))
def test_csv_reads_back_and_computes_nothing(cells: list[Any]) -> None:
    [row] = csv.reader(io.StringIO(csv_row(cells), newline=""))
    for cell, read in zip(cells, row, strict=True):
        if isinstance(cell, str):
            assert read in {cell, f"'{cell}"}
            assert not read.lstrip().startswith(("=", "+", "-", "@"))
        else:
            assert read == ("" if cell is None else str(cell))
