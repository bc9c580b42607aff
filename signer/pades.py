"""The PAdES seal.

1. Gather evidence for the seal's path; a revoked or untrusted seal certificate seals nothing.
2. Gather evidence for the path of each certificate that the TSA signs with now.
3. Write the document as one revision: signature dictionary, in layout ``closed`` also the DSS
   dictionary.
4. Sign its digest in the token, once; timestamp the signature, in layout ``closed`` with the
   evidence once more in the timestamp token; fill both in.
5. ``B-LT`` and ``B-LTA`` append the DSS dictionary, ``B-LTA`` a document timestamp with it.
6. If the TSA signed with a certificate that step 2 did not look at, begin again with it, once.
"""

import asyncio
import io
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

from asn1crypto import crl, ocsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from clearance.clock import Clock
from clearance.errors import Refused, Unavailable
from signer.certificates import to_asn1
from signer.cms import (
    ATTRIBUTE_OVERHEAD,
    CONTAINER_OVERHEAD,
    TIMESTAMP_MARGIN,
    CheckedTimestamps,
    KeySigner,
)
from signer.layout import Layout
from signer.ports import CertificateRole, Evidence, EvidenceSource, SigningKey
from signer.revision import Revision, write_revision
from signer.revocation_values import revocation_values
from signer.timestamps import Timestamp, TimestampAuthority

ARCHIVE_FIELD = "ArchiveTimestamp"
_ATTEMPTS = 2
_SUBJECT_ENTRIES = {
    "/Name": (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME),
    "/Location": (NameOID.LOCALITY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.COUNTRY_NAME),
}
_Item = TypeVar("_Item", x509.Certificate, bytes)
_WITH_STORE_AFTERWARDS = (Layout.B_LT, Layout.B_LTA)


def seal(
    pdf: bytes,
    key: SigningKey,
    *,
    field: str,
    evidence: EvidenceSource,
    timestamps: TimestampAuthority,
    layout: Layout,
    clock: Clock,
    reason: str,
) -> bytes:
    """Certify ``pdf`` in its empty signature field ``field`` and answer the sealed file.

    Blocks as long as token, TSA and revocation services take within their limits; must not be
    called from a thread that runs an asyncio loop. Raises ``Unavailable`` (``tsa.*``,
    ``revocation.unavailable``, or the token's own), ``Refused`` (``seal.*``, ``tsa.*``,
    ``keys.*``) or ``InternalFault`` (``seal.*``); nothing has left then.
    """
    # 1. Evidence for the seal
    of_seal = evidence.gather(key.certificate, key.chain, CertificateRole.SEAL)
    entries = _entries(key.certificate, reason)
    for _ in range(_ATTEMPTS):
        # 2. Evidence for the timestamp
        units = () if layout is Layout.B_B else timestamps.units()
        proof = merged([of_seal, *evidence_of_units(units, evidence, timestamps)])
        attribute = revocation_values(proof) if layout is Layout.CLOSED else b""
        # 3. One revision
        revision = write_revision(
            pdf,
            field=field,
            evidence=proof if layout is Layout.CLOSED else None,
            entries=entries,
            signed_at=clock(),
            reserved=_room(key, units, attribute),
        )
        # 4. Signature and timestamp
        stamper = CheckedTimestamps(timestamps, attribute=attribute)
        container = asyncio.run(_container(revision, key, stamper if units else None))
        sealed = revision.filled(container)
        # 5. What the conventional layouts append
        if layout in _WITH_STORE_AFTERWARDS:
            contents = container.ljust(revision.room, b"\0")
            archive = stamper if layout is Layout.B_LTA else None
            sealed = asyncio.run(_extended(sealed, contents, proof, archive, _room(key, units)))
        # 6. A certificate that nobody looked at
        if stamper.certificates <= {each.certificate for each in units}:
            return sealed
    raise Unavailable("tsa.bad_answer", parameters={"cause": "its certificate keeps changing"})


def merged(parts: Sequence[Evidence]) -> Evidence:
    """Join evidence of several paths, each certificate and answer once."""
    return Evidence(
        certificates=_once(part.certificates for part in parts),
        ocsp_responses=_once(part.ocsp_responses for part in parts),
        crls=_once(part.crls for part in parts),
        gathered_at=min(part.gathered_at for part in parts),
        valid_until=min(part.valid_until for part in parts),
    )


def _once(parts: Iterable[Iterable[_Item]]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def evidence_of_units(
    units: Sequence[Timestamp], evidence: EvidenceSource, timestamps: TimestampAuthority
) -> list[Evidence]:
    """Gather evidence for each certificate that the TSA signs with; raises as ``seal``."""
    try:
        return [
            evidence.gather(each.certificate, each.others, CertificateRole.TIMESTAMP)
            for each in units
        ]
    except Refused:
        # The TSA may have replaced a bad certificate meanwhile: look again next time.
        timestamps.forget()
        raise


def _entries(certificate: x509.Certificate, reason: str) -> dict[str, str]:
    """Text entries of the signature dictionary (ISO 32000-1, table 252)."""
    entries = {"/Reason": reason}
    for entry, kinds in _SUBJECT_ENTRIES.items():
        found = [
            each for kind in kinds for each in certificate.subject.get_attributes_for_oid(kind)
        ]
        if found:
            entries[entry] = str(found[0].value)
    return entries


def _room(key: SigningKey, units: Sequence[Timestamp], attribute: bytes = b"") -> int:
    """Bytes for the CMS container; known beforehand, so that the token signs only once."""
    certificates = sum(
        len(each.public_bytes(Encoding.DER)) for each in (key.certificate, *key.chain)
    )
    tokens = max((len(each.token.der) + TIMESTAMP_MARGIN for each in units), default=0)
    return certificates + CONTAINER_OVERHEAD + tokens + len(attribute) + ATTRIBUTE_OVERHEAD


async def _container(
    revision: Revision, key: SigningKey, stamper: CheckedTimestamps | None
) -> bytes:
    """Return the CMS container in DER.

    Not as pyHanko's object: ``asyncio.run`` prints its result on the way (``signal`` looks for
    its handler among enum members), and to print it is to encode it.
    """
    hash_name = key.mechanism.hash.value
    container: bytes = (
        await KeySigner(key).async_sign(
            revision.digest(hash_name), hash_name, use_pades=True, timestamper=stamper
        )
    ).dump()
    return container


async def _extended(
    sealed: bytes,
    contents: bytes,
    proof: Evidence,
    archive: CheckedTimestamps | None,
    room: int,
) -> bytes:
    """Append the DSS dictionary, and a document timestamp if ``archive`` is given."""
    file = io.BytesIO(sealed)
    writer = IncrementalPdfFileWriter(file)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        contents,
        certs=[to_asn1(each) for each in proof.certificates],
        ocsps=[ocsp.OCSPResponse.load(each) for each in proof.ocsp_responses],
        crls=[crl.CertificateList.load(each) for each in proof.crls],
    )
    if archive is None:
        writer.write_in_place()  # type: ignore[no-untyped-call]
    else:
        await PdfTimeStamper(archive, field_name=ARCHIVE_FIELD).async_timestamp_pdf(
            writer, "sha256", bytes_reserved=2 * room, in_place=True
        )
    return file.getvalue()
