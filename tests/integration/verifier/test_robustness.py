"""Hostile files get the answer that they deserve, in time, and the service goes on.

Those that only take long are left to `python -m bench.robustness`, which sends all of them.
"""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

SECONDS = 5
AT_ONCE = 2
"""As many as there are workers for strangers' files."""


@pytest.fixture(scope="module")
def outcomes(load_vectors: Any) -> Any:
    return load_vectors("hostile_outcomes")


@pytest.fixture(scope="module")
def answers(running_service: Any, made: Any, outcomes: Any) -> Mapping[str, dict[str, Any]]:
    """What the service answered to each hostile file, and after how many seconds."""

    def send(name: str) -> tuple[str, dict[str, Any]]:
        pdf = outcomes.made(made.document)[name]()
        while True:
            begin = time.monotonic()
            response = running_service.http.post(
                "/v1/verifications", content=pdf, headers={"Content-Type": "application/pdf"}
            )
            seconds = time.monotonic() - begin
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.2)  # a worker is being replaced
        return name, {"status": response.status_code, "seconds": seconds, "text": response.text}

    names = outcomes.made(made.document).keys() - outcomes.SLOW
    with ThreadPoolExecutor(AT_ONCE) as callers:
        return dict(callers.map(send, sorted(names)))


def test_each_gets_what_it_deserves(answers: Mapping[str, Any], outcomes: Any) -> None:
    wrong = {}
    for name, answer in answers.items():
        assert answer["status"] == httpx.codes.OK, (name, answer)
        verdict = json.loads(answer["text"])
        if not outcomes.is_expected(name, verdict["outcome"], verdict["reasons"]):
            wrong[name] = (verdict["outcome"], verdict["reasons"])
    assert wrong == {}
    assert len(answers) > 50


def test_each_gets_it_in_time(answers: Mapping[str, Any]) -> None:
    late = {name: each["seconds"] for name, each in answers.items() if each["seconds"] > SECONDS}
    assert late == {}


def test_none_is_told_what_went_wrong_inside(answers: Mapping[str, Any]) -> None:
    for name, answer in answers.items():
        for word in ("Traceback", "site-packages", ".py", "line "):
            assert word not in answer["text"], (name, word)


def test_the_service_goes_on(
    answers: Mapping[str, Any], running_service: Any, made: Any, bad_files: Any
) -> None:
    assert running_service.verify(made.document)["outcome"] == "authentic"
    assert running_service.verify(bad_files.never_sealed())["outcome"] == "outside_channel"
