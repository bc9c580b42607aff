"""What surrounds every answer: headers, request ids, logs without secrets, the last resort."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

PATHS = [
    "/",
    "/nothing",
    "/v1/nothing",
    "/v1/tokens/x",
    "/static/style.css",
    "/health/live",
    "/metrics",
    "/openapi.json",
    "/.well-known/",
    "/q/x",
]


@pytest.mark.parametrize("path", PATHS)
def test_security_headers_are_everywhere(caller: Any, path: str) -> None:
    headers = caller.get(path, headers={"Accept": "text/html"}).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Request-ID"]
    assert "Set-Cookie" not in headers
    assert "Strict-Transport-Security" not in headers


def test_https_is_remembered(open_with: Callable[..., Any]) -> None:
    caller = open_with(public_url="https://verify.example.ir")
    assert "max-age=" in caller.get("/").headers["Strict-Transport-Security"]


def test_results_are_not_cached(caller: Any, clearance: Any) -> None:
    assert caller.get(f"/q/{clearance.token_text}").headers["Cache-Control"] == "no-store"


def test_logs_name_routes_and_no_secrets(
    caller: Any, clearance: Any, caplog: pytest.LogCaptureFixture
) -> None:
    code = clearance.certificate.verification_code
    with caplog.at_level(logging.DEBUG, logger="mohr"):
        caller.get(f"/q/{clearance.token_text}")
        caller.get(f"/Q/{clearance.token_text}")
        caller.get(f"/v1/tokens/{clearance.token_text}")
        caller.get(f"/v1/clearances/{clearance.number}", params={"code": code})
        caller.post("/clearances", data={"number": clearance.number, "code": code})
        caller.get(f"/nothing/{code}?code={code}")
    told = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert [record.getMessage() for record in caplog.records] == [
        "GET /q/{token} 200",
        "GET /Q/{token} 200",
        "GET /v1/tokens/{token} 200",
        "GET /v1/clearances/{number} 200",
        "POST /clearances 200",
        "GET (none) 404",
    ]
    assert code not in told
    assert clearance.token_text not in told


def test_metrics_name_routes_and_no_secrets(caller: Any, clearance: Any) -> None:
    caller.get(f"/q/{clearance.token_text}")
    caller.get("/surprise-me")
    caller.request("BREW", "/")
    shown = caller.get("/metrics").text
    assert 'mohr_http_requests_total{method="GET",route="/q/{token}",status="200"} 1.0' in shown
    assert 'mohr_verdicts_total{outcome="authentic",way="token"} 1.0' in shown
    assert 'method="OTHER"' in shown
    assert clearance.token_text not in shown
    assert "surprise-me" not in shown
    assert "BREW" not in shown


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/v1/tokens/x", "*/*", "application/problem+json"),
        ("/v1/tokens/x", "text/html", "application/problem+json"),
        ("/q/x", "text/html,*/*", "text/html; charset=utf-8"),
        ("/q/x", "*/*", "application/problem+json"),
    ],
)
def test_an_unforeseen_fault_tells_nothing(
    open_with: Callable[..., Any],
    path: str,
    accept: str,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("password=hunter2")

    response = open_with(verify_token=fail).get(path, headers={"Accept": accept})
    assert response.status_code == 500
    assert response.headers["Content-Type"] == kind
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "hunter2" not in response.text
    assert "RuntimeError" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["X-Request-ID"] in response.text
    # The log keeps what the caller does not see, under the same id.
    assert response.headers["X-Request-ID"] in caplog.text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("path", ["/nothing", "/q/", "/static/", "/static/../app.py", "/v1/"])
def test_unknown_paths_are_found_nowhere(caller: Any, path: str) -> None:
    assert caller.get(path).status_code == 404
    page = caller.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 404


def test_a_wrong_method_names_the_right_ones(caller: Any) -> None:
    response = caller.request("DELETE", "/v1/verifications")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert response.json()["code"] == "request.wrong_method"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/q/x", 200),
        ("/verifications", 303),
        ("/static/style.css", 200),
        ("/.well-known/", 200),
        ("/.well-known/token-keys.cose", 200),
        ("/health/live", 200),
        ("/openapi.json", 200),
        ("/v1/tokens/x", 200),
        ("/v1/clearances/1404-0041-000001-9", 401),
        ("/nothing", 404),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_head_tells_what_get_would(caller: Any, path: str, status: int, accept: str) -> None:
    got = caller.get(path, headers={"Accept": accept})
    head = caller.request("HEAD", path, headers={"Accept": accept})
    assert head.status_code == got.status_code == status
    assert head.content == b""
    told, expected = dict(head.headers), dict(got.headers)
    assert told.pop("X-Request-ID".lower()) != expected.pop("X-Request-ID".lower())
    assert told == expected


def test_head_of_a_document_has_its_digest_and_size(caller: Any, clearance: Any) -> None:
    response = caller.request(
        "HEAD",
        f"/v1/clearances/{clearance.number}/document",
        headers={"Verification-Code": clearance.certificate.verification_code},
    )
    assert response.status_code == 200
    assert response.headers["ETag"] == f'"{clearance.document.sha256}"'
    assert response.headers["Content-Length"] == str(clearance.document.size)
    assert response.content == b""


def test_head_of_a_fault_has_no_content(open_with: Callable[..., Any]) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("password=hunter2")

    response = open_with(verify_token=fail).request("HEAD", "/q/x")
    assert response.status_code == 500
    assert response.content == b""


def test_head_is_counted_as_itself(caller: Any) -> None:
    caller.request("HEAD", "/q/x")
    shown = caller.get("/metrics").text
    assert 'mohr_http_requests_total{method="HEAD",route="/q/{token}",status="200"} 1.0' in shown


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("HEAD", "/v1/verifications", {"POST"}),
        ("POST", "/health/live", {"GET", "HEAD"}),
        ("POST", "/", {"GET", "HEAD"}),
    ],
)
def test_head_is_allowed_where_get_is(
    caller: Any, method: str, path: str, allowed: set[str]
) -> None:
    response = caller.request(method, path)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == allowed
