"""Scans, photos and print-outs of what the running service issued; altered data side by side."""

import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from clearance.canonical import certificate_from_object
from clearance.identifiers import ContractRow, LegalEntityId
from clearance.money import Rials
from register.records import RevocationReason
from signer.clearance_letter import clearance_draft
from signer.qr import qr_png
from signer.rendering import render

pytestmark = pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")

READ = [
    "scan, 150 dpi, JPEG",
    "scan, 100 dpi, PNG",
    "turned by 37 degrees, 100 dpi",
    "photo, 1 MP, HEIC",
    "photo, 2 MP, WebP",
    "photo from the side, 2 MP",
    "photo, half in deep shadow",
    "photo, from the side, shadow, blur, noise",
    "scanned PDF, 100 dpi",
    "scanned PDF, third of three pages",
]


@pytest.fixture(scope="session")
def scanned_copies(load_vectors: Callable[[str], ModuleType]) -> ModuleType:
    """The generator of pictures."""
    return load_vectors("scanned_copies")


@pytest.fixture(scope="session")
def page(made: Any, scanned_copies: ModuleType) -> Image.Image:
    """The printed certificate."""
    return scanned_copies.page_picture(made.document)


Forge = Callable[..., bytes]


@pytest.fixture(scope="session")
def forge(running_service: Any, made: Any) -> Forge:
    """Set a page like ours with changed facts and the genuine QR code, attached data and all."""
    reading = running_service.http.get(
        f"/v1/clearances/{made.number}", params={"code": made.verification_code}
    ).json()

    def make(**changes: Any) -> bytes:
        certificate = certificate_from_object(reading["certificate"])
        request = certificate.request
        for place, value in changes.items():
            group, name = place.split("__")
            changed = replace(getattr(request, group), **{name: value})
            request = replace(request, **{group: changed})
        draft = clearance_draft(
            replace(certificate, request=request),
            token_text=made.token,
            verify_url=f"{running_service.base_url.upper()}/Q/{made.token}",
        )
        return render(draft, demo=True).pdf

    return make


def printed(pdf: bytes) -> bytes:
    """Print to PDF: the pages alone, with their text."""
    source, target = pypdfium2.PdfDocument(pdf), pypdfium2.PdfDocument.new()
    target.import_pages(source)
    file = io.BytesIO()
    target.save(file)
    return file.getvalue()


def with_data(pdf: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Save a file anew with changed attached data."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        data = json.loads(opened.attachments["clearance.json"].get_file().read_bytes())
        change(data)
        changed = pikepdf.AttachedFileSpec(
            opened, json.dumps(data).encode(), filename="clearance.json"
        )
        opened.attachments["clearance.json"] = changed
        file = io.BytesIO()
        opened.save(file)
        return file.getvalue()


@pytest.mark.parametrize("name", READ)
def test_a_picture_of_a_paper_is_a_copy(
    running_service: Any, made: Any, scanned_copies: ModuleType, page: Image.Image, name: str
) -> None:
    verdict = running_service.verify(scanned_copies.PICTURES[name](page))
    assert verdict["outcome"] == "copy"
    assert verdict["reasons"] == ["paper.names_clearance"]
    assert verdict["number"] == made.number
    assert verdict["clearance"]["certificate"]["number"] == made.number
    assert "proves nothing" in verdict["explanations"][0]["en"]


def test_a_print_to_pdf_is_a_copy_whose_text_agrees(running_service: Any, forge: Forge) -> None:
    verdict = running_service.verify(printed(forge()))
    assert verdict["outcome"] == "copy"
    compared = [each for each in verdict["findings"] if each["reason"] == "paper.text_compared"]
    assert int(compared[0]["parameters"]["facts"]) >= 10
    assert verdict["differences"] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("premium__amount_collected", Rials(9_999_999_999)),
        ("premium__sum_of_debits", Rials(5_572_222_222)),
        ("contract__row", ContractRow("00999123")),
        ("contractor__name", "شرکت ساختمانی دیگر (سهامی خاص)"),
        ("contractor__identifier", LegalEntityId("10102437186")),
    ],
)
def test_a_forged_page_with_a_genuine_code_is_not_genuine(
    running_service: Any, made: Any, forge: Forge, place: str, value: Any
) -> None:
    verdict = running_service.verify(printed(forge(**{place: value})))
    assert verdict["outcome"] == "outside_channel"
    assert verdict["reasons"][0] == "paper.printed_differently"
    pointer = "/" + place.replace("__", "/")
    assert pointer in [each["field"] for each in verdict["differences"]]
    assert verdict["clearance"]["number"] == made.number


def test_a_photo_of_a_forged_page_is_only_ever_a_copy(
    running_service: Any, scanned_copies: ModuleType, forge: Forge
) -> None:
    """Nobody reads what a photo shows: the facts stand beside it."""
    page = scanned_copies.page_picture(forge(contract__row=ContractRow("00999123")))
    verdict = running_service.verify(scanned_copies.PICTURES["scan, 150 dpi, JPEG"](page))
    assert verdict["outcome"] == "copy"
    assert verdict["clearance"]["certificate"]["contract"]["row"] != "00999123"


def test_changed_data_with_the_code_are_shown_side_by_side(
    running_service: Any, made: Any, forge: Forge
) -> None:
    verdict = running_service.verify(forge(contract__row=ContractRow("00999123")))
    assert verdict["outcome"] == "altered"
    assert verdict["reasons"][0] == "file.changed_content"
    (difference,) = verdict["differences"]
    assert difference["field"] == "/contract/row"
    assert difference["name"]["fa"] == "ردیف پیمان"
    assert difference["issued"] == verdict["clearance"]["certificate"]["contract"]["row"]
    assert difference["found"] == "00999123"


