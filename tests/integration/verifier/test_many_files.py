"""Many files through the running service: an archive, a crowd of hostile ones, the command."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from register.records import Scope

MOHR = Path(sys.executable).with_name("mohr")
PATH = "/v1/verification-batches"
SECONDS = 60


def packed(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.fixture(scope="module")
def agency(running_service: Any) -> dict[str, str]:
    """The headers of an agency with a key of its own, sending an archive."""
    _, key = running_service.memory.clients.add("agency", frozenset({Scope.VERIFY}))
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/zip"}


def test_an_archive_of_many_kinds(
    running_service: Any, agency: dict[str, str], made: Any, bad_files: Any
) -> None:
    files = {
        "genuine.pdf": made.document,
        "again/genuine.pdf": made.document,
        "changed.pdf": bad_files.amount_changed(made.document),
        "foreign.pdf": bad_files.never_sealed(),
        "../genuine.pdf": made.document,
        "letter.txt": b"no document",
    }
    response = running_service.http.post(PATH, content=packed(files), headers=agency)
    assert response.status_code == 200, response.text
    first, *answers, last = map(json.loads, response.text.splitlines())
    assert first["files"] == len(files)
    assert {each["name"]: each["outcome"] for each in answers} == {
        "genuine.pdf": "authentic",
        "again/genuine.pdf": "authentic",
        "changed.pdf": "altered",
        "foreign.pdf": "outside_channel",
        "../genuine.pdf": "unreadable",
        "letter.txt": "unreadable",
    }
    assert sum(last["summary"]["outcomes"].values()) == len(files)
    assert "RateLimit" in response.headers


def test_a_stranger_is_served_while_hostile_files_are_many(
    running_service: Any, agency: dict[str, str], made: Any, load_vectors: Any, bad_files: Any
) -> None:
    hostile = load_vectors("hostile_outcomes").made(made.document)
    slow = hostile["a_hundred_thousand_fields"]()
    body = packed({f"{place}.pdf": slow + b"\n%%%d" % place for place in range(20)})
    taken: list[float] = []
    with running_service.http.stream("POST", PATH, content=body, headers=agency) as response:
        lines = response.iter_lines()
        assert json.loads(next(lines))["files"] == 20
        for _ in range(3):
            begun = time.monotonic()
            verdict = running_service.verify(bad_files.never_sealed())
            taken.append(time.monotonic() - begun)
            assert verdict["outcome"] == "outside_channel"
        second = running_service.http.post(PATH, content=body, headers=agency)
        assert second.json()["code"] == "files.running"
        # And goes, with most of the answers still to come.
    assert max(taken) < 2
    until = time.monotonic() + SECONDS
    while True:
        again = running_service.http.post(PATH, content=packed({"a": b""}), headers=agency)
        if again.status_code == httpx.codes.OK:
            break
        assert again.json()["code"] == "files.running"
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_command_through_the_service(
    running_service: Any, agency: dict[str, str], made: Any, tmp_path: Path
) -> None:
    (tmp_path / "in.zip").write_bytes(packed({"a.pdf": made.document, "b.pdf": made.document}))
    (tmp_path / "records.csv").write_text("file,contract.number\na.pdf,4711\n")
    key = tmp_path / "key"
    key.write_text(agency["Authorization"].removeprefix("Bearer "))
    through = ("--service", running_service.base_url, "--key-file", str(key))
    told = subprocess.run(
        [MOHR, "verify", "in.zip", "--json", "--expect", "records.csv", *through],
        env=os.environ | {"MOHR_HOME": str(tmp_path / "nowhere")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert told.returncode == 4, told.stderr
    answers = {each["file"]: each for each in map(json.loads, told.stdout.splitlines())}
    assert {each["outcome"] for each in answers.values()} == {"authentic"}
    assert answers["in.zip/a.pdf"]["comparison"]["fields"][0]["result"] == "different"
    assert answers["in.zip/b.pdf"]["comparison"] is None
