"""What a reader finds on the sheets: everything, whole, nothing over anything else."""

import re
import subprocess
import unicodedata
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from io import BytesIO

import pikepdf
import pytest
from lxml import etree
from PIL import Image
from pypdfium2 import PdfDocument
from weasyprint.urls import FatalURLFetchingError

from clearance.certificate import ClearanceKind, PaymentReceipt
from clearance.errors import InternalFault, InvalidRequest
from clearance.jalali import TEHRAN, format_date
from clearance.money import Rials, grouped_digits, in_words
from clearance.text import paper_digits, persian_digits
from signer.rendering import RenderedDocument
from signer.typesetting import TemplateFetcher
from templates.catalogues import TEMPLATES

SCOPE = "این مفاصاحساب تنها برای ردیف پیمان، قرارداد و مبلغ مندرج در آن معتبر است"
PRINTED_COPY = "تنها اصل الکترونیکی مهرشده معتبر است (ماده ۹ قانون تجارت الکترونیکی)"
SPECIMEN = "نمونه — فاقد اعتبار"
EXAMPLES = (
    "ordinary-company",
    "ministry-assigner",
    "natural-person-contractor",
    "long-names",
    "smallest",
    "interim",
    "replacement",
)


RUN = "\x00"
"""Where another font begins."""
MILLIMETRE = 72 / 25.4


