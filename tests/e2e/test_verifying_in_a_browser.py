"""What a person does with a clearance: upload it, scan it, type its number."""

import io
import re
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Page, expect

from register.records import RevocationReason

GENUINE = "این سند اصیل و معتبر است"
ISSUED = "این مفاصاحساب صادر شده و معتبر است"
ALTERED = "این سند اصیل نیست؛ پس از صدور تغییر کرده است"
OUTSIDE = "این سند اصیل نیست؛ از سامانهٔ الکترونیکی صادر نشده است"
PLAIN_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
    b"0000000105 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n"
)


def upload(page: Page, content: bytes, name: str = "mofasa.pdf") -> None:
    page.goto("/")
    file = {"name": name, "mimeType": "application/pdf", "buffer": content}
    page.get_by_label("فایل مفاصاحساب").set_input_files(files=[file])
    page.get_by_role("button", name="بررسی فایل").click()


def type_in(page: Page, number: str, code: str) -> None:
    page.goto("/")
    page.get_by_label("شمارهٔ مفاصاحساب").fill(number)
    page.get_by_label("رمز تصدیق").fill(code)
    page.get_by_role("button", name="نمایش مشخصات ثبت‌شده").click()


def expect_verdict(page: Page, heading: str, word: str) -> None:
    expect(page.locator("h1")).to_contain_text(heading)
    expect(page).to_have_title(re.compile(f"^{word}: {heading}"))
    root = page.locator("html")
    expect(root).to_have_attribute("lang", "fa")
    expect(root).to_have_attribute("dir", "rtl")
    expect(page.locator(".verdict svg")).to_be_visible()
    assert overflow(page) == 0


def overflow(page: Page) -> int:
    page.wait_for_load_state()  # with its style sheets
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def test_a_genuine_file(page: Page, made: Any) -> None:
    upload(page, made.document)
    expect_verdict(page, GENUINE, "معتبر")
    expect(page.locator(".questions .icon")).to_have_count(3)
    expect(page.locator("main")).to_contain_text(made.verification_code)
    expect(page.locator("main")).to_contain_text("شرکت مهندسی نیروگستر آرمان‌شهر")


@pytest.mark.parametrize("how", ["one byte changed", "bytes appended", "cut off"])
def test_a_file_that_was_changed(page: Page, made: Any, how: str) -> None:
    original = made.document
    middle = len(original) // 2
    changed = {
        "one byte changed": original[:middle]
        + bytes([original[middle] ^ 1])
        + original[middle + 1 :],
        "bytes appended": original + b"\n% more\n",
        "cut off": original[:-2000],
    }
    upload(page, changed[how])
    expect(page.locator("h1")).not_to_contain_text(GENUINE)
    if how == "bytes appended":
        expect_verdict(page, ALTERED, "تغییریافته")
        expect(page.locator("main")).to_contain_text("آنچه در اصل صادر شده است")


def test_a_file_from_elsewhere(page: Page) -> None:
    upload(page, PLAIN_PDF)
    expect_verdict(page, OUTSIDE, "غیراصیل")
    expect(page.locator(".facts")).to_have_count(0)


@pytest.mark.parametrize("content", [b"", b"a plain text"], ids=["empty", "text"])
def test_a_file_that_is_no_pdf(page: Page, content: bytes) -> None:
    upload(page, content)
    summary = page.get_by_role("alert")
    expect(summary).to_be_visible()
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(page.get_by_label("فایل مفاصاحساب")).to_be_focused()
    assert overflow(page) == 0


def test_no_file_at_all(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="بررسی فایل").click()
    expect(page.get_by_role("alert")).to_contain_text("فایلی انتخاب نشده است")


def test_scanning_the_printed_code(page: Page, made: Any) -> None:
    page.goto(f"/Q/{made.token}")
    expect_verdict(page, ISSUED, "معتبر")
    expect(page.locator(".questions")).to_contain_text("خودتان مقایسه کنید")


def test_a_made_up_code(page: Page, made: Any) -> None:
    page.goto(f"/q/{made.token[:-8]}AAAAAAAA")
    expect(page.locator("h1")).not_to_contain_text(ISSUED)
    expect(page.locator(".facts")).to_have_count(0)
    assert overflow(page) == 0


