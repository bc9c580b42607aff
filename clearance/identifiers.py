"""Identifiers: types of their own, kept as text in ASCII digits.

``parse`` folds Persian and Arabic-Indic digits and then demands ASCII digits; the constructor
takes the kept form only. Both check, so an identifier that exists is a valid one, and both raise
``InvalidValue`` with the type's own code.

The checks of national id and legal-entity id are written here because no library was found
that does both right.
"""

import re
from typing import ClassVar, Self

from stdnum.iso7064 import mod_11_10

from clearance.errors import InvalidValue
from clearance.text import ascii_digits

_LEGAL_ENTITY_WEIGHTS = (29, 27, 23, 19, 17) * 2

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_LOOKALIKES = str.maketrans("OIL", "011")
_CODE_BYTES = 10

_SEPARATORS = re.compile("[\\s\u2010-\u2015\u2212\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069-]")
"""What comes along when a number or code is typed or copied: blanks, hyphens, bidi controls."""


class _Identifier(str):
    """Text of a fixed form; a subclass names its code and form, and may check further."""

    __slots__ = ()

    code: ClassVar[str]
    """Error code of an invalid value."""
    pattern: ClassVar[str]
    """Regular expression of the kept form."""

    def __new__(cls, text: str) -> Self:
        if re.fullmatch(cls.pattern, text) is None or not cls._holds(text):
            raise InvalidValue(cls.code)
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the identifier in any digits."""
        return cls(ascii_digits(text))

    @classmethod
    def _holds(cls, text: str) -> bool:  # noqa: ARG003 - for subclasses
        return True


class WorkshopNumber(_Identifier):
    """Workshop number: 10 digits, no known check digit; the branch cannot be read from it."""

    __slots__ = ()
    code = "workshop_number.invalid"
    pattern = r"[0-9]{10}"


class BranchCode(_Identifier):
    """Branch code: 4 digits."""

    __slots__ = ()
    code = "branch_code.invalid"
    pattern = r"[0-9]{4}"


class ContractRow(_Identifier):
    """Contract row: exactly 3 or exactly 8 digits, never padded from one to the other."""

    __slots__ = ()
    code = "contract_row.invalid"
    pattern = r"[0-9]{3}|[0-9]{8}"


class ContractSequence(_Identifier):
    """Contract sequence: 2 digits."""

    __slots__ = ()
    code = "contract_sequence.invalid"
    pattern = r"[0-9]{2}"


class PostalCode(_Identifier):
    """Postal code: 10 digits, neither 0 nor 2 among the first five."""

    __slots__ = ()
    code = "postal_code.invalid"
    pattern = r"[13-9]{5}[0-9]{5}"


class NationalId(_Identifier):
    """National id of a person: 10 digits, the last one a check digit, not ten equal ones."""

    __slots__ = ()
    code = "national_id.invalid"
    pattern = r"[0-9]{10}"

    @classmethod
    def _holds(cls, text: str) -> bool:
        remainder = sum(int(digit) * (10 - place) for place, digit in enumerate(text[:9])) % 11
        check = remainder if remainder < 2 else 11 - remainder  # noqa: PLR2004 - the rule's own 2
        return check == int(text[9]) and len(set(text)) > 1


class LegalEntityId(_Identifier):
    """Legal-entity id: 11 digits, the last one a check digit, digits 4-9 not all zero."""

    __slots__ = ()
    code = "legal_entity_id.invalid"
    pattern = r"[0-9]{3}(?!000000)[0-9]{8}"

    @classmethod
    def _holds(cls, text: str) -> bool:
        offset = int(text[9]) + 2
        weighted = zip(text[:10], _LEGAL_ENTITY_WEIGHTS, strict=True)
        # 10 has no digit of its own and becomes 0.
        return sum((int(digit) + offset) * weight for digit, weight in weighted) % 11 % 10 == int(
            text[10]
        )


class ClearanceNumber(_Identifier):
    """Number of a clearance, ``YYYY-BBBB-NNNNNN-C``.

    Jalali year, branch, serial of that branch and year from 1 on, and the ISO 7064 MOD 11,10
    check digit over those 14 digits.
    """

    __slots__ = ()
    code = "clearance_number.invalid"
    pattern = r"1[345][0-9]{2}-[0-9]{4}-(?!000000)[0-9]{6}-[0-9]"

    LAST_SERIAL: ClassVar[int] = 999_999

    @classmethod
    def make(cls, jalali_year: int, branch: BranchCode, serial: int) -> Self:
        """Make the number; raises ``clearance_number.exhausted`` beyond the last serial."""
        if not 1 <= serial <= cls.LAST_SERIAL:
            raise InvalidValue("clearance_number.exhausted", parameters={"branch": str(branch)})
        digits = f"{jalali_year:04}{branch}{serial:06}"
        return cls._grouped(digits + mod_11_10.calc_check_digit(digits))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a typed or copied number: any digits; blanks and hyphens do not matter."""
        digits = _SEPARATORS.sub("", ascii_digits(text))
        return cls._grouped(digits)

    @classmethod
    def _grouped(cls, digits: str) -> Self:
        return cls(f"{digits[:4]}-{digits[4:8]}-{digits[8:14]}-{digits[14:]}")

    @classmethod
    def _holds(cls, text: str) -> bool:
        return bool(mod_11_10.is_valid(text.replace("-", "")))

    @property
    def jalali_year(self) -> int:
        """Jalali year in which the number was given."""
        return int(self[:4])

    @property
    def branch_code(self) -> BranchCode:
        """The issuing branch."""
        return BranchCode(self[5:9])

    @property
    def serial(self) -> int:
        """Serial of that branch and year, from 1 on."""
        return int(self[10:16])


