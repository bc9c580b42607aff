"""The style sheet's promises: contrast in both schemes, logical properties, nothing foreign."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[3].joinpath("templates", "static", "style.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
)
TONES = ("genuine", "withdrawn", "refused", "unchecked")

TEXT_PAIRS = [
    ("ink", "ground"),
    ("ink", "paper"),
    ("muted", "ground"),
    ("muted", "paper"),
    ("link", "ground"),
    ("brand-ink", "brand"),
    ("sample-ink", "sample"),
    ("refused", "paper"),
    *((tone, f"{tone}-ground") for tone in TONES),
    *(("ink", f"{tone}-ground") for tone in TONES),
    *(("muted", f"{tone}-ground") for tone in TONES),
]
SHAPE_PAIRS = [("field-line", "paper"), *((tone, "paper") for tone in TONES)]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio by WCAG 2.2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
def test_text_and_shapes_stand_out(scheme: dict[str, str]) -> None:
    for text, ground in TEXT_PAIRS:
        assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
    for shape, ground in SHAPE_PAIRS:
        assert contrast(scheme[shape], scheme[ground]) >= 3, (shape, ground)


def test_contrast_itself_is_right() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_directions_are_logical() -> None:
    physical = re.findall(
        r"(?<![a-z-])((?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)"
        r"|(?:left|right): )",
        CSS,
    )
    assert physical == []


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert all(address.startswith("/static/") for address in re.findall(r'url\("(.*?)"\)', CSS))
    assert "@import" not in CSS


def test_persian_is_set_as_persian_wants_it() -> None:
    assert "letter-spacing" not in CSS
    assert "italic" not in CSS
