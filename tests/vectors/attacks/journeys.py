"""Ways on which a genuine file may go without becoming another: it stays authentic."""

import base64
import gzip
import zipfile
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory


def renamed(document: bytes) -> bytes:
    """Saved under another name."""
    with TemporaryDirectory() as folder:
        first = Path(folder) / "clearance.pdf"
        first.write_bytes(document)
        return first.rename(Path(folder) / "نسخهٔ نهایی (2).PDF").read_bytes()


def copied(document: bytes) -> bytes:
    """Copied byte for byte, piece by piece."""
    out = BytesIO()
    for start in range(0, len(document), 4096):
        out.write(document[start : start + 4096])
    return out.getvalue()


def mailed(document: bytes) -> bytes:
    """Attached to a mail, sent with the line ends of the network, and saved from it."""
    return _mailed(document, policy.SMTP)


def mailed_twice(document: bytes) -> bytes:
    """Forwarded as an attachment of an attached mail."""
    return _mailed(_mailed(document, policy.SMTP), policy.default)


def mailed_by_hand(document: bytes) -> bytes:
    """Encoded for mail in lines with other line ends."""
    lines = base64.encodebytes(document).replace(b"\n", b"\r\n")
    return base64.b64decode(lines)


def zipped(document: bytes) -> bytes:
    """Packed into a ZIP archive and unpacked."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("clearance.pdf"), document)
    with zipfile.ZipFile(out) as archive:
        return archive.read("clearance.pdf")


def compressed(document: bytes) -> bytes:
    """Compressed on the way by a web server."""
    return gzip.decompress(gzip.compress(document))


def _mailed(document: bytes, how: policy.EmailPolicy) -> bytes:
    mail = EmailMessage(policy=how)
    mail["Subject"] = "مفاصاحساب"
    mail.set_content("پیوست را ببینید.")
    mail.add_attachment(document, maintype="application", subtype="pdf", filename="clearance.pdf")
    received = message_from_bytes(mail.as_bytes(), policy=policy.default)
    (attachment,) = received.iter_attachments()
    content: bytes = attachment.get_content()
    return content


JOURNEYS: Mapping[str, Callable[[bytes], bytes]] = {
    each.__name__: each
    for each in (renamed, copied, mailed, mailed_twice, mailed_by_hand, zipped, compressed)
}
