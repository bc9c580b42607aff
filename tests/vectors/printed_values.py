"""The values of a document as its sheets show them, each with the name of its field."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime

from clearance.certificate import ClearanceCertificate
from clearance.identifiers import VerificationCode
from clearance.jalali import format_date, tehran_day, tehran_time
from clearance.minutes import Minutes
from clearance.money import Rials, grouped_digits, in_words
from clearance.paper_forms import FormSerial
from clearance.text import paper_digits, persian_digits
from clearance.verification_receipt import ReceiptNumber, VerificationReceipt

FORMULAS = {"kind", "type", "policy", "reasons", "outcome"}
"""What is printed as a sentence and not as the value itself."""


def certificate_values(content: ClearanceCertificate) -> tuple[tuple[str, str], ...]:
    """Return the values of a certificate as they are printed."""
    return (
        ("number", persian_digits(content.number)),
        ("verification_code", str(content.verification_code)),
        ("issued_at", format_date(tehran_day(content.issued_at))),
        *_values(content.request, ""),
    )


def minutes_values(minutes: Minutes) -> tuple[tuple[str, str], ...]:
    """Return the values of minutes as they are printed."""
    return tuple(_values(minutes, ""))


def receipt_values(receipt: VerificationReceipt) -> tuple[tuple[str, str], ...]:
    """Return the values of a receipt as they are printed."""
    return tuple(_values(receipt, ""))


def _values(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _values(each, f"{name}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in FORMULAS:
                yield from _values(getattr(value, field.name), f"{name}.{field.name}")
    else:
        yield from _value(value, name)


def _value(value: object, name: str) -> Iterator[tuple[str, str]]:
    match value:
        case VerificationCode():
            yield name, str(value)
        case Rials():
            yield name, grouped_digits(value)
            if "receipts" not in name and "judgement" not in name:
                yield f"{name} in words", in_words(value)
        case ReceiptNumber() | FormSerial():
            yield name, persian_digits(str(value))
        case datetime():
            yield f"{name}, day", format_date(tehran_day(value))
            yield f"{name}, time", tehran_time(value)
        case date():
            yield name, format_date(value)
        case str():
            yield name, _shown(name, value)
        case int():
            yield name, persian_digits(f"{value:,}".replace(",", "٬"))


def _shown(name: str, text: str) -> str:
    """Digests and codes are printed as they are, all else with the paper's digits."""
    return text if name.endswith((".sha256", ".subject")) else paper_digits(text)
