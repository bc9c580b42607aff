import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from clearance.algorithms import KeyAlgorithm
from clearance.errors import NotFound, Refused
from keys import files
from keys.catalogue import (
    CATALOGUE_FILE,
    MECHANISMS,
    Catalogue,
    CataloguedKey,
    Purpose,
    State,
)

Make = Callable[..., CataloguedKey]
DAY = timedelta(days=1)


def test_names_are_those_of_the_token() -> None:
    used = {each for allowed in MECHANISMS.values() for each in allowed}
    assert used == set(KeyAlgorithm) - {KeyAlgorithm.P_521}
    for allowed in MECHANISMS.values():
        for algorithm, mechanisms in allowed.items():
            assert isinstance(algorithm, KeyAlgorithm)
            assert mechanisms
            assert {m.takes for m in mechanisms} == {algorithm.kind}


def test_what_pdf_a_3_cannot_name_seals_no_document() -> None:
    sealing = MECHANISMS[Purpose.DOCUMENT_SEAL]
    assert set(sealing) == {"rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384"}
    assert KeyAlgorithm.ED25519 in MECHANISMS[Purpose.REGISTER_LOG]
    assert MECHANISMS[Purpose.QR_TOKEN] == {"p-256": {"ecdsa-sha256"}}


def test_comes_back_as_it_was_saved(tmp_path: Path, catalogued: Make) -> None:
    keys = (
        catalogued(),
        catalogued(
            "token-1",
            purpose=Purpose.QR_TOKEN,
            algorithm="p-256",
            mechanism="ecdsa-sha256",
            state=State.PLANNED,
            certificate_file=None,
        ),
    )
    Catalogue(tmp_path, keys).save()

    assert Catalogue.load(tmp_path).all() == keys


def test_a_folder_without_a_catalogue_has_no_keys(tmp_path: Path) -> None:
    assert Catalogue.load(tmp_path).all() == ()


def test_a_catalogue_is_a_value(tmp_path: Path, catalogued: Make) -> None:
    empty = Catalogue(tmp_path)
    assert empty.with_key(catalogued()).all() == (catalogued(),)
    assert empty.all() == ()


def test_a_key_is_replaced_in_its_place(tmp_path: Path, catalogued: Make) -> None:
    catalogue = Catalogue(tmp_path, (catalogued("a"), catalogued("b")))
    changed = catalogue.with_key(catalogued("a", state=State.RETIRED))
    assert [(k.label, k.state) for k in changed.all()] == [
        ("a", State.RETIRED),
        ("b", State.ACTIVE),
    ]


def test_unknown_label(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        Catalogue(tmp_path).get("x")
    assert caught.value.parameters == {"label": "x"}


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "../seal"},
        {"label": ""},
        {"label": ".hidden"},
        {"label": "x" * 65},
        {"label": "مهر"},
        {"algorithm": "rsa-1024"},
        {"mechanism": "ecdsa-sha256"},
        {"mechanism": "rsa-pkcs1-sha1"},
        {"purpose": Purpose.QR_TOKEN},
        {"purpose": Purpose.QR_TOKEN, "algorithm": "p-256", "mechanism": "ecdsa-sha384"},
        {"purpose": Purpose.REGISTER_LOG},
        {"certificate_file": None},
        {"certificate_file": "../../etc/passwd"},
        {"certificate_file": "other.pem"},
    ],
)
def test_values_that_cannot_be(catalogued: Make, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        catalogued(**changes)
    assert caught.value.code == "keys.catalogue_invalid"


def test_a_window_has_a_length(catalogued: Make, now: datetime) -> None:
    with pytest.raises(Refused):
        catalogued(not_before=now, not_after=now)


def written(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = json.loads((tmp_path / CATALOGUE_FILE).read_bytes())
    change(content)
    (tmp_path / CATALOGUE_FILE).write_text(json.dumps(content))
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.update(extra=1),
        lambda c: c.update(schema=2),
        lambda c: c.pop("schema"),
        lambda c: c.update(keys={}),
        lambda c: c["keys"].append(c["keys"][0]),
        lambda c: c["keys"].append("seal"),
        lambda c: c["keys"][0].update(pin="0815"),
        lambda c: c["keys"][0].pop("state"),
        lambda c: c["keys"][0].update(state="valid"),
        lambda c: c["keys"][0].update(purpose="everything"),
        lambda c: c["keys"][0].update(label=7),
        lambda c: c["keys"][0].update(label=None),
        lambda c: c["keys"][0].update(certificate_file=7),
        lambda c: c["keys"][0].update(not_before="2026-03-21"),
        lambda c: c["keys"][0].update(not_before="2026-03-21T00:00:00"),
        lambda c: c["keys"][0].update(not_after="2026-02-30T00:00:00Z"),
    ],
)
def test_what_is_not_understood_whole_is_refused(
    tmp_path: Path, catalogued: Make, change: Callable[[dict[str, Any]], object]
) -> None:
    Catalogue(tmp_path, (catalogued(),)).save()

    with pytest.raises(Refused) as caught:
        Catalogue.load(written(tmp_path, change))
    assert caught.value.code == "keys.catalogue_invalid"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null", b'{"schema": 1'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CATALOGUE_FILE).write_bytes(content)
    with pytest.raises(Refused):
        Catalogue.load(tmp_path)


