"""The rows of the table, held against the libraries that use their names."""

import hashlib
from datetime import date

import pkcs11
import pytest
from asn1crypto import algos, keys

from clearance.algorithms import Hash, KeyAlgorithm, KeyKind, Mechanism, Scheme
from clearance.long_life import ALGORITHMS

TODAY = date(2026, 1, 1)


@pytest.mark.parametrize("row", Hash)
def test_a_hash_is_what_x509_and_the_token_call_it(row: Hash) -> None:
    assert algos.DigestAlgorithmId.unmap(row.value) == row.oid
    if row.pkcs11:
        assert pkcs11.Mechanism[row.pkcs11].name == pkcs11.MGF[row.pkcs11].name
        assert hashlib.new(row).digest_size in {32, 48, 64}


@pytest.mark.parametrize("row", Mechanism)
def test_a_mechanism_is_what_x509_and_the_token_call_it(row: Mechanism) -> None:
    assert algos.SignedDigestAlgorithmId.unmap(row.x509) == row.oid
    assert row.pkcs11 in pkcs11.Mechanism.__members__
    named = algos.SignedDigestAlgorithm({"algorithm": row.x509})
    if row.scheme is not Scheme.PSS:
        assert named.hash_algo == row.hash
    assert Mechanism.named(row.value) is row


@pytest.mark.parametrize("row", KeyAlgorithm)
def test_a_key_is_what_x509_calls_it(row: KeyAlgorithm) -> None:
    assert row.kind in keys.PublicKeyAlgorithmId._map.values()
    if row.kind is KeyKind.EC:
        assert row.curve in keys.NamedCurve._map.values()
        assert KeyAlgorithm.of(KeyKind.EC, curve=row.curve) is row
    elif row.kind is KeyKind.RSA:
        assert KeyAlgorithm.of(KeyKind.RSA, bits=row.bits) is row


def test_what_no_row_names_is_not_found() -> None:
    assert KeyAlgorithm.of(KeyKind.RSA, bits=1024) is None
    assert KeyAlgorithm.of(KeyKind.EC, curve="secp192r1") is None
    assert KeyAlgorithm.of(KeyKind.EC, bits=256) is None, "a size alone is no curve"
    with pytest.raises(ValueError, match="rsa-pkcs1-sha1"):
        Mechanism.named("rsa-pkcs1-sha1")


def test_what_has_ended_is_believed_no_more() -> None:
    assert Hash.ended_by(TODAY) == {"md2", "md5", "sha1"}
    assert Hash.ended_by(date(2017, 2, 22)) == {"md2", "md5"}
    assert KeyAlgorithm.smallest_rsa(TODAY) == 2048


def test_nothing_of_ours_signs_with_what_has_ended() -> None:
    assert {each.hash for each in Mechanism} == set(Hash) - Hash.ended_by(TODAY)
    assert all(each.since <= TODAY for each in (*Hash, *KeyAlgorithm, *Mechanism))


def test_a_policy_may_name_every_row() -> None:
    assert {"sha1", "sha256", "rsa", "rsa-2048", "ec", "p-521", "ed25519"} <= ALGORITHMS
