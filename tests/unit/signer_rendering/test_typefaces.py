"""Typefaces are found by name; one that is missing is said, not replaced."""

import pytest

from clearance.errors import Refused
from signer import fonts


def test_all_typefaces_are_installed():
    fonts.require_fonts()


@pytest.mark.parametrize(
    "typeface", [fonts.Typeface("Nazanin No Such Face", "Regular"), fonts.Typeface("Titr", "Light")]
)
def test_a_missing_typeface_is_refused_by_name(monkeypatch, typeface):
    monkeypatch.setattr(fonts, "TYPEFACES", (*fonts.TYPEFACES, typeface))
    with pytest.raises(Refused) as caught:
        fonts.require_fonts()
    assert caught.value.code == "rendering.font_missing"
    assert caught.value.parameters == {"font": f"{typeface.family} {typeface.style}"}
