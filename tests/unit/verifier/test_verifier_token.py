"""QR tokens, offline and with the register."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from clearance.certificate import ClearanceKind
from clearance.errors import InvalidValue, Unavailable
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    VerificationCode,
)
from clearance.money import Rials
from clearance.token import TokenClaims, assemble, encode_claims, to_be_signed, to_text
from clearance.verdict import Outcome, Reason
from register.records import Standing, StandingState
from verifier.report import token_verdict_object, verdict_object
from verifier.token import load_trust, verify_token
from verifier.token_keys import keys_of
from verifier.token_standing import TokenVerifier

NOW = datetime(2025, 5, 5, tzinfo=UTC)
NUMBER = ClearanceNumber.make(1404, BranchCode("0042"), 1)
CLAIMS = TokenClaims(
    issuer="sso.example",
    issued_at=datetime(2025, 5, 4, 9, 30, tzinfo=UTC),
    number=NUMBER,
    kind=ClearanceKind.FINAL,
    branch_code=BranchCode("0042"),
    contract_row=ContractRow("007"),
    contract_sequence=ContractSequence("01"),
    work_assigner_identifier=LegalEntityId("10380284790"),
    contractor_identifier=LegalEntityId("10380284790"),
    amount_collected=Rials(1_000_000),
    verification_code=VerificationCode.from_bytes(bytes(range(10))),
    content_hash=sha256(b"content").digest(),
    status_list_uri="https://verify.example/s/0",
    status_list_index=7,
)


@pytest.fixture(scope="module")
def key(verifier_kit):
    authority = verifier_kit.identity("Token authority", authority=True)
    return verifier_kit.identity("Token key", authority)


def kid_of(identity) -> bytes:
    return identity.certificate.fingerprint(hashes.SHA256())[:8]


def sign(identity, claims: TokenClaims = CLAIMS) -> str:
    payload = encode_claims(claims)
    der = identity.key.sign(to_be_signed(kid_of(identity), payload), ec.ECDSA(hashes.SHA256()))
    signature = b"".join(each.to_bytes(32) for each in decode_dss_signature(der))
    return to_text(assemble(kid_of(identity), payload, signature))


def pem(*identities) -> bytes:
    return b"".join(
        each.certificate.public_bytes(serialization.Encoding.PEM) for each in identities
    )


def cose_key_set(identity, *, compressed: bool = False) -> bytes:
    point = identity.key.public_key().public_numbers()
    y = bool(point.y & 1) if compressed else point.y.to_bytes(32)
    found = {1: 2, 2: kid_of(identity), 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: y}
    return cbor2.dumps([{1: 4, 2: b"symmetric"}, found])


def jwk_set(identity) -> bytes:
    def text(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    point = identity.key.public_key().public_numbers()
    found = {
        "kty": "EC",
        "crv": "P-256",
        "kid": text(kid_of(identity)),
        "x": text(point.x.to_bytes(32)),
        "y": text(point.y.to_bytes(32)),
    }
    return json.dumps({"keys": [{"kty": "RSA", "n": "AQAB"}, found]}).encode()


# --- offline


def test_a_good_token_states_its_facts(key) -> None:
    verdict = verify_token(sign(key), keys_of([key.certificate]))
    assert verdict.valid
    assert verdict.reason is Reason.TOKEN_VALID
    assert verdict.claims == CLAIMS
    assert verify_token(sign(key).lower(), keys_of([key.certificate])).valid


@pytest.mark.parametrize("bad", ["", "۱۲۳", "A", "QRST" * 20, "2" * 500, "\udcff", "='"])
def test_what_is_no_token_is_malformed(key, bad: str) -> None:
    verdict = verify_token(bad, keys_of([key.certificate]))
    assert (verdict.valid, verdict.reason) == (False, Reason.TOKEN_MALFORMED)


def test_an_unknown_key_shows_no_facts(key, verifier_kit) -> None:
    other = verifier_kit.identity("Other")
    verdict = verify_token(sign(other), keys_of([key.certificate]))
    assert (verdict.valid, verdict.reason) == (False, Reason.TOKEN_UNKNOWN_KEY)
    assert verdict.claims is None


def test_a_signature_by_another_key_is_broken(key, verifier_kit) -> None:
    other = verifier_kit.identity("Other")
    verdict = verify_token(sign(other), {kid_of(other): key.key.public_key()})
    assert (verdict.valid, verdict.reason) == (False, Reason.TOKEN_SIGNATURE_BROKEN)
    assert verdict.claims is None


def test_no_signature_at_all_is_broken(key) -> None:
    token = to_text(assemble(kid_of(key), encode_claims(CLAIMS), bytes(64)))
    verdict = verify_token(token, keys_of([key.certificate]))
    assert verdict.reason is Reason.TOKEN_SIGNATURE_BROKEN


def test_any_changed_character_is_noticed(key) -> None:
    token, keys = sign(key), keys_of([key.certificate])
    for position, letter in enumerate(token):
        changed = token[:position] + ("A" if letter != "A" else "B") + token[position + 1 :]
        assert not verify_token(changed, keys).valid, position


@pytest.mark.parametrize(
    "form",
    [pem, cose_key_set, lambda key: cose_key_set(key, compressed=True), jwk_set],
    ids=["pem", "cose", "cose compressed", "jwks"],
)
def test_each_published_form_of_the_keys_serves(key, form: Callable[..., bytes]) -> None:
    keys = load_trust(form(key))
    assert list(keys) == [kid_of(key)]
    assert verify_token(sign(key), keys).valid


def test_authorities_and_other_keys_are_passed_over(key, verifier_kit) -> None:
    authority = verifier_kit.identity("Authority", authority=True)
    seal = verifier_kit.identity("RSA", key=rsa.generate_private_key(65537, 2048))
    assert list(load_trust(pem(authority, seal, key))) == [kid_of(key)]
    with pytest.raises(InvalidValue, match=r"trust\.no_keys"):
        load_trust(pem(authority, seal))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"nonsense",
        b"{}",
        b'{"keys": 5}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "kid": "AAAAAAAAAAA", "x": "AQ", "y": "AQ"}]}',
        b"[" * 5000,
        b"{" * 5000,
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        cbor2.dumps(5),
        cbor2.dumps([5]),
        cbor2.dumps([{1: 2, -1: 1, 2: b"short", -2: bytes(32), -3: bytes(32)}]),
        cbor2.dumps([{1: 2, -1: 1, 2: bytes(8), -2: bytes(32), -3: bytes(32)}]),
        b"\xff\xd8\xff\xe0",
    ],
    ids=range(13),
)
def test_what_holds_no_keys_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidValue, match=r"trust\.malformed"):
        load_trust(document)


def test_no_keys_in_a_good_set_is_another_mistake() -> None:
    for document in (b'{"keys": []}', cbor2.dumps([])):
        with pytest.raises(InvalidValue, match=r"trust\.no_keys"):
            load_trust(document)


# --- with the register


@pytest.fixture
def issued() -> SimpleNamespace:
    return SimpleNamespace(
        number=NUMBER,
        content_hash=CLAIMS.content_hash,
        standing=Standing(state=StandingState.IN_FORCE),
    )


def verifier(key, issued: SimpleNamespace | Exception | None) -> TokenVerifier:
    def find(number: ClearanceNumber) -> SimpleNamespace | None:
        if isinstance(issued, Exception):
            raise issued
        return issued if issued and number == issued.number else None

    return TokenVerifier(
        register=SimpleNamespace(find=find),  # type: ignore[arg-type]
        keys=lambda: keys_of([key.certificate]),
        clock=lambda: NOW,
    )


def test_a_registered_token_in_force_is_authentic(key, issued: SimpleNamespace) -> None:
    token = sign(key)
    verdict = verifier(key, issued).verify(token)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert verdict.reasons == (Reason.IN_FORCE, Reason.TOKEN_VALID)
    assert verdict.number == NUMBER
    assert verdict.sha256 == verifier(key, issued).verify(token.lower()).sha256


def test_a_withdrawn_clearances_token_says_so(key, issued: SimpleNamespace) -> None:
    issued.standing = Standing(state=StandingState.REVOKED, at=NOW)
    verdict = verifier(key, issued).verify(sign(key))
    assert verdict.outcome is Outcome.WITHDRAWN
    assert verdict.reasons == (Reason.REVOKED, Reason.TOKEN_VALID)


def test_a_token_of_an_attempt_that_failed_is_not_registered(key, issued: SimpleNamespace) -> None:
    earlier = replace(CLAIMS, content_hash=sha256(b"an attempt before").digest())
    for register, claims in ((issued, earlier), (None, CLAIMS)):
        verdict = verifier(key, register).verify(sign(key, claims))
        assert verdict.outcome is Outcome.OUTSIDE_CHANNEL
        assert verdict.reasons == (Reason.TOKEN_NOT_REGISTERED,)
        assert verdict.number is None


def test_an_outage_says_nothing_of_the_token(key) -> None:
    verdict = verifier(key, Unavailable("register.unavailable")).verify(sign(key))
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (Reason.REGISTER_UNAVAILABLE,)


def test_a_bad_token_never_reaches_the_register(key, verifier_kit) -> None:
    asked = verifier(key, AssertionError("asked about a bad token"))
    other = verifier_kit.identity("Other")
    broken = to_text(assemble(kid_of(key), encode_claims(CLAIMS), bytes(64)))
    assert asked.verify("\udcff").outcome is Outcome.UNREADABLE
    assert asked.verify(sign(other)).outcome is Outcome.OUTSIDE_CHANNEL
    assert asked.verify(broken).outcome is Outcome.ALTERED


# --- as JSON


def test_verdicts_are_plain_json(key, issued: SimpleNamespace) -> None:
    online = json.loads(json.dumps(verdict_object(verifier(key, issued).verify(sign(key)))))
    assert online["outcome"] == "authentic"
    assert online["reasons"] == ["register.in_force", "token.valid"]
    assert online["findings"][1] == {
        "stage": "signature",
        "level": "passed",
        "reason": "token.valid",
        "parameters": {},
    }
    assert online["checked_at"] == "2025-05-05T00:00:00Z"
    offline = json.loads(
        json.dumps(token_verdict_object(verify_token(sign(key), keys_of([key.certificate]))))
    )
    assert offline["valid"] is True
    assert offline["claims"]["number"] == NUMBER
    assert offline["claims"]["amount_collected"] == 1_000_000
    assert offline["claims"]["content_hash"] == sha256(b"content").hexdigest()
    assert token_verdict_object(verify_token("x", {})) == {
        "valid": False,
        "reason": "token.malformed",
        "claims": None,
    }
