"""Makes files that begin with a genuine one and attack whoever compares what was added.

They bear our seal, so that they get as far as the checks of our own files. Each function is named
by the lie that its file tells.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

Change = Callable[[IncrementalPdfFileWriter], None]


def revised(genuine: bytes, changes: Iterable[Change]) -> bytes:
    """Return a genuine file with a revision for each change."""
    pdf = genuine
    for change in changes:
        writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
        change(writer)
        out = BytesIO()
        writer.write(out)
        pdf = out.getvalue()
    return pdf


def _first_page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page: generic.DictionaryObject = writer.root["/Pages"]["/Kids"][0]
    writer.update_container(page)
    return page


def _drawing(content: bytes) -> generic.StreamObject:
    return generic.StreamObject(stream_data=content)


def _signature(genuine: bytes) -> tuple[generic.ArrayObject, bytes]:
    """Return byte range and value of the (only) signature."""
    numbers = re.search(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)", genuine)
    assert numbers is not None
    begin, end, rest = map(int, numbers.groups())
    value = bytes.fromhex(genuine[begin + 1 : end - 1].decode())
    return generic.ArrayObject(map(generic.NumberObject, (0, begin, end, rest))), value


def _sign_again(
    writer: IncrementalPdfFileWriter, byte_range: generic.ArrayObject, value: bytes, index: int
) -> None:
    """Add a signature field with the value of a signature that is there already."""
    name = generic.pdf_name
    signature = generic.DictionaryObject(
        {
            name("/Type"): name("/Sig"),
            name("/Filter"): name("/Adobe.PPKLite"),
            name("/SubFilter"): name("/ETSI.CAdES.detached"),
            name("/ByteRange"): byte_range,
            name("/Contents"): generic.ByteStringObject(value),
        }
    )
    field = generic.DictionaryObject(
        {
            name("/FT"): name("/Sig"),
            name("/T"): generic.TextStringObject(f"Again{index}"),
            name("/V"): writer.add_object(signature),
        }
    )
    fields = writer.root["/AcroForm"]["/Fields"]
    fields.append(writer.add_object(field))
    writer.update_container(fields)


def our_seal_twenty_five_times(genuine: bytes) -> bytes:
    """Twenty-five revisions, each with our seal in another field."""
    byte_range, value = _signature(genuine)
    return revised(
        genuine,
        (
            lambda writer, index=index: _sign_again(writer, byte_range, value, index)  # type: ignore[misc]
            for index in range(25)
        ),
    )


def our_seal_eight_hundred_times(genuine: bytes) -> bytes:
    """Eight hundred fields in one revision: as many as an upload has room for."""
    byte_range, value = _signature(genuine)

    def change(writer: IncrementalPdfFileWriter) -> None:
        for index in range(800):
            _sign_again(writer, byte_range, value, index)

    return revised(genuine, [change])


def a_maze_of_certificates(genuine: bytes) -> bytes:
    """Our seal with 1,500 certificates of the issuer's name, each issued by all the others.

    They are signed by nobody, so that the seal itself stays good.
    """
    byte_range, value = _signature(genuine)
    content = cms.ContentInfo.load(value)
    signed = content["content"]
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_der_x509_certificate(signed["certificates"][0].chosen.dump()).issuer
    certificates = list(signed["certificates"])
    for serial in range(1, 1501):
        twin = (
            x509.CertificateBuilder()
            .subject_name(issuer)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        der = twin.public_bytes(Encoding.DER)
        certificates.append(cms.CertificateChoices("certificate", asn1_x509.Certificate.load(der)))
    signed["certificates"] = cms.CertificateSet(certificates)
    maze = content.dump(force=True)
    return revised(genuine, [lambda writer: _sign_again(writer, byte_range, maze, 0)])


def evidence_without_end(genuine: bytes) -> bytes:
    """A DSS dictionary that names the same evidence fifty thousand times."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        evidence = writer.root["/DSS"]
        for name in evidence:
            if isinstance(evidence[name], generic.ArrayObject):
                evidence[name] = generic.ArrayObject([*evidence.raw_get(name)] * 50_000)
        writer.update_container(evidence)

    return revised(genuine, [change])


def sixty_revisions_of_ours(genuine: bytes) -> bytes:
    """Sixty times another page content."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _first_page(writer)
        page["/Contents"] = writer.add_object(_drawing(b"0 0 9 9 re f\n" * 1000))

    return revised(genuine, [change] * 60)


def a_hundred_thousand_objects_on_ours(genuine: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        everything = generic.ArrayObject(
            [writer.add_object(generic.NumberObject(index)) for index in range(100_000)]
        )
        _first_page(writer)["/PieceInfo"] = everything

    return revised(genuine, [change])


def drawings_that_laugh_on_ours(genuine: bytes) -> bytes:
    """Each drawing draws the next one ten times, twenty levels deep, over our page."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        name = generic.pdf_name
        drawing = _drawing(b"0 0 9 9 re f")
        for _ in range(21):
            drawing[name("/Type")] = name("/XObject")
            drawing[name("/Subtype")] = name("/Form")
            drawing[name("/BBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9)))
            place = writer.add_object(drawing)
            resources = generic.DictionaryObject(
                {name("/XObject"): generic.DictionaryObject({name("/X"): place})}
            )
            drawing = _drawing(b"/X Do " * 10)
            drawing[name("/Resources")] = resources
        page = _first_page(writer)
        page["/Contents"] = writer.add_object(_drawing(b"/X Do"))
        page["/Resources"] = resources

    return revised(genuine, [change])


def a_million_lines_on_ours(genuine: bytes) -> bytes:
    """Page content of three million lines, in some hundred kilobytes."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        content = _drawing(b"0 0 m 595 842 l S\n" * 3_000_000)
        content.compress()
        _first_page(writer)["/Contents"] = writer.add_object(content)

    return revised(genuine, [change])


def a_page_of_ours_as_large_as_a_country(genuine: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 4 * 10**8, 4 * 10**8)))
        page = _first_page(writer)
        page["/MediaBox"] = page["/CropBox"] = box

    return revised(genuine, [change])


def ten_thousand_pages_on_ours(genuine: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        pages = writer.root["/Pages"]
        pages["/Kids"] = generic.ArrayObject([*pages["/Kids"]] * 10_000)
        pages["/Count"] = generic.NumberObject(10_000)
        writer.update_container(pages)

    return revised(genuine, [change])


def nineteen_megabytes_on_ours(genuine: bytes) -> bytes:
    """Our file, then the beginnings of objects to its largest size."""
    return genuine + b"1 0 obj<</A(" * ((19_000_000 - len(genuine)) // 12)


ON_OURS: Mapping[str, Callable[[bytes], bytes]] = {
    each.__name__: each
    for each in (
        our_seal_twenty_five_times,
        our_seal_eight_hundred_times,
        a_maze_of_certificates,
        evidence_without_end,
        sixty_revisions_of_ours,
        a_hundred_thousand_objects_on_ours,
        drawings_that_laugh_on_ours,
        a_million_lines_on_ours,
        a_page_of_ours_as_large_as_a_country,
        ten_thousand_pages_on_ours,
        nineteen_megabytes_on_ours,
    )
}