@dataclass(frozen=True)
class Word:
    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_value_is_printed(rendered_example_of, certificate_of, name):
    letters = _letters(rendered_example_of(name, demo=False))
    certificate = certificate_of(name)
    for value in _printed_values(certificate.request):
        assert _holds(letters, value), value
    assert _bare(persian_digits(certificate.number)) in letters
    assert certificate.verification_code.replace("-", "") in letters


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_field_of_the_certificate_is_named_and_printed(
    rendered_example_of, certificate_of, name
):
    """The fields that a clearance has by law and practice, each with its Persian name."""
    certificate = certificate_of(name)
    request = certificate.request
    final = request.kind is ClearanceKind.FINAL
    fields_and_values = {
        "شماره": certificate.number,
        "سریال مفاصاحساب": "000017",
        "تاریخ": format_date(certificate.issued_at.astimezone(TEHRAN).date()),
        "رمز تصدیق": certificate.verification_code,
        "استان": request.branch.province,
        "شعبه": request.branch.name,
        "کد": request.branch.code,
        "شماره کارگاه": request.work_assigner.workshop_number,
        "ردیف پیمان": request.contract.row,
        "توالی پیمان": request.contract.sequence,
        "مفاصاحساب": "نهایی" if final else "مقطعی",
        "شماره قرارداد": request.contract.number,
        "تاریخ قرارداد": format_date(request.contract.date),
        "موضوع قرارداد": request.contract.subject,
        "مدت قرارداد": format_date(request.contract.end),
        "دوره کارکرد": format_date(request.performed_work.start),
        "مبلغ اولیه قرارداد": in_words(request.contract.initial_amount),
        "ناخالص کارکرد": in_words(request.performed_work.gross_amount),
        "واگذارنده کار": request.work_assigner.name,
        "پیمانکار": request.contractor.name,
        "نام": request.contractor.name,
        "شناسه / کد ملی": request.contractor.identifier,
        "نشانی": request.contractor.address,
        "کد پستی": request.contractor.postal_code,
        "مبالغ به ریال (IRR)": grouped_digits(request.premium.amount_collected),
        "حق بیمه متعلقه": in_words(request.premium.premium_due),
        "بیمه بیکاری": in_words(request.premium.unemployment_premium),
        "جمع بدهی": in_words(request.premium.sum_of_debits),
        "مبلغ وصول‌شده": in_words(request.premium.amount_collected),
        "مبنای صدور": "بازرسی دفاتر قانونی",
        "رئیس وصول حق بیمه": request.approvals.head_of_premium_collection.name,
        "رئیس شعبه": request.approvals.head_of_branch.role,
        "حدود اعتبار": SCOPE,
    }
    for receipt in request.premium.receipts:
        fields_and_values["شناسه پرداخت"] = receipt.id
        fields_and_values["زمان وصول"] = format_date(receipt.collected_at.astimezone(TEHRAN).date())
    letters = _letters(rendered_example_of(name, demo=False))
    for field, value in fields_and_values.items():
        assert _holds(letters, field), field
        assert _holds(letters, paper_digits(value)), (field, value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_standing_sentences_and_page_numbers_are_printed(rendered_example_of, name):
    document = rendered_example_of(name, demo=False)
    letters = _letters(document)
    for sentence in (SCOPE, PRINTED_COPY, "بسمه تعالی", "https://clearance.example.ir/"):
        assert _holds(letters, sentence)
    for page in range(1, document.pages + 1):
        foot = _bare(f"صفحه{persian_digits(str(page))}از{persian_digits(str(document.pages))}")
        assert foot in _letters(document, page)


@pytest.mark.parametrize("name", [each for each in EXAMPLES if each != "long-names"])
def test_ordinary_data_takes_one_sheet(rendered_example_of, name):
    assert rendered_example_of(name, demo=False).pages == 1
    assert rendered_example_of(name, demo=True).pages == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_overlaps_or_leaves_the_frame(rendered_example_of, name):
    words = _words(rendered_example_of(name, demo=False))
    assert len(words) > 100
    for word in words:
        assert 15.7 * MILLIMETRE < word.left < word.right < 194.3 * MILLIMETRE, word
        assert 8 * MILLIMETRE < word.top < word.bottom < 290 * MILLIMETRE, word
    for index, one in enumerate(words):
        for other in words[index + 1 :]:
            assert not _collide(one, other), (one, other)


def test_sixty_receipts_are_all_listed_under_repeated_headers(certificate_of, rendered):
    def sixty_receipts(body):
        premium = body["premium"]
        share = premium["amount_collected"] // 60
        amounts = [share] * 59 + [premium["amount_collected"] - 59 * share]
        at = premium["receipts"][0]["collected_at"]
        premium["receipts"] = [
            {"id": f"R-{index:04}", "amount": amount, "collected_at": at}
            for index, amount in enumerate(amounts)
        ]

    document = rendered(certificate_of("ordinary-company", sixty_receipts))
    assert document.pages >= 2
    assert document.seal_page == document.pages - 1
    text = _letters(document)
    for index in range(60):
        assert f"R-{index:04}".replace("-", "") in text
    assert text.count(_bare("پرداخت‌ها")) == 1
    for page in range(1, 3):
        assert _bare("زمان وصول") in _letters(document, page)
    assert _bare("استعلام اصالت") in _letters(document, document.pages)


def test_a_certificate_with_nothing_collected_says_so(certificate_of, rendered):
    def nothing(body):
        body["premium"] = {
            "premium_due": 0,
            "unemployment_premium": 0,
            "sum_of_debits": 0,
            "amount_collected": 0,
            "receipts": [],
        }

    letters = _letters(rendered(certificate_of("smallest", nothing)))
    assert _bare("بدهی وصول‌نشده‌ای ندارد") in letters
    assert _bare("پرداخت‌ها") not in letters


def test_specimen_is_overprinted_on_each_sheet_and_hides_nothing(rendered_example_of):
    plain = _pictures(rendered_example_of("long-names", demo=False))
    specimen = _pictures(rendered_example_of("long-names", demo=True))
    assert len(plain) == len(specimen) == 3
    for without, with_overprint in zip(plain[1:], specimen[1:], strict=True):
        pairs = list(zip(without.tobytes(), with_overprint.tobytes(), strict=True))
        tinted = sum(before == 255 and 180 < after < 250 for before, after in pairs)
        assert tinted > 0.004 * len(pairs)
        assert all(after < 140 for before, after in pairs if before < 100)
    assert _holds(_letters(rendered_example_of("smallest", demo=True)), SPECIMEN)
    assert not _holds(_letters(rendered_example_of("smallest", demo=False)), "نمونه")


HOSTILE = (
    "{{ 7*7 }}",
    "{% include 'certificate.css' %}",
    "<script>alert(1)</script>",
    "<img src=http://x.example/a.png>",
    "<link rel=attachment href=file:///etc/passwd>",
    "</td></tr></table><style>*{display:none}</style>",
    "url(http://x.example/)",
    "&lt;b&gt; &amp;",
    "\\u202e ]]> -->",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_and_template_syntax_are_printed_as_text(
    certificate_of, rendered, monkeypatch, text
):
    asked = []
    fetch = TemplateFetcher.fetch

    def recorded(self, url, headers=None):
        asked.append(url)
        return fetch(self, url, headers)

    monkeypatch.setattr(TemplateFetcher, "fetch", recorded)

    def everywhere(body):
        body["contractor"]["name"] = text
        body["work_assigner"]["address"] = text
        body["contract"]["subject"] = text
        body["contract"]["number"] = text
        body["referring_letter"] = {"number": text, "date": "1403/12/20"}
        body["approvals"]["head_of_branch"]["role"] = text

    document = rendered(certificate_of("ordinary-company", everywhere))
    letters = _letters(document)
    assert letters.count(_bare(paper_digits(text))) >= 5
    # The picture of the page is complete: QR code, ornaments, five tables.
    assert [address.rsplit("/", 1)[1] for address in asked] == ["qr.png"]
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        assert str(pdf.Root.Names.EmbeddedFiles.Names[0]) == "clearance.json"
        assert len(pdf.Root.AF) == 1


@pytest.mark.parametrize("letter", ["漢", "अ", "ے", "🦄"])
def test_a_letter_that_no_typeface_has_is_refused_by_its_field(certificate_of, rendered, letter):
    def odd(body):
        body["contractor"]["name"] = f"شرکت {letter}"
        body["premium"]["receipts"][0]["id"] = letter

    with pytest.raises(InvalidRequest) as caught:
        rendered(certificate_of("ordinary-company", odd))
    assert [(each.code, each.field) for each in caught.value.problems] == [
        ("text.no_glyph", "/contractor/name"),
        ("text.no_glyph", "/premium/receipts/0/id"),
    ]
    assert f"U+{ord(letter):04X}" in caught.value.problems[0].parameters["letters"]


@pytest.mark.parametrize(
    "text", ["ООО «Стройка»", "Ελλάδα ΑΕ", "Łódź Çelik", "حُسَینِ مُحَمَّدیّ", "ٱلله اکبر", "ٹھیکیدار"]
)
def test_rare_letters_are_printed_from_the_fallback(certificate_of, rendered, text):
    def rare(body):
        body["contractor"]["name"] = text

    document = rendered(certificate_of("ordinary-company", rare))
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        for font in pdf.pages[0].Resources.Font.values():
            for pair in re.findall(rb"<[0-9a-f]{4}> <([0-9a-f]*)>", font.ToUnicode.read_bytes()):
                assert pair, font.BaseFont
    assert _holds(_letters(document), text)


def _printed_values(value: object) -> list[str]:
    if isinstance(value, PaymentReceipt):
        amount = grouped_digits(value.amount)
        return [paper_digits(value.id), amount, *_printed_values(value.collected_at)]
    if isinstance(value, tuple):
        return [text for each in value for text in _printed_values(each)]
    if is_dataclass(value):
        return _printed_values(tuple(getattr(value, field.name) for field in fields(value)))
    return _printed_value(value)


def _printed_value(value: object) -> list[str]:
    match value:
        case None | ClearanceKind():
            return []
        case Rials():
            return [grouped_digits(value), in_words(value)]
        case str():
            return [paper_digits(value)]
        case datetime():
            local = value.astimezone(TEHRAN)
            return [format_date(local.date()), persian_digits(f"{local:%H:%M}")]
        case date():
            return [format_date(value)]
    raise TypeError(value)


def _letters(document: RenderedDocument, page: int | None = None) -> str:
    """Letters and digits of one page (from 1) or all, as their glyphs say, in both directions.

    Text tools disagree on how to turn right-to-left glyphs back into words, so each piece of
    content is read here from its glyphs, once from the left and once from the right.
    """
    with pikepdf.open(BytesIO(document.pdf)) as pdf:
        pages = list(pdf.pages) if page is None else [pdf.pages[page - 1]]
        pieces = [piece for each in pages for piece in _pieces(each)]
    forward = "".join(_bare("".join(piece)) for piece in pieces)
    backward = "".join(_bare("".join(map(_reversed, _runs(piece)))) for piece in pieces)
    return f"{forward} {backward}"


def _runs(piece: list[str]) -> list[str]:
    """The text of each font's run, which follow each other from right to left."""
    return "".join(piece).split(RUN)


def _reversed(run: str) -> str:
    return run[::-1]


def _pieces(page: pikepdf.Page) -> list[list[str]]:
    """For each marked content of the page, what its glyphs stand for, from left to right."""
    maps: dict[str, dict[bytes, str]] = {}
    for name, font in page.Resources.Font.items():
        pairs = re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]*)>", font.ToUnicode.read_bytes())
        maps[name] = {
            bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in pairs
        }
    pieces: list[list[str]] = []
    current: dict[bytes, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC":
                pieces.append([])
            case "Tf":
                current = maps[str(operands[0])]
                if pieces:
                    pieces[-1].append(RUN)
            case "TJ" | "Tj":
                shown = operands[0] if str(operator) == "TJ" else operands
                for codes in (bytes(each) for each in shown if isinstance(each, pikepdf.String)):
                    pieces[-1] += [current[codes[at : at + 2]] for at in range(0, len(codes), 2)]
    return pieces


def _bare(text: str) -> str:
    """Letters and digits alone, without marks, blanks, joiners and signs."""
    folded = unicodedata.normalize("NFKD", text)
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LN")


def _holds(letters: str, text: str) -> bool:
    return all(_bare(word) in letters for word in re.split(r"[^\w\u064b-\u0655\u0670]+", text))


def _words(document: RenderedDocument) -> list[Word]:
    done = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=document.pdf, capture_output=True, check=True
    )
    tree = etree.fromstring(done.stdout)
    return [
        Word(
            number,
            float(word.get("xMin")),
            float(word.get("yMin")),
            float(word.get("xMax")),
            float(word.get("yMax")),
            word.text,
        )
        for number, page in enumerate(tree.iter("{*}page"))
        for word in page.iter("{*}word")
    ]


