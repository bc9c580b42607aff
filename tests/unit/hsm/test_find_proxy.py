import platform
from pathlib import Path

import pytest

from hsm.errors import HsmUnavailable
from hsm.library import PROXY, find_proxy

HERE = f"{platform.machine()}-linux-gnu"


def place(root: Path, *folders: str) -> Path:
    folder = root.joinpath(*folders)
    folder.mkdir(parents=True)
    (folder / PROXY).touch()
    return folder / PROXY


def test_this_architecture_before_the_others(tmp_path: Path) -> None:
    place(tmp_path, "lib", "aaa-linux-gnu")
    place(tmp_path, "lib64")
    wanted = place(tmp_path, "lib", HERE)
    assert find_proxy((tmp_path / "lib",)) == wanted


def test_layout_without_architectures(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    wanted = place(tmp_path, "lib64")
    assert find_proxy((tmp_path / "lib",)) == wanted


def test_the_first_root_wins(tmp_path: Path) -> None:
    place(tmp_path, "b", HERE)
    wanted = place(tmp_path, "a")
    assert find_proxy((tmp_path / "a", tmp_path / "b")) == wanted


def test_only_another_architecture(tmp_path: Path) -> None:
    place(tmp_path, "lib", "other-linux-gnu")
    with pytest.raises(HsmUnavailable) as caught:
        find_proxy((tmp_path / "lib",))
    assert caught.value.code == "hsm.p11_kit_missing"
