"""What the verifier can say of a file or token: outcomes, stages, findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from clearance.reasons import Reason

__all__ = ["Difference", "Finding", "Level", "Outcome", "Reason", "Stage", "Verdict"]


class Outcome(StrEnum):
    """The verdict in one word."""

    AUTHENTIC = "authentic"
    """Issued by us, unchanged, and in force."""
    WITHDRAWN = "withdrawn"
    """Issued by us and unchanged, but revoked or replaced since."""
    OTHER_DOCUMENT = "other_document"
    """Issued by us and unchanged, but no clearance: minutes, a receipt, a further kind."""
    COPY = "copy"
    """A picture, scan or print of a paper that names a clearance; proves nothing by itself."""
    ALTERED = "altered"
    """Derived from something that we issued, but not what we issued."""
    OUTSIDE_CHANNEL = "outside_channel"
    """Not from the electronic channel; void by clause 4 of the circular (R10)."""
    UNREADABLE = "unreadable"
    """Not a document that can be judged: empty, not a PDF, damaged, encrypted."""
    COULD_NOT_CHECK = "could_not_check"
    """Our own fault or an outage: says nothing about the document."""


class Stage(StrEnum):
    """The ordered stages of the verification of a file; each makes the findings of its own."""

    SIZE_AND_TYPE = "size_and_type"
    DIGEST = "digest"
    STANDING = "standing"
    STRUCTURE = "structure"
    SIGNATURE = "signature"
    MODIFICATION = "modification"
    POLICY = "policy"

    def finding(self, level: "Level", reason: Reason, /, **parameters: str) -> "Finding":
        """Return a finding of this stage; ``parameters`` are its evidence."""
        return Finding(stage=self, level=level, reason=reason, parameters=parameters)

    def passed(self, reason: Reason, /, **parameters: str) -> "Finding":
        """Return a finding in favour of the file."""
        return self.finding(Level.PASSED, reason, **parameters)

    def noted(self, reason: Reason, /, **parameters: str) -> "Finding":
        """Return a finding that weighs nothing by itself."""
        return self.finding(Level.NOTE, reason, **parameters)

    def failed(self, reason: Reason, /, **parameters: str) -> "Finding":
        """Return a finding against the file, or why a stage could not be finished."""
        return self.finding(Level.FAILED, reason, **parameters)


class Level(StrEnum):
    """How much a finding weighs."""

    PASSED = "passed"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One answer of one stage."""

    stage: Stage
    level: Level
    reason: Reason
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Evidence in plain strings, such as a subject name or a count; never file content.
    A plain mapping, since findings travel between processes."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One fact that a file states otherwise than the register does."""

    field: str
    """Its place in the canonical data (JSON Pointer, RFC 6901)."""
    issued: str | None
    """What was issued, as text; ``None`` if it has no such field."""
    found: str | None
    """What the file states, cut to a bounded length; ``None`` if it has no such field."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome for one file or token, with everything that led to it."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    """The reasons that decided, most weighty first."""
    findings: tuple[Finding, ...]
    """All findings, in the order of the stages whatever the order in which they are given."""
    sha256: str
    """SHA-256 of the file or token as lowercase hexadecimal."""
    number: str | None
    """Clearance number that the file or token belongs to, where the register knows it."""
    checked_at: datetime
    """When the verdict was reached (UTC)."""
    differences: tuple[Difference, ...] = ()
    """How the file's data or text differ from the clearance ``number``; for its holders alone."""

    def __post_init__(self) -> None:
        stages = list(Stage)
        ordered = sorted(self.findings, key=lambda each: stages.index(each.stage))
        object.__setattr__(self, "findings", tuple(ordered))

    @classmethod
    def unseen(cls, outcome: Outcome, reason: Reason, *findings: Finding, at: datetime) -> Self:
        """Return the verdict on a file whose bytes nobody has looked at, for ``reason``."""
        return cls(
            outcome=outcome,
            reasons=(reason,),
            findings=findings,
            sha256="",
            number=None,
            checked_at=at,
        )

    def with_findings(self, *findings: Finding) -> Self:
        """Return the same verdict with more findings."""
        return replace(self, findings=(*self.findings, *findings))

    def decided(self, outcome: Outcome, *reasons: Reason) -> Self:
        """Return the same findings with another outcome and the reasons that decided."""
        return replace(self, outcome=outcome, reasons=reasons)
