"""A genuine clearance inside something else, or written by another program: other bytes."""

import base64
import zipfile
from io import BytesIO

import pikepdf
from attacks.material import Material
from PIL import Image


def byte_order_mark(m: Material) -> bytes:
    """An editor put the mark of a Unicode text before the header."""
    return b"\xef\xbb\xbf" + m.genuine


def comment_behind_the_header(m: Material) -> bytes:
    """A line of comment is inserted behind the header."""
    at = m.genuine.index(b"\n") + 1
    return m.genuine[:at] + b"% approved by the branch\n" + m.genuine[at:]


def archive_around(m: Material) -> bytes:
    """A ZIP archive that holds the genuine file uncompressed: the file is both."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("clearance.pdf"), m.genuine)
    return out.getvalue()


def page_of_the_web_around(m: Material) -> bytes:
    """A page of the web that holds the genuine file as a comment: the file is both."""
    page = b"<!doctype html><title>Clearance</title><h1>Paid in full</h1><!--\n"
    return page + m.genuine + b"--><script>document.title = 'genuine'</script>"


def zeros_appended(m: Material) -> bytes:
    """A disk filled up its last block with zeros."""
    return m.genuine + bytes(4096 - len(m.genuine) % 4096)


def sent_twice(m: Material) -> bytes:
    """The file stands in the file twice, one behind the other."""
    return m.genuine + m.genuine


def another_clearance_appended(m: Material) -> bytes:
    """Another genuine clearance follows the end."""
    return m.genuine + m.other


def line_feeds_alone(m: Material) -> bytes:
    """Sent as text: each carriage return was dropped or became a line feed."""
    return m.genuine.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def sent_as_unicode(m: Material) -> bytes:
    """Sent as text: each byte above 127 became two."""
    return m.genuine.decode("latin-1").encode()


def sent_as_base64(m: Material) -> bytes:
    """Saved from a mail without decoding it."""
    return base64.encodebytes(m.genuine)


def last_newline_missing(m: Material) -> bytes:
    """The newline at the end is gone."""
    return m.genuine.removesuffix(b"\n")


def last_newline_converted(m: Material) -> bytes:
    """The newline at the end became two characters."""
    return m.genuine.removesuffix(b"\n") + b"\r\n"


def locked_without_a_password(m: Material) -> bytes:
    """A copy that is encrypted, and opens without a password."""
    return _written(m.genuine, encryption=pikepdf.Encryption(owner="owner", user="", R=6))


def linearised(m: Material) -> bytes:
    """Written anew for fast viewing in the web, seal and all."""
    return _written(m.genuine, linearize=True)


def enclosed_in_another_document(m: Material) -> bytes:
    """A portfolio: another document has the genuine one attached, packed."""
    return _enclosing(m, compressed=True)


def enclosed_as_it_is(m: Material) -> bytes:
    """Another document has the genuine one attached, byte for byte."""
    return _enclosing(m, compressed=False)


def picture_before_the_document(m: Material) -> bytes:
    """A picture of the genuine QR code, and the genuine file behind it: the file is both."""
    code = Image.open(BytesIO(m.qr)).convert("L")
    code = code.resize((4 * code.width, 4 * code.height))
    picture = Image.new("L", (code.width + 200, code.height + 200), 255)
    picture.paste(code, (100, 100))
    out = BytesIO()
    picture.save(out, "PNG", compress_level=0)
    return out.getvalue() + m.genuine


def _enclosing(m: Material, *, compressed: bool) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        attached = pikepdf.AttachedFileSpec(pdf, m.genuine, filename="clearance.pdf")
        pdf.attachments["clearance.pdf"] = attached
        pdf.save(out, static_id=True, compress_streams=compressed)
    return out.getvalue()


def _written(pdf: bytes, **how: object) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(out, **how)  # type: ignore[arg-type]
    return out.getvalue()
