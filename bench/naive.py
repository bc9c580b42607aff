"""The same document the way the libraries' documentation shows it.

WeasyPrint lays out one HTML page with automatic tables and an SVG QR code; pyHanko signs it with a
key in memory at level B-LT and embeds validation information that it fetches each time.
"""

import html
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import qrcode
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers, timestamps
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from qrcode.image.svg import SvgPathImage
from weasyprint import HTML, Attachment

from keys.development import DevelopmentAuthority

PAGE = """<!doctype html><html lang="fa" dir="rtl"><head><meta charset="utf-8">
<title>{title}</title><style>
@page {{ size: A4; margin: 15mm }} body {{ font: 9pt Nazli, Vazirmatn, sans-serif }}
table {{ width: 100%; border-collapse: collapse }} td, th {{ border: 0.5pt solid; padding: 1mm }}
svg {{ width: 35mm; height: 35mm }}
</style></head><body><h1>{title}</h1><table>{rows}</table>{qr}</body></html>"""
COLUMNS = 3


class Naive:
    """Renders, signs and verifies without any of our care."""

    def __init__(self, authority: DevelopmentAuthority, folder: Path) -> None:
        self._authority = authority
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Naive")])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        signed = request.sign(key, hashes.SHA256())
        chain = authority.issue(signed.public_bytes(serialization.Encoding.PEM), "seal")
        leaf, *issuers = x509.load_pem_x509_certificates(chain)
        for name, certificates in (("leaf", [leaf]), ("issuers", issuers)):
            pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)
            (folder / f"{name}.pem").write_bytes(pem)
        (folder / "root.pem").write_bytes(authority.anchors_pem())
        self._root = load_cert_from_pemder(str(folder / "root.pem"))
        self._signer = signers.SimpleSigner.load(
            str(folder / "key.pem"),
            str(folder / "leaf.pem"),
            ca_chain_files=(str(folder / "issuers.pem"),),
        )

    def render(self, content: dict[str, object], verify_url: str) -> bytes:
        cells = [
            f"<th>{html.escape(name)}</th><td>{html.escape(value)}</td>"
            for name, value in _flat(content)
        ]
        rows = "".join(
            f"<tr>{''.join(cells[start : start + COLUMNS])}</tr>"
            for start in range(0, len(cells), COLUMNS)
        )
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
        code.add_data(verify_url)
        picture = code.make_image(image_factory=SvgPathImage).to_string(encoding="unicode")
        page = PAGE.format(title="مفاصاحساب", rows=rows, qr=picture)
        attachment = Attachment(string=json.dumps(content), name="clearance.json")
        pdf: bytes = HTML(string=page).write_pdf(pdf_variant="pdf/a-3a", attachments=[attachment])
        return pdf

    def seal(self, pdf: bytes) -> bytes:
        sealed = signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            signers.PdfSignatureMetadata(
                field_name="Seal",
                md_algorithm="sha256",
                subfilter=SigSeedSubFilter.PADES,
                certify=True,
                docmdp_permissions=MDPPerm.NO_CHANGES,
                validation_context=self._context(),
                embed_validation_info=True,
            ),
            signer=self._signer,
            timestamper=timestamps.HTTPTimeStamper(self._authority.timestamp_url),
            new_field_spec=SigFieldSpec("Seal", box=(40, 40, 160, 120)),
        )
        result: bytes = sealed.getvalue()
        return result

    def verify(self, pdf: bytes) -> None:
        signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
        status = validate_pdf_signature(signature, self._context(), self._context())
        assert status.bottom_line, status.pretty_print_details()

    def _context(self) -> ValidationContext:
        return ValidationContext(
            trust_roots=[self._root],
            allow_fetching=True,
            revocation_mode="require",
            # Answers are younger than the context; a second does not do on a busy machine.
            time_tolerance=timedelta(seconds=10),
        )


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{name} {key}".strip())
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value, start=1):
            yield from _flat(each, f"{name} {index}")
    else:
        yield name, str(value)
