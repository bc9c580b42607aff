from pathlib import Path

import pytest

from hsm.errors import PinRejected
from hsm.pin import pin_source

VARIABLE = "MOHR_TEST_PIN"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = tmp_path / "pin"
    file.write_text("0815\n")
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_reads_a_private_file(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert pin_source(file=file, variable=VARIABLE)() == "0815"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o620, 0o601])
def test_refuses_a_file_that_is_open_to_others(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(PinRejected) as caught:
        pin_source(file=file, variable=VARIABLE)()
    assert caught.value.code == "hsm.pin_file_open_to_others"
    assert "0815" not in repr(caught.value.parameters)


def test_the_environment_wins(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = pin_source(file=file, variable=VARIABLE)
    monkeypatch.setenv(VARIABLE, "4711")
    assert read() == "4711"


def test_reads_anew_each_time(file: Path) -> None:
    read = pin_source(file=file, variable=VARIABLE)
    read()
    file.write_text("changed")
    assert read() == "changed"


def test_only_line_ends_are_cut_off(file: Path) -> None:
    file.write_bytes(b" with blanks \r\n")
    assert pin_source(file=file, variable=VARIABLE)() == " with blanks "


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_no_pin_in_the_file(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(PinRejected) as caught:
        pin_source(file=file, variable=VARIABLE)()
    assert caught.value.code == "hsm.pin_missing"


def test_no_file(file: Path) -> None:
    file.unlink()
    with pytest.raises(PinRejected) as caught:
        pin_source(file=file, variable=VARIABLE)()
    assert caught.value.code == "hsm.pin_missing"


def test_neither_file_nor_variable(file: Path) -> None:
    with pytest.raises(PinRejected) as caught:
        pin_source(file=None, variable=VARIABLE)()
    assert caught.value.parameters == {"where": VARIABLE}
