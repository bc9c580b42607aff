"""A crowd of large files holds up neither small ones nor everyone for long."""

import threading

import pytest

from clearance.errors import Unavailable
from verifier import large_file_gate
from verifier.large_file_gate import LARGE_FILES_WAITING, LargeFileGate
from verifier.seal_fingerprints import SMALL

LARGE = bytes(SMALL)


def test_small_files_never_wait() -> None:
    gate = LargeFileGate()
    with gate.searching(LARGE), gate.searching(LARGE[1:]), gate.searching(b""):
        pass


def test_large_files_are_searched_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_file_gate, "WAIT_SECONDS", 0.01)
    gate = LargeFileGate()
    refused = pytest.raises(Unavailable, match=r"verifier\.busy")
    with gate.searching(LARGE), refused, gate.searching(LARGE):
        pass
    with gate.searching(LARGE):
        pass


def test_a_crowd_is_turned_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_file_gate, "WAIT_SECONDS", 30)
    gate = LargeFileGate()
    inside = threading.Event()
    let_go = threading.Event()
    passed = []

    def search() -> None:
        with gate.searching(LARGE):
            inside.set()
            let_go.wait(20)
            passed.append(True)

    threads = [threading.Thread(target=search) for _ in range(LARGE_FILES_WAITING)]
    for each in threads:
        each.start()
    assert inside.wait(20)
    while gate._places._value:
        pass
    with pytest.raises(Unavailable, match=r"verifier\.busy"), gate.searching(LARGE):
        pass
    let_go.set()
    for each in threads:
        each.join(20)
    assert len(passed) == LARGE_FILES_WAITING


def test_a_fault_gives_the_turn_back() -> None:
    gate = LargeFileGate()
    with pytest.raises(ValueError, match="broken"), gate.searching(LARGE):
        raise ValueError("broken")
    with gate.searching(LARGE):
        pass
