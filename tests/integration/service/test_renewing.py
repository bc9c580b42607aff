"""``mohr renew`` on a real service: what is due, made, served, verified in the sandbox."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

MOHR = Path(sys.executable).with_name("mohr")
SECONDS = 120


def renew(service: Any, *arguments: str) -> "subprocess.CompletedProcess[str]":
    at_once = {"MOHR_HOME": str(service.settings.home), "MOHR_ARCHIVE__FIRST_AFTER_MINUTES": "0"}
    return subprocess.run(
        [MOHR, "renew", *arguments],
        env=os.environ | at_once,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_clearance_gets_its_archival_revision(running_service: Any) -> None:
    made = running_service.issue()
    path = f"/v1/clearances/{made.number}/document?revision=archival"
    code = {"Verification-Code": made.verification_code}
    assert running_service.http.get(path, headers=code).status_code == 409

    listed = renew(running_service, made.number, "--dry-run")
    assert listed.returncode == 0, listed.stderr
    assert f"{made.number}  revision 1" in listed.stdout
    assert running_service.http.get(path, headers=code).status_code == 409

    unknown = renew(running_service, "1404-0041-999999-5", "--dry-run")
    assert (unknown.returncode, unknown.stdout) == (0, "due: 0\n")
    assert "1404-0041-999999-5: nothing is due, or there is no such document" in unknown.stderr

    done = renew(running_service, made.number)
    assert done.returncode == 0, done.stderr
    assert "archival revisions made: 1, failed: 0" in done.stdout
    archived = running_service.http.get(path, headers=code)
    assert archived.status_code == 200
    assert archived.content.startswith(made.document)
    assert len(archived.content) > len(made.document)

    for content in (made.document, archived.content):
        verdict = running_service.verify(content)
        assert verdict["outcome"] == "authentic", verdict
        assert verdict["number"] == made.number
        assert verdict["findings"][-1]["reason"] == "evidence.embedded"
    altered = running_service.verify(archived.content + b"\n")
    assert altered["outcome"] == "altered"
