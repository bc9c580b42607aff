"""Load never changes a verdict: it makes an answer late, or *busy*, and nothing else."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from clearance.errors import Busy
from clearance.verdict import Reason
from verifier import scanned_copy_reading, tasks, time_limit
from verifier.sandbox import Lane, Sandbox
from verifier.trust import TrustPolicy

TRUST = TrustPolicy(anchors_der=(), seals_der=(), at=datetime(2025, 5, 4, tzinfo=UTC))
AT_ONCE = 4
SECONDS = 90
"""In which every caller has an answer, coming again whenever told that we are busy."""


@pytest.fixture
def burners() -> Iterator[None]:
    """Twice as many processes as processors, each of which wants one for itself."""
    busy = "import time\nend = time.monotonic() + 120\nwhile time.monotonic() < end: pass"
    count = 2 * (os.cpu_count() or 1)
    running = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(count)]
    yield
    for each in running:
        each.kill()
        each.wait()


@pytest.fixture(scope="session")
def scanned_copies(load_vectors: Callable[[str], ModuleType]) -> ModuleType:
    return load_vectors("scanned_copies")


def asked(service: Any, content: bytes) -> list[str]:
    """Ask until there is a verdict; return it, with a *busy* for each time before."""
    answers = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        answer = service.http.post("/v1/verifications", files={"file": content}, timeout=30)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            assert answer.status_code == httpx.codes.OK, answer.text
            return [*answers, answer.json()["outcome"]]
        assert answer.json()["code"] == "verifier.busy"
        answers.append("busy")
        time.sleep(0.2)
    return answers


@pytest.mark.usefixtures("burners")
def test_scans_at_once_on_a_busy_machine_are_copies(
    running_service: Any, made: Any, scanned_copies: ModuleType
) -> None:
    page = scanned_copies.page_picture(made.document)
    names = ["scanned PDF, 100 dpi", "scan, 150 dpi, JPEG", "photo from the side, 2 MP"]
    scans = [scanned_copies.PICTURES[name](page) for name in names]
    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = list(callers.map(lambda scan: asked(running_service, scan), scans * AT_ONCE))
    assert {each for answer in answers for each in answer} <= {"copy", "busy"}, answers
    assert [each[-1] for each in answers] == ["copy"] * len(answers), "everyone gets a verdict"


def test_who_could_not_wait_finds_the_work_done(bad_files: ModuleType) -> None:
    """So that a busy machine still gets on, and takes up nothing twice."""
    sandbox = Sandbox(workers=1, memory_bytes=2**29, seconds=3)
    slow = bad_files.many_fields_in_one_stream()
    lane = sandbox.single
    try:
        until_loaded(lane)
        lane._patience_seconds = 0.05
        with pytest.raises(Busy):
            lane.examine(slow, TRUST)
        lane._patience_seconds = 60
        (worker,) = lane._workers
        taken = worker._files
        later = replace(TRUST, at=datetime(2025, 5, 5, tzinfo=UTC))
        (found,) = lane.examine(slow, later).findings
        assert found.reason is Reason.CHECK_TIMED_OUT
        assert found.parameters == {"exceeded": "time"}
        assert worker._files in {0, taken}, "it was not begun again"
    finally:
        sandbox.close()


def until_loaded(lane: Lane) -> None:
    for _ in range(600):
        try:
            lane.examine(b"%PDF-1.7", TRUST)
        except Busy:
            time.sleep(0.1)
        else:
            return
    pytest.fail("no worker ever got ready")


def waiting() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )


def ended(process: "subprocess.Popen[bytes]", **limits: float) -> None:
    """Wait for the end of a process, as for its answer."""
    with time_limit.time_limit(process, **limits):
        process.wait()
        raise EOFError


def test_a_process_that_only_waits_uses_no_processor_time() -> None:
    with waiting() as process, pytest.raises(time_limit.WallTimeError):
        ended(process, processor_seconds=0.5, wall_seconds=1.0)


@pytest.mark.usefixtures("burners")
def test_a_process_that_computes_is_ended_by_its_own_time_alone() -> None:
    program = [sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(program) as process, pytest.raises(time_limit.ProcessorTimeError):
        ended(process, processor_seconds=0.5, wall_seconds=60.0)


# --- what is not looked at is said


def blank(pages: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(200, 200)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_pages_behind_the_first_ones_are_left_out() -> None:
    most = scanned_copy_reading.MOST_PAGES
    assert scanned_copy_reading.read_scanned_copy(blank(most), codes=True).left_out == ()
    reading = scanned_copy_reading.read_scanned_copy(blank(most + 1), codes=True)
    assert reading.left_out == (Reason.PAGES_LEFT_OUT,)
    assert len(reading.pages) == most


def test_no_time_for_pages_and_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanned_copy_reading, "LOOKING_SECONDS", 0.0)
    reading = scanned_copy_reading.read_scanned_copy(blank(2), codes=True)
    assert (len(reading.pages), reading.left_out) == (1, (Reason.PAGES_NOT_REACHED,))
    assert reading.unread == (2,)
    file = io.BytesIO()
    Image.new("L", (200, 200), 255).save(file, "PNG")
    reading = scanned_copy_reading.read_scanned_copy(file.getvalue(), codes=True)
    assert reading.left_out == (Reason.SEARCH_ENDED,)
    assert reading.pages[0].codes == ()


def test_a_search_without_end_is_told_from_one_that_found_nothing() -> None:
    file = io.BytesIO()
    Image.new("L", (200, 200), 255).save(file, "PNG")
    assert scanned_copy_reading.read_scanned_copy(file.getvalue(), codes=True).left_out == ()


def test_a_certificate_on_the_eleventh_page_could_not_be_checked(
    running_service: Any, made: Any, scanned_copies: ModuleType
) -> None:
    page = scanned_copies.page_picture(made.document)
    scan = pypdfium2.PdfDocument(scanned_copies.PICTURES["scanned PDF, 100 dpi"](page))
    document = pypdfium2.PdfDocument(blank(scanned_copy_reading.MOST_PAGES))
    document.import_pages(scan)
    file = io.BytesIO()
    document.save(file)
    verdict = running_service.verify(file.getvalue())
    assert verdict["outcome"] == "could_not_check"
    assert verdict["reasons"][0] == "paper.pages_left_out"
    assert "page with the QR code" in verdict["explanations"][0]["en"]


def test_reading_has_processor_time_of_its_own() -> None:
    assert scanned_copy_reading.LOOKING_SECONDS < tasks.READING_SECONDS
