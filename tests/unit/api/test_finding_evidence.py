"""What a finding rests on is shown under names that people understand."""

import re
import tomllib
from importlib.resources import files

from api.verification.results import FindingLine
from clearance.verdict import Finding, Level, Reason, Stage
from templates.catalogues import parameter_text, reason_text


def test_every_parameter_has_a_name_in_both_languages() -> None:
    content = files("templates").joinpath("messages", "parameters.toml").read_text("utf-8")
    for name, text in tomllib.loads(content).items():
        assert set(text) == {"fa", "en"}, name
        assert re.search("[آ-ی]", text["fa"]), name
        assert not re.search("[يك]", text["fa"]), name


def test_evidence_stands_beside_its_name() -> None:
    finding = Finding(
        stage=Stage.MODIFICATION,
        level=Level.FAILED,
        reason=Reason.LOOKS_DIFFERENT,
        parameters={"page": "1", "unheard_of": "x"},
    )
    line = FindingLine(finding=finding, message=reason_text(finding.reason))
    (page, one), (unknown, x) = line.evidence
    assert (page.fa, page.en, one) == ("صفحه", "Page", "1")
    assert (unknown.en, x) == ("unheard_of", "x")
    assert parameter_text("area").en.startswith("Area")
