"""Letters that were never issued, under every kind of seal, and QR codes on papers not theirs."""

import json
from io import BytesIO

import pikepdf
from attacks.material import Material, attached_data, edited
from PIL import Image


def sealed_by_a_stranger(m: Material) -> bytes:
    """A forged letter, signed by someone else."""
    return m.stranger(m.forged)


def same_names_from_another_authority(m: Material) -> bytes:
    """A forged letter under certificates that bear our names from root to seal."""
    return m.seals["same names"](m.forged)


def same_name_signed_by_itself(m: Material) -> bytes:
    """A forged letter under a certificate that vouches for itself in our name."""
    return m.seals["self-signed"](m.forged)


def look_alike_under_our_own_anchors(m: Material) -> bytes:
    """A forged letter under another certificate of our name by the same authority."""
    return m.seals["look-alike"](m.forged)


def our_certificate_another_key(m: Material) -> bytes:
    """A forged letter whose signature names our certificate but was made with another key."""
    return m.seals["our certificate"](m.forged)


def expired_seal(m: Material) -> bytes:
    """A forged letter under a seal of ours whose certificate had ended."""
    return m.seals["expired"](m.forged)


def revoked_seal(m: Material) -> bytes:
    """A forged letter under a seal of ours that had been revoked."""
    return m.seals["revoked"](m.forged)


def seal_for_another_purpose(m: Material) -> bytes:
    """A forged letter under a certificate of ours that is not for sealing."""
    return m.seals["server"](m.forged)


def untrusted_timestamp(m: Material) -> bytes:
    """A forged letter under a seal of ours, its time attested by an authority nobody trusts."""
    return m.seals["untrusted time"](m.forged)


def no_timestamp(m: Material) -> bytes:
    """A forged letter under a seal of ours whose time nobody attests."""
    return m.seals["no time"](m.forged)


def sealed_around_the_register(m: Material) -> bytes:
    """An insider seals a forged letter in the token, with everything that belongs to it."""
    return m.seals["insider"](m.forged)


def bare_letter_sealed_around_the_register(m: Material) -> bytes:
    """The same without any attached data."""
    return m.seals["insider"](_without_data(m.forged))


def genuine_letter_sealed_again(m: Material) -> bytes:
    """An insider seals the genuine letter and data once more."""
    return m.seals["insider"](m.unsealed)


def letter_drawn_again(m: Material) -> bytes:
    """The genuine letter with its data, drawn once more, without a seal."""
    return m.unsealed


def qr_on_a_letter_with_other_amounts(m: Material) -> bytes:
    """The genuine QR code on a letter that says other amounts, in its data too."""
    return m.forged


def qr_on_a_bare_letter_with_other_amounts(m: Material) -> bytes:
    """The genuine QR code on a letter that says other amounts, without data."""
    return _without_data(m.forged)


def qr_on_a_blank_page(m: Material) -> bytes:
    """The genuine QR code on a page that says nothing else."""
    picture = Image.open(BytesIO(m.qr)).convert("L")
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        code = pdf.make_stream(
            picture.tobytes(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=picture.width,
            Height=picture.height,
            ColorSpace=pikepdf.Name.DeviceGray,
            BitsPerComponent=8,
        )
        page = pdf.pages[0]
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Code=code))
        page.Contents = pdf.make_stream(b"q 160 0 0 160 200 400 cm /Code Do Q")
        out = BytesIO()
        pdf.save(out, static_id=True)
    return out.getvalue()


def data_with_two_amounts(m: Material) -> bytes:
    """Genuine data with a second amount under the same name, for readers that take the first."""
    amount = b'"amount_collected":'
    return _letter_with(attached_data(m.genuine).replace(amount, amount + b"1," + amount, 1))


def data_written_anew(m: Material) -> bytes:
    """The genuine data, written in lines, on an empty page."""
    return _letter_with(json.dumps(json.loads(attached_data(m.genuine)), indent=2).encode())


def _letter_with(data: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        attached = pikepdf.AttachedFileSpec(pdf, data, filename="clearance.json")
        pdf.attachments["clearance.json"] = attached
        pdf.save(out, static_id=True)
    return out.getvalue()


def _without_data(letter: bytes) -> bytes:
    def take_away(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.Names
        del pdf.Root.AF

    return edited(letter, take_away)