def test_the_window_begins_with_its_first_moment(
    tmp_path: Path, catalogued: Make, now: datetime
) -> None:
    key = catalogued(not_before=now, not_after=now + DAY)
    catalogue = Catalogue(tmp_path, (key,))
    second = timedelta(seconds=1)

    assert catalogue.active(Purpose.DOCUMENT_SEAL, now) == key
    assert catalogue.active(Purpose.DOCUMENT_SEAL, now + DAY - second) == key
    for at in (now - second, now + DAY):
        with pytest.raises(Refused) as caught:
            catalogue.active(Purpose.DOCUMENT_SEAL, at)
        assert caught.value.code == "keys.no_active_key"
        assert caught.value.parameters == {"purpose": "document_seal"}


def test_the_newer_of_two_overlapping_keys_signs(
    tmp_path: Path, catalogued: Make, now: datetime
) -> None:
    old = catalogued("old", not_before=now - 9 * DAY, not_after=now + 9 * DAY)
    new = catalogued("new", not_before=now, not_after=now + 2 * DAY)
    catalogue = Catalogue(tmp_path, (new, old))

    assert catalogue.active(Purpose.DOCUMENT_SEAL, now - DAY) == old
    assert catalogue.active(Purpose.DOCUMENT_SEAL, now) == new
    assert catalogue.active(Purpose.DOCUMENT_SEAL, now + 3 * DAY) == old


@pytest.mark.parametrize("state", [State.PLANNED, State.RETIRED, State.COMPROMISED])
def test_only_active_keys_sign(
    tmp_path: Path, catalogued: Make, now: datetime, state: State
) -> None:
    catalogue = Catalogue(tmp_path, (catalogued(state=state),))
    with pytest.raises(Refused):
        catalogue.active(Purpose.DOCUMENT_SEAL, now)


def test_a_key_of_another_purpose_does_not_sign(
    tmp_path: Path, catalogued: Make, now: datetime
) -> None:
    with pytest.raises(Refused):
        Catalogue(tmp_path, (catalogued(),)).active(Purpose.QR_TOKEN, now)


def test_certificates_of_all_that_ever_signed(
    tmp_path: Path,
    catalogued: Make,
    certify: Callable[..., x509.Certificate],
    rsa_key: rsa.RSAPrivateKey,
    ec_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> None:
    catalogue = Catalogue(tmp_path)
    issuer = certify(ec_key, organization="Issuer")
    leaves = {}
    for state in State:
        planned = catalogued(state.value, state=State.PLANNED, certificate_file=None)
        catalogue = catalogue.with_key(planned)
        if state is not State.PLANNED:
            leaves[state] = certify(rsa_key, organization=state.value)
            window = (planned.not_before, planned.not_after)
            chain = (leaves[state], issuer)
            catalogue = catalogue.with_certificate(state.value, chain, window=window)
            certified = catalogued(state.value, state=state)
            catalogue = catalogue.with_key(certified)

    assert set(catalogue.certificates(Purpose.DOCUMENT_SEAL)) == set(leaves.values())
    assert catalogue.certificates(Purpose.QR_TOKEN) == ()
    assert catalogue.chain(catalogue.get("active")) == (leaves[State.ACTIVE], issuer)
    with pytest.raises(Refused) as caught:
        catalogue.chain(catalogue.get("planned"))
    assert caught.value.code == "keys.not_certified"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_certificate_file_that_is_lost(
    tmp_path: Path, catalogued: Make, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "certificates").mkdir()
        (tmp_path / "certificates" / "seal-1.pem").write_bytes(content)
    with pytest.raises(Refused) as caught:
        Catalogue(tmp_path, (catalogued(),)).certificates(Purpose.DOCUMENT_SEAL)
    assert caught.value.code == "keys.certificate_unreadable"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_catalogue(
    tmp_path: Path, catalogued: Make, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    old = Catalogue(tmp_path, (catalogued(),))
    old.save()

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(files.os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="no space"):
        old.with_key(catalogued("new")).save()
    monkeypatch.undo()

    assert Catalogue.load(tmp_path).all() == old.all()
    assert [file.name for file in tmp_path.iterdir()] == [CATALOGUE_FILE]


def test_an_ended_key_does_not_come_back(tmp_path: Path, catalogued: Make) -> None:
    catalogue = Catalogue(tmp_path, (catalogued("seal-1"),))
    retired = catalogue.with_ended("seal-1", State.RETIRED)
    assert retired.get("seal-1").state is State.RETIRED
    compromised = retired.with_ended("seal-1", State.COMPROMISED)
    assert compromised.get("seal-1").state is State.COMPROMISED
    for state in State:
        with pytest.raises(Refused) as caught:
            compromised.with_ended("seal-1", state)
        assert caught.value.code == "keys.state_is_final"
    for state in (State.ACTIVE, State.PLANNED):
        with pytest.raises(Refused):
            catalogue.with_ended("seal-1", state)
