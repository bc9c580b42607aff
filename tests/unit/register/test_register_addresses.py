"""What the register does before any database answers."""

import os
import tempfile
from pathlib import Path

import pytest

from clearance.errors import Refused
from register.database import open_database
from register.embedded import _alias


@pytest.mark.parametrize("url", ["postgresql://h/d", "postgresql+psycopg2://h/d"])
def test_the_driver_is_ours_whatever_the_address_says(url):
    assert open_database(url).dialect.driver == "psycopg"


@pytest.mark.parametrize("url", ["", "mysql://h/d", "sqlite://", "h/d", "postgres"])
def test_only_postgresql_is_an_address(url):
    with pytest.raises(Refused, match=r"register\.not_postgresql"):
        open_database(url)


def test_a_password_does_not_show():
    assert "secret" not in repr(open_database("postgresql://u:secret@h/d"))


@pytest.fixture
def shared(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_an_alias_is_short_and_always_the_same(shared, tmp_path):
    folder = tmp_path / ("long" * 50)

    link = _alias(folder)

    assert link.parent == shared
    assert link.readlink() == folder
    assert _alias(folder) == link
    assert _alias(tmp_path / "other") != link


def test_an_alias_that_leads_elsewhere_is_refused(shared, tmp_path):
    link = _alias(tmp_path / "ours")
    link.unlink()
    link.symlink_to(tmp_path / "theirs")

    with pytest.raises(PermissionError, match="not ours"):
        _alias(tmp_path / "ours")


def test_an_alias_of_another_user_is_refused(shared, tmp_path, monkeypatch):
    owner = os.geteuid()
    link = _alias(tmp_path / "ours")
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    Path(str(link).replace(f"-{owner}-", f"-{owner + 1}-")).symlink_to(tmp_path / "ours")

    with pytest.raises(PermissionError, match="not ours"):
        _alias(tmp_path / "ours")
