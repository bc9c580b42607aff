"""Health, and the description of the interface."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clearance.request import request_schema

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def test_alive_even_if_nothing_else_is(caller: Any, stand_ins: Any) -> None:
    stand_ins.away.update({"database", "documents", "token"})
    assert caller.get("/health/live").json() == {"status": "live"}


def test_ready_names_each_part(caller: Any) -> None:
    response = caller.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["status"] == "ready"
    assert response.json()["parts"] == {
        "database": {"status": "up"},
        "documents": {"status": "up"},
        "token": {"status": "up"},
    }


def test_not_ready_names_what_is_away(caller: Any, stand_ins: Any) -> None:
    stand_ins.away.add("documents")
    response = caller.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"
    assert response.json()["parts"]["database"] == {"status": "up"}
    assert response.json()["parts"]["documents"]["code"] == "documents.unavailable"


def test_a_failing_probe_tells_nothing(open_with: Callable[..., Any]) -> None:
    def fail() -> None:
        raise RuntimeError("host=db password=hunter2")

    response = open_with(probes={"database": fail}).get("/health/ready")
    assert response.status_code == 503
    assert response.json()["parts"]["database"]["code"] == "internal.fault"
    assert "hunter2" not in response.text


def test_metrics_count_what_was_issued(caller: Any, stand_ins: Any, ordinary: Any) -> None:
    headers = {"Authorization": f"Bearer {stand_ins.issue_key}", "Idempotency-Key": "k"}
    for _ in range(2):
        caller.post("/v1/clearances", json=ordinary, headers=headers)
    response = caller.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    # A repetition is not another clearance.
    assert 'mohr_clearances_issued_total{kind="final"} 1.0' in response.text


def test_two_applications_count_for_themselves(open_with: Callable[..., Any]) -> None:
    one, other = open_with(), open_with()
    one.get("/health/live")
    assert "/health/live" not in other.get("/metrics").text


def test_openapi_shows_schema_and_examples(caller: Any) -> None:
    document = caller.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    post = document["paths"]["/v1/clearances"]["post"]
    content = post["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/ClearanceRequest"}
    assert document["components"]["schemas"]["ClearanceRequest"] == request_schema()
    shown = {name: each["value"] for name, each in content["examples"].items()}
    kept = {file.stem: json.loads(file.read_text()) for file in EXAMPLES.glob("*.json")}
    assert shown == kept
    assert len(kept) >= 6
    (key,) = [each for each in post["parameters"] if each["name"].lower() == "idempotency-key"]
    assert key["required"] is True


def test_openapi_has_no_dangling_reference(caller: Any) -> None:
    document = caller.get("/openapi.json").json()
    # The request schema refers within itself, if at all.
    del document["components"]["schemas"]["ClearanceRequest"]
    text = json.dumps(document)
    names = {piece.split('"')[0] for piece in text.split("#/components/schemas/")[1:]}
    assert names - {"ClearanceRequest"} <= set(document["components"]["schemas"])


def test_openapi_leaves_the_pages_out(caller: Any) -> None:
    paths = caller.get("/openapi.json").json()["paths"]
    assert "/" not in paths
    assert not any(path.lower().startswith("/q/") for path in paths)
    assert {"/v1/clearances/{number}/document", "/v1/tokens/{token}", "/health/ready"} <= set(paths)


def test_no_interactive_pages_with_foreign_scripts(caller: Any) -> None:
    assert caller.get("/docs").status_code == 404
    assert caller.get("/redoc").status_code == 404
