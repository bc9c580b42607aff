"""The batches over HTTP: what is taken, what is answered, and to whom."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import api.batches.endpoints
from api.toolkit.limits import Limits
from clearance.errors import Conflict, NotFound, RulesNotMet
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.rulebook import Failure
from register.batches.client_batches import Opened
from register.batches.records import Batch, Hold, Line, LineState, NewLine

PATH = "/v1/batches"
BATCH = UUID("0d5c0a5e-6f0e-4c57-9d55-0f6c2b1a7e11")
NUMBER = ClearanceNumber("1404-0041-000001-9")


class StandInBatches:
    """One batch at most, which never gets on by itself."""

    def __init__(self, now: Any) -> None:
        self.now = now
        self.sent: tuple[NewLine, ...] = ()
        self.opened: tuple[Any, ...] = ()
        self.orders: list[str] = []
        self.hold: Hold | None = None

    def opened_by(
        self, client_id: str, *, idempotency_key: str, body_sha256: bytes
    ) -> Batch | None:
        if self.opened[:2] != (client_id, idempotency_key):
            return None
        if self.opened[2] != body_sha256:
            raise Conflict("idempotency.conflict")
        return self._batch()

    def open(self, lines: Any, *, client_id: str, idempotency_key: str, body_sha256: bytes) -> Any:
        self.sent = tuple(lines)
        self.opened = (client_id, idempotency_key, body_sha256)
        return Opened(batch=self._batch(), replayed=False)

    def find(self, batch_id: UUID, *, client_id: str) -> Batch:
        if batch_id != BATCH or client_id != self.opened[0]:
            raise NotFound("batch.not_found")
        return self._batch()

    def lines(
        self,
        batch_id: UUID,
        *,
        client_id: str,
        state: LineState | None = None,
        after: int = 0,
        limit: int,
    ) -> tuple[Line, ...]:
        self.find(batch_id, client_id=client_id)
        found = [self._line(each) for each in self.sent if each.line > after]
        return tuple(each for each in found if state in (None, each.state))[:limit]

    def pause(self, batch_id: UUID, *, client_id: str) -> Batch:
        return self._order("pause", batch_id, client_id)

    def resume(self, batch_id: UUID, *, client_id: str) -> Batch:
        return self._order("resume", batch_id, client_id)

    def cancel(self, batch_id: UUID, *, client_id: str) -> Batch:
        return self._order("cancellation", batch_id, client_id)

    def _order(self, order: str, batch_id: UUID, client_id: str) -> Batch:
        found = self.find(batch_id, client_id=client_id)
        self.orders.append(order)
        return found

    def _batch(self) -> Batch:
        counts = dict.fromkeys(LineState, 0)
        for each in self.sent:
            counts[LineState.REFUSED if each.error else LineState.WAITING] += 1
        return Batch(
            id=BATCH,
            client_id=self.opened[0],
            lines=len(self.sent),
            opened_at=self.now,
            paused_at=None,
            cancelled_at=None,
            ended_at=None,
            hold=self.hold,
            counts=counts,
            per_minute=60.0,
        )

    def _line(self, sent: NewLine) -> Line:
        return Line(
            line=sent.line,
            state=LineState.REFUSED if sent.error else LineState.WAITING,
            attempts=0,
            number=None,
            verification_code=None,
            issued_at=None,
            document_sha256=None,
            error=sent.error,
            ended_at=self.now if sent.error else None,
        )


@pytest.fixture
def batches(stand_ins: Any) -> StandInBatches:
    return StandInBatches(stand_ins.now)


@pytest.fixture
def office(open_with: Any, office_with: Any, batches: StandInBatches) -> Any:
    """A caller of an application with that office."""
    return open_with(office=office_with(batches=batches))


@pytest.fixture
def authorization(stand_ins: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {stand_ins.issue_key}"}


@pytest.fixture
def post(office: Any, authorization: Any) -> Callable[..., Any]:
    def post(body: bytes, *, key: str | None = "k", kind: str = "application/jsonl") -> Any:
        headers = authorization | {"Content-Type": kind}
        headers |= {"Idempotency-Key": key} if key else {}
        return office.post(PATH, content=body, headers=headers)

    return post


@pytest.fixture
def get(office: Any, authorization: Any) -> Callable[[str], Any]:
    return lambda path: office.get(path, headers=authorization)


def test_takes_a_batch_and_says_where_it_is(post: Any, get: Any, ordinary: Any) -> None:
    body = _body(ordinary, ordinary)
    response = post(body)
    assert response.status_code == 202
    answer = response.json()
    assert response.headers["Location"] == answer["links"]["self"] == f"{PATH}/{BATCH}"
    assert (answer["state"], answer["lines"], answer["counts"]["waiting"]) == ("running", 2, 2)
    assert answer["seconds_left"] == 2
    assert get(response.headers["Location"]).json() == answer

    again = post(body, kind="application/x-ndjson; charset=utf-8")
    assert again.status_code == 202
    assert again.headers["Idempotency-Replayed"] == "true"
    assert post(_body(ordinary)).status_code == 409


def test_a_malformed_line_is_refused_with_its_problems(
    post: Any, get: Any, ordinary: Any, batches: StandInBatches
) -> None:
    wrong = {**ordinary, "kind": "other"}
    answer = post(_body(ordinary, wrong, "{")).json()
    assert (answer["counts"]["waiting"], answer["counts"]["refused"]) == (1, 2)
    sound, refused, broken = get(answer["links"]["lines"]).json()["lines"]
    assert (sound["state"], sound["error"], sound["links"]) == ("waiting", None, None)
    assert refused["state"] == "refused"
    assert refused["error"]["code"] == "field.not_allowed"
    (problem,) = refused["errors"]
    assert (problem["code"], problem["field"]) == ("field.not_allowed", "/kind")
    assert problem["message"]["fa"]
    assert broken["error"]["code"] == "request.not_json"
    assert [each.request is None for each in batches.sent] == [False, True, True]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "batch.empty"),
        (b"\n \n", 422, "batch.empty"),
        (b"{}\n" * 10_001, 422, "batch.too_many_lines"),
        ('{"a":"ک"}'.encode("cp1256"), 422, "batch.not_utf8"),
    ],
)
def test_refuses_what_is_no_batch(
    post: Any, batches: StandInBatches, body: bytes, status: int, code: str
) -> None:
    response = post(body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not batches.sent


def test_refuses_a_body_over_the_limit_before_it_is_read(
    post: Any, office: Any, batches: StandInBatches
) -> None:
    state = office.app.state
    state.context = replace(state.context, limits=Limits(batch_bytes=10))
    response = post(b"{}\n" * 4)
    assert (response.status_code, response.json()["code"]) == (413, "request.too_large")
    assert not batches.sent


def test_demands_key_scope_type_and_idempotency_key(
    office: Any, post: Any, stand_ins: Any, ordinary: Any, batches: StandInBatches
) -> None:
    body = _body(ordinary)
    assert office.post(PATH, content=body).status_code == 401
    bare = {"Authorization": f"Bearer {stand_ins.read_key}"}
    assert office.post(PATH, content=body, headers=bare).status_code == 403
    assert office.get(f"{PATH}/{BATCH}", headers=bare).status_code == 403
    assert post(body, kind="application/json").status_code == 415
    assert post(body, key=None).json()["code"] == "idempotency.key_missing"
    assert not batches.sent


def test_lines_come_page_by_page(post: Any, get: Any) -> None:
    post(b"{}\n" * 210)
    seen, path = [], f"{PATH}/{BATCH}/lines?state=refused"
    while path:
        page = get(path).json()
        seen += [each["line"] for each in page["lines"]]
        path = page["next"]
    assert seen == list(range(1, 211))
    assert get(f"{PATH}/{BATCH}/lines?state=issued").json() == {"lines": [], "next": None}
    assert get(f"{PATH}/{BATCH}/lines?after=209").json()["lines"][0]["line"] == 210


def test_all_lines_can_be_fetched_as_files(
    post: Any, get: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.batches.endpoints, "LARGEST_PAGE", 10)
    post(b"{}\n" * 23)
    lines = get(f"{PATH}/{BATCH}/lines?format=jsonl")
    assert lines.headers["Content-Type"] == "application/jsonl"
    assert f"batch-{BATCH}.jsonl" in lines.headers["Content-Disposition"]
    assert [json.loads(each)["line"] for each in lines.text.splitlines()] == list(range(1, 24))

    table = get(f"{PATH}/{BATCH}/lines?format=csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [int(row["line"]) for row in rows] == list(range(1, 24))
    assert "/schema" in rows[0]["fa"]
    assert "/kind" in rows[0]["en"]


@pytest.mark.parametrize(
    "query", ["state=other", "format=xml", "after=-1", "after=x", "after=²", f"after={10**12}"]
)
def test_unknown_wishes_are_refused(post: Any, get: Any, query: str) -> None:
    post(b"{}")
    response = get(f"{PATH}/{BATCH}/lines?{query}")
    assert response.status_code == 422
    assert response.json()["field"] == f"/{query.partition('=')[0]}"


def test_orders_reach_the_batch(
    post: Any, office: Any, authorization: Any, batches: StandInBatches
) -> None:
    links = post(b"{}").json()["links"]
    for order in ("pause", "resume", "cancellation"):
        assert office.post(links[order], headers=authorization).json()["id"] == str(BATCH)
    assert batches.orders == ["pause", "resume", "cancellation"]


@pytest.mark.parametrize("batch", ["other", str(UUID(int=1)), "%20"])
def test_another_batch_is_not_there(post: Any, get: Any, batch: str) -> None:
    post(b"{}")
    for path in (f"{PATH}/{batch}", f"{PATH}/{batch}/lines"):
        response = get(path)
        assert (response.status_code, response.json()["code"]) == (404, "batch.not_found")


def test_says_what_it_is_held_for(post: Any, get: Any, ordinary: Any, batches: Any) -> None:
    post(_body(ordinary))
    batches.hold = Hold(until=batches.now + timedelta(seconds=4), code="tsa.unavailable")
    hold = get(f"{PATH}/{BATCH}").json()["hold"]
    assert (hold["until"], hold["error"]["code"]) == ("2026-02-01T08:30:04Z", "tsa.unavailable")


def test_an_issued_and_a_forbidden_line(
    post: Any, get: Any, ordinary: Any, batches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(_body(ordinary, ordinary))
    failure = Failure(
        requirement="R10",
        code="rules.final_second",
        fields=("/kind",),
        parameters={"number": NUMBER},
    )
    common = {"attempts": 1, "ended_at": batches.now}
    issued, forbidden = (replace(batches._line(each), **common) for each in batches.sent)
    issued = replace(
        issued,
        state=LineState.ISSUED,
        number=NUMBER,
        verification_code=VerificationCode.from_bytes(bytes(10)),
        issued_at=batches.now,
        document_sha256="ab" * 32,
    )
    forbidden = replace(forbidden, state=LineState.REFUSED, error=RulesNotMet((failure,)))
    monkeypatch.setattr(batches, "lines", lambda *_, **__: (issued, forbidden))
    first, second = get(f"{PATH}/{BATCH}/lines").json()["lines"]
    assert first["links"]["document"] == f"/v1/clearances/{NUMBER}/document"
    assert first["verification_code"] == "0000-0000-0000-0000"
    assert second["error"]["code"] == "rules.not_met"
    (failed,) = second["failures"]
    assert failed["requirement"] == "R10"
    assert failed["what_to_do"]["fa"]
    rows = get(f"{PATH}/{BATCH}/lines?format=csv").content.decode("utf-8-sig")
    assert "R10 " in rows


def _body(*lines: Any) -> bytes:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines).encode()


def test_openapi_describes_the_batches(office: Any) -> None:
    paths = office.get("/openapi.json").json()["paths"]
    post = paths[PATH]["post"]
    assert post["security"] == [{"apiKey": []}]
    for kind in ("application/jsonl", "application/x-ndjson"):
        (example,) = post["requestBody"]["content"][kind]["examples"].values()
        assert [json.loads(each)["schema"] for each in example["value"].splitlines()] == [1, 1]
    (key,) = post["parameters"]
    assert (key["name"].lower(), key["required"]) == ("idempotency-key", True)
    shown = post["responses"]["202"]["content"]["application/json"]["examples"]["running"]["value"]
    assert sum(shown["counts"].values()) == shown["lines"]
    lines = paths[f"{PATH}/{{batch}}/lines"]["get"]
    assert set(lines["responses"]["200"]["content"]) == {
        "application/json",
        "application/jsonl",
        "text/csv",
    }
    assert "422" not in lines["responses"]
