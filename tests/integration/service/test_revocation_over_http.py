"""From the officers' decision to everyone who asks: at once, over real HTTP."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from clearance.token import parse_token
from register.staff.accounts import Accounts
from service.cli.token import app
from verifier.status_list import read_status_list
from verifier.token_keys import load_trust

pytestmark = pytest.mark.integration

REMARK = "به درخواست آقای کریمی"


@pytest.fixture(scope="module")
def officers(running_service: Any) -> dict[str, str]:
    """Keys of two officers of the branch of the examples, and of one of another branch."""
    memory = running_service.memory
    accounts = Accounts(
        memory.engine, clock=lambda: datetime.now(UTC), random_bytes=secrets.token_bytes
    )
    keys = {}
    for name, role, branch in (
        ("clerk", Role.BRANCH_OFFICER, "0041"),
        ("head", Role.BRANCH_HEAD, "0041"),
        ("stranger", Role.BRANCH_HEAD, "0512"),
    ):
        username = f"revocation.{name}"
        reach = Reach(branch=BranchCode(branch))
        accounts.add(username, "همکار", role=role, reach=reach, actor="tests")
        _, keys[name] = memory.clients.add_personal(username)
    return keys


@pytest.fixture
def call(running_service: Any, officers: dict[str, str]) -> Callable[..., Any]:
    def send(officer: str, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {officers[officer]}"}
        return running_service.http.request(method, path, json=body, headers=headers)

    return send


@pytest.fixture
def revoke(call: Callable[..., Any]) -> Callable[[str], None]:
    def act(number: str) -> None:
        path = f"/v1/clearances/{number}/revocations"
        asked = call("clerk", "POST", path, {"reason": "data_corrected", "remark": REMARK})
        assert asked.status_code == 201, asked.text
        decision = f"{path}/{asked.json()['id']}/decision"
        decided = call("head", "POST", decision, {"decision": "confirm"})
        assert decided.status_code == 200, decided.text

    return act


def test_a_confirmed_revocation_is_known_to_everyone_at_once(
    eventually: Any, running_service: Any, call: Any, revoke: Any, tmp_path: Path
) -> None:
    made, other = running_service.issue(), running_service.issue()
    # The first list comes with the worker's first round.
    eventually(lambda: running_service.http.get("/s/0").status_code == 200)
    assert withdrawn_by_list(running_service, made) is False
    path = f"/v1/clearances/{made.number}/revocations"
    assert call("stranger", "POST", path, {"reason": "lawful_order"}).status_code == 404

    revoke(made.number)

    # 1. The register, to whoever has the code
    http = running_service.http
    code = {"Verification-Code": made.verification_code}
    answer = http.get(f"/v1/clearances/{made.number}", headers=code).json()
    assert (answer["standing"]["state"], answer["standing"]["reason"]) == (
        "revoked",
        "data_corrected",
    )
    # 2. The QR token and 3. the old PDF, with date and reason
    token = http.get(f"/v1/tokens/{made.token}").json()
    file = running_service.verify(made.document)
    for verdict in (token, file):
        assert verdict["outcome"] == "withdrawn"
        (told,) = [each for each in verdict["findings"] if each["stage"] == "standing"]
        assert told["parameters"]["reason"] == "data_corrected"
        assert told["parameters"]["at"] == answer["standing"]["at"]
    # 4. The page
    page = http.get(f"/q/{made.token}").text
    assert "اطلاعات آن نادرست بود" in page
    # 5. The status list
    eventually(lambda: withdrawn_by_list(running_service, made))
    assert withdrawn_by_list(running_service, other) is False
    # The remark stays among officers.
    assert call("head", "GET", path).json()["revocations"][0]["remark"] == REMARK
    for public in (str(answer), str(token), str(file), page):
        assert REMARK not in public
    listed = call("stranger", "GET", "/v1/revocations").json()["revocations"]
    assert made.number not in {each["number"] for each in listed}

    # 6. Without any network, by a list that was fetched
    (tmp_path / "list").write_bytes(http.get("/s/0").content)
    (tmp_path / "keys").write_bytes(http.get("/.well-known/token-keys.cose").content)
    files = ["--trust", str(tmp_path / "keys"), "--status-list", str(tmp_path / "list")]
    for each, status in ((made, 3), (other, 0)):
        ended = CliRunner().invoke(app, ["verify", each.token, *files])
        assert ended.exit_code == status, ended.output
    (tmp_path / "list").write_bytes(b"")
    assert CliRunner().invoke(app, ["verify", made.token, *files]).exit_code == 2


def test_a_replacement_is_linked_both_ways(
    running_service: Any, revoke: Any, fresh: Callable[[str], dict[str, Any]]
) -> None:
    request = fresh("ordinary-company")
    old = running_service.issue(request)
    successor = {**request, "replaces": old.number}
    refused = running_service.post(successor)
    assert refused.status_code == 422, "it is still in force"

    revoke(old.number)
    new = running_service.issue(successor)

    verdict = running_service.verify(old.document)
    assert (verdict["outcome"], verdict["reasons"][0]) == ("withdrawn", "register.replaced")
    assert verdict["clearance"]["standing"]["replacement"] == new.number
    verdict = running_service.verify(new.document)
    assert verdict["outcome"] == "authentic"
    assert verdict["clearance"]["replaces"] == old.number
    assert "جایگزین مفاصاحساب شمارهٔ" in running_service.http.get(f"/q/{new.token}").text
    again = running_service.post({**successor, "referring_letter": None})
    assert again.status_code == 422, "one replacement is all"


def withdrawn_by_list(running_service: Any, made: Any) -> bool:
    """Whether the published list says so, read as a stranger would."""
    claims = parse_token(made.token).claims
    response = running_service.http.get(f"/s/{claims.status_list_uri.rsplit('/', 1)[1]}")
    assert response.headers["Content-Type"] == "application/statuslist+cwt"
    keys = load_trust(running_service.http.get("/.well-known/token-keys.cose").content)
    said = read_status_list(
        response.content, keys, uri=claims.status_list_uri, now=datetime.now(UTC)
    )
    return said.is_revoked(claims.status_list_index)
