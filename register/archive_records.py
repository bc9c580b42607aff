"""What the register says of archival revisions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clearance.long_life import Strength
from register.records import SealedDocument


class Cause(StrEnum):
    """Why a revision is due."""

    NONE_YET = "none_yet"
    """There is no archival revision yet."""
    CERTIFICATE_ENDS = "certificate_ends"
    """A certificate of the newest timestamp's path ends soon."""
    ALGORITHM_WEAK = "algorithm_weak"
    """The policy calls an algorithm of the newest timestamp weak, now or soon."""
    ANCHOR_RETIRES = "anchor_retires"
    """The anchor of the newest timestamp retires soon, or did."""


@dataclass(frozen=True, kw_only=True)
class ArchivalRevision:
    """A registered archival revision."""

    number: str
    """Of the document's record."""
    revision: int
    """From 1 on."""
    sha256: str
    """Of the file, lowercase hexadecimal."""
    size: int
    """Bytes."""
    made_at: datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A revision that is to be made."""

    document: SealedDocument
    """The document as sealed."""
    revision: int
    """The number that it will have."""
    base_sha256: str
    """The registered file that it continues: the original, or the revision before."""
    strength: Strength | None
    """Of the revision before; None for the first."""
    cause: Cause
    attempts: int
    """How often it failed so far."""

    @property
    def number(self) -> str:
        """Of the document's record."""
        return self.document.number
