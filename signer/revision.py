"""One PDF revision with evidence and an empty place for the signature, and its filling.

The rendered file is written anew with everything the seal covers: nothing is appended, so the
delivered file has one cross-reference section and one end. qpdf (through pikepdf) copies each
stream as it is and leaves XMP, structure tree, attachments and output intent untouched.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pikepdf
from cryptography.hazmat.primitives.serialization import Encoding
from pikepdf import Array, Dictionary, Name, Object, String

from clearance.errors import InternalFault
from signer.ports import Evidence

_NUMBER = 9_999_999_999
"""As wide as any offset of a file that we would seal."""
_APPEND_ONLY_AND_SIGNED = 3
"""``/SigFlags`` (ISO 32000-1, table 219): signatures exist; change only by appending."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A PDF whose signature is still to be filled in."""

    pdf: bytes
    start: int
    """Offset of the ``<`` of ``/Contents``."""
    end: int
    """Offset after the ``>`` of ``/Contents``."""

    @property
    def room(self) -> int:
        """Bytes that the CMS container may have."""
        return (self.end - self.start - 2) // 2

    def digest(self, hash_name: str) -> bytes:
        """Hash all bytes except the gap of ``/Contents`` (ISO 32000-1, 12.8.1)."""
        view = memoryview(self.pdf)
        digest = hashlib.new(hash_name, view[: self.start])
        digest.update(view[self.end :])
        return digest.digest()

    def filled(self, container: bytes) -> bytes:
        """Return the finished file; raises ``InternalFault`` if the container is too large."""
        if len(container) > self.room:
            raise InternalFault("seal.container_too_large")
        digits = container.ljust(self.room, b"\0").hex().encode()
        return self.pdf[: self.start + 1] + digits + self.pdf[self.end - 1 :]


def write_revision(
    pdf: bytes,
    *,
    field: str,
    evidence: Evidence | None,
    entries: Mapping[str, str],
    signed_at: datetime,
    reserved: int,
) -> Revision:
    """Write ``pdf`` with a certification signature in its empty signature field ``field``.

    ``evidence`` becomes the DSS dictionary, ``entries`` are text entries of the signature
    dictionary (``/Name``, ``/Reason``, ``/Location``), ``reserved`` is the room for the CMS
    container in bytes. Raises ``InternalFault`` (``seal.no_empty_field``).
    """
    # The text of a document cannot hold the hash of the document: nothing else can be mistaken
    # for the signature's place when it is looked for below.
    marker = hashlib.sha256(pdf).digest()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        place = _empty_field(document, field)
        signature = document.make_indirect(
            Dictionary(
                Type=Name.Sig,
                Filter=Name("/Adobe.PPKLite"),
                SubFilter=Name("/ETSI.CAdES.detached"),
                ByteRange=Array([0, _NUMBER, _NUMBER, _NUMBER]),
                Contents=String(marker.ljust(reserved, b"\0")),
                M=String(_pdf_date(signed_at)),
                Reference=Array([_no_changes_allowed()]),
            )
        )
        for name, text in entries.items():
            signature[name] = String(text)
        place.V = signature
        document.Root.AcroForm.SigFlags = _APPEND_ONLY_AND_SIGNED
        document.Root.Perms = Dictionary(DocMDP=signature)
        # PAdES structures in a PDF 1.7 are declared (ETSI EN 319 142-1, 5.6).
        document.Root.Extensions = Dictionary(
            ESIC=Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=1)
        )
        if evidence is not None:
            document.Root.DSS = document.make_indirect(_dss(document, evidence))
        written = io.BytesIO()
        document.save(
            written,
            min_version="1.7",
            fix_metadata_version=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return _with_byte_range(written.getvalue(), marker, reserved)


def _empty_field(document: pikepdf.Pdf, name: str) -> Object:
    form = document.Root.get("/AcroForm", Dictionary())
    for field in form.get("/Fields", Array()).as_list():
        if field.get("/FT") == Name.Sig and str(field.get("/T", "")) == name:
            if "/V" in field:
                break
            return field
    raise InternalFault("seal.no_empty_field")


def _no_changes_allowed() -> Dictionary:
    """Certify (DocMDP) with P = 1: any change invalidates (ISO 32000-1, 12.8.2.2)."""
    return Dictionary(
        Type=Name.SigRef,
        TransformMethod=Name.DocMDP,
        TransformParams=Dictionary(Type=Name.TransformParams, P=1, V=Name("/1.2")),
    )


def _dss(document: pikepdf.Pdf, evidence: Evidence) -> Dictionary:
    """Build the document security store (ETSI EN 319 142-1, 5.4.2.2)."""
    contents = {
        "/Certs": [each.public_bytes(Encoding.DER) for each in evidence.certificates],
        "/OCSPs": evidence.ocsp_responses,
        "/CRLs": evidence.crls,
    }
    dss = Dictionary(Type=Name.DSS)
    for name, values in contents.items():
        if values:
            dss[name] = Array([document.make_stream(each) for each in values])
    return dss


def _pdf_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")


def _with_byte_range(pdf: bytes, marker: bytes, reserved: int) -> Revision:
    """Find the signature dictionary in the written bytes and state what it covers."""
    blank = f"[ 0 {_NUMBER} {_NUMBER} {_NUMBER} ]".encode()
    before = b"/ByteRange " + blank + b" /Contents "
    found = pdf.find(before + b"<" + marker.hex().encode())
    if found < 0:
        raise InternalFault("seal.place_not_found")
    start = found + len(before)
    end = start + 2 * reserved + 2
    covered = f"[ 0 {start} {end} {len(pdf) - end} ]".encode().ljust(len(blank))
    place = found + len(b"/ByteRange ")
    pdf = pdf[:place] + covered + pdf[place + len(blank) :]
    return Revision(pdf=pdf, start=start, end=end)