class VerificationCode(_Identifier):
    """80 random bits as ``XXXX-XXXX-XXXX-XXXX`` in Crockford's base32 (no I, L, O, U)."""

    __slots__ = ()
    code = "verification_code.invalid"
    pattern = rf"[{_CROCKFORD}]{{4}}(?:-[{_CROCKFORD}]{{4}}){{3}}"

    @classmethod
    def from_bytes(cls, random: bytes) -> Self:
        """Write ten random bytes as a code, most significant bits first."""
        if len(random) != _CODE_BYTES:
            raise ValueError("a verification code is made of ten bytes")
        bits = int.from_bytes(random)
        symbols = "".join(_CROCKFORD[bits >> shift & 31] for shift in range(75, -1, -5))
        return cls._grouped(symbols)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a typed or copied code: either case, O as 0, I and L as 1, any separators."""
        # Only ASCII may be raised: the upper case of the dotless ı is a plain I.
        symbols = _SEPARATORS.sub("", ascii_digits(text))
        if not symbols.isascii():
            raise InvalidValue(cls.code)
        return cls._grouped(symbols.upper().translate(_CROCKFORD_LOOKALIKES))

    @classmethod
    def _grouped(cls, symbols: str) -> Self:
        return cls("-".join((symbols[:4], symbols[4:8], symbols[8:12], symbols[12:])))

    def to_bytes(self) -> bytes:
        """Return the ten bytes that the code was made of."""
        bits = 0
        for symbol in self.replace("-", ""):
            bits = bits << 5 | _CROCKFORD.index(symbol)
        return bits.to_bytes(_CODE_BYTES)


PartyIdentifier = NationalId | LegalEntityId


def parse_party_identifier(text: str) -> PartyIdentifier:
    """Read a person's national id (10 digits) or a legal-entity id (11), told by the length.

    Another length is refused with ``party_identifier.invalid``.
    """
    match len(ascii_digits(text)):
        case 10:
            return NationalId.parse(text)
        case 11:
            return LegalEntityId.parse(text)
        case _:
            raise InvalidValue("party_identifier.invalid")
