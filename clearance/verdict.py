"""What the verifier can say of a file or token: outcomes, stages, findings, reason codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self


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

    def finding(self, level: "Level", reason: "Reason", /, **parameters: str) -> "Finding":
        """Return a finding of this stage; ``parameters`` are its evidence."""
        return Finding(stage=self, level=level, reason=reason, parameters=parameters)

    def passed(self, reason: "Reason", /, **parameters: str) -> "Finding":
        """Return a finding in favour of the file."""
        return self.finding(Level.PASSED, reason, **parameters)

    def noted(self, reason: "Reason", /, **parameters: str) -> "Finding":
        """Return a finding that weighs nothing by itself."""
        return self.finding(Level.NOTE, reason, **parameters)

    def failed(self, reason: "Reason", /, **parameters: str) -> "Finding":
        """Return a finding against the file, or why a stage could not be finished."""
        return self.finding(Level.FAILED, reason, **parameters)


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
    REGISTERED_RECEIPT = "register.receipt"
    """The file's SHA-256 is that of a receipt of a verification, which is no clearance."""
    REGISTERED_OTHER = "register.other_document"
    """The file's SHA-256 is that of a registered document of another kind, and no clearance."""
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
    ONE_REVISION = "structure.one_revision"
    """The file was written in one go: one revision, and nothing lies outside it."""
    SAVED_ONCE = "structure.saved_once"
    """The file was saved once, but its form is not flawless in other respects."""
    REVISIONS = "structure.revisions"
    """The file was saved more than once; each saving appended a revision."""
    BYTES_BEFORE = "structure.bytes_before"
    """Bytes stand before the header."""
    BYTES_AFTER = "structure.bytes_after"
    """Bytes stand behind the end of the last revision."""
    UNLINKED_REVISION = "structure.unlinked_revision"
    """An end of file inside that belongs to no revision: the newer ones do not lead back to it."""
    DUPLICATE_OBJECTS = "structure.duplicate_objects"
    """One revision holds several objects with the same number: readers may choose differently."""
    UNLISTED_OBJECTS = "structure.unlisted_objects"
    """Objects that no cross-reference names: hidden, until something points to them."""
    SEVERAL_CATALOGS = "structure.several_catalogs"
    """The file has several roots, so that readers may show different documents."""
    HYBRID_REFERENCES = "structure.hybrid_references"
    """Old and new readers are led to different cross-references."""
    NOT_STRICT = "structure.not_strict"
    """Only a forgiving reader opens the file: its cross-references had to be rebuilt."""
    SIGNED_RANGE_EXACT = "structure.signed_range"
    """The signed bytes leave out the signature's own value and nothing else before the end."""
    SIGNED_RANGE_WRONG = "structure.signed_range_wrong"
    """The signature's byte range is missing, malformed, overlaps, or leaves out more."""
    CARRIES_OUR_SEAL = "signature.our_seal"
    """The file bears one of our seal certificates, with a good signature or a broken one."""
    NO_SIGNATURE = "signature.none"
    STRANGER = "signature.stranger"
    """Signed, but not with one of our seal certificates."""
    IMITATES_SEAL = "signature.imitates_seal"
    """A stranger's certificate bears the name of our seal."""
    SEAL_WITHOUT_RECORD = "signature.seal_without_record"
    """Our seal was set on exactly these bytes, of which the register knows nothing."""
    SIGNATURE_INTACT = "signature.intact"
    """The signed bytes match the signature."""
    PATH_TRUSTED = "signature.path_trusted"
    """The certificate is ours and its path leads to one of our trust anchors."""
    PURPOSE_FITS = "signature.purpose_fits"
    """The certificate may be used for sealing."""
    NOT_REVOKED = "signature.not_revoked"
    """Revocation evidence in the file covers the path at the time of the timestamp."""
    REVOCATION_NOT_SHOWN = "signature.revocation_not_shown"
    """The layout carries no revocation evidence."""
    ALGORITHMS_STRONG = "signature.algorithms_strong"
    """Hashes and keys were strong enough at the time of the signature."""
    TIMESTAMP_TRUSTED = "signature.timestamp_trusted"
    """A trusted authority attests the time."""
    DER_ORDERED = "signature.der_ordered"
    """The signed attributes are encoded as the standard demands."""
    NOT_DER_ORDERED = "signature.not_der_ordered"
    """The signed attributes are not in DER order: validators may disagree on the signature."""
    SIGNATURE_VALID = "signature.valid"
    """Integrity, path, revocation, usage and timestamp of the seal were all found good."""
    SIGNATURE_BROKEN = "signature.broken"
    """The signed bytes do not match the signature."""
    SIGNATURE_NOT_TRUSTED = "signature.not_trusted"
    """No acceptable path leads from the certificate to our trust anchors."""
    SEAL_REVOKED = "signature.revoked"
    """A certificate of the path had been revoked when the seal was set."""
    SEAL_NOT_CURRENT = "signature.not_current"
    """A certificate of the path had ended, or not begun, when the seal was set."""
    WRONG_PURPOSE = "signature.wrong_purpose"
    """The certificate may not be used for sealing."""
    WEAK_ALGORITHM = "signature.weak_algorithm"
    """A hash or key was too weak at the time of the signature."""
    REVOCATION_UNKNOWN = "signature.revocation_unknown"
    """The file holds no revocation evidence that was current when the seal was set."""
    TIMESTAMP_MISSING = "signature.timestamp_missing"
    TIMESTAMP_NOT_TRUSTED = "signature.timestamp_not_trusted"
    NOT_WHOLE_FILE = "modification.not_whole_file"
    """The signature does not cover the whole file."""
    CHANGED_AFTER_SEALING = "modification.changed_after_sealing"
    UNCHANGED_AFTER_SEALING = "modification.unchanged"
    CHANGES_NOT_FORBIDDEN = "modification.not_forbidden"
    """The seal is not a certification signature that permits no changes."""
    PAGE_CONTENT_CHANGED = "modification.page_content"
    """A later revision changed what a page shows."""
    PAGES_ADDED = "modification.pages_added"
    PAGES_REMOVED = "modification.pages_removed"
    ANNOTATION_CHANGED = "modification.annotation"
    """A later revision added, changed or removed an annotation."""
    FORM_FIELD_CHANGED = "modification.form_field"
    """A later revision added, changed or removed a form field."""
    SIGNATURE_OVER_CONTENT = "modification.signature_over_content"
    """A later revision laid a visible signature over a page."""
    SIGNATURE_ADDED = "modification.signature_added"
    """A later revision added or changed an invisible signature."""
    ATTACHMENT_CHANGED = "modification.attachment"
    METADATA_CHANGED = "modification.metadata"
    ACTION_CHANGED = "modification.action"
    """A later revision added or changed something that runs by itself: script, launch, opening."""
    EVIDENCE_ADDED = "modification.evidence"
    """A later revision added validation evidence, which changes nothing that is shown."""
    OTHER_CHANGE = "modification.other"
    """A later revision changed something else."""
    TOO_MANY_CHANGES = "modification.too_many"
    """More revisions or objects than are compared."""
    LOOKS_DIFFERENT = "modification.looks_different"
    """Drawn, a page looks different from the same page before the later revisions."""
    LOOKS_THE_SAME = "modification.looks_the_same"
    """Drawn, the pages look as they did before the later revisions."""
    EVIDENCE_LASTS = "evidence.lasts"
    """Until when the evidence in the file itself holds; the reports say what carries it instead."""
    EVIDENCE_EMBEDDED = "evidence.embedded"
    """The evidence in the file itself convinces today."""
    EVIDENCE_ARCHIVAL = "evidence.archival"
    """An archival revision of the clearance, made in time, carries the file today."""
    EVIDENCE_REGISTER_ALONE = "evidence.register_alone"
    """The register's digest alone carries the file today."""
    ARCHIVE_INCOMPLETE = "evidence.archive_incomplete"
    """A registered archival revision does not end with a document timestamp over all of it."""
    CHANGED_CONTENT = "file.changed_content"
    """The attached data name a registered clearance with its code, but state something else."""
    PICTURE_DAMAGED = "paper.picture_damaged"
    """The file begins like a picture but cannot be decoded as one."""
    TOO_MANY_PIXELS = "paper.too_many_pixels"
    """The picture has more pixels than are decoded."""
    NO_CODE = "paper.no_code"
    """No QR code of ours was found."""
    NAMES_CLEARANCE = "paper.names_clearance"
    """A QR code that we signed names a registered clearance; the paper around it proves nothing."""
    SEVERAL_CLEARANCES = "paper.several_clearances"
    """QR codes of several clearances in one file."""
    CODE_LEADS_ELSEWHERE = "paper.code_leads_elsewhere"
    """The QR code holds a token of ours, but opens another address than ours."""
    PRINTED_DIFFERENTLY = "paper.printed_differently"
    """The text of the file states another fact than the register does."""
    TEXT_COMPARED = "paper.text_compared"
    """Facts in the text of the file that are the register's; what can be seen may differ."""
    ZIP_ENCRYPTED = "zip.encrypted"
    """The file lies in a ZIP archive under a password."""
    ZIP_DAMAGED = "zip.damaged"
    """The archive's list and the file's bytes contradict each other: size, checksum, name."""
    ZIP_METHOD = "zip.method"
    """The file is packed in another way than stored or deflated."""
    ZIP_NAME = "zip.name"
    """The file's name in the archive is absolute or leads out of its folder."""
    ZIP_NAME_TWICE = "zip.name_twice"
    """The archive holds several files of one name: an answer could be taken for the other's."""
    ZIP_NO_FILE = "zip.no_file"
    """The archive holds a link or a device under this name."""
    ZIP_OVERLAP = "zip.overlap"
    """The file's bytes in the archive are those of other files too."""
    ZIP_BOMB = "zip.bomb"
    """The file, or the archive, unpacks to far more than what is packed."""
    CHECK_TIMED_OUT = "check.timed_out"
    """Examining the file took more time or memory than allowed."""
    CHECK_FAILED = "check.failed"
    """A fault of ours while examining; the document is not to blame."""
    CHECK_CROWDED_OUT = "check.crowded_out"
    """Others' files took all workers for longer than one of many files waits for them."""
    CHECK_DISAGREES = "check.disagrees"
    """The register knows the file, but its cryptographic evidence does not hold."""
    NOT_EXAMINED = "check.not_examined"
    """Only the file's digest was given: what this stage would ask was not asked."""
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
