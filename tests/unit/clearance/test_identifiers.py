import copy
import pickle
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.errors import InvalidValue
from clearance.identifiers import (
    BranchCode,
    ClearanceNumber,
    ContractRow,
    ContractSequence,
    LegalEntityId,
    NationalId,
    PostalCode,
    WorkshopNumber,
    parse_party_identifier,
)

ASCII = string.digits
PERSIAN = "۰۱۲۳۴۵۶۷۸۹"
ARABIC = "٠١٢٣٤٥٦٧٨٩"


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text(ASCII, min_size=length, max_size=length)


def national_check(nine: str) -> str:
    """The rule once more, written the other way round: from the check digit's own side."""
    for check in ASCII:
        total = sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True))
        if (total % 11 < 2 and total % 11 == int(check)) or (
            total % 11 >= 2 and (total + int(check)) % 11 == 0
        ):
            return check
    raise AssertionError(nine)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (WorkshopNumber.parse, "0412530917"),
        (WorkshopNumber.parse, "0000000000"),
        (BranchCode.parse, "0001"),
        (ContractRow.parse, "001"),
        (ContractRow.parse, "00000001"),
        (ContractSequence.parse, "00"),
        (PostalCode.parse, "1439814736"),
        (NationalId.parse, "0010532129"),
        (NationalId.parse, "1199147834"),
        (NationalId.parse, "0499370899"),
        (NationalId.parse, "0684159414"),
        (LegalEntityId.parse, "10380284790"),
        (LegalEntityId.parse, "10100171920"),
        (LegalEntityId.parse, "14003018468"),
    ],
)
def test_valid_identifiers_are_kept_as_text(parse: Callable[[str], str], text: str) -> None:
    assert parse(text) == text


@pytest.mark.parametrize(
    ("parse", "text", "code"),
    [
        (WorkshopNumber.parse, "041253091", "workshop_number.invalid"),
        (WorkshopNumber.parse, "04125309171", "workshop_number.invalid"),
        (BranchCode.parse, "41", "branch_code.invalid"),
        (BranchCode.parse, "00041", "branch_code.invalid"),
        (BranchCode.parse, "004²", "branch_code.invalid"),
        (BranchCode.parse, "004①", "branch_code.invalid"),
        (BranchCode.parse, "००४१", "branch_code.invalid"),
        (BranchCode.parse, "0041\n", "branch_code.invalid"),
        (BranchCode.parse, " 0041", "branch_code.invalid"),
        (BranchCode.parse, "-041", "branch_code.invalid"),
        (BranchCode.parse, "00\u202e41", "branch_code.invalid"),
        (BranchCode.parse, "004\ud835", "branch_code.invalid"),
        (ContractRow.parse, "", "contract_row.invalid"),
        (ContractRow.parse, "01", "contract_row.invalid"),
        (ContractRow.parse, "0001", "contract_row.invalid"),
        (ContractRow.parse, "1234567", "contract_row.invalid"),
        (ContractRow.parse, "123456789", "contract_row.invalid"),
        (ContractSequence.parse, "1", "contract_sequence.invalid"),
        (ContractSequence.parse, "001", "contract_sequence.invalid"),
        (PostalCode.parse, "0439814736", "postal_code.invalid"),
        (PostalCode.parse, "1432814736", "postal_code.invalid"),
        (PostalCode.parse, "14398-14736", "postal_code.invalid"),
        (NationalId.parse, "0010532128", "national_id.invalid"),
        (NationalId.parse, "1111111111", "national_id.invalid"),
        (NationalId.parse, "0000000000", "national_id.invalid"),
        (NationalId.parse, "10532129", "national_id.invalid"),
        (LegalEntityId.parse, "10380284791", "legal_entity_id.invalid"),
        (LegalEntityId.parse, "1038028479", "legal_entity_id.invalid"),
        (parse_party_identifier, "103802847901", "party_identifier.invalid"),
        (parse_party_identifier, "", "party_identifier.invalid"),
        (parse_party_identifier, "10380284791", "legal_entity_id.invalid"),
        (parse_party_identifier, "0010532128", "national_id.invalid"),
    ],
)
def test_invalid_identifiers_are_refused_by_name(
    parse: Callable[[str], str], text: str, code: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse(text)
    assert refused.value.code == code


def test_legal_entity_id_with_digits_four_to_nine_zero_is_refused() -> None:
    stem = "1030000004"
    with_right_check = [stem + check for check in ASCII if legal_sum(stem) == int(check)]
    assert len(with_right_check) == 1
    with pytest.raises(InvalidValue):
        LegalEntityId.parse(with_right_check[0])


def legal_sum(ten: str) -> int:
    shift = int(ten[9]) + 2
    weights = [29, 27, 23, 19, 17, 29, 27, 23, 19, 17]
    rest = sum((int(d) + shift) * w for d, w in zip(ten, weights, strict=True)) % 11
    return 0 if rest == 10 else rest


def test_digits_of_three_scripts_may_be_mixed() -> None:
    assert parse_party_identifier("۱۰۳٨٠٢84۷۹٠") == LegalEntityId("10380284790")
    assert parse_party_identifier("٠۰10532١۲۹") == NationalId("0010532129")


def test_the_constructor_takes_the_kept_form_only() -> None:
    with pytest.raises(InvalidValue):
        BranchCode("۰۰۴۱")
    with pytest.raises(InvalidValue):
        ClearanceNumber("140400410000019")


def test_identifiers_keep_their_type_when_copied() -> None:
    code = BranchCode.parse("0041")
    assert type(pickle.loads(pickle.dumps(code))) is BranchCode  # noqa: S301 - our own bytes
    assert type(copy.deepcopy(code)) is BranchCode


@given(digits(9))
def test_exactly_one_check_digit_makes_a_national_id(nine: str) -> None:
    valid = [check for check in ASCII if accepted(NationalId, nine + check)]
    assert valid == ([] if len(set(nine)) == 1 else [national_check(nine)])


@given(digits(10))
def test_exactly_one_check_digit_makes_a_legal_entity_id(ten: str) -> None:
    valid = [check for check in ASCII if accepted(LegalEntityId, ten + check)]
    assert valid == ([] if ten[3:9] == "000000" else [str(legal_sum(ten))])


@given(st.text(max_size=12))
def test_no_text_but_digits_is_a_workshop_number(text: str) -> None:
    folded = text.translate(str.maketrans(PERSIAN + ARABIC, ASCII * 2))
    expected = len(folded) == 10 and all(character in ASCII for character in folded)
    assert accepted(WorkshopNumber, text) == expected


def accepted(kind: type[WorkshopNumber | NationalId | LegalEntityId], text: str) -> bool:
    try:
        kind.parse(text)
    except InvalidValue:
        return False
    return True
