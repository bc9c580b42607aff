import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.identifiers import BranchCode, ClearanceNumber, VerificationCode

BRANCH = BranchCode("0041")
CODE = "000G-40R4-0M30-E209"

branches = st.integers(0, 9999).map(lambda code: BranchCode(f"{code:04}"))
numbers = st.builds(ClearanceNumber.make, st.integers(1300, 1502), branches, st.integers(1, 999999))


def test_a_number_is_made_of_year_branch_serial_and_check_digit() -> None:
    number = ClearanceNumber.make(1404, BRANCH, 1)
    assert number == "1404-0041-000001-9"
    assert (number.jalali_year, number.branch_code, number.serial) == (1404, "0041", 1)


@pytest.mark.parametrize(
    "typed",
    [
        "1404-0041-000001-9",
        "140400410000019",
        "۱۴۰۴-۰۰۴۱-۰۰۰۰۰۱-۹",
        " ١٤٠٤ 0041 ۰۰۰۰۰۱ 9 ",
        "\u2066۱۴۰۴-۰۰۴۱-۰۰۰۰۰۱-۹\u2069",
        "1404–0041–000001–9",
    ],
)
def test_a_typed_number_is_read(typed: str) -> None:
    assert ClearanceNumber.parse(typed) == "1404-0041-000001-9"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1404-0041-000001",
        "1404-0041-000001-8",
        "1404-0041-000000-1",
        "2404-0041-000001-9",
        "1404-0041-000001-99",
        "1404-0041-00000²-9",
        "1404/0041/000001/9",
    ],
)
def test_a_wrong_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidValue, match=r"clearance_number\.invalid"):
        ClearanceNumber.parse(typed)


@pytest.mark.parametrize("serial", [0, -1, 1_000_000])
def test_a_branch_has_a_million_numbers_less_one(serial: int) -> None:
    with pytest.raises(InvalidValue, match=r"clearance_number\.exhausted"):
        ClearanceNumber.make(1404, BRANCH, serial)


@given(numbers, st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: ClearanceNumber, place: int, by: int) -> None:
    digits = list(number.replace("-", ""))
    digits[place] = str((int(digits[place]) + by) % 10)
    with pytest.raises(InvalidValue):
        ClearanceNumber.parse("".join(digits))


@given(numbers)
def test_a_number_reads_back(number: ClearanceNumber) -> None:
    again = ClearanceNumber.make(number.jalali_year, number.branch_code, number.serial)
    assert ClearanceNumber.parse(number.replace("-", " ")) == again == number


def test_a_code_is_crockford_base32() -> None:
    assert VerificationCode.from_bytes(bytes(range(10))) == CODE
    assert VerificationCode.from_bytes(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"


@pytest.mark.parametrize(
    "typed", [CODE.lower(), CODE.replace("-", ""), "OOOG 4oR4 oM3O E2o9", "۰۰۰G-۴۰R۴-٠M٣٠-E۲۰۹"]
)
def test_a_typed_code_is_read(typed: str) -> None:
    assert VerificationCode.parse(typed) == CODE


def test_i_and_l_are_read_as_one() -> None:
    assert VerificationCode.parse("iIlL-0000-0000-0000") == "1111-0000-0000-0000"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        CODE[:-1],
        CODE + "0",
        "UUUU-0000-0000-0000",
        "ı000-0000-0000-0000",
        "ſ000-0000-0000-0000",
    ],
)
def test_a_wrong_code_is_refused(typed: str) -> None:
    with pytest.raises(InvalidValue, match=r"verification_code\.invalid"):
        VerificationCode.parse(typed)


@pytest.mark.parametrize("length", [0, 9, 11])
def test_a_code_needs_ten_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="ten bytes"):
        VerificationCode.from_bytes(bytes(length))


@given(st.binary(min_size=10, max_size=10))
def test_a_code_holds_its_bytes(random: bytes) -> None:
    code = VerificationCode.from_bytes(random)
    assert code.to_bytes() == random
    assert VerificationCode.parse(code.lower().replace("-", " ")) == code
