"""Health, and the description of the interface."""

import json
import re
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from setuptools import find_packages

from api.app import create_app
from api.clearances.schemas import ClearanceWaiting
from api.toolkit.answers import Problem
from api.toolkit.dependencies import Services
from api.toolkit.examples import load_examples
from api.verification.schemas import VerdictAnswer
from clearance.request import request_schema

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"


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
    dialect = {"$schema": document["jsonSchemaDialect"]}
    assert dialect | document["components"]["schemas"]["ClearanceRequest"] == request_schema()
    shown = {name: each["value"] for name, each in content["examples"].items()}
    kept = {file.stem: json.loads(file.read_text()) for file in EXAMPLES.glob("*.json")}
    assert shown == kept
    assert len(kept) >= 6
    (key,) = [each for each in post["parameters"] if each["name"].lower() == "idempotency-key"]
    assert key["required"] is True
    assert key["schema"]["type"] == "string"
    pattern = re.compile(key["schema"]["pattern"])
    assert all(map(pattern.search, ("k", "!~", "x" * 255)))
    assert not any(map(pattern.search, ("", "a b", "x" * 256, "کلید", "\x7f")))


@pytest.mark.parametrize(
    ("method", "path", "status", "kind", "model"),
    [
        ("post", "/v1/clearances", "202", "application/json", ClearanceWaiting),
        ("post", "/v1/verifications", "200", "application/json", VerdictAnswer),
        ("get", "/v1/tokens/{token}", "200", "application/json", VerdictAnswer),
        ("get", "/v1/clearances/{number}", "default", "application/problem+json", Problem),
    ],
)
def test_openapi_shows_answers(
    caller: Any, method: str, path: str, status: str, kind: str, model: type[BaseModel]
) -> None:
    operation = caller.get("/openapi.json").json()["paths"][path][method]
    examples = operation["responses"][status]["content"][kind]["examples"]
    assert examples
    for each in examples.values():
        shown = each["value"]
        read = model.model_validate(shown, strict=True).model_dump(mode="json")
        assert read | shown == read


def test_openapi_names_no_schema_that_nothing_uses(caller: Any) -> None:
    document = caller.get("/openapi.json").json()
    text = json.dumps(document)
    for name, schema in document["components"]["schemas"].items():
        assert f'"#/components/schemas/{name}"' in text
        assert "$schema" not in schema


def test_an_installation_without_examples_does_not_start(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.toolkit.examples.files", lambda _: tmp_path)
    with pytest.raises(FileNotFoundError):
        create_app(services)


def test_the_examples_are_installed_with_the_packages() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert "examples" in find_packages(ROOT, include=setuptools["packages"]["find"]["include"])
    patterns = setuptools["package-data"]["examples"]
    for file in EXAMPLES.iterdir():
        if file.suffix != ".py" and file.is_file():
            assert any(fnmatch(file.name, pattern) for pattern in patterns), file.name
    assert load_examples().keys() == {file.stem for file in EXAMPLES.glob("*.json")}


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
