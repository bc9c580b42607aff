"""The bill of materials names what is pinned, each release with the hashes that it is held to."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements/runtime.txt").read_text()


def test_it_names_every_pinned_release_with_its_hashes(tmp_path: Path) -> None:
    written = tmp_path / "sbom.json"
    environment = Path(sys.executable).parent.parent
    subprocess.run(
        ["make", "--assume-old=setup-test", f"VENV={environment}", f"SBOM={written}", "sbom"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    bill = json.loads(written.read_bytes())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "mohr")
    pinned = dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", LOCK, re.M))
    assert {each["name"]: each["version"] for each in bill["components"]} == pinned
    hashes = {
        found["content"]
        for each in bill["components"]
        for reference in each["externalReferences"]
        for found in reference["hashes"]
    }
    assert hashes == set(re.findall(r"--hash=sha256:([0-9a-f]{64})", LOCK))
