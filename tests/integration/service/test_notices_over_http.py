"""From the issue to the assigner's eyes: webhook, inbox, document, view, over real HTTP."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from register.records import RevocationReason, Scope
from service.channels.webhook import new_secret, secret_file
from service.cli import notices as command_line

MANUAL = Path(__file__).parents[3] / "docs" / "notification.md"
SECRET = new_secret(os.urandom)


class EServices(ThreadingHTTPServer):
    """The e-services system: refuses the first call, then keeps each event by its id."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: EServices

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((dict(self.headers), body))
        self.send_response(500 if len(self.server.calls) == 1 else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def e_services() -> Iterator[EServices]:
    with EServices() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def own_settings(own_settings: Any, e_services: EServices) -> Iterator[Any]:
    file = secret_file(own_settings)
    file.write_text(f"{SECRET}\n")
    port = e_services.server_address[1]
    notification = own_settings.notification.model_copy(
        update={"url": f"http://127.0.0.1:{port}/mohr"}
    )
    yield own_settings.model_copy(update={"notification": notification})
    file.unlink()


@pytest.fixture(scope="module")
def reader(running_service: Any) -> dict[str, str]:
    """The header of a key that reads inboxes and nothing else."""
    _, key = running_service.memory.clients.add("e-services", frozenset({Scope.NOTICES}))
    return {"Authorization": f"Bearer {key}"}


def test_the_webhook_is_told_until_it_confirms(
    eventually: Any,
    own_service: Any,
    e_services: EServices,
    timestamps: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with timestamps():
        made = own_service.issue()
    path = f"/v1/clearances/{made.number}/notices"

    def notice() -> dict[str, Any]:
        answer = own_service.http.get(path, headers=own_service.authorization)
        (only,) = answer.json()["notices"]
        return dict(only)

    eventually(lambda: notice()["attempts"])
    eventually(lambda: notice()["last_error"])
    assert notice()["last_error"]["code"] == "webhook.refused"
    # Rather than wait for the next attempt, hurry it, as the program does for a person.
    settings = own_service.settings
    monkeypatch.setenv("MOHR_HOME", str(settings.home))
    monkeypatch.setenv("MOHR_DATABASE__URL", settings.database.url.get_secret_value())
    command_line.show(waiting=True)
    assert notice()["id"] in capsys.readouterr().out
    command_line.resend([UUID(notice()["id"])], dead=False)
    eventually(lambda: notice()["delivered_at"])

    assert notice()["delivered_by"] == "webhook"
    read = _example_of_the_manual()
    first, second = (read(headers, body, SECRET) for headers, body in e_services.calls)
    assert first == second
    assert first["id"] == notice()["id"]
    assert first["data"]["number"] == made.number
    assert first["data"]["links"] == notice()["links"]
    headers, body = e_services.calls[0]
    for call in (
        (headers, body.replace(b"issued", b"revoke"), SECRET),
        (headers, body, new_secret(os.urandom)),
        (headers | {"Webhook-Id": "another"}, body, SECRET),
    ):
        with pytest.raises(WebhookVerificationError):
            read(*call)


def test_the_inbox_from_issue_to_view_and_revocation(
    eventually: Any, running_service: Any, reader: dict[str, str]
) -> None:
    http = running_service.http
    made = running_service.issue()
    (notice,) = http.get(f"/v1/clearances/{made.number}/notices", headers=reader).json()["notices"]
    inbox = f"/v1/workshops/{notice['workshop_number']}/notices"
    eventually(lambda: _get(http, notice["links"]["self"], reader)["state"] == "delivered")

    unviewed = _all(http, f"{inbox}?state=unviewed&limit=2", reader)
    assert made.number in [each["number"] for each in unviewed]
    document = http.get(notice["links"]["document"], headers=reader)
    assert document.content == made.document
    again = http.get(
        notice["links"]["document"], headers=reader | {"If-None-Match": document.headers["etag"]}
    )
    assert again.status_code == 304
    assert _get(http, notice["links"]["self"], reader)["first_viewed_at"] is None

    views = [
        http.post(notice["links"]["views"], headers=reader, json={"viewer": viewer}).json()
        for viewer in ("user-1", "user-1", "user-2")
    ]
    assert len({view["first_viewed_at"] for view in views}) == 1
    assert views[0]["state"] == "viewed"
    assert views[0]["delivered_by"] == "inbox"
    assert views[0]["delivered_at"] <= views[0]["first_viewed_at"]

    running_service.revoke(made.number, RevocationReason.LAWFUL_ORDER)
    (revoked,) = [
        each
        for each in _all(http, f"{inbox}?after={notice['position']}", reader)
        if each["number"] == made.number
    ]
    assert (revoked["event"], revoked["reason"]) == ("revoked", "lawful_order")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v1/workshops/{workshop}/notices?state=new", None, 422, "field.not_allowed"),
        ("GET", "/v1/workshops/{workshop}/notices?after=-1", None, 422, "notice.page_invalid"),
        ("GET", "/v1/workshops/{workshop}/notices?limit=501", None, 422, "notice.page_invalid"),
        ("GET", "/v1/workshops/0000000000/notices", None, 404, "directory.workshop_not_found"),
        ("GET", "/v1/workshops/workshop/notices", None, 404, "directory.workshop_not_found"),
        ("GET", "/v1/clearances/1404-0041/notices", None, 404, "clearance.not_found"),
        ("GET", "/v1/clearances/1404-0041-999999-5/notices", None, 404, "clearance.not_found"),
        ("GET", "/v1/notices", None, 422, "field.missing"),
        ("GET", "/v1/notices?state=dead&after=1", None, 422, "notice.page_invalid"),
        ("GET", "/v1/notices/1", None, 404, "notice.not_found"),
        ("GET", f"/v1/notices/{'0' * 32}", None, 404, "notice.not_found"),
        ("GET", f"/v1/notices/{'0' * 32}/document", None, 404, "notice.not_found"),
        ("POST", f"/v1/notices/{'0' * 32}/resends", None, 404, "notice.not_found"),
        ("POST", f"/v1/notices/{'0' * 32}/views", {"viewer": "u"}, 404, "notice.not_found"),
        ("POST", "{notice}/views", {}, 422, "field.missing"),
        ("POST", "{notice}/views", {"viewer": ""}, 422, "text.empty"),
        ("POST", "{notice}/views", {"viewer": "u" * 101}, 422, "text.too_long"),
        ("POST", "{notice}/views", {"viewer": "u", "at": "now"}, 422, "field.unknown"),
        ("POST", "{notice}/resends", None, 409, "notice.delivered"),
    ],
)
def test_what_cannot_be_answered_is_named(
    running_service: Any,
    reader: dict[str, str],
    delivered: dict[str, Any],
    method: str,
    path: str,
    body: Any,
    status: int,
    code: str,
) -> None:
    path = path.format(workshop=delivered["workshop_number"], notice=delivered["links"]["self"])
    answer = running_service.http.request(method, path, headers=reader, json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.fixture(scope="module")
def delivered(eventually: Any, running_service: Any, reader: dict[str, str]) -> dict[str, Any]:
    """A notice that lies in its inbox."""
    made = running_service.issue()
    path = f"/v1/clearances/{made.number}/notices"

    def notice() -> dict[str, Any]:
        return dict(_get(running_service.http, path, reader)["notices"][0])

    eventually(lambda: notice()["delivered_at"])
    return notice()


def test_only_a_key_of_the_scope_opens_an_inbox(
    running_service: Any, delivered: dict[str, Any]
) -> None:
    links = delivered["links"]
    inbox = f"/v1/workshops/{delivered['workshop_number']}/notices"
    for method, path in (
        ("GET", inbox),
        ("GET", "/v1/notices?state=dead"),
        ("GET", links["self"]),
        ("GET", links["document"]),
        ("POST", links["views"]),
        ("POST", f"{links['self']}/resends"),
    ):
        stranger = running_service.http.request(method, path)
        issuer = running_service.http.request(method, path, headers=running_service.authorization)
        assert (stranger.status_code, issuer.status_code) == (401, 403), path
        assert issuer.json()["code"] == "access.scope_missing"


def _example_of_the_manual() -> Callable[[dict[str, str], bytes, str], dict[str, Any]]:
    """The function that the manual gives to receivers."""
    (code,) = re.findall(r"```python\n(.+?)```", MANUAL.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own manual
    read: Callable[[dict[str, str], bytes, str], dict[str, Any]] = names["read"]
    return read


def _get(http: Any, path: str, headers: dict[str, str]) -> dict[str, Any]:
    answer = http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content)


def _all(http: Any, path: str | None, headers: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    while path:
        page = _get(http, path, headers)
        found += page["notices"]
        path = page["next"]
    return found