def test_a_sealed_file_with_changed_data_is_compared_too(running_service: Any, made: Any) -> None:
    def more(data: dict[str, Any]) -> None:
        data["premium"]["amount_collected"] += 1
        del data["contractor"]["address"]
        data["remark"] = "paid"

    verdict = running_service.verify(with_data(made.document, more))
    assert verdict["outcome"] == "altered"
    found = {each["field"]: each for each in verdict["differences"]}
    assert set(found) == {"/premium/amount_collected", "/contractor/address", "/remark"}
    assert found["/contractor/address"]["found"] is None
    assert found["/remark"]["issued"] is None


def test_changed_data_without_the_code_disclose_nothing(
    running_service: Any, made: Any, forge: Forge
) -> None:
    def forget(data: dict[str, Any]) -> None:
        data["verification_code"] = "0000-0000-0000-0000"

    with pikepdf.open(
        io.BytesIO(with_data(forge(contract__row=ContractRow("00999123")), forget))
    ) as opened:
        opened.pages[0].Contents = opened.make_stream(b"")  # no QR code either
        file = io.BytesIO()
        opened.save(file)
    verdict = running_service.verify(file.getvalue())
    assert verdict["outcome"] == "outside_channel"
    assert verdict["clearance"] is verdict["number"] is None
    assert verdict["differences"] == []


def test_the_holder_of_a_copy_gets_the_original(
    running_service: Any, made: Any, page: Image.Image, scanned_copies: ModuleType
) -> None:
    verdict = running_service.verify(scanned_copies.PICTURES["scan, 150 dpi, JPEG"](page))
    clearance = verdict["clearance"]
    document = running_service.http.get(
        clearance["links"]["document"], params={"code": clearance["verification_code"]}
    )
    assert document.content == made.document


def test_a_copy_of_a_revoked_clearance_says_so(
    running_service: Any, scanned_copies: ModuleType
) -> None:
    revoked = running_service.issue("smallest")
    page = scanned_copies.page_picture(revoked.document)
    running_service.revoke(revoked.number, RevocationReason.DATA_CORRECTED)
    verdict = running_service.verify(scanned_copies.PICTURES["scan, 150 dpi, JPEG"](page))
    assert verdict["outcome"] == "copy"
    assert verdict["reasons"] == ["register.revoked", "paper.names_clearance"]
    assert verdict["clearance"]["standing"]["state"] == "revoked"


# --- codes that are not what they seem


def code_picture(*addresses: str) -> bytes:
    """A white page with QR codes."""
    page = Image.new("L", (1240, 900 * len(addresses)), 255)
    for index, address in enumerate(addresses):
        code = Image.open(io.BytesIO(qr_png(address).png)).convert("L")
        page.paste(code.resize((code.width * 8, code.height * 8)), (100, 50 + 900 * index))
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def test_a_changed_token_is_not_genuine(running_service: Any, made: Any) -> None:
    flipped = "B" if made.token[200] == "A" else "A"
    token = made.token[:200] + flipped + made.token[201:]
    verdict = running_service.verify(code_picture(f"{running_service.base_url.upper()}/Q/{token}"))
    assert verdict["outcome"] == "outside_channel"
    assert verdict["reasons"][0].startswith("token.")
    assert verdict["clearance"] is None


def test_a_genuine_token_at_another_address_is_not_genuine(running_service: Any, made: Any) -> None:
    verdict = running_service.verify(code_picture(f"HTTPS://TAMIN.EXAMPLE/Q/{made.token}"))
    assert verdict["outcome"] == "outside_channel"
    assert verdict["reasons"][0] == "paper.code_leads_elsewhere"


def test_codes_of_two_clearances_are_not_mixed(running_service: Any, made: Any) -> None:
    other = running_service.issue("smallest")
    base = running_service.base_url.upper()
    verdict = running_service.verify(
        code_picture(f"{base}/Q/{made.token}", f"{base}/Q/{other.token}")
    )
    assert verdict["outcome"] == "unreadable"
    assert verdict["reasons"] == ["paper.several_clearances"]
    assert verdict["clearance"] is None


@pytest.mark.parametrize("address", ["", "HTTPS://EXAMPLE.COM/", "HTTPS://EXAMPLE.COM/Q/ABC"])
def test_another_code_or_none_is_no_copy(running_service: Any, address: str) -> None:
    codes = (address,) if address else ()
    verdict = running_service.verify(code_picture(*codes) if codes else blank_png())
    assert verdict["outcome"] == "unreadable"
    assert verdict["reasons"] == ["paper.no_code"]


# --- hostile pictures


def blank_png(width: int = 200, height: int = 200) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 255).save(file, "PNG")
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = zlib.compress(bytes(4_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (bomb(60_000, 60_000), "paper.too_many_pixels"),
        (bomb(8_000, 7_900), "paper.picture_damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "paper.picture_damaged"),
        (b"\xff\xd8\xff" + bytes(10_000), "paper.picture_damaged"),
        (b"RIFF\x00\x00\x00\x10WEBP" + bytes(64), "paper.picture_damaged"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(64), "paper.picture_damaged"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(64), "file.not_pdf"),
        (b"GIF89a" + bytes(64), "file.not_pdf"),
    ],
)
def test_a_hostile_picture_is_unreadable(running_service: Any, picture: bytes, reason: str) -> None:
    begun = time.monotonic()
    verdict = running_service.verify(picture)
    assert time.monotonic() - begun < 5
    assert verdict["outcome"] == "unreadable"
    assert verdict["reasons"] == [reason]


def test_a_genuine_file_never_goes_this_way(running_service: Any, made: Any) -> None:
    verdict = running_service.verify(made.document)
    assert verdict["outcome"] == "authentic"
    assert not any(each["reason"].startswith("paper.") for each in verdict["findings"])
