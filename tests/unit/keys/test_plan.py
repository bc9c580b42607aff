from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from clearance.algorithms import KeyAlgorithm
from clearance.errors import Refused
from keys.catalogue import Purpose, State
from keys.plan import read_plan

EXAMPLE = Path(__file__).parents[3] / "examples" / "ceremony.yaml"


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    content = yaml.safe_load(EXAMPLE.read_bytes())
    change(content)
    return yaml.safe_dump(content, allow_unicode=True).encode()


def test_the_example_is_a_plan() -> None:
    reviewed = read_plan(EXAMPLE.read_bytes())

    seal = reviewed.plan.keys[0]
    assert seal.algorithm is KeyAlgorithm.RSA_3072
    assert seal.catalogued().purpose is Purpose.DOCUMENT_SEAL
    assert seal.catalogued().state is State.PLANNED
    assert "C=IR" in seal.subject.name().rfc4514_string()


def test_the_fingerprint_is_that_of_the_file() -> None:
    content = EXAMPLE.read_bytes()
    assert read_plan(content).sha256 != read_plan(content + b"\n").sha256


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda p: p.update(schema=2), "schema"),
        (lambda p: p.update(pin="0815"), "pin"),
        (lambda p: p.pop("participants"), "participants"),
        (lambda p: p.update(participants=p["participants"][:1]), "participants"),
        (lambda p: p.update(keys=[]), "keys"),
        (lambda p: p["keys"][0].update(label="../x"), "../x"),
        (lambda p: p["keys"][0].update(algorithm="rsa-1024"), "keys.0.algorithm"),
        (lambda p: p["keys"][0].update(mechanism="ecdsa-sha256"), "mechanism"),
        (lambda p: p["keys"][0].update(purpose="all"), "keys.0.purpose"),
        (lambda p: p["keys"][0].update(extractable=True), "keys.0.extractable"),
        (lambda p: p["keys"][0].update(not_before="2026-03-21T00:00:00"), "keys.0.not_before"),
        (lambda p: p["keys"][0].update(not_after="2020-01-01T00:00:00Z"), "not_after"),
        (lambda p: p["keys"][0]["subject"].update(country="Iran"), "keys.0.subject.country"),
        (lambda p: p["keys"][0]["subject"].update(common_name=""), "keys.0.subject.common_name"),
        (lambda p: p["keys"][0]["subject"].update(common_name="مهر ۱"), "seal-1405: subject"),
        (lambda p: p["keys"][0]["subject"].update(common_name="مهر (نو)"), "seal-1405: subject"),
        (lambda p: p["keys"][0]["subject"].update(common_name="مهر SSO مهر"), "seal-1405: subject"),
    ],
)
def test_a_plan_that_is_wrong(change: Callable[[dict[str, Any]], object], where: str) -> None:
    with pytest.raises(Refused) as caught:
        read_plan(changed(change))
    assert caught.value.code == "ceremony.plan_invalid"
    assert where in caught.value.parameters["where"]


@pytest.mark.parametrize(
    "content", [b"", b"- 1", b"a: [", b"\xff", b"!!python/object/apply:os.system [id]"]
)
def test_what_is_no_plan(content: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_plan(content)
    assert caught.value.code == "ceremony.plan_invalid"
