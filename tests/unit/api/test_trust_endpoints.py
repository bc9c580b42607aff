"""/.well-known/: what the offline verifier reads is what is published."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from api.toolkit.dependencies import Services
from verifier.token import load_trust

FORMS = ["/.well-known/token-keys.cose", "/.well-known/jwks.json"]


@pytest.fixture
def certificate(services: Services) -> x509.Certificate:
    return services.trust.token_certificates()[0]


@pytest.mark.parametrize("path", FORMS)
def test_published_keys_are_readable_offline(
    caller: Any, certificate: x509.Certificate, path: str
) -> None:
    keys = load_trust(caller.get(path).content)
    assert list(keys) == [certificate.fingerprint(SHA256())[:8]]
    (key,) = keys.values()
    expected = certificate.public_key()
    assert isinstance(expected, EllipticCurvePublicKey)
    assert key.public_numbers() == expected.public_numbers()


def test_the_cose_form_is_deterministic_and_typed(caller: Any) -> None:
    response = caller.get("/.well-known/token-keys.cose")
    assert response.headers["Content-Type"] == "application/cose-key-set"
    (key,) = cbor2.loads(response.content)
    assert key[1] == 2
    assert key[3] == -7
    assert key[-1] == 1
    assert cbor2.dumps([key], canonical=True) == response.content


def test_the_json_form_carries_the_certificate(caller: Any, certificate: x509.Certificate) -> None:
    response = caller.get("/.well-known/jwks.json")
    assert response.headers["Content-Type"] == "application/jwk-set+json"
    (key,) = response.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key


def test_anchors_are_pem(caller: Any, services: Services) -> None:
    response = caller.get("/.well-known/trust-anchors.pem")
    assert tuple(x509.load_pem_x509_certificates(response.content)) == services.trust.anchors()


def test_retired_anchors_stand_below_their_day(
    caller: Any, open_with: Callable[..., Any], services: Services
) -> None:
    path = "/.well-known/retired-trust-anchors.pem"
    assert caller.get(path).content == b"# none\n"
    (anchor,) = services.trust.anchors()
    retired = ((anchor, datetime(2043, 3, 21, tzinfo=UTC)),)
    response = open_with(retired_anchors=lambda: retired).get(path)
    assert response.headers["Content-Type"] == "application/x-pem-file"
    assert x509.load_pem_x509_certificates(response.content) == [anchor]
    assert b": not trusted from 2043-03-21T00:00:00Z on\n-----BEGIN" in response.content


def test_the_index_leads_to_each(caller: Any) -> None:
    for address in caller.get("/.well-known/").json().values():
        assert caller.get(address).status_code == 200


def test_a_key_of_another_kind_is_our_fault(open_with: Callable[..., Any]) -> None:
    class OtherKind:
        def public_key(self) -> object:
            return object()

    response = open_with(token_certificates=lambda: (OtherKind(),)).get("/.well-known/jwks.json")
    assert response.status_code == 500
    assert response.json()["code"] == "trust.token_key_not_p256"


def test_the_status_list_is_reserved_and_not_published(caller: Any) -> None:
    assert caller.get("/s/0").status_code == 404
