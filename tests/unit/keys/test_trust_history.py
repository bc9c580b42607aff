"""The policy file and the retired anchors."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from throwaway import self_signed

from clearance.errors import Refused
from clearance.long_life import TrustHistory
from keys.history import anchor_name, load_history


@pytest.fixture(scope="module")
def anchor() -> x509.Certificate:
    return self_signed("Root").certificate


def test_without_files_nothing_is_weak_or_retired(tmp_path: Path) -> None:
    assert load_history(tmp_path).history == TrustHistory()
    assert load_history(tmp_path).retired == ()


def test_days_may_be_jalali_and_begin_in_utc(tmp_path: Path, anchor: x509.Certificate) -> None:
    (tmp_path / "trust.toml").write_text(
        f'[weak]\nsha256 = 2045-03-21\nrsa-2048 = "1409/01/01"\n'
        f'[retired]\n"{anchor_name(anchor)}" = 2040-01-01\n'
    )
    (tmp_path / "retired-anchors.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
    past = load_history(tmp_path)
    assert past.history.weak_from == (
        ("rsa-2048", datetime(2030, 3, 21, tzinfo=UTC)),
        ("sha256", datetime(2045, 3, 21, tzinfo=UTC)),
    )
    assert past.history.retired == ((anchor_name(anchor), datetime(2040, 1, 1, tzinfo=UTC)),)
    assert past.retired == (anchor,)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("[weak]\nsha-256 = 2045-01-01", "sha-256"),
        ("[weak]\nsha256 = 2045-13-01", "line"),
        ("[weak]\nsha256 = 1424", "sha256"),
        ("[weak]\nsha256 = true", "sha256"),
        ('[weak]\nsha256 = "some day"', "sha256"),
        ("[weak]\nsha256 = 2045-01-01T00:00:00Z", "sha256"),
        ("[strong]\nsha256 = 2045-01-01", "strong"),
        ("weak = 1", "weak"),
        ("[retired]\nROOT = 2045-01-01", "ROOT"),
        ("[weak", "Expected"),
    ],
)
def test_a_wrong_policy_is_refused(tmp_path: Path, content: str, what: str) -> None:
    (tmp_path / "trust.toml").write_text(content)
    with pytest.raises(Refused) as refusal:
        load_history(tmp_path)
    assert refusal.value.code == "keys.history_invalid"
    assert what in refusal.value.parameters["what"]


def test_a_retired_anchor_needs_its_day(tmp_path: Path, anchor: x509.Certificate) -> None:
    (tmp_path / "retired-anchors.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
    with pytest.raises(Refused) as refusal:
        load_history(tmp_path)
    assert refusal.value.parameters["what"] == anchor_name(anchor)
