"""A ceremony from plan to transcript, as a function and on the command line."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from clearance.errors import Refused
from hsm.errors import HsmUnavailable
from hsm.module import Token, TokenConfig, open_token
from keys.catalogue import Catalogue, State
from keys.ceremony import carry_out
from keys.development import DevelopmentAuthority
from keys.plan import ReviewedPlan, read_plan
from service.cli.keys import keys_app

EXAMPLE = Path(__file__).parents[3] / "examples" / "ceremony.yaml"
NOW = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)
runner = CliRunner()


def clock() -> datetime:
    return NOW


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> bytes:
    """The example with labels of this test, since labels are never used twice."""
    content = yaml.safe_load(EXAMPLE.read_bytes())
    for number, key in enumerate(content["keys"]):
        name = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
        key |= {"label": f"{name}-{number}", "not_before": "2020-01-01T00:00:00Z"}
        key["algorithm"] = {"rsa-3072": "rsa-2048"}.get(key["algorithm"], key["algorithm"])
    return yaml.safe_dump(content, allow_unicode=True).encode()


@pytest.fixture
def reviewed(plan: bytes) -> ReviewedPlan:
    return read_plan(plan)


def labels(reviewed: ReviewedPlan) -> list[str]:
    return [key.label for key in reviewed.plan.keys]


def transcript(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_a_ceremony_leaves(
    own_token: Token, tmp_path: Path, plan: bytes, reviewed: ReviewedPlan
) -> None:
    outcome = carry_out(reviewed, Catalogue(tmp_path), own_token, clock=clock)

    stored = Catalogue.load(tmp_path)
    assert [(key.label, key.state) for key in stored.all()] == [
        (label, State.PLANNED) for label in labels(reviewed)
    ]
    events = transcript(outcome.transcript)
    assert [event["event"] for event in events] == [
        "ceremony_began",
        *["key_generated", "request_written"] * 2,
        "ceremony_ended",
    ]
    assert {event["at"] for event in events} == {"2026-03-20T08:00:00Z"}
    assert events[0]["plan_sha256"] == hashlib.sha256(plan).hexdigest()
    assert [each["name"] for each in events[0]["participants"]] == ["نام متصدی", "نام ناظر"]
    for made, event in zip(outcome.keys, events[1::2], strict=False):
        spki = own_token.public_key(made.label)
        assert made.spki_sha256 == event["spki_sha256"] == hashlib.sha256(spki).hexdigest()
        request = x509.load_pem_x509_csr(made.request.read_bytes())
        public = request.public_key()
        assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == spki


def test_no_secret_is_written(
    own_token: Token, own_token_config: TokenConfig, tmp_path: Path, reviewed: ReviewedPlan
) -> None:
    carry_out(reviewed, Catalogue(tmp_path), own_token, clock=clock)

    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert own_token_config.pin().encode() not in written
    assert b"PRIVATE KEY" not in written


def test_nothing_is_made_if_one_label_is_taken(
    own_token: Token, tmp_path: Path, plan: bytes, reviewed: ReviewedPlan
) -> None:
    taken = labels(reviewed)[1]
    own_token.generate_key(taken, reviewed.plan.keys[1].algorithm)

    with pytest.raises(Refused) as caught:
        carry_out(reviewed, Catalogue(tmp_path), own_token, clock=clock)

    assert caught.value.parameters == {"label": taken}
    assert labels(reviewed)[0] not in own_token.labels()
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_only_the_catalogue_knows_is_taken(
    own_token: Token, tmp_path: Path, reviewed: ReviewedPlan
) -> None:
    catalogue = Catalogue(tmp_path).with_key(reviewed.plan.keys[0].catalogued())
    with pytest.raises(Refused) as caught:
        carry_out(reviewed, catalogue, own_token, clock=clock)
    assert caught.value.code == "hsm.label_taken"


def test_a_label_twice_in_the_plan(own_token: Token, tmp_path: Path, plan: bytes) -> None:
    content = yaml.safe_load(plan)
    content["keys"][1]["label"] = content["keys"][0]["label"]
    reviewed = read_plan(yaml.safe_dump(content).encode())
    with pytest.raises(Refused) as caught:
        carry_out(reviewed, Catalogue(tmp_path), own_token, clock=clock)
    assert caught.value.code == "hsm.label_taken"


def test_a_ceremony_that_breaks_off_keeps_what_it_made(
    own_token: Token, tmp_path: Path, reviewed: ReviewedPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = own_token.generate_key

    def fail_at_the_second(label: str, algorithm: Any) -> bytes:
        if label == labels(reviewed)[1]:
            raise HsmUnavailable("hsm.unavailable")
        return generate(label, algorithm)

    monkeypatch.setattr(own_token, "generate_key", fail_at_the_second)
    with pytest.raises(HsmUnavailable):
        carry_out(reviewed, Catalogue(tmp_path), own_token, clock=clock)

    assert [key.label for key in Catalogue.load(tmp_path).all()] == labels(reviewed)[:1]
    (file,) = (tmp_path / "ceremonies").iterdir()
    assert [event["event"] for event in transcript(file)] == [
        "ceremony_began",
        "key_generated",
        "request_written",
    ]


@pytest.fixture
def app(own_token_config: TokenConfig, tmp_path: Path) -> typer.Typer:
    folder = tmp_path / "keys"
    return keys_app(lambda: Catalogue.load(folder), lambda: open_token(own_token_config))


def run(app: typer.Typer, *arguments: str) -> str:
    result = runner.invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_whole_way_on_the_command_line(
    app: typer.Typer, tmp_path: Path, plan: bytes, reviewed: ReviewedPlan
) -> None:
    (tmp_path / "plan.yaml").write_bytes(plan)
    seal = labels(reviewed)[0]

    shown = run(app, "ceremony", str(tmp_path / "plan.yaml"))
    assert "nothing was made" in shown
    assert hashlib.sha256(plan).hexdigest() in shown
    assert not (tmp_path / "keys").exists()
    assert "no keys yet" in run(app, "list")

    made = run(app, "ceremony", str(tmp_path / "plan.yaml"), "--confirm")
    assert seal in made
    assert "transcript:" in made
    assert "planned" in run(app, "list")

    requested = run(app, "csr", seal, "--subject", "CN=مهر سازمانی,C=IR").strip()
    request = x509.load_pem_x509_csr(Path(requested).read_bytes())
    assert request.subject.rfc4514_string() == "CN=مهر سازمانی,C=IR"

    authority = DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")
    certificate = tmp_path / "seal.pem"
    certificate.write_bytes(authority.issue(Path(requested).read_bytes(), "seal"))
    assert f"{seal} is active" in run(app, "import", seal, str(certificate))
    assert "active" in run(app, "list")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["csr", "nobody", "--subject", "CN=x"], "keys.unknown_label"),
        (["csr", "nobody", "--subject", "no name"], "keys.bad_subject"),
    ],
)
def test_refusals_on_the_command_line(app: typer.Typer, arguments: list[str], code: str) -> None:
    result = runner.invoke(app, arguments)
    assert getattr(result.exception, "code", None) == code


@pytest.mark.parametrize("command", ["list", "ceremony", "csr", "import"])
def test_help_opens_nothing_and_shows_an_example(command: str) -> None:
    def unavailable() -> Any:
        raise AssertionError("opened for help")

    shown = run(keys_app(unavailable, unavailable), command, "--help")
    assert f"Example: mohr keys {command}" in shown
