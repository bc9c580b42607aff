"""How long the evidence in a registered file holds by itself. Runs inside the sandbox.

Whether seal and timestamps are good is the signature stage's answer, given at the moments at which
they were made. Here they are looked at from today: algorithms grow weak and anchors retire, and
what was made before that holds on only under a document timestamp that was made in time.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import chain

from asn1crypto import cms, keys, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from clearance.algorithms import KeyAlgorithm, KeyKind
from clearance.clock import format_moment
from clearance.long_life import Proof, Strength, held_until
from clearance.verdict import Finding, Reason, Stage
from verifier.ranges import covers_whole_file
from verifier.trust import TrustPolicy

_LONGEST_PATH = 8
_TIMESTAMP = "/DocTimeStamp"


class NoPathError(Exception):
    """A certificate's issuers lead to none of the anchors."""


def evidence_lifetime_findings(
    pdf: bytes, reader: PdfFileReader, trust: TrustPolicy
) -> tuple[Finding, ...]:
    """Say until when the evidence of a file that the register knows holds; else nothing.

    The finding is a note with the parameter ``until``, which is absent if no end is known. A file
    that should be an archival revision and does not end with a document timestamp fails.
    """
    if trust.registered_at is None:
        return ()
    signatures = reader.embedded_signatures
    seals = [each for each in signatures if each.sig_object_type != _TIMESTAMP]
    stamps = [each for each in signatures if each.sig_object_type == _TIMESTAMP]
    if trust.archival and not (stamps and covers_whole_file(pdf, signatures[-1])):
        return (Stage.SIGNATURE.failed(Reason.ARCHIVE_INCOMPLETE),)
    try:
        later = [_timestamp_proof(each.signed_data, reader, trust) for each in stamps]
        ends = [held_until(proof, later) for each in seals for proof in _seal_proofs(each, trust)]
    except NoPathError:
        # Not for this stage to complain of: what cannot be followed carries nothing.
        ends = [trust.registered_at]
    known = [end for end in ends if end is not None]
    parameters = {"document_timestamps": str(len(stamps))}
    if known:
        parameters["until"] = format_moment(min(known))
    return (Stage.SIGNATURE.noted(Reason.EVIDENCE_LASTS, **parameters),)


def _seal_proofs(signature: EmbeddedPdfSignature, trust: TrustPolicy) -> Iterator[Proof]:
    """Yield the seal and its timestamp; a seal without one is as old as the register says."""
    made_at = trust.registered_at
    for signed_data in extract_tst_data_iter(signature.signer_info, signed=False):
        proof = _timestamp_proof(signed_data, signature.reader, trust)
        made_at = proof.made_at
        yield proof
    strength = strength_of(signature.signed_data, signature.reader, trust.anchors_der)
    if made_at is not None:
        yield Proof(made_at=made_at, ends_at=_end(strength, trust))


def _timestamp_proof(
    signed_data: cms.SignedData, reader: PdfFileReader, trust: TrustPolicy
) -> Proof:
    made_at: datetime = signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    strength = strength_of(signed_data, reader, trust.anchors_der)
    return Proof(made_at=made_at, ends_at=_end(strength, trust))


def _end(strength: Strength, trust: TrustPolicy) -> datetime | None:
    # The end of a certificate alone ends nothing: its revocation status at the moment that counts
    # lies in the file.
    return trust.history.end(strength.algorithms, strength.anchor)


def strength_of(
    signed_data: cms.SignedData, reader: PdfFileReader, anchors_der: tuple[bytes, ...]
) -> Strength:
    """Return what the evidence of one signature or timestamp depends on.

    ``reader`` has opened the file in which it stands. Raises ``NoPathError`` if its certificates
    lead to none of the anchors.
    """
    found = extract_certificate_info(signed_data)
    (signer_info,) = signed_data["signer_infos"]
    path = _path(found.signer_cert, chain(found.other_certs, _stored(reader)), anchors_der)
    below = path[:-1]
    algorithms = {
        signer_info["digest_algorithm"]["algorithm"].native,
        *_imprint(signed_data),
        *(each["signature_algorithm"].hash_algo for each in below),
        *chain.from_iterable(_key_names(each.public_key) for each in path),
    }
    return Strength(
        certificate_ends_at=min(each.not_valid_after for each in below),
        algorithms=tuple(sorted(algorithms)),
        anchor=sha256(path[-1].dump()).hexdigest(),
    )


def _path(
    leaf: x509.Certificate, others: Iterable[x509.Certificate], anchors_der: tuple[bytes, ...]
) -> list[x509.Certificate]:
    """Walk from ``leaf`` to an anchor; the signature stage has validated the path before."""
    anchors = [x509.Certificate.load(der) for der in anchors_der]
    pool = list(others)
    path = [leaf]
    while len(path) <= _LONGEST_PATH:
        anchor = next((each for each in anchors if _issued(each, path[-1])), None)
        if anchor is not None:
            return [*path, anchor]
        issuer = next((each for each in pool if _issued(each, path[-1]) and each not in path), None)
        if issuer is None:
            break
        path.append(issuer)
    raise NoPathError


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    named = certificate.authority_key_identifier
    return issuer.subject == certificate.issuer and (
        named is None or issuer.key_identifier is None or named == issuer.key_identifier
    )


def _stored(reader: PdfFileReader) -> Iterator[x509.Certificate]:
    try:
        yield from DocumentSecurityStore.read_dss(reader).load_certs()
    except NoDSSFoundError:
        return


def _imprint(signed_data: cms.SignedData) -> Iterator[str]:
    if signed_data["encap_content_info"]["content_type"].native == "tst_info":
        info = signed_data["encap_content_info"]["content"].parsed
        yield info["message_imprint"]["hash_algorithm"]["algorithm"].native


def _key_names(key: keys.PublicKeyInfo) -> Iterator[str]:
    yield key.algorithm
    if key.algorithm == KeyKind.RSA:
        yield f"rsa-{key.bit_size}"  # also sizes that no row has
    elif key.algorithm == KeyKind.EC:
        curve = str(key.curve[1])
        yield KeyAlgorithm.of(KeyKind.EC, curve=curve) or curve
