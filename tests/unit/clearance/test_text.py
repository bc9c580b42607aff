import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    VerificationCode,
    parse_party_identifier,
)
from clearance.jalali import parse_date
from clearance.minutes import MinutesNumber
from clearance.paper_forms import FormSerial
from clearance.text import (
    ascii_digits,
    clean,
    match_key,
    paper_digits,
    persian_digits,
    reading_direction,
)
from clearance.verification_receipt import ReceiptNumber

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("شركت مهندسي على", "شرکت مهندسی علی"),
        ("شـــرکت", "شرکت"),
        ("شرکت\u202e آب\u202c", "شرکت آب"),
        ("\u2067آب\u2069\u200f\u061c", "آب"),
        ("  شرکت \u00a0\u3000 آب  ", "شرکت آب"),
        (f"می{ZWNJ}رود", f"می{ZWNJ}رود"),
        (f"{ZWNJ}آب {ZWNJ} خاک{ZWNJ}", "آب خاک"),
        ("آ\u200bب", "آب"),
        ("\ufeffآب", "آب"),
        ("\U000e0041آب", "آب"),
        ("آ\u034fب\ufe0f", "آب"),
        ("ا\u0653ب", "آب"),
        ("ا\u200b\u0653ب", "آب"),
        ("مسي\u0654ول", "مسئول"),
        ("خانهٔ", "خانهٔ"),
        ("مُهر", "مُهر"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ 7 * 7 }}{% raw %}", "{{ 7 * 7 }}{% raw %}"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("—", "—"),
        ("۱۴۰۲/ق/۳۱۷", "۱۴۰۲/ق/۳۱۷"),
    ],
)
def test_a_text_is_folded_into_its_one_form(text: str, cleaned: str) -> None:
    assert clean(text, limit=100) == cleaned


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text.empty"),
        ("   ", "text.empty"),
        ("ـــ", "text.empty"),
        (ZWNJ + ZWJ, "text.empty"),
        ("\u202e\u200b\ufeff", "text.empty"),
        ("\u3164\u115f", "text.empty"),
        ("\u064e", "text.empty"),
        ("آب\x00", "text.control_character"),
        ("آب\x1b[31m", "text.control_character"),
        ("آب\nخاک", "text.control_character"),
        ("آب\tخاک", "text.control_character"),
        ("آب\x7f", "text.control_character"),
        ("آب\x85", "text.control_character"),
        ("آب\u2028", "text.control_character"),
        ("آب\ud800", "text.not_a_character"),
        ("آب\udc00\ud800", "text.not_a_character"),
        ("آب\ufffe", "text.not_a_character"),
        ("آب\ufdd0", "text.not_a_character"),
        ("آب\U0010ffff", "text.not_a_character"),
        ("آب\ue000", "text.not_a_character"),
        ("آ" * 11, "text.too_long"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        clean(text, limit=10)
    assert refused.value.code == code


def test_the_limit_counts_what_is_kept() -> None:
    assert clean("آ" * 10 + " ـ\u202e ", limit=10) == "آ" * 10
    with pytest.raises(InvalidValue) as refused:
        clean("آ" * 11, limit=10)
    assert refused.value.parameters == {"limit": "10"}


awkward = st.text(
    st.sampled_from(
        "آايىكیکـءٔ \u00a0\u200c\u200d\u200b\u202e\u0653\u0654\u064e\u0600aA1۱١<{\ufe0f\ufb50\u3164"
    )
)


@given(st.one_of(awkward, st.text()))
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    try:
        cleaned = clean(text, limit=10_000)
    except InvalidValue:
        return
    assert clean(cleaned, limit=10_000) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set("يىكـ\u202e\u200b\u00a0")


@given(st.one_of(awkward, st.text()))
def test_a_match_key_is_its_own_key(text: str) -> None:
    assert match_key(match_key(text)) == match_key(text)


@given(st.one_of(awkward, st.text()))
@example("\u0653\u200c\u064e")
@example("ي\u0654")
@example("1\u0345\u202e\u0307")
def test_cleaning_does_not_change_the_key(text: str) -> None:
    try:
        cleaned = clean(text, limit=10_000)
    except InvalidValue:
        return
    assert match_key(cleaned) == match_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"بهره{ZWNJ}برداري", "بهرهبرداری"),
        ("شركت ۱۲", "شرکت  12"),
        ("ﺷﺮﮐﺖ", "شرکت"),
        ("Pars CO", "pars co"),
    ],
)
def test_spellings_of_one_name_share_their_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


