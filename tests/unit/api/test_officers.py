"""Who acts through a key of their own: the person's role decides, the person's reach limits."""

from dataclasses import replace
from typing import Annotated, Any

import pytest
from fastapi import Depends

from api.toolkit.access import officer_with
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Permission, Reach, Role

KEY = {"Authorization": "Bearer mohr_bare"}


@pytest.fixture
def caller_as(open_with: Any, stand_ins: Any) -> Any:
    """Make a caller whose key is that of an officer, or of a program (``None``)."""

    def make(role: Role | None, reach: Reach | None = None) -> Any:
        officer = (
            None
            if role is None
            else Officer(id="staff-aaaaaaaa", name="علی", role=role, reach=reach or Reach())
        )
        client = replace(stand_ins.authenticate("mohr_bare"), officer=officer)
        caller = open_with(authenticate=lambda key: client)

        @caller.app.get("/v1/confirmations")
        def confirm(
            officer: Annotated[Officer, Depends(officer_with(Permission.CONFIRM_REVOCATION))],
        ) -> str:
            return officer.id

        return caller

    return make


def test_no_key_no_officer(caller_as: Any) -> None:
    answer = caller_as(Role.BRANCH_HEAD).get("/v1/confirmations")

    assert answer.status_code == 401
    assert answer.json()["code"] == "access.key_required"


@pytest.mark.parametrize("role", [None, *Role])
def test_the_role_decides(caller_as: Any, role: Role | None) -> None:
    answer = caller_as(role).get("/v1/confirmations", headers=KEY)

    if role in {
        Role.PREMIUM_COLLECTION_HEAD,
        Role.BRANCH_HEAD,
        Role.PROVINCIAL_SUPERVISOR,
    }:
        assert (answer.status_code, answer.json()) == (200, "staff-aaaaaaaa")
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "access.not_permitted")


def test_a_person_reads_what_lies_within_reach_and_nothing_else(
    caller_as: Any, clearance: Any
) -> None:
    branch = clearance.certificate.request.branch
    url = f"/v1/clearances/{clearance.number}"
    for reach, status in (
        (Reach(), 200),
        (Reach(province=branch.province), 200),
        (Reach(branch=branch.code), 200),
        (Reach(province="استان دیگر"), 404),
        (Reach(branch=BranchCode("9999")), 404),
    ):
        caller = caller_as(Role.HEADQUARTERS_AUDITOR, reach)
        for path in (url, f"{url}/document"):
            assert caller.get(path, headers=KEY).status_code == status, (reach, path)
        absent = caller.get("/v1/clearances/1404-0001-000001-0", headers=KEY)
        assert absent.status_code == 404


def test_who_supervises_nothing_reads_nothing(caller_as: Any, clearance: Any) -> None:
    answer = caller_as(Role.ADMINISTRATOR).get(f"/v1/clearances/{clearance.number}", headers=KEY)

    assert answer.status_code == 403


def test_what_waits_is_its_callers_alone(caller_as: Any, clearance: Any, stand_ins: Any) -> None:
    stand_ins.keeps_waiting(clearance, "mohr_bare")

    answer = caller_as(Role.HEADQUARTERS_AUDITOR).get(
        f"/v1/clearances/{clearance.number}", headers=KEY
    )

    assert answer.status_code == 404
