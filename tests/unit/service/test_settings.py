"""Settings: closed, read once, never a secret in an error."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clearance.certificate import ClearanceKind
from clearance.errors import Refused
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    VerificationCode,
)
from clearance.money import Rials
from clearance.token import LONGEST_TOKEN, TokenClaims, assemble, encode_claims
from service.settings import ADDRESS_BUDGET, Environment, Role, load_settings
from signer.layout import Layout

PRODUCTION = """\
environment = "production"
[web]
public_url = "https://verify.example.ir"
[seal]
timestamp_url = "https://tsa.example.ir/rfc3161"
"""


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MOHR_"):
            monkeypatch.delenv(name)


def _home(folder: Path, text: str) -> Path:
    (folder / "mohr.toml").write_text(text)
    return folder


def test_production_is_the_default_and_wants_https(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(tmp_path)
    assert caught.value.code == "settings.production_needs_https"


def test_production_wants_a_timestamp_authority(tmp_path: Path) -> None:
    text = PRODUCTION.replace('timestamp_url = "https://tsa.example.ir/rfc3161"', "")
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, text))
    assert caught.value.code == "settings.production_needs_timestamp_url"

    public = load_settings(_home(tmp_path, 'role = "public"\n' + text))
    assert public.role is Role.PUBLIC
    assert not public.issues


def test_production_tells_of_clearances_by_https_only(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(
            _home(tmp_path, PRODUCTION + '[notification]\nurl = "http://eservices.example.ir/"\n')
        )
    assert caught.value.code == "settings.production_needs_https_webhook"


@pytest.mark.parametrize(
    "url", ["eservices.example.ir", "ftp://a.ir", "https://", "https://user:password@a.ir/"]
)
def test_a_webhook_is_a_web_address_without_a_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, PRODUCTION + f'[notification]\nurl = "{url}"\n'))
    assert caught.value.code == "settings.invalid"
    assert "notification.url" in caught.value.parameters["names"]


def test_file_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = _home(tmp_path, PRODUCTION + 'layout = "B-LTA"\n')
    monkeypatch.setenv("MOHR_WEB__PORT", "9000")
    settings = load_settings(home)
    assert settings.environment is Environment.PRODUCTION
    assert settings.seal.layout is Layout.B_LTA
    assert settings.web.port == 9000
    assert settings.web.public_url == "https://verify.example.ir"
    assert settings.home == tmp_path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("colour = 1\n" + PRODUCTION, "colour"),
        (PRODUCTION + "colour = 1\n", "seal.colour"),
        (PRODUCTION.replace("https://verify", "ftp://verify"), "web.public_url"),
        (PRODUCTION.replace('example.ir"\n[seal]', 'example.ir/"\n[seal]'), "web.public_url"),
        (PRODUCTION + 'layout = "B-XL"\n', "seal.layout"),
        ('token_pin = "1234"\n' + PRODUCTION, "token_pin"),
    ],
)
def test_unknown_and_wrong_names_fail(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, text))
    assert caught.value.code == "settings.invalid"
    assert caught.value.parameters["names"] == name


@pytest.mark.parametrize("name", ["MOHR_COLOUR", "MOHR_WEP__PORT"])
def test_unknown_variables_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, PRODUCTION))
    assert caught.value.code == "settings.unknown"
    assert caught.value.parameters["name"] == name


def test_a_file_that_is_not_toml(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, "environment: development"))
    assert caught.value.code == "settings.unreadable"


def test_errors_and_representations_hold_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-hunter2"
    monkeypatch.setenv("MOHR_TOKEN_PIN", secret)
    monkeypatch.setenv("MOHR_DATABASE__URL", f"postgresql://mohr:{secret}@db/mohr")
    settings = load_settings(_home(tmp_path, PRODUCTION))
    assert secret not in repr(settings)

    monkeypatch.setenv("MOHR_WEB__PORT", secret)
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, PRODUCTION))
    assert secret not in str(caught.value.parameters)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "address",
    [
        "https://verify.example.ir/mohr",
        "https://h_ost.ir",
        "https://user@verify.example.ir",
        "https://verify.example.ir?x=1",
    ],
)
def test_a_public_address_is_scheme_host_and_port(tmp_path: Path, address: str) -> None:
    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, PRODUCTION.replace("https://verify.example.ir", address)))
    assert caught.value.parameters["names"] == "web.public_url"


def test_addresses_leave_room_for_the_longest_token(tmp_path: Path) -> None:
    name = "n" * (ADDRESS_BUDGET - len("https://verify.example.ir"))
    text = PRODUCTION + f'[issuer]\nname = "{name}"\n'
    settings = load_settings(_home(tmp_path, text))
    claims = TokenClaims(
        issuer=settings.issuer.name,
        issued_at=datetime.now(UTC),
        number=ClearanceNumber.make(1405, BranchCode("9999"), 999999),
        kind=ClearanceKind.INTERIM,
        branch_code=BranchCode("9999"),
        contract_row=ContractRow("99999999"),
        contract_sequence=ContractSequence("99"),
        work_assigner_identifier=LegalEntityId("10380284790"),
        contractor_identifier=LegalEntityId("10380284790"),
        amount_collected=Rials(10**15 - 1),
        verification_code=VerificationCode.from_bytes(bytes(10)),
        content_hash=bytes(32),
        status_list_uri=f"{settings.web.public_url}/s/99",
        status_list_index=2**20 - 1,
    )
    assert len(assemble(bytes(8), encode_claims(claims), bytes(64))) <= LONGEST_TOKEN

    with pytest.raises(Refused) as caught:
        load_settings(_home(tmp_path, text.replace(name, name + "n")))
    assert caught.value.code == "settings.addresses_too_long"