def test_different_names_have_different_keys() -> None:
    assert match_key("آب") != match_key("خاک")


@given(st.text())
def test_digits_go_there_and_back(text: str) -> None:
    assert ascii_digits(persian_digits(text)) == ascii_digits(text)


def test_only_the_three_kinds_of_digits_are_folded() -> None:
    assert ascii_digits("۰۱٢٣4²①५") == "01234²①५"
    assert persian_digits("0١۲") == "۰۱۲"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("پلاک 12", "پلاک ۱۲"),
        ("طبقهٔ ٣", "طبقهٔ ۳"),
        ("1403/112/الف", "۱۴۰۳/۱۱۲/الف"),
        ("BMI-140308-7719342", "BMI-140308-7719342"),
        ("لولهٔ PE100 به قطر 110", "لولهٔ PE100 به قطر ۱۱۰"),
        ("Supply of 3 pumps (phase 2)", "Supply of 3 pumps (phase 2)"),
        ("NG-1402-0583 / 7", "NG-1402-0583 / 7"),
        ("12 - ABC 3", "12 - ABC 3"),
        ("(12) الف", "(۱۲) الف"),
        ("", ""),
    ],
)
def test_digits_are_persian_except_in_latin_words(text: str, printed: str) -> None:
    assert paper_digits(text) == printed


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("1403/112", "ltr"),
        ("۱۴۰۳/۱۱۲", "ltr"),
        ("BMI-1403", "ltr"),
        ("۱۴۰۳/ق/۳۱۷", "rtl"),
        ("א-1", "rtl"),
        ("Siemens Energy AG.", "ltr"),
        ("ABC (Iran) ایران", "ltr"),
        ("(شرکت ABC)", "rtl"),
        ("<ب>", "rtl"),
        ("", "ltr"),
    ],
)
def test_the_first_letter_decides_how_a_text_runs(text: str, direction: str) -> None:
    assert reading_direction(text) == direction


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f", *map(chr, range(0x2066, 0x206A))])
def test_what_a_copied_value_carries_unseen_is_left_out_wherever_values_are_typed_in(mark):
    """U+061C beside the signs of a number is what makes PDFs copy it right."""
    number = ClearanceNumber.make(1404, BranchCode("0041"), 17)
    code = VerificationCode.from_bytes(bytes(range(10)))
    assert ClearanceNumber.parse(mark + persian_digits(number).replace("-", f"{mark}-")) == number
    assert VerificationCode.parse(f"{code}{mark}".replace("-", f"{mark}-{mark}")) == code
    assert BranchCode.parse(f"{mark}۰۰۴۱{mark}") == "0041"
    assert parse_party_identifier(f"{mark}۱۴۰۰۹۹۹۸۷۶۶") == "14009998766"
    assert MinutesNumber.parse(f"{mark}۲۲{mark}-۱۳۹۹-۰۰۰۰۰۱") == "22-1399-000001"
    assert ReceiptNumber.parse(f"R{mark}-۱۴۰۴-۰۰۰۰۰۷{mark}") == "R-1404-000007"
    assert FormSerial.parse(f"{mark}۷۷") == 77
    assert parse_date(f"۱۴۰۳{mark}/۱۲{mark}/۲۰") == parse_date("1403/12/20")
    assert match_key(f"۱۴۰۲{mark}/ق{mark}/۳۱۷") == match_key("1402/ق/317")
    assert clean(f"۱۴۰۲{mark}/ق", limit=20) == "۱۴۰۲/ق"
