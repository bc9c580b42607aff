"""The command line as a person or a script uses it: real processes over a real MOHR_HOME."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from register.records import RevocationReason
from service.settings import load_settings
from service.wiring.trust import Trust

MOHR = Path(sys.executable).with_name("mohr")
EXAMPLES = Path(__file__).parents[3] / "examples"
SECONDS = 120

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mohr(running_service: Any) -> Run:
    """Run ``mohr`` in the home of the running service."""

    def run(*arguments: object, home: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [MOHR, *map(str, arguments)],
            env=os.environ | {"MOHR_HOME": str(home or running_service.settings.home)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


def test_issue_writes_a_document_that_verifies(
    mohr: Run, running_service: Any, example: Any, tmp_path: Path
) -> None:
    running_service.seed_directory(example("natural-person-contractor"))
    document = tmp_path / "clearance.pdf"
    issued = mohr("issue", EXAMPLES / "natural-person-contractor.json", "-o", document)
    assert issued.returncode == 0, issued.stderr
    number = re.search(r"\d{4}-\d{4}-\d{6}-\d", issued.stdout)
    assert number is not None

    again = tmp_path / "again.pdf"
    assert mohr("issue", EXAMPLES / "natural-person-contractor.json", "-o", again).returncode == 0
    assert again.read_bytes() == document.read_bytes(), "the same file issues nothing new"

    verified = mohr("verify", document, "--json")
    assert verified.returncode == 0, verified.stderr
    verdict = json.loads(verified.stdout)
    assert verdict["file"] == str(document)
    assert verdict["outcome"] == "authentic"
    assert verdict["number"] == number.group()
    assert "register.digest_known" in verdict["reasons"]


def test_verify_answers_the_worst_of_all_files(
    mohr: Run, running_service: Any, tmp_path: Path
) -> None:
    made = running_service.issue()
    withdrawn = running_service.issue()
    running_service.revoke(withdrawn.number, RevocationReason.DATA_CORRECTED)
    genuine, altered, revoked = (tmp_path / f"{name}.pdf" for name in ("g", "a", "r"))
    genuine.write_bytes(made.document)
    altered.write_bytes(made.document + b"\n% one line more")
    revoked.write_bytes(withdrawn.document)

    assert mohr("verify", genuine).returncode == 0
    told = mohr("verify", genuine, revoked)
    assert told.returncode == 3
    assert "Its data were wrong and have been corrected." in told.stdout
    both = mohr("verify", genuine, altered, revoked, "--json")
    assert both.returncode == 1
    outcomes = [json.loads(line)["outcome"] for line in both.stdout.splitlines()]
    assert outcomes == ["authentic", "altered", "withdrawn"]
    missing = mohr("verify", tmp_path / "missing.pdf")
    assert missing.returncode == 2
    assert "missing.pdf" in missing.stderr


def test_token_verifies_offline(mohr: Run, running_service: Any, tmp_path: Path) -> None:
    made = running_service.issue()
    nowhere = tmp_path / "no-home"
    for name in ("token-keys.cose", "jwks.json"):
        trust = tmp_path / name
        trust.write_bytes(running_service.http.get(f"/.well-known/{name}").content)
        good = mohr("token", "verify", made.token, "--trust", trust, home=nowhere)
        assert good.returncode == 0, good.stderr
        assert json.loads(good.stdout)["claims"]["number"] == made.number
        address = made.answer["links"]["verify"]
        assert mohr("token", "verify", address, "--trust", trust, home=nowhere).returncode == 0

    changed = made.token[:150] + ("A" if made.token[150] != "A" else "B") + made.token[151:]
    bad = mohr("token", "verify", changed, "--trust", trust, home=nowhere)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["valid"] is False
    assert not nowhere.exists()


def test_clients_come_and_go(mohr: Run, running_service: Any, example: Any) -> None:
    added = mohr("clients", "add", "branch-backend", "--scope", "read")
    key = added.stdout.strip()
    assert key.startswith("mohr_")
    answer = running_service.http.post(
        "/v1/clearances",
        json=example("smallest"),
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "x"},
    )
    assert answer.status_code == 403
    listed = mohr("clients", "list")
    assert "branch-backend" in listed.stdout
    assert key not in listed.stdout

    client_id = key.split("_")[1]
    assert mohr("clients", "revoke", client_id).returncode == 0
    answer = running_service.http.post(
        "/v1/clearances",
        json=example("smallest"),
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "x"},
    )
    assert answer.status_code == 401
    assert mohr("clients", "revoke", "nobody").returncode == 1


def test_keys_are_listed_without_secrets(mohr: Run, running_service: Any) -> None:
    listed = mohr("keys", "list")
    assert listed.returncode == 0, listed.stderr
    assert "seal-1" in listed.stdout
    assert "token-1" in listed.stdout


def test_a_bad_request_names_code_and_field(mohr: Run, example: Any, tmp_path: Path) -> None:
    request = example("ordinary-company")
    request["contractor"]["identifier"] = "10380284791"
    del request["kind"]
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request))
    refused = mohr("issue", file, "-o", tmp_path / "no.pdf")
    assert refused.returncode == 1
    assert "/contractor/identifier" in refused.stderr
    assert "field.missing  /kind" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "no.pdf").exists()


def test_two_homes_side_by_side(tmp_path: Path) -> None:
    demos = [
        subprocess.Popen(
            [MOHR, "demo", "--once", "--json", "--no-province"],
            env=os.environ | {"MOHR_HOME": str(tmp_path / name)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    answers = []
    for demo in demos:
        output, errors = demo.communicate(timeout=SECONDS)
        assert demo.returncode == 0, errors
        answers.append(json.loads(output))
    for answer in answers:
        assert set(answer) == {
            "number",
            "verification_code",
            "document",
            "verify_url",
            "token",
            "outcome",
        }
        assert answer["outcome"] == "authentic"
        assert Path(answer["document"]).read_bytes().startswith(b"%PDF-")
    assert answers[0]["token"] != answers[1]["token"]


def test_every_help_text_has_an_example(mohr: Run) -> None:
    for command in (
        ("demo",),
        ("serve",),
        ("worker",),
        ("issue",),
        ("verify",),
        ("token", "verify"),
        ("keys", "list"),
        ("keys", "ceremony"),
        ("keys", "csr"),
        ("keys", "import"),
        ("keys", "end"),
        ("worker",),
        ("clients", "add"),
        ("clients", "limit"),
        ("clients", "list"),
        ("clients", "revoke"),
    ):
        shown = mohr(*command, "--help")
        assert shown.returncode == 0
        assert f"mohr {' '.join(command)}" in shown.stdout.partition("Example")[2], command


def test_a_file_that_cannot_be_read_hides_no_other(
    mohr: Run, running_service: Any, tmp_path: Path
) -> None:
    altered, genuine = tmp_path / "altered.pdf", tmp_path / "genuine.pdf"
    document = running_service.issue("smallest").document
    genuine.write_bytes(document)
    altered.write_bytes(document + b"%")
    verified = mohr("verify", altered, tmp_path / "missing.pdf", genuine, "--json")
    verdicts = [json.loads(line) for line in verified.stdout.splitlines()]
    assert [each["outcome"] for each in verdicts] == ["altered", "could_not_check", "authentic"]
    assert verdicts[1]["reasons"] == ["file.unavailable"]
    assert verified.returncode == 1


def test_issue_checks_where_to_write_before_it_issues(mohr: Run, tmp_path: Path) -> None:
    refused = mohr("issue", EXAMPLES / "interim.json", "-o", tmp_path / "nowhere" / "a.pdf")
    assert refused.returncode == 1
    assert "output.not_writable" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_compromised_token_key_is_no_longer_published(
    mohr: Run, running_service: Any, tmp_path: Path
) -> None:
    for name in ("keys", "mohr.toml"):
        original = running_service.settings.home / name
        copy = shutil.copytree if original.is_dir() else shutil.copy
        copy(original, tmp_path / name)
    trust = Trust(load_settings(tmp_path))
    assert len(trust.token_certificates()) == 1

    ended = mohr("keys", "end", "token-1", "--compromised", home=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert trust.token_certificates() == ()
    assert len(trust.token_keys()) == 1, "the register still answers for old tokens"
    assert mohr("keys", "end", "token-1", home=tmp_path).returncode == 1
