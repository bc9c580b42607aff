"""What happens to a file's bytes on its way, by accident or not."""

import zipfile
from io import BytesIO

import pikepdf
from attacks.material import Material, edited, gap


def one_bit_flipped(m: Material) -> bytes:
    """One bit of the page's content is another."""
    place = len(m.genuine) // 3
    return m.genuine[:place] + bytes([m.genuine[place] ^ 1]) + m.genuine[place + 1 :]


def newline_appended(m: Material) -> bytes:
    """A newline follows the end."""
    return m.genuine + b"\n"


def message_appended(m: Material) -> bytes:
    """A message follows the end."""
    return m.genuine + b"<< paid twice >>"


def second_end_appended(m: Material) -> bytes:
    """A second end of file follows the end."""
    return m.genuine + b"\n%%EOF\n"


def archive_appended(m: Material) -> bytes:
    """A ZIP archive follows the end: the file is both."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("invoice.txt"), "paid")
    return m.genuine + out.getvalue()


def newline_prepended(m: Material) -> bytes:
    """A newline stands before the header."""
    return b"\r\n" + m.genuine


def mail_header_prepended(m: Material) -> bytes:
    """The head of a mail stands before the header."""
    return b"From: branch@example.org\r\nSubject: clearance\r\n\r\n" + m.genuine


def another_pdf_prepended(m: Material) -> bytes:
    """Another PDF stands before the genuine one."""
    return m.forged + m.genuine


def line_ends_converted(m: Material) -> bytes:
    """Sent as text: each line feed became two characters."""
    return m.genuine.replace(b"\n", b"\r\n")


def high_bits_lost(m: Material) -> bytes:
    """Sent through a channel that passes seven bits of each byte."""
    return bytes(byte & 0x7F for byte in m.genuine)


def last_byte_missing(m: Material) -> bytes:
    """The download broke off before the last byte."""
    return m.genuine.rstrip(b"\r\n")[:-1]


def last_thousand_bytes_missing(m: Material) -> bytes:
    """The download broke off before what finds the rest."""
    return m.genuine[:-1000]


def cut_off_behind_the_value(m: Material) -> bytes:
    """The download broke off behind the signature's value."""
    return m.genuine[: gap(m.genuine)[1]]


def saved_anew(m: Material) -> bytes:
    """An editor wrote the same document anew, seal and all."""
    return edited(m.genuine, lambda _: None)


def locked(m: Material) -> bytes:
    """A copy that is locked with a password."""
    out = BytesIO()
    with pikepdf.open(BytesIO(m.genuine)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user", R=6))
    return out.getvalue()


def seal_taken_off(m: Material) -> bytes:
    """The seal and its field are taken off; page and data stay."""

    def take_off(pdf: pikepdf.Pdf) -> None:
        for name in ("/AcroForm", "/Perms", "/DSS"):
            del pdf.Root[name]
        del pdf.pages[0]["/Annots"]

    return edited(m.genuine, take_off)


def page_copied_out(m: Material) -> bytes:
    """The genuine page alone, with the seal's picture, in a new document."""
    out = BytesIO()
    with pikepdf.open(BytesIO(m.genuine)) as genuine, pikepdf.new() as forged:
        del genuine.pages[0]["/Annots"]
        forged.pages.append(genuine.pages[0])
        forged.save(out, static_id=True)
    return out.getvalue()


def data_grafted(m: Material) -> bytes:
    """The genuine data is attached to an empty page."""
    out = BytesIO()
    with pikepdf.open(BytesIO(m.genuine)) as genuine, pikepdf.new() as forged:
        data = genuine.attachments["clearance.json"].get_file().read_bytes()
        forged.add_blank_page()
        forged.attachments["clearance.json"] = pikepdf.AttachedFileSpec(
            forged, data, filename="clearance.json"
        )
        forged.save(out, static_id=True)
    return out.getvalue()
