"""The panel's catalogues: complete, without anything that nobody shows."""

import tomllib
from pathlib import Path

import pytest

from api.panel import (
    batches,
    clearances,
    notices,
    paper_tables,
    revocations,
    rows,
    staff,
    timeliness,
    trail,
    undertakings,
    waiting,
)
from api.panel.listings import FilteredListing, Listing
from api.panel.words import said, text
from templates.catalogues import TEMPLATES, catalogue

ROOT = Path(__file__).parents[3]
MODULES = (
    batches, clearances, notices, paper_tables, revocations, rows, staff,
    timeliness, trail, undertakings, waiting,
)  # fmt: skip
LISTINGS = tuple(
    each for module in MODULES for each in vars(module).values() if isinstance(each, Listing)
)


def test_each_listing_has_its_words_and_all_words_their_listing() -> None:
    assert {each.name for each in LISTINGS} == catalogue("listings").keys()


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda each: each.name)
def test_each_column_has_its_heading(listing) -> None:
    further = {"resend"} if listing.name == "notices" else set()
    shown = {*listing.columns, *listing.file_columns, *further}
    words = {**catalogue("listings")[listing.name]["columns"], **listing.headings}

    assert shown - words.keys() == set()
    assert catalogue("listings")[listing.name]["columns"].keys() - shown == set()


@pytest.mark.parametrize(
    "listing",
    [each for each in LISTINGS if isinstance(each, FilteredListing)],
    ids=lambda each: each.name,
)
def test_each_list_with_filters_has_its_page(listing) -> None:
    assert (TEMPLATES / "panel" / f"{listing.name}.html").exists()


def test_no_text_of_the_panel_is_left_over() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "api" / "panel").glob("*.py"))
    for group in ("texts", "done"):
        for name in catalogue("panel")[group]:
            assert f'"{name}"' in source, name


def test_numbers_in_a_text_are_persian_and_words_stay_as_they_are() -> None:
    assert text("hours", count=12) == "۱۲ ساعت"
    assert said("locked", name="a1") == "حساب a1 مسدود شد."


def test_catalogues_can_be_read() -> None:
    for file in (TEMPLATES / "messages").glob("*.toml"):
        assert tomllib.loads(file.read_text("utf-8")), file.name
