"""A signature field whose name is no text is examined like any other."""

import json
import re
from types import ModuleType
from typing import Any

import pytest

from verifier.worker import _examine


@pytest.fixture
def seals(load_vectors: Any) -> ModuleType:
    module: ModuleType = load_vectors("seals")
    return module


def test_a_name_in_no_encoding_can_be_reported(seals: ModuleType) -> None:
    authority = seals.make_authority("Names")
    sealed = seals.Sealing(authority=authority)(seals.plain_pdf())
    # Undefined in PDFDocEncoding (ISO 32000-2, D.2): 9F and AD.
    renamed, times = re.subn(
        rb"/T \(([^)]*)\)", lambda m: b"/T <" + b"9fad" * (len(m[1]) // 2) + b">", sealed
    )
    assert times
    assert json.loads(json.dumps(_examine(renamed, authority.trust)))["findings"]