def _collide(one: Word, other: Word) -> bool:
    """Whether two words are set over each other; lines may touch, marks stand over letters."""
    if one.page != other.page or min(one.right - one.left, other.right - other.left) < 4:
        return False
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width > 1.5 and height > 0.35 * min(one.bottom - one.top, other.bottom - other.top)


def _pictures(document: RenderedDocument) -> list[Image.Image]:
    pdf = PdfDocument(document.pdf)
    try:
        return [page.render(scale=1).to_pil().convert("L") for page in pdf]
    finally:
        pdf.close()


@pytest.mark.parametrize(
    "address",
    [
        "http://x.example/a.png",
        "file:///etc/passwd",
        f"{TEMPLATES.as_uri()}/certificate/v1/certificate.html",
        "file:///template/../messages/errors.toml",
        "file:///template/certificate.html",
        "data:text/plain,x",
        "qr.png",
    ],
)
def test_fetcher_refuses_what_is_not_its_picture(address):
    fetcher = TemplateFetcher({"qr.png": b"x"})
    with pytest.raises(FatalURLFetchingError):
        fetcher(address)


def test_a_template_that_asks_for_more_makes_no_certificate(certificate_of, rendered, monkeypatch):
    monkeypatch.setattr(
        "signer.rendering.letter_html",
        lambda *_, **__: '<html lang="fa"><title>x</title><img src="http://x.example/" alt="x">',
    )
    with pytest.raises(InternalFault) as caught:
        rendered(certificate_of())
    assert caught.value.code == "rendering.foreign_address"
