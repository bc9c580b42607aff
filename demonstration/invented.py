"""Invented names, addresses and identifiers, valid in form and nobody's in fact."""

from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Final

from clearance.identifiers import LegalEntityId, NationalId, PostalCode, WorkshopNumber
from clearance.text import persian_digits
from templates.catalogues import read_catalogue

WORDS: Final = read_catalogue(Path(str(files("demonstration"))) / "words.toml")

_POSTAL = "13456789"


def person_name(random: Random) -> str:
    """Invent a person's name."""
    return f"{random.choice(WORDS['first_names'])} {random.choice(WORDS['family_names'])}"


def company_name(random: Random) -> str:
    """Invent a company's name."""
    kind, word = random.choice(WORDS["company_kinds"]), random.choice(WORDS["company_words"])
    form = random.choice(WORDS["company_forms"])
    return str(WORDS["company"]).format(kind=kind, word=word, form=form)


def address(random: Random, town: str) -> str:
    """Invent an address in a town."""
    number = persian_digits(str(random.randint(3, 480)))
    street = random.choice(WORDS["streets"])
    return str(WORDS["address"]).format(town=town, street=street, number=number)


def postal_code(random: Random) -> PostalCode:
    """Invent a postal code."""
    return PostalCode("".join(random.choices(_POSTAL, k=5)) + f"{random.randrange(10**5):05}")


def workshop_number(random: Random) -> WorkshopNumber:
    """Invent a workshop number."""
    return WorkshopNumber(f"{random.randrange(10**10):010}")


def national_id(random: Random) -> NationalId:
    """Invent a national id with its right check digit."""
    nine = [random.randrange(10) for _ in range(8)] + [random.randint(1, 8)]
    remainder = sum(digit * (10 - place) for place, digit in enumerate(nine)) % 11
    check = remainder if remainder < 2 else 11 - remainder  # noqa: PLR2004 - the rule's own 2
    return NationalId("".join(map(str, [*nine, check])))


def legal_entity_id(random: Random) -> LegalEntityId:
    """Invent a legal-entity id with its right check digit."""
    ten = f"10{random.choice('136')}{random.randint(1_000_000, 9_999_999)}"
    offset = int(ten[9]) + 2
    weights = (29, 27, 23, 19, 17) * 2
    total = sum((int(digit) + offset) * weight for digit, weight in zip(ten, weights, strict=True))
    return LegalEntityId(ten + str(total % 11 % 10))
