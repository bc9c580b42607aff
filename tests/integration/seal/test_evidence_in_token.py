"""The closed layout's second copy of its evidence, in the timestamp token, and who accepts it."""

import asyncio
import hashlib
import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, crl, ocsp
from asn1crypto.parser import peek
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, async_validate_pdf_signature

from clearance.verdict import Level
from signer.certificates import to_asn1
from signer.layout import Layout
from verifier.stages import examine
from verifier.trust import TrustPolicy

pytestmark = pytest.mark.integration


class _Lists(core.SequenceOf):  # type: ignore[misc]
    _child_spec = crl.CertificateList


class _Answers(core.SequenceOf):  # type: ignore[misc]
    _child_spec = ocsp.BasicOCSPResponse


class _RevocationValues(core.Sequence):  # type: ignore[misc]
    """ETSI EN 319 122-1, A.1.5.2."""

    _fields = (
        ("crls", _Lists, {"explicit": 0, "optional": True}),
        ("answers", _Answers, {"explicit": 1, "optional": True}),
    )


@pytest.fixture
def sealed(sealing: Any) -> bytes:
    result: bytes = sealing()
    return result


def _judge(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return (done.stdout + done.stderr).decode()


def _offline(sealed: bytes, authority: Any) -> bool:
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    context = DocumentSecurityStore.read_dss(signature.reader).as_validation_context(
        {
            "trust_roots": [to_asn1(each) for each in authority.anchors],
            "revocation_mode": "require",
            "allow_fetching": False,
        }
    )
    status = asyncio.run(async_validate_pdf_signature(signature, context, context))
    return status.bottom_line


def _container(sealed: bytes) -> cms.SignedData:
    return PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0].signed_data


def _timestamp_token(sealed: bytes) -> cms.ContentInfo:
    (signer,) = _container(sealed)["signer_infos"]
    (attribute,) = signer["unsigned_attrs"]
    (token,) = attribute["values"]
    return token


def _evidence_in_token(sealed: bytes) -> tuple[core.ObjectIdentifier, _RevocationValues]:
    (signer,) = _timestamp_token(sealed)["content"]["signer_infos"]
    (attribute,) = signer["unsigned_attrs"]
    (value,) = attribute["values"]
    return attribute["type"], _RevocationValues.load(value.dump())


def test_timestamp_token_holds_the_evidence_of_the_store(sealed: bytes) -> None:
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(sealed)))
    kind, values = _evidence_in_token(sealed)
    assert kind.dotted == "1.2.840.113549.1.9.16.2.24"
    lists = [each.dump() for each in values["crls"]]
    answers = [each.dump() for each in values["answers"]]
    assert lists == [each.get_object().data for each in store.crls]
    assert answers == [
        bytes(ocsp.OCSPResponse.load(each.get_object().data)["response_bytes"]["response"])
        for each in store.ocsps
    ]
    assert values.dump(force=True) == values.dump()  # DER, as a library of others writes it


def test_token_keeps_its_version_and_gains_no_crls(sealed: bytes) -> None:
    token = _timestamp_token(sealed)
    assert token["content"]["version"].native == "v3"
    assert token["content"]["crls"].native is None
    assert [
        each["type"].native for each in token["content"]["signer_infos"][0]["unsigned_attrs"]
    ] == ["1.2.840.113549.1.9.16.2.24"]


def _without_evidence(sealed: bytes) -> bytes:
    """Take the copy out again, as whoever holds the file may: no signature covers it."""
    reader = PdfFileReader(io.BytesIO(sealed))
    value = reader.embedded_signatures[0].pkcs7_content
    container = cms.ContentInfo.load(value[: peek(value)])
    (signer,) = container["content"]["signer_infos"]
    token = signer["unsigned_attrs"][0]["values"][0]
    del token["content"]["signer_infos"][0]["unsigned_attrs"]
    stripped = container.dump(force=True).ljust(len(value), b"\0")
    assert sealed.count(value.hex().encode()) == 1
    return sealed.replace(value.hex().encode(), stripped.hex().encode())


def test_file_without_the_copy_is_as_valid_and_another(
    sealed: bytes, authority: Any, tmp_path: Path
) -> None:
    """Closed files that are older than the copy are like that, too."""
    stripped = _without_evidence(sealed)
    assert hashlib.sha256(stripped).digest() != hashlib.sha256(sealed).digest()
    _every_judge_agrees(stripped, authority, tmp_path / "stripped.pdf")


def _every_judge_agrees(sealed: bytes, authority: Any, path: Path) -> None:
    path.write_bytes(sealed)
    assert _own_check(sealed, authority) == []
    assert _offline(sealed, authority)
    poppler = _judge("pdfsig", "-nocert", path)
    assert "Signature is Valid." in poppler
    assert "Total document signed" in poppler
    assert "unchanged since signing" in _judge("mutool", "sign", "-v", path)


def _own_check(sealed: bytes, authority: Any) -> list[str]:
    key = authority.key()
    trust = TrustPolicy(
        anchors_der=tuple(each.public_bytes(Encoding.DER) for each in authority.anchors),
        seals_der=(key.certificate.public_bytes(Encoding.DER),),
        at=datetime.now(UTC),
    )
    return [each.reason for each in examine(sealed, trust).findings if each.level is Level.FAILED]


def test_every_judge_agrees(sealed: bytes, authority: Any, tmp_path: Path) -> None:
    _every_judge_agrees(sealed, authority, tmp_path / "sealed.pdf")


@pytest.mark.parametrize("layout", [Layout.B_T, Layout.B_LT, Layout.B_LTA])
def test_other_layouts_hold_the_token_as_it_came(sealing: Any, layout: Layout) -> None:
    (signer,) = _timestamp_token(sealing(layout))["content"]["signer_infos"]
    assert signer["unsigned_attrs"].native is None


def test_openssl_accepts_the_token(sealed: bytes, authority: Any, tmp_path: Path) -> None:
    (signer,) = _container(sealed)["signer_infos"]
    (tmp_path / "token.der").write_bytes(_timestamp_token(sealed).dump())
    (tmp_path / "signature").write_bytes(signer["signature"].native)
    for name in ("root", "intermediate"):
        pem = authority.certificate(name).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    answer = _judge(
        *("openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "token.der"),
        *("-data", tmp_path / "signature", "-CAfile", tmp_path / "root.pem"),
        *("-untrusted", tmp_path / "intermediate.pem"),
    )
    assert "Verification: OK" in answer
