"""Verdicts on the terminal, in Persian and English."""

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text

from api.verification.differences import difference_lines
from clearance.expectation import Agreement
from clearance.verdict import Finding, Outcome, Reason, Verdict
from service.cli.console import out
from templates.catalogues import page_text, reason_text

STYLES: Final[Mapping[str, str]] = {
    Outcome.AUTHENTIC: "bold green",
    Outcome.WITHDRAWN: "bold yellow",
    Outcome.COPY: "bold yellow",
    Outcome.COULD_NOT_CHECK: "bold yellow",
}


def show_verdict(file: str, verdict: Verdict) -> None:
    """Print what this machine found."""
    text = page_text("outcomes", verdict.outcome, "file", "heading")
    _heading(file, verdict.outcome, text.fa, text.en, verdict.number)
    for finding in verdict.findings:
        _show_revocation(finding)
    for line in difference_lines(verdict):
        out.print(Text(f"  {line.name.fa}: {line.found or '-'}  ≠  {line.issued or '-'}"))
    for reason in verdict.reasons:
        out.print(Text(f"  {reason}  {reason_text(reason).en}"))


def show_answer(file: str, answer: dict[str, Any]) -> None:
    """Print what a service answered (``api.verification.file_schemas.FileAnswer``)."""
    message = answer["message"]
    _heading(file, answer["outcome"], message["fa"], message["en"], answer["number"])
    standing = answer["clearance"] and answer["clearance"]["standing"]
    if standing and standing["at"]:
        why = standing["message"] or {"fa": "", "en": ""}
        out.print(Text(f"  {standing['at']}  {why['fa']}  {why['en']}"))
        if standing["replacement"]:
            out.print(Text(f"  → {standing['replacement']}"))
    for each in answer["differences"]:
        out.print(
            Text(f"  {each['name']['fa']}: {each['found'] or '-'}  ≠  {each['issued'] or '-'}")
        )
    for reason, text in zip(answer["reasons"], answer["explanations"], strict=True):
        out.print(Text(f"  {reason}  {text['en']}"))
    _show_comparison(answer["comparison"])


def _heading(file: str, outcome: str, fa: str, en: str, number: str | None) -> None:
    out.print(Text(f"{file}: {outcome}", style=STYLES.get(outcome, "bold red")))
    out.print(Text(f"  {fa}\n  {en}"))
    if number:
        out.print(Text(f"  {number}"))


def _show_comparison(comparison: dict[str, Any] | None) -> None:
    if comparison is None:
        return
    style = "bold green" if comparison["agrees"] else "bold red"
    message = comparison["message"]
    out.print(Text(f"  {message['fa']}\n  {message['en']}", style=style))
    for each in comparison["fields"]:
        if each["result"] != Agreement.EQUAL:
            found = "-" if each["found"] is None else each["found"]
            out.print(Text(f"  {each['field']}: {each['expected']}  ≠  {found}"))


def _show_revocation(finding: Finding) -> None:
    """Say since when a clearance is withdrawn, why, and what stands in its place."""
    facts = finding.parameters
    if finding.reason not in (Reason.REVOKED, Reason.REPLACED):
        return
    why = page_text("revocation_reasons", facts["reason"])
    out.print(Text(f"  {facts['at']}  {why.fa}  {why.en}"))
    if "replacement" in facts:
        out.print(Text(f"  → {facts['replacement']}"))
