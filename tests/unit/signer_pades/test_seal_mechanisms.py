"""How CMS names the token's mechanisms."""

import pytest
from pyhanko.sign.general import get_cms_hash_algo_for_mechanism

from clearance.algorithms import Mechanism
from signer.cms import signature_algorithm


@pytest.mark.parametrize(
    ("mechanism", "oid"),
    [
        (Mechanism.RSA_PKCS1_SHA256, "1.2.840.113549.1.1.11"),
        (Mechanism.RSA_PKCS1_SHA384, "1.2.840.113549.1.1.12"),
        (Mechanism.RSA_PKCS1_SHA512, "1.2.840.113549.1.1.13"),
        (Mechanism.RSA_PSS_SHA256, "1.2.840.113549.1.1.10"),
        (Mechanism.RSA_PSS_SHA384, "1.2.840.113549.1.1.10"),
        (Mechanism.RSA_PSS_SHA512, "1.2.840.113549.1.1.10"),
        (Mechanism.ECDSA_SHA256, "1.2.840.10045.4.3.2"),
        (Mechanism.ECDSA_SHA384, "1.2.840.10045.4.3.3"),
        (Mechanism.ED25519, "1.3.101.112"),
    ],
)
def test_each_mechanism_has_its_identifier(mechanism: Mechanism, oid: str) -> None:
    algorithm = signature_algorithm(mechanism)
    assert algorithm["algorithm"].dotted == oid
    assert get_cms_hash_algo_for_mechanism(algorithm) == mechanism.hash


@pytest.mark.parametrize(
    ("mechanism", "salt"),
    [
        (Mechanism.RSA_PSS_SHA256, 32),
        (Mechanism.RSA_PSS_SHA384, 48),
        (Mechanism.RSA_PSS_SHA512, 64),
    ],
)
def test_pss_salt_is_as_long_as_the_hash(mechanism: Mechanism, salt: int) -> None:
    parameters = signature_algorithm(mechanism)["parameters"].native
    assert parameters["salt_length"] == salt
    assert parameters["hash_algorithm"]["algorithm"] == mechanism.hash
    assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"] == mechanism.hash
