from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from clearance.errors import Refused, Unavailable
from keys.development import DevelopmentAuthority, refuse_in_production
from keys.trust import is_development, load_anchors, refuse_development

Certify = Callable[..., x509.Certificate]


def test_reads_all_anchors(
    tmp_path: Path, certify: Certify, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    anchors = (certify(ec_key, organization="a"), certify(ec_key, organization="b"))
    file = tmp_path / "anchors.pem"
    file.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in anchors))

    assert load_anchors(file) == anchors


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_anchors_that_are_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "anchors.pem"
    file.write_bytes(content)
    with pytest.raises(Refused) as caught:
        load_anchors(file)
    assert caught.value.code == "keys.anchors_invalid"


def test_no_anchors_file(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        load_anchors(tmp_path / "anchors.pem")
    assert caught.value.parameters == {"file": "anchors.pem"}


def test_the_development_authority_is_told_apart(
    tmp_path: Path, certify: Certify, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    authority = DevelopmentAuthority.create(tmp_path / "authority", "http://127.0.0.1:1")
    (root,) = x509.load_pem_x509_certificates(authority.anchors_pem())
    real = certify(ec_key, organization="سازمان تأمین اجتماعی")

    assert is_development(root)
    assert not is_development(real)
    refuse_development((root,), environment="development")
    refuse_development((real,), environment="production")
    with pytest.raises(Refused) as caught:
        refuse_development((real, root), environment="production")
    assert caught.value.code == "keys.development_certificate"


@pytest.mark.parametrize("environment", ["production", "staging", "", "Development"])
def test_only_development_may_have_the_authority(environment: str) -> None:
    with pytest.raises(Refused) as caught:
        refuse_in_production(environment)
    assert caught.value.code == "authority.refused_in_production"


def test_development_may_have_it() -> None:
    refuse_in_production("development")
