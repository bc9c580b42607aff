"""R12-R14: what becomes of the paper forms."""

import secrets
from typing import Any

import pytest

PRESENT = {"attendees": [{"name": "علی کریمی", "role": "رئیس شعبه"}]}


@pytest.fixture
def serials(branch: Any) -> range:
    """Ten serials that the branch was given and that no other test knows of."""
    branch.put("branches", "4417", branch.entries(branch.request()).branch)
    first = secrets.randbelow(10**8) * 10 + 1
    given = range(first, first + 10)
    allotment = {"branch_code": "4417", "first": str(given[0]), "last": str(given[-1])}
    answer = branch.ask("POST", "/v1/paper-ranges", who="province", json=allotment)
    assert answer.status_code == 201, answer.text
    return given


@pytest.fixture
def record(branch: Any) -> Any:
    """Record what became of serials; answer the response."""

    def post(first: int, state: str, last: int | None = None, **members: Any) -> Any:
        entry = {"first": str(first), "last": str(last or first), "state": state, **members}
        return branch.ask(
            "POST", "/v1/paper-forms/states", who="officer", json={"entries": [entry]}
        )

    return post


@pytest.fixture
def draw_up(branch: Any) -> Any:
    def post(who: str, **draft: Any) -> dict[str, Any]:
        answer = branch.ask("POST", "/v1/paper-minutes", who=who, json=draft)
        assert answer.status_code == 201, answer.text
        drawn: dict[str, Any] = answer.json()
        return drawn

    return post


@pytest.fixture
def close(branch: Any) -> Any:
    def post(who: str, number: str, **closing: Any) -> Any:
        return branch.ask(
            "POST", f"/v1/paper-minutes/{number}/closing", who=who, json=PRESENT | closing
        )

    return post


@pytest.fixture
def handed_over(serials: range, record: Any, draw_up: Any, close: Any) -> str:
    """Minutes of the branch by which it handed its forms over."""
    returned = record(serials[0], "unused_returned", last=serials[-1], hologram=str(serials[0]))
    assert returned.status_code == 204, returned.text
    drawn = draw_up("officer", kind="branch", branch_code="4417")
    closed = close("officer", drawn["number"])
    assert closed.status_code == 200, closed.text
    number: str = drawn["number"]
    return number


def test_r12_unused_forms_are_handed_in_with_minutes(
    branch: Any, serials: range, record: Any, draw_up: Any, close: Any, eventually: Any
) -> None:
    unused = {"last": serials[-2], "hologram": str(serials[0])}
    without = record(serials[0], "unused_returned", last=serials[-2])
    assert "paper.hologram_missing" in without.text
    assert record(serials[0], "unused_returned", **unused).status_code == 204

    # One form is not accounted for: the totals differ, and the minutes stay open.
    minutes = draw_up("officer", kind="branch", branch_code="4417")
    assert minutes["balance"]["difference"] == 1
    assert close("officer", minutes["number"]).status_code == 409
    lost = record(serials[-1], "missing", explanation="در انبار یافت نشد")
    assert lost.status_code == 204
    closed = close("officer", minutes["number"])
    assert closed.status_code == 200, closed.text
    assert closed.json()["balance"]["difference"] == 0

    path = f"/v1/paper-minutes/{minutes['number']}"
    eventually(lambda: branch.get(path, who="province")["state"] == "sealed")
    document = branch.ask("GET", f"{path}/document", who="province")
    assert document.content.startswith(b"%PDF-")
    assert b"/ETSI.CAdES.detached" in document.content
    assert branch.ask("GET", path, who="elsewhere").status_code == 404


def test_r13_the_province_sends_on_and_reports(
    branch: Any, handed_over: str, draw_up: Any, close: Any
) -> None:
    province = branch.entries(branch.request()).branch.province
    consolidated = draw_up("province", kind="consolidated", province=province)["number"]
    closed = close("province", consolidated)
    assert closed.status_code == 200, closed.text
    assert handed_over in {part["number"] for part in closed.json()["content"]["parts"]}

    ledger = branch.get("/v1/paper-ledger", who="province")
    late = {each["step"]: each["done_at"] for each in ledger["late"]}
    assert late["despatch"] is late["report"] is None

    sent = {"packages": 2, "security": "پلمب ۱۱ و ۱۲"}
    despatch = draw_up("province", kind="despatch", consolidated=consolidated)["number"]
    assert close("province", despatch, despatch=sent).status_code == 200
    report = draw_up("province", kind="report", consolidated=consolidated)["number"]
    assert close("province", report).status_code == 200

    # The time is over: what was done late is shown as done, and late for good.
    ledger = branch.get("/v1/paper-ledger", who="province")
    late = {each["step"]: each["done_at"] for each in ledger["late"]}
    assert late["despatch"] is not None
    assert late["report"] is not None
    assert branch.get("/v1/paper-ledger", who="elsewhere")["lines"] == []


def test_r14_a_cancelled_form_points_to_its_clearance(
    branch: Any, known: Any, serials: range, record: Any
) -> None:
    def meaning(serial: int) -> dict[str, Any]:
        answer: dict[str, Any] = branch.http.get(f"/v1/paper-forms/{serial}").json()
        return answer

    form, blank = serials[0], serials[1]
    assert record(form, "used").status_code == 204
    assert meaning(form)["meaning"] == "void"

    number = branch.issue(known())
    nothing = record(form, "cancelled", hologram=str(form))
    assert "paper.clearance_missing" in nothing.text
    other = record(form, "cancelled", hologram=str(blank), clearance=number)
    assert "paper.hologram_differs" in other.text
    cancelled = record(form, "cancelled", hologram=str(form), clearance=number)
    assert cancelled.status_code == 204, cancelled.text

    told = branch.get(f"/v1/paper-forms/{form}", who="officer")
    assert told["meaning"] == "cancelled_and_replaced"
    assert told["record"]["entries"][-1]["clearance"] == number
    stranger = meaning(form)
    assert (stranger["meaning"], stranger["record"]) == ("cancelled_and_replaced", None)