def test_a_photo_of_a_paper_with_a_receipt(page: Page, made: Any) -> None:
    photo = io.BytesIO()
    with pypdfium2.PdfDocument(made.document) as document:
        document[0].render(scale=100 / 72, grayscale=True).to_pil().save(photo, "PNG")
    page.goto("/")
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    page.get_by_label("فایل مفاصاحساب").set_input_files(files=[file])
    page.get_by_role("button", name="بررسی با رسید مهرشده").click()
    expect_verdict(page, "این رونوشتی است که مفاصاحسابی صادرشده و معتبر را نام می‌برد", "رونوشت")
    expect(page.get_by_role("button", name="دریافت نسخهٔ اصلی")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="دریافت رسید").click()
    receipt = download.value.path().read_bytes()
    page.get_by_role("link", name="صفحهٔ رسید").click()
    expect(page.locator("[data-standing]")).to_contain_text("معتبر است")
    assert overflow(page) == 0
    upload(page, receipt, "receipt.pdf")
    expect_verdict(page, "این سند اصیل است، اما مفاصاحساب نیست", "سندی دیگر")


def test_typing_number_and_code(page: Page, made: Any) -> None:
    persian = made.number.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    type_in(page, persian, made.verification_code.lower())
    expect_verdict(page, ISSUED, "معتبر")
    assert made.verification_code not in page.url


def test_a_wrong_code_reveals_nothing(page: Page, made: Any) -> None:
    type_in(page, made.number, "0000-0000-0000-0000")
    expect(page.get_by_role("alert")).to_contain_text("پیدا نشد")
    expect(page.locator(".facts")).to_have_count(0)
    expect(page.get_by_label("شمارهٔ مفاصاحساب")).to_have_value(made.number)


def test_fetching_the_original(page: Page, made: Any) -> None:
    type_in(page, made.number, made.verification_code)
    with page.expect_download() as download:
        page.get_by_role("button", name="دریافت نسخهٔ اصلی").click()
    assert download.value.path().read_bytes() == made.document
    assert made.number in download.value.suggested_filename


def test_a_revoked_clearance(page: Page, running_service: Any) -> None:
    made = running_service.issue("natural-person-contractor")
    running_service.revoke(made.number, RevocationReason.COLLECTION_REVERSED)
    upload(page, made.document)
    expect_verdict(page, "این سند اصیل است، اما دیگر اعتبار ندارد", "فاقد اعتبار")
    page.goto(f"/q/{made.token}")
    expect_verdict(page, "این مفاصاحساب صادر شده بود، اما دیگر اعتبار ندارد", "فاقد اعتبار")
    expect(page.locator(".verdict")).to_contain_text("وصول حق بیمه برگشت داده شد")


@pytest.mark.parametrize("example", ["long-names", "smallest"])
def test_extreme_clearances_fit_the_screen(page: Page, running_service: Any, example: str) -> None:
    made = running_service.issue(example)
    page.goto(f"/q/{made.token}")
    expect_verdict(page, ISSUED, "معتبر")


def test_several_files_at_once(page: Page, made: Any) -> None:
    page.goto("/")
    page.get_by_role("link", name="بررسی چند فایل با هم").click()
    contents = {
        "مفاصاحساب.pdf": made.document,
        "changed.pdf": made.document + b"\n% more\n",
        "letter.txt": b"no document",
    }
    page.get_by_label("فایل‌های مفاصاحساب").set_input_files(
        files=[
            {"name": name, "mimeType": "application/pdf", "buffer": content}
            for name, content in contents.items()
        ]
    )
    page.get_by_role("button", name="بررسی فایل‌ها").click()
    overall = page.get_by_role("status")
    expect(overall).to_contain_text("بر پایهٔ ۱ فایل پرداختی انجام ندهید")
    rows = page.locator("ol.files > li")
    assert sorted(row.get_attribute("data-outcome") or "" for row in rows.all()) == [
        "altered",
        "authentic",
        "unreadable",
    ]
    above, below = overall.bounding_box(), rows.first.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] < below["y"]
    genuine = page.locator("ol.files > li.genuine")
    expect(genuine.get_by_role("heading")).to_have_text("مفاصاحساب.pdf")
    genuine.locator("summary").click()
    expect(genuine).to_contain_text("شرکت مهندسی نیروگستر آرمان‌شهر")
    altered = page.locator("ol.files > li[data-outcome=altered]")
    altered.get_by_role("link", name="چه باید کرد؟").click()
    expect(page.locator(":target")).to_contain_text("نسخهٔ اصلی را درخواست کنید")
    assert overflow(page) == 0


def test_no_files_at_all(page: Page) -> None:
    page.goto("/files")
    page.get_by_role("button", name="بررسی فایل‌ها").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(page.get_by_label("فایل‌های مفاصاحساب")).to_be_focused()
    assert overflow(page) == 0
