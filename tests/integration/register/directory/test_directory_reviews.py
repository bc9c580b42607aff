"""Reviews of contract rows (R6), and what they leave open."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from clearance.directory import CONTRACT_FIELDS, ReviewOutcome, RowState
from clearance.directory_shapes import ReviewStatement
from clearance.errors import Conflict, NotFound, Refused
from clearance.identifiers import BranchCode, ContractRow, ContractSequence
from clearance.money import Rials
from clearance.roles import Officer, Reach, Role
from register.directory.reconciliation import Extent, Finding

COUNTRY = Extent(reach=Reach())


@pytest.fixture
def review(directory, officer, make_claims):
    def run(row, *, by=officer, version=None, **changes):
        statement = ReviewStatement(
            sequence=row.key.sequence,
            row_version=row.version if version is None else version,
            claims_file=make_claims(**changes),
        )
        return directory.review(row.key.branch_code, row.key.row, statement, by)

    return run


def test_a_review_keeps_both_records_and_names_each_difference(
    directory, make_row, make_claims, review, clock, sql
) -> None:
    row = make_row(contract_address=None)
    directory.put_contract_row(row, actor="feeder")
    claims = {"subject": "احداث ساختمان آموزشی", "initial_amount": Rials(1), "end": None}
    made = review(row, **claims)
    assert made.differences == ("subject", "end", "initial_amount", "contract_address")
    assert made.outcome is ReviewOutcome.MISMATCHED
    assert made.claims_file == make_claims(**claims)
    assert {name: getattr(made.record, name) for name in CONTRACT_FIELDS} == {
        name: getattr(row, name) for name in CONTRACT_FIELDS
    }
    assert (made.reviewed_by, made.reviewed_at) == ("staff-1", clock())
    assert directory.reviews(row.key) == (made,)
    [(actor, details)] = sql(
        "SELECT actor, details FROM audit_event WHERE name = 'contract_row.reviewed'"
    )
    assert (actor, details["outcome"]) == ("staff-1", "mismatched")


def test_texts_that_differ_in_spelling_only_match(directory, make_row, review) -> None:
    row = make_row()
    directory.put_contract_row(row, actor="feeder")
    made = review(row, subject="احداث  ساختمان ادارى", contract_number="1402/77")
    assert (made.outcome, made.differences) == (ReviewOutcome.MATCHING, ())


def test_a_gap_is_incomplete(directory, make_row, review) -> None:
    row = make_row(work_assigner_workshop=None)
    directory.put_contract_row(row, actor="feeder")
    made = review(row, work_assigner_workshop=None)
    assert (made.outcome, made.differences) == (
        ReviewOutcome.INCOMPLETE,
        ("work_assigner_workshop",),
    )


def test_a_row_that_changed_meanwhile_must_be_read_again(directory, make_row, review) -> None:
    directory.put_contract_row(make_row(version=2), actor="feeder")
    with pytest.raises(Conflict) as refusal:
        review(make_row(), version=1)
    assert (refusal.value.code, refusal.value.parameters) == (
        "review.row_changed",
        {"version": "2"},
    )


def test_nobody_reviews_outside_office_or_reach(directory, make_row, review) -> None:
    row = make_row()
    directory.put_contract_row(row, actor="feeder")
    auditor = Officer(id="a", name="a", role=Role.HEADQUARTERS_AUDITOR, reach=Reach())
    neighbour = Officer(
        id="b", name="b", role=Role.BRANCH_HEAD, reach=Reach(branch=BranchCode("1235"))
    )
    with pytest.raises(Refused, match=r"access\.not_permitted"):
        review(row, by=auditor)
    with pytest.raises(NotFound, match=r"directory\.row_not_found"):
        review(row, by=neighbour)
    with pytest.raises(NotFound, match=r"directory\.row_not_found"):
        directory.reviews(row.key, reach=neighbour.reach)
    assert directory.reviews(row.key) == ()


def test_reconciliation_lists_what_is_open_and_counts_the_rest(directory, make_row, review) -> None:
    rows = {
        "matching": make_row(row="001"),
        "mismatched": make_row(row="002"),
        "incomplete": make_row(row="003", subject=None),
        "unreviewed": make_row(row="004", contract_address=None),
        "closed": make_row(row="005", state=RowState.CLOSED),
        "elsewhere": make_row(branch="5001", row="006"),
    }
    for row in rows.values():
        directory.put_contract_row(row, actor="feeder")
    review(rows["matching"], subject="نادرست")
    review(rows["matching"])
    review(rows["mismatched"], initial_amount=Rials(5))
    review(rows["incomplete"])
    found = directory.reconciliation(COUNTRY)
    assert [(str(each.key.row), each.finding, each.fields) for each in found] == [
        ("002", Finding.MISMATCHED, ("initial_amount",)),
        ("003", Finding.INCOMPLETE, ("subject",)),
        ("004", Finding.UNREVIEWED, ("contract_address",)),
        ("006", Finding.UNREVIEWED, ()),
    ]
    counts = {each.branch_code: each for each in directory.reconciliation_counts(COUNTRY)}
    assert list(counts) == ["1234", "1235", "5001"]
    tehran = counts["1234"]
    assert (tehran.active, tehran.matching, tehran.unreviewed) == (4, 1, 1)
    assert (tehran.mismatched, tehran.incomplete) == (1, 1)
    assert counts["1235"].active == 0


def test_a_row_changed_after_its_review_is_unreviewed_again(directory, make_row, review) -> None:
    row = make_row()
    directory.put_contract_row(row, actor="feeder")
    review(row)
    assert directory.reconciliation(COUNTRY) == ()
    directory.put_contract_row(make_row(version=2), actor="feeder")
    [found] = directory.reconciliation(COUNTRY)
    assert (found.finding, found.version, found.reviewed_by) == (Finding.UNREVIEWED, 2, None)


def test_reconciliation_is_narrowed_and_paged(directory, make_row) -> None:
    for branch, row in (("1234", "001"), ("1234", "00000002"), ("1235", "001"), ("5001", "001")):
        directory.put_contract_row(make_row(branch=branch, row=row), actor="feeder")

    def keys(extent=COUNTRY, **options):
        return [str(each.key) for each in directory.reconciliation(extent, **options)]

    assert keys() == ["1234/00000002/01", "1234/001/01", "1235/001/01", "5001/001/01"]
    assert keys(Extent(reach=Reach(province="فارس"))) == ["5001/001/01"]
    assert keys(Extent(reach=Reach(province="فارس"), branch=BranchCode("1234"))) == []
    assert keys(Extent(reach=Reach(), province="تهران")) == keys()[:3]
    assert keys(Extent(reach=Reach(), branch=BranchCode("1235"))) == ["1235/001/01"]
    assert keys(finding=Finding.MISMATCHED) == []
    _, second = directory.reconciliation(COUNTRY, limit=2)
    assert keys(after=second.key, limit=2) == ["1235/001/01", "5001/001/01"]


def test_a_review_and_a_change_at_once_never_leave_a_new_version_reviewed(
    directory, make_row, review
) -> None:
    row = make_row()
    directory.put_contract_row(row, actor="feeder")

    def act(place: int) -> object:
        try:
            if place % 2:
                return directory.put_contract_row(make_row(version=2), actor="feeder")
            return review(row)
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(act, range(4)))
    [found] = directory.reconciliation(COUNTRY)
    assert (found.version, found.finding) == (2, Finding.UNREVIEWED)


def test_an_unknown_row_cannot_be_reviewed(directory, officer, make_claims) -> None:
    statement = ReviewStatement(
        sequence=ContractSequence("01"), row_version=1, claims_file=make_claims()
    )
    with pytest.raises(NotFound):
        directory.review(BranchCode("1234"), ContractRow("999"), statement, officer)
