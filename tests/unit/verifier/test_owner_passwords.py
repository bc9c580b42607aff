"""Files that are encrypted and open without a password are read like others."""

import warnings
from io import BytesIO
from types import ModuleType
from typing import Any

import pikepdf
import pytest

from clearance.verdict import Outcome, Reason
from verifier.policy import Decision, Derivation, decide_unregistered
from verifier.stages import examine

REVISIONS = [
    pytest.param({"R": 2, "aes": False, "metadata": False}, id="R2"),
    pytest.param({"R": 3, "aes": False, "metadata": False}, id="R3"),
    pytest.param({"R": 4, "aes": False, "metadata": False}, id="R4-RC4"),
    pytest.param({"R": 4, "aes": True}, id="R4-AES"),
    pytest.param({"R": 5}, id="R5"),
    pytest.param({"R": 6}, id="R6"),
]


def encrypted(pdf: bytes, options: dict[str, Any], *, user: str = "") -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pikepdf calls revision 5 deprecated
        opened.save(out, encryption=pikepdf.Encryption(owner="owner", user=user, **options))
    return out.getvalue()


def _decided(pdf: bytes, authority: Any, *, content_of: str | None = None) -> Decision:
    examination = examine(pdf, authority.trust)
    derivation = Derivation(
        begins_with=None, content_of=content_of, carries_seal=examination.bears_our_seal
    )
    return decide_unregistered(derivation, examination)


@pytest.mark.parametrize("options", REVISIONS)
def test_stranger_with_an_owner_s_password_came_by_another_channel(
    bad_files: ModuleType, authority: Any, options: dict[str, Any]
) -> None:
    decision = _decided(encrypted(bad_files.never_sealed(), options), authority)
    assert decision.outcome is Outcome.OUTSIDE_CHANNEL
    assert Reason.OWNER_LOCKED in decision.reasons


@pytest.mark.parametrize("options", REVISIONS)
def test_ours_with_an_owner_s_password_is_altered_and_its_data_are_read(
    genuine: bytes, authority: Any, options: dict[str, Any]
) -> None:
    pdf = encrypted(genuine, options)
    content = examine(pdf, authority.trust).content_hash
    assert content == examine(genuine, authority.trust).content_hash
    decision = _decided(pdf, authority, content_of="1404-0042-000001-5")
    assert decision.outcome is Outcome.ALTERED
    assert {Reason.OWNER_LOCKED, Reason.CARRIES_ISSUED_CONTENT} <= set(decision.reasons)


@pytest.mark.parametrize("options", REVISIONS)
def test_file_that_needs_a_password_stays_unreadable(
    bad_files: ModuleType, authority: Any, options: dict[str, Any]
) -> None:
    decision = _decided(encrypted(bad_files.never_sealed(), options, user="user"), authority)
    assert (decision.outcome, decision.reasons) == (Outcome.UNREADABLE, (Reason.ENCRYPTED,))
