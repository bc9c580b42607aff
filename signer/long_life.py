"""Archival revisions: a registered file, continued by increments that keep its evidence convincing.

1. Look at what the file ends with: the seal, or the document timestamp of the revision before.
2. Gather fresh evidence for its path, and for the certificates that the TSA signs with now.
3. Append a revision with that evidence in the DSS dictionary, and a VRI entry for 1.
4. Append a revision with a document timestamp over everything.
5. If the TSA signed with a certificate that step 2 did not look at, begin again with it, once.

The VRI entry makes validators count the evidence (ETSI EN 319 142-1, 5.4.2.3): that of the closed
layout was written before its signature. It lies in a revision of its own, before the timestamp's,
since some count only what was there before.
"""

import asyncio
import io
import logging
from collections.abc import Iterable, Iterator, Sequence

from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_tst_data_iter,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from clearance.errors import Refused, Unavailable
from signer.certificates import from_asn1, to_asn1
from signer.cms import TIMESTAMP_MARGIN, CheckedTimestamps
from signer.pades import evidence_of_units, merged
from signer.ports import CertificateRole, Evidence, EvidenceSource
from signer.timestamps import Timestamp, TimestampAuthority

_LOG = logging.getLogger(__name__)

FIELD = "Archive{}"
_ATTEMPTS = 2
_TIMESTAMP = "/DocTimeStamp"


def continue_file(
    pdf: bytes,
    *,
    revision: int,
    evidence: EvidenceSource,
    timestamps: TimestampAuthority,
    hash_name: str,
) -> bytes:
    """Return ``pdf``, a file of ours, continued by archival revision number ``revision``.

    ``hash_name`` is that of the document timestamp: ``sha256``, ``sha384`` or ``sha512``. Blocks as
    long as TSA and revocation services take within their limits; must not be called from a thread
    that runs an asyncio loop. Raises ``Unavailable`` (``tsa.*``, ``revocation.unavailable``) or
    ``Refused`` (``tsa.*``).
    """
    # 1. What it ends with
    *_, last = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    # 2. Evidence
    of_last = _evidence_of(last, evidence)
    for _ in range(_ATTEMPTS):
        units = timestamps.units()
        of_units = merged(evidence_of_units(units, evidence, timestamps))
        # 3. Evidence and VRI entry
        supplied = _supplied(pdf, last.pkcs7_content, of_last, of_units)
        # 4. Timestamp
        stamper = CheckedTimestamps(timestamps)
        stamped = asyncio.run(
            _stamped(supplied, stamper, FIELD.format(revision), hash_name, _room(units))
        )
        # 5. A certificate that nobody looked at
        if stamper.certificates <= {each.certificate for each in units}:
            return stamped
    raise Unavailable("tsa.bad_answer", parameters={"cause": "its certificate keeps changing"})


def _evidence_of(last: EmbeddedPdfSignature, source: EvidenceSource) -> tuple[Evidence, ...]:
    """Gather fresh evidence; nothing for a path that is not valid any more.

    What the file itself holds for that path was gathered while it was.
    """
    found = []
    for signed_data, role in _signed(last):
        certificates = extract_certs_for_validation(signed_data)
        others = [from_asn1(each) for each in (*certificates.other_certs, *_stored(last.reader))]
        try:
            found.append(source.gather(from_asn1(certificates.signer_cert), others, role))
        except Refused as refusal:
            _LOG.warning("archived with the evidence in the file: %s", refusal.code)
    return tuple(found)


def _signed(last: EmbeddedPdfSignature) -> Iterator[tuple[cms.SignedData, CertificateRole]]:
    if last.sig_object_type == _TIMESTAMP:
        yield last.signed_data, CertificateRole.TIMESTAMP
        return
    yield last.signed_data, CertificateRole.SEAL
    for signed_data in extract_tst_data_iter(last.signer_info, signed=False):
        yield signed_data, CertificateRole.TIMESTAMP


def _stored(reader: PdfFileReader) -> Iterable[asn1_x509.Certificate]:
    try:
        return tuple(DocumentSecurityStore.read_dss(reader).load_certs())
    except NoDSSFoundError:
        return ()


def _supplied(
    pdf: bytes, contents: bytes, of_last: Sequence[Evidence], of_units: Evidence
) -> bytes:
    file = io.BytesIO(pdf)
    writer = IncrementalPdfFileWriter(file)
    _supply(writer, contents, merged(of_last) if of_last else None)
    _supply(writer, None, of_units)
    writer.write_in_place()  # type: ignore[no-untyped-call]
    return file.getvalue()


def _supply(
    writer: IncrementalPdfFileWriter, contents: bytes | None, proof: Evidence | None
) -> None:
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        contents,
        certs=[to_asn1(each) for each in proof.certificates] if proof else (),
        ocsps=[ocsp.OCSPResponse.load(each) for each in proof.ocsp_responses] if proof else (),
        crls=[crl.CertificateList.load(each) for each in proof.crls] if proof else (),
    )


def _room(units: Sequence[Timestamp]) -> int:
    """Bytes for the next token; its hexadecimal digits take twice as many."""
    return max(len(each.token.der) for each in units) + TIMESTAMP_MARGIN


async def _stamped(
    pdf: bytes, stamper: CheckedTimestamps, field: str, hash_name: str, room: int
) -> bytes:
    file = io.BytesIO(pdf)
    await PdfTimeStamper(stamper, field_name=field).async_timestamp_pdf(
        IncrementalPdfFileWriter(file), hash_name, bytes_reserved=2 * room, in_place=True
    )
    return file.getvalue()
