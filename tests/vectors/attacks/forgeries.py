"""Forgeries of the signature dictionary itself: what is signed, by what value.

Universal signature forgery leaves a signature that some validators cannot judge and show as good;
wrapping moves what was signed aside.
"""

from asn1crypto import cms
from asn1crypto.parser import peek
from attacks.material import (
    Material,
    container,
    gap,
    replaced,
    with_container,
    with_range,
    with_value,
)


def value_missing(m: Material) -> bytes:
    """The signature has no /Contents."""
    begin, _ = gap(m.genuine)
    return m.genuine[: begin - 10] + b"/Contentz " + m.genuine[begin:]


def value_null(m: Material) -> bytes:
    """/Contents is null."""
    return with_value(m.genuine, b"null")


def value_empty(m: Material) -> bytes:
    """/Contents is an empty string."""
    return with_value(m.genuine, b"<>")


def value_zeros(m: Material) -> bytes:
    """/Contents holds zeros alone."""
    return with_container(m.genuine, b"")


def value_no_container(m: Material) -> bytes:
    """/Contents holds DER that is no CMS."""
    return with_container(m.genuine, bytes.fromhex("3003020101"))


def value_halved(m: Material) -> bytes:
    """The second half of the signature's value is zeros."""
    value = container(m.genuine)
    return with_container(m.genuine, value[: len(value) // 2])


def value_as_text(m: Material) -> bytes:
    """/Contents is a string in parentheses instead of a hexadecimal one."""
    return with_value(m.genuine, b"(signed)")


def message_in_the_padding(m: Material) -> bytes:
    """Bytes are hidden behind the signature's value, where nothing is signed."""
    _, end = gap(m.genuine)
    return m.genuine[: end - 9] + b"c0ffee00" + m.genuine[end - 1 :]


def range_missing(m: Material) -> bytes:
    """The signature has no /ByteRange."""
    return replaced(m.genuine, b"/ByteRange ", b"/ByteRangd ")


def range_null(m: Material) -> bytes:
    """/ByteRange is null."""
    return with_range(m.genuine, b"/ByteRange null")


def range_empty(m: Material) -> bytes:
    """/ByteRange is an empty array."""
    return with_range(m.genuine, b"/ByteRange []")


def range_negative(m: Material) -> bytes:
    """/ByteRange has negative lengths."""
    return with_range(m.genuine, b"/ByteRange [0 -1 -1 -1]")


def range_overlapping(m: Material) -> bytes:
    """The second range begins inside the first."""
    begin, _ = gap(m.genuine)
    rest = len(m.genuine) - begin + 100
    return with_range(m.genuine, b"/ByteRange [0 %d %d %d]" % (begin, begin - 100, rest))


def range_huge(m: Material) -> bytes:
    """The second range ends far beyond the file."""
    begin, end = gap(m.genuine)
    return with_range(m.genuine, b"/ByteRange [0 %d %d 999999999]" % (begin, end))


def range_of_one_pair(m: Material) -> bytes:
    """/ByteRange says that the signature covers the beginning alone."""
    return with_range(m.genuine, b"/ByteRange [0 %d]" % gap(m.genuine)[0])


def range_of_three_pairs(m: Material) -> bytes:
    """/ByteRange has a third pair."""
    begin, end = gap(m.genuine)
    return with_range(m.genuine, b"/ByteRange [0 %d %d 9 0 9]" % (begin, end))


def range_begins_later(m: Material) -> bytes:
    """The first range leaves out the header."""
    begin, end = gap(m.genuine)
    rest = len(m.genuine) - end
    return with_range(m.genuine, b"/ByteRange [9 %d %d %d]" % (begin - 9, end, rest))


def range_with_a_wider_gap(m: Material) -> bytes:
    """The gap between the ranges holds more than the signature's value."""
    begin, end = gap(m.genuine)
    rest = len(m.genuine) - end - 200
    return with_range(m.genuine, b"/ByteRange [0 %d %d %d]" % (begin, end + 200, rest))


def wrapped(m: Material) -> bytes:
    """The signed second part is moved back, and forged objects stand in its place."""
    begin, end = gap(m.genuine)
    lie = b"\n9999 0 obj\n<< /Paid (999999999999) >>\nendobj\n"
    rest = len(m.genuine) - end
    moved = m.genuine[:end] + lie + m.genuine[end:]
    return with_range(moved, b"/ByteRange [0 %d %d %d]" % (begin, end + len(lie), rest))


def another_kind_of_signature(m: Material) -> bytes:
    """/SubFilter names a kind of signature that validators check less."""
    return replaced(m.genuine, b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 ")


def timestamp_stripped(m: Material) -> bytes:
    """The timestamp is taken out of the container, where nothing is signed."""
    content = cms.ContentInfo.load(container(m.genuine))
    content["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([])
    return with_container(m.genuine, content.dump(force=True))


def certificates_exchanged(m: Material) -> bytes:
    """The issuers' certificates are taken out of the container, where nothing is signed."""
    content = cms.ContentInfo.load(container(m.genuine))
    bag = content["content"]["certificates"]
    serial = content["content"]["signer_infos"][0]["sid"].chosen["serial_number"].native
    own = [each for each in bag if each.chosen.serial_number == serial]
    content["content"]["certificates"] = cms.CertificateSet(own)
    return with_container(m.genuine, content.dump(force=True))


def attributes_out_of_order(m: Material) -> bytes:
    """The signed attributes stand in another order."""
    value = container(m.genuine)
    signer = cms.ContentInfo.load(value)["content"]["signer_infos"][0]
    ordered = signer["signed_attrs"].contents
    members = []
    rest = ordered
    while rest:
        members.append(rest[: peek(rest)])
        rest = rest[peek(rest) :]
    return with_container(m.genuine, value.replace(ordered, b"".join(members[::-1])).rstrip(b"\0"))


def seal_of_another_clearance(m: Material) -> bytes:
    """The seal of one clearance stands in another."""
    return with_container(m.genuine, container(m.other).rstrip(b"\0"))


def seal_transplanted(m: Material) -> bytes:
    """A genuine seal stands, with a fitting byte range, on a forged letter."""
    sealed = m.stranger(m.forged)
    begin, end = sealed.index(b"/Contents <") + 10, 0
    end = sealed.index(b">", begin) + 1
    value = container(m.genuine).rstrip(b"\0").hex().encode()[: end - begin - 2]
    return sealed[: begin + 1] + value.ljust(end - begin - 2, b"0") + sealed[end - 1 :]


def value_in_capitals(m: Material) -> bytes:
    """/Contents is written in capital letters: the same value, other bytes."""
    begin, end = gap(m.genuine)
    return m.genuine[:begin] + m.genuine[begin:end].upper() + m.genuine[end:]


def value_with_blanks(m: Material) -> bytes:
    """/Contents is written with blanks between its digits: the same value, other bytes."""
    begin, end = gap(m.genuine)
    digits = m.genuine[begin + 1 : end - 1]
    size = peek(container(m.genuine))
    spaced = b" ".join(digits[place : place + 64] for place in range(0, 2 * size, 64))
    return with_value(m.genuine, b"<%s>" % spaced.ljust(end - begin - 2, b"0"))


def range_of_fractions(m: Material) -> bytes:
    """/ByteRange has numbers with a decimal point."""
    begin, end = gap(m.genuine)
    rest = len(m.genuine) - end
    return with_range(m.genuine, b"/ByteRange [0 %d. %d %d]" % (begin, end, rest))


def range_elsewhere(m: Material) -> bytes:
    """/ByteRange is a reference to an object that is not there."""
    return with_range(m.genuine, b"/ByteRange 9000 0 R")


def version_lowered(m: Material) -> bytes:
    """The header names an older version of the format, with fewer rules."""
    return replaced(m.genuine, b"%PDF-1.7", b"%PDF-1.4")
