"""Says which evidence carries a registered file today (docs/long-life.md).

The register vouches for the file in any case. Beside it stand, the first that convinces:

1. the evidence in the file itself, until its algorithms grow weak or its anchor retires;
2. the newest archival revision, whose document timestamps were made in time. It begins with all the
   bytes of the file, so what covers it covers the file;
3. nothing: the register's digest alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from clearance.clock import format_moment, parse_moment
from clearance.errors import MohrError
from clearance.verdict import Finding, Level, Reason, Stage
from register.archive_records import ArchivalRevision
from verifier.examination import Examination, Examiner
from verifier.trust import TrustPolicy


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The archival revisions, as far as the verifier asks for them; for several threads.

    Each raises ``clearance.errors.MohrError`` if it cannot answer.
    """

    newest: Callable[[str], ArchivalRevision | None]
    """The newest archival revision of a document, by its number."""
    read: Callable[[str], bytes]
    """A registered file by its SHA-256 (lowercase hexadecimal)."""


def carrying_finding(
    pdf: bytes,
    number: str,
    examination: Examination,
    *,
    trust: TrustPolicy,
    archive: Archive,
    examiner: Examiner,
) -> Finding:
    """Say what carries ``pdf``, a file of document ``number``, at the moment ``trust.at``.

    ``examination`` found it good.

    The parameter ``until`` (RFC 3339) tells until when, as far as that is known today, and
    ``revision`` counts archival revisions from 1 on. If the archive cannot be asked,
    ``cause`` names why the register stands alone.
    """
    until = held_until(examination)
    if _holds(until, trust.at):
        return _finding(Level.PASSED, Reason.EVIDENCE_EMBEDDED, until)
    try:
        newest = archive.newest(number)
        if newest is None:
            return _finding(Level.NOTE, Reason.EVIDENCE_REGISTER_ALONE, None)
        content = archive.read(newest.sha256)
    except MohrError as error:
        return _finding(Level.NOTE, Reason.EVIDENCE_REGISTER_ALONE, None, cause=error.code)
    if content.startswith(pdf):
        # As old as the register says, though our own clock may run behind.
        at = max(trust.at, newest.made_at)
        found = examiner.examine(content, replace(trust, at=at, archival=True))
        if found.agrees and _holds(until := held_until(found), trust.at):
            revision = str(newest.revision)
            return _finding(Level.PASSED, Reason.EVIDENCE_ARCHIVAL, until, revision=revision)
    return _finding(Level.NOTE, Reason.EVIDENCE_REGISTER_ALONE, None)


def held_until(examination: Examination) -> datetime | None:
    """Return until when an examined file's own evidence holds; None: no end is known."""
    for each in examination.findings:
        if each.reason is Reason.EVIDENCE_LASTS and "until" in each.parameters:
            return parse_moment(each.parameters["until"])
    return None


def _holds(until: datetime | None, at: datetime) -> bool:
    return until is None or at < until


def _finding(level: Level, reason: Reason, until: datetime | None, **parameters: str) -> Finding:
    if until is not None:
        parameters["until"] = format_moment(until)
    return Stage.POLICY.finding(level, reason, **parameters)
