"""R15-R17: who watches, who makes the software, who answers for what."""

from importlib.metadata import version
from typing import Any

from sqlalchemy import text

from clearance.roles import PERMISSIONS, Permission, Role


def test_r15_the_province_controls_its_own_branches(
    branch: Any, known: Any, running_service: Any, at_the_panel: Any
) -> None:
    request = known()
    number = branch.issue(request)
    path = f"/v1/clearances/{number}"
    page = f"/panel/clearances/{number}"

    assert at_the_panel("/panel", who="province").status_code == 200
    assert at_the_panel("/panel/timeliness", who="province").status_code == 200
    shown = at_the_panel(page, who="province")
    assert shown.status_code == 200
    assert number in shown.text
    hidden = at_the_panel(page, who="elsewhere")
    assert hidden.status_code == 404
    assert request["contractor"]["name"] not in hidden.text
    assert branch.http.get(page, headers={"Accept": "text/html"}).status_code != 200

    assert branch.get(path, who="province")["number"] == number
    assert branch.ask("GET", path, who="elsewhere").status_code == 404
    row = f"/v1/contract-rows/{request['branch']['code']}/{request['contract']['row']}"
    assert branch.ask("GET", row, who="province").status_code == 200
    assert branch.ask("GET", row, who="elsewhere").status_code == 404
    assert branch.ask("GET", path, who="administrator").status_code == 403

    with running_service.memory.engine.connect() as connection:
        trail = connection.execute(
            text("SELECT name FROM audit_event WHERE subject = :number ORDER BY id"),
            {"number": number},
        ).scalars()
        assert list(trail)[:3] == ["clearance.issuing", "clearance.sealing", "clearance.issued"]


def test_r16_the_software_runs_and_says_so(branch: Any) -> None:
    ready = branch.get("/health/ready")

    assert ready["status"] == "ready"
    assert branch.get("/openapi.json")["info"]["version"] == version("mohr")


def test_r17_each_office_does_what_it_answers_for(branch: Any, known: Any) -> None:
    number = branch.issue(known())
    path = f"/v1/clearances/{number}/revocations"
    reason = {"reason": "lawful_order"}

    assert branch.ask("POST", path, who="auditor", json=reason).status_code == 403
    assert branch.ask("POST", path, who="administrator", json=reason).status_code == 403
    assert branch.ask("POST", path, who="neighbour", json=reason).status_code == 404
    asked = branch.ask("POST", path, who="head", json=reason)
    assert asked.status_code == 201
    decision = f"{path}/{asked.json()['id']}/decision"
    own = branch.ask("POST", decision, who="head", json={"decision": "confirm"})
    assert (own.status_code, own.json()["code"]) == (409, "revocation_request.same_officer")
    officer = branch.ask("POST", decision, who="officer", json={"decision": "confirm"})
    assert officer.status_code == 403
    assert branch.ask("POST", decision, who="province", json={"decision": "reject"}).is_success

    assert set(PERMISSIONS) == set(Role)
    assert all(
        Permission.MANAGE_STAFF not in PERMISSIONS[role] or role is Role.ADMINISTRATOR
        for role in Role
    )
