"""Typefaces are found by name; one that is missing is said, not replaced."""

from dataclasses import replace

import pytest

from clearance.errors import Refused
from register.kinds import CLEARANCE
from signer import fonts
from templates.documents import Typeface

SHARED = CLEARANCE.template.shared


def test_all_typefaces_are_installed():
    fonts.require_fonts(SHARED)


@pytest.mark.parametrize(
    "typeface", [Typeface("Nazanin No Such Face", "Regular"), Typeface("Titr", "Light")]
)
def test_a_missing_typeface_is_refused_by_name(typeface):
    with pytest.raises(Refused) as caught:
        fonts.require_fonts(replace(SHARED, further=(typeface,)))
    assert caught.value.code == "rendering.font_missing"
    assert caught.value.parameters == {"font": f"{typeface.family} {typeface.style}"}
