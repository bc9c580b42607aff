"""Many callers at once: numbers without gap or repetition, and each document verifies."""

from concurrent.futures import ThreadPoolExecutor

from clearance.clock import system_clock
from clearance.identifiers import BranchCode, ClearanceNumber
from clearance.jalali import jalali_year

CALLERS = 8
CLEARANCES = 200
BRANCH = "7301"


def test_200_clearances_by_8_callers_for_one_branch(running_service, fresh) -> None:
    branch = {"code": BRANCH, "name": "شعبه آزمون", "province": "تهران"}

    def issue(_: int) -> tuple[str, str]:
        made = running_service.issue(fresh("smallest") | {"branch": branch})
        verdict = running_service.verify(made.document)
        assert verdict["outcome"] == "authentic", verdict
        assert verdict["number"] == made.number
        return made.number, made.verification_code

    with ThreadPoolExecutor(CALLERS) as callers:
        made = list(callers.map(issue, range(CLEARANCES)))

    numbers = sorted(number for number, _ in made)
    year = jalali_year(system_clock())
    wanted = [
        ClearanceNumber.make(year, BranchCode(BRANCH), serial)
        for serial in range(1, CLEARANCES + 1)
    ]
    assert numbers == wanted
    assert len({code for _, code in made}) == CLEARANCES


def test_one_idempotency_key_from_8_callers_issues_one_clearance(running_service, fresh) -> None:
    request = fresh("smallest")

    def ask(_: int) -> tuple[int, str]:
        response = running_service.post(request, key="the-same-key")
        return response.status_code, response.json().get("number", response.json().get("code"))

    with ThreadPoolExecutor(CALLERS) as callers:
        answers = set(callers.map(ask, range(CALLERS)))
    answers.add(ask(0))

    numbers = {what for status, what in answers if status == 201}
    refusals = {(status, what) for status, what in answers if status != 201}
    assert len(numbers) == 1
    assert refusals <= {(409, "idempotency.in_progress")}
