"""What the verifier can say of a file or token: outcomes, stages, findings, reason codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """The verdict in one word."""

    AUTHENTIC = "authentic"
    """Issued by us, unchanged, and in force."""
    WITHDRAWN = "withdrawn"
    """Issued by us and unchanged, but revoked or replaced since."""
    OTHER_DOCUMENT = "other_document"
    """Issued by us and unchanged, but no clearance: minutes of the paper channel."""
    ALTERED = "altered"
    """Derived from something that we issued, but not what we issued."""
    OUTSIDE_CHANNEL = "outside_channel"
    """Not from the electronic channel; void by clause 4 of the circular (R10)."""
    UNREADABLE = "unreadable"
    """Not a document that can be judged: empty, not a PDF, damaged, encrypted."""
    COULD_NOT_CHECK = "could_not_check"
    """Our own fault or an outage: says nothing about the document."""


class Stage(StrEnum):
    """The ordered stages of the verification of a file."""

    SIZE_AND_TYPE = "size_and_type"
    DIGEST = "digest"
    STANDING = "standing"
    STRUCTURE = "structure"
    SIGNATURE = "signature"
    MODIFICATION = "modification"
    POLICY = "policy"


class Level(StrEnum):
    """How much a finding weighs."""

    PASSED = "passed"
    NOTE = "note"
    FAILED = "failed"


class Reason(StrEnum):
    """Stable reason codes; their texts stand in ``templates/messages/reasons.toml``."""

    REGISTERED = "register.digest_known"
    """The file's SHA-256 is that of a registered document."""
    NOT_REGISTERED = "register.digest_unknown"
    """The register holds no document with this SHA-256."""
    REGISTERED_MINUTES = "register.minutes"
    """The file's SHA-256 is that of registered minutes, which are no clearance."""
    IN_FORCE = "register.in_force"
    """The clearance is neither revoked nor replaced."""
    REVOKED = "register.revoked"
    """The clearance has been revoked."""
    REPLACED = "register.replaced"
    """The clearance has been replaced by another."""
    REGISTER_UNAVAILABLE = "register.unavailable"
    """The register does not answer."""
    EMPTY = "file.empty"
    FILE_UNAVAILABLE = "file.unavailable"
    """The file could not be read from where it lies; nothing is known of it."""
    TOO_LARGE = "file.too_large"
    NOT_PDF = "file.not_pdf"
    ENCRYPTED = "file.encrypted"
    DAMAGED = "file.damaged"
    """The file begins like a PDF but cannot be read as one."""
    REPAIRED = "file.repaired"
    """The file is damaged; only a repair in memory made it readable."""
    BEGINS_WITH_ISSUED = "file.begins_with_issued"
    """The file begins with all the bytes of a registered document and goes on after them."""
    CARRIES_ISSUED_CONTENT = "file.carries_issued_content"
    """The attached clearance data is that of a registered clearance."""
    CARRIES_OUR_SEAL = "signature.our_seal"
    """The file bears one of our seal certificates, with a good signature or a broken one."""
    NO_SIGNATURE = "signature.none"
    STRANGER = "signature.stranger"
    """Signed, but not with one of our seal certificates."""
    SIGNATURE_VALID = "signature.valid"
    """Integrity, path, revocation, usage and timestamp of the seal were all found good."""
    SIGNATURE_BROKEN = "signature.broken"
    """The signed bytes do not match the signature."""
    SIGNATURE_NOT_TRUSTED = "signature.not_trusted"
    """The certificate path, its revocation status or its usage does not satisfy the policy."""
    TIMESTAMP_MISSING = "signature.timestamp_missing"
    TIMESTAMP_NOT_TRUSTED = "signature.timestamp_not_trusted"
    NOT_WHOLE_FILE = "modification.not_whole_file"
    """The signature does not cover the whole file."""
    CHANGED_AFTER_SEALING = "modification.changed_after_sealing"
    UNCHANGED_AFTER_SEALING = "modification.unchanged"
    CHANGES_NOT_FORBIDDEN = "modification.not_forbidden"
    """The seal is not a certification signature that permits no changes."""
    CHECK_TIMED_OUT = "check.timed_out"
    """Examining the file took more time or memory than allowed."""
    CHECK_FAILED = "check.failed"
    """A fault of ours while examining; the document is not to blame."""
    CHECK_DISAGREES = "check.disagrees"
    """The register knows the file, but its cryptographic evidence does not hold."""
    TOKEN_VALID = "token.valid"  # noqa: S105 - a reason code, not a secret
    TOKEN_MALFORMED = "token.malformed"  # noqa: S105
    TOKEN_UNKNOWN_KEY = "token.unknown_key"  # noqa: S105
    TOKEN_SIGNATURE_BROKEN = "token.signature_broken"  # noqa: S105
    TOKEN_NOT_REGISTERED = "token.not_registered"  # noqa: S105


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
class Verdict:
    """The outcome for one file or token, with everything that led to it."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    """The reasons that decided, most weighty first."""
    findings: tuple[Finding, ...]
    """All findings, in the order of the stages."""
    sha256: str
    """SHA-256 of the file or token as lowercase hexadecimal."""
    number: str | None
    """Clearance number that the file or token belongs to, where the register knows it."""
    checked_at: datetime
    """When the verdict was reached (UTC)."""
