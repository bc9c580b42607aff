"""Anchors and what is trusted no longer: read again when they change, never given up for worse."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from throwaway import self_signed

from clearance.errors import MohrError
from keys.history import anchor_name
from keys.trust import DEVELOPMENT_MARK
from service.wiring.trust import Trust

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def root(name: str, organization: str = "Root") -> x509.Certificate:
    return self_signed(name, begins=NOW, organization=organization).certificate


OLD, NEW = root("Old"), root("New, with a longer name")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, object], None]:
    (tmp_path / "keys").mkdir()

    def write(name: str, *content: object) -> None:
        parts = (
            each.public_bytes(Encoding.PEM).decode() if isinstance(each, x509.Certificate) else each
            for each in content
        )
        (tmp_path / "keys" / name).write_text("".join(map(str, parts)), "utf-8")

    write("anchors.pem", OLD)
    return write


@pytest.fixture
def trust(tmp_path: Path, write: Any) -> Trust:
    settings = SimpleNamespace(
        home=tmp_path,
        environment="production",
        verifier=SimpleNamespace(require_non_repudiation=False),
    )
    return Trust(settings)  # type: ignore[arg-type]


def test_a_new_root_and_a_weak_hash_need_no_restart(trust: Trust, write: Any) -> None:
    assert (trust.anchors, trust.history.weak_from, trust.retired_anchors) == ((OLD,), (), ())
    write("anchors.pem", OLD, NEW)
    write("trust.toml", "[weak]\nsha256 = 2045-01-01\n")
    assert trust.anchors == (OLD, NEW)
    policy = trust.policy(NOW)
    assert policy.anchors_der == tuple(each.public_bytes(Encoding.DER) for each in (OLD, NEW))
    assert policy.history.weak_from == (("sha256", datetime(2045, 1, 1, tzinfo=UTC)),)


def test_a_root_retires_without_a_restart(trust: Trust, write: Any) -> None:
    write("trust.toml", f'[retired]\n"{anchor_name(OLD)}" = 2043-03-21\n')
    write("retired-anchors.pem", OLD)
    write("anchors.pem", NEW)
    assert trust.anchors == (NEW,)
    assert trust.retired_anchors == ((OLD, datetime(2043, 3, 21, tzinfo=UTC)),)
    assert trust.policy(NOW).retired_anchors_der == (OLD.public_bytes(Encoding.DER),)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("trust.toml", "[weak]\nsha257 = 2045-01-01\n"),
        ("trust.toml", "[weak"),
        ("retired-anchors.pem", NEW),
        ("anchors.pem", "nothing"),
        ("anchors.pem", root("Twin", DEVELOPMENT_MARK)),
    ],
)
def test_files_of_no_use_change_nothing_and_are_told_once(
    trust: Trust, write: Any, caplog: pytest.LogCaptureFixture, name: str, content: object
) -> None:
    with caplog.at_level(logging.ERROR, "mohr.trust"):
        write(name, content)
        assert (trust.anchors, trust.history.weak_from, trust.retired_anchors) == ((OLD,), (), ())
        assert trust.anchors == (OLD,)
    assert len(caplog.records) == 1
    assert "go on to hold" in caplog.text


def test_a_file_mended_is_read(trust: Trust, write: Any, tmp_path: Path) -> None:
    (tmp_path / "keys/anchors.pem").unlink()
    assert trust.anchors == (OLD,)
    write("anchors.pem", NEW)
    assert trust.anchors == (NEW,)


def test_the_first_reading_forgives_nothing(tmp_path: Path, write: Any, trust: Trust) -> None:
    settings = SimpleNamespace(
        home=tmp_path, environment="production", verifier=SimpleNamespace(require_non_repudiation=0)
    )
    write("trust.toml", "[weak")
    with pytest.raises(MohrError, match=r"keys\.history_invalid"):
        Trust(settings)  # type: ignore[arg-type]
