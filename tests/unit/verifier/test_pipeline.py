"""The verdict on every kind of file, with the register played by a dictionary."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace

import pytest

from clearance.errors import Busy, Unavailable
from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from register.records import (
    RegisteredDocument,
    RevocationReason,
    SealedDocument,
    Standing,
    StandingState,
)
from verifier.cached_examiner import CachedExaminer
from verifier.examination import Examination, Examiners
from verifier.long_life import Archive
from verifier.pipeline import SIZE_LIMIT, Verifier
from verifier.seal_fingerprints import SMALL
from verifier.stages import examine
from verifier.trust import Evidence, TrustPolicy

TRUST = TrustPolicy(anchors_der=(), seals_der=(), at=datetime(2025, 5, 4, tzinfo=UTC))
NUMBER = "1404-0042-000001-5"
WITHDRAWN_AT = datetime(2025, 6, 1, 8, 0, tzinfo=UTC)


@dataclass
class Register:
    """Answers from memory; ``outage`` makes it answer nothing from the n-th question on."""

    issued: list[SimpleNamespace] = field(default_factory=list)
    outage: int | None = None
    asked: list[str] = field(default_factory=list)

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.outage is not None and len(self.asked) > self.outage:
            raise Unavailable("register.unavailable")

    def find(self, number: str) -> SimpleNamespace | None:
        self._ask("find")
        return next((each for each in self.issued if each.number == number), None)

    def documents(self, question: str, digests: list[str]) -> dict[str, RegisteredDocument]:
        self._ask(question)
        return {
            each.document_sha256: RegisteredDocument(
                document=SealedDocument(
                    kind=each.kind,
                    number=each.number,
                    sha256=each.document_sha256,
                    size=1,
                    layout=each.layout,
                    template_version=1,
                    sealed_at=each.sealed_at,
                ),
                revision=0,
                sealed_at=each.sealed_at,
                standing=each.standing,
            )
            for each in self.issued
            if each.document_sha256 in digests
        }

    def find_by_content_hash(self, content_hash: bytes) -> SimpleNamespace | None:
        self._ask("find_by_content_hash")
        return next((each for each in self.issued if each.content_hash == content_hash), None)


@dataclass
class Documents:
    """What the same register knows of sealed documents."""

    register: Register

    def find(self, digest: str) -> RegisteredDocument | None:
        return self.register.documents("find_document", [digest]).get(digest)

    def find_all(self, digests: list[str]) -> dict[str, RegisteredDocument]:
        return self.register.documents("find_documents", digests)


class InProcess:
    """Examines right here; ``last`` is the trust policy that it was given, ``asked`` whether the
    files were said to be registered."""

    def __init__(self, answer: Examination | Exception | None = None) -> None:
        self.answer = answer
        self.last: TrustPolicy | None = None
        self.asked: list[bool] = []

    def both(self) -> Examiners:
        return Examiners(
            registered=_Lane(self, registered=True), strangers=_Lane(self, registered=False)
        )


@dataclass
class _Lane:
    of: InProcess
    registered: bool

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        self.of.last = trust
        self.of.asked.append(self.registered)
        if isinstance(self.of.answer, Exception):
            raise self.of.answer
        return self.of.answer or examine(pdf, trust)


@pytest.fixture
def issued(genuine: bytes, verifier_kit) -> SimpleNamespace:
    return SimpleNamespace(
        kind="clearance",
        number=NUMBER,
        content_hash=sha256(verifier_kit.CONTENT).digest(),
        document_sha256=sha256(genuine).hexdigest(),
        layout="closed",
        sealed_at=verifier_kit.SEALED_AT,
        standing=Standing(state=StandingState.IN_FORCE),
    )


@pytest.fixture
def register(issued: SimpleNamespace) -> Register:
    return Register([issued])


@pytest.fixture
def verify(authority, register: Register) -> Callable[..., Verdict]:
    def run(
        pdf: bytes,
        sandbox: InProcess | None = None,
        examiners: Examiners | None = None,
    ) -> Verdict:
        verifier = Verifier(
            register=register,  # type: ignore[arg-type]
            documents=Documents(register),
            examiners=examiners or (sandbox or InProcess()).both(),
            trust=lambda at: replace(authority.trust, at=at),
            clock=lambda: authority.trust.at,
            archive=Archive(newest=lambda _: None, read=lambda _: b""),
        )
        return verifier.verify(pdf)

    return run


def unfinished(reason: Reason) -> InProcess:
    finding = Finding(stage=Stage.STRUCTURE, level=Level.FAILED, reason=reason)
    return InProcess(Examination(findings=(finding,), bears_our_seal=False, content_hash=None))


# --- minutes of the paper channel


@pytest.fixture
def as_minutes(verify, issued: SimpleNamespace, genuine: bytes) -> Callable[..., Verdict]:
    """Verify a genuine file that the register knows as minutes and not as a clearance."""
    issued.kind, issued.number, issued.content_hash = "minutes", "22-1404-000001", b""
    return lambda pdf=genuine, sandbox=None: verify(pdf, sandbox)


def test_minutes_are_genuine_and_never_a_clearance(as_minutes) -> None:
    verdict = as_minutes()
    assert verdict.outcome is Outcome.OTHER_DOCUMENT
    assert verdict.reasons == (Reason.REGISTERED_MINUTES, Reason.SIGNATURE_VALID)
    assert verdict.number is None


def test_changed_minutes_are_altered(as_minutes, genuine: bytes) -> None:
    assert as_minutes(genuine + b"\n").outcome is Outcome.ALTERED


@pytest.mark.parametrize("reason", [Reason.CHECK_TIMED_OUT, Reason.CHECK_FAILED, Reason.DAMAGED])
def test_minutes_whose_seal_is_not_confirmed_are_not_called_genuine(as_minutes, reason) -> None:
    assert as_minutes(sandbox=unfinished(reason)).outcome is Outcome.COULD_NOT_CHECK


# --- registered


def test_registered_in_force_and_agreeing_is_authentic(verify, genuine: bytes) -> None:
    verdict = verify(genuine)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert verdict.reasons == (Reason.REGISTERED, Reason.IN_FORCE, Reason.SIGNATURE_VALID)
    assert verdict.number == NUMBER
    assert verdict.sha256 == sha256(genuine).hexdigest()
    assert list(dict.fromkeys(each.stage for each in verdict.findings)) == [
        Stage.DIGEST,
        Stage.STANDING,
        Stage.STRUCTURE,
        Stage.SIGNATURE,
        Stage.MODIFICATION,
        Stage.POLICY,
    ]
    assert verdict.findings[-1].reason is Reason.EVIDENCE_EMBEDDED


@pytest.mark.parametrize("state", [StandingState.REVOKED, StandingState.REPLACED])
@pytest.mark.parametrize("sandbox", [InProcess(), unfinished(Reason.CHECK_FAILED)])
def test_registered_but_not_in_force_is_withdrawn(
    verify, genuine: bytes, issued: SimpleNamespace, state: StandingState, sandbox: InProcess
) -> None:
    issued.standing = Standing(
        state=state,
        at=WITHDRAWN_AT,
        reason=RevocationReason.DATA_CORRECTED,
        replacement="1404-0042-000002-3" if state is StandingState.REPLACED else None,  # type: ignore[arg-type]
    )
    verdict = verify(genuine, sandbox)
    assert verdict.outcome is Outcome.WITHDRAWN
    assert verdict.reasons[0].value == f"register.{state.value}"
    standing = next(each for each in verdict.findings if each.stage is Stage.STANDING)
    assert standing.parameters["at"] == "2025-06-01T08:00:00Z"
    assert standing.parameters["reason"] == "data_corrected"
    assert ("replacement" in standing.parameters) == (state is StandingState.REPLACED)


def test_registered_but_disagreeing_is_our_own_fault(
    verify, plain: bytes, issued: SimpleNamespace
) -> None:
    issued.document_sha256 = sha256(plain).hexdigest()
    verdict = verify(plain)
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (Reason.CHECK_DISAGREES, Reason.NO_SIGNATURE)


@pytest.mark.parametrize("reason", [Reason.CHECK_TIMED_OUT, Reason.CHECK_FAILED])
def test_registered_but_unexamined_could_not_be_checked(
    verify, genuine: bytes, reason: Reason
) -> None:
    verdict = verify(genuine, unfinished(reason))
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (reason,)


@pytest.mark.parametrize(
    ("layout", "evidence"), [("B-B", Evidence.NONE), ("closed", Evidence.TIMESTAMP_AND_REVOCATION)]
)
def test_the_registered_layout_decides_on_the_evidence(
    verify, genuine: bytes, issued: SimpleNamespace, layout: str, evidence: Evidence
) -> None:
    issued.layout = layout
    sandbox = InProcess()
    verify(genuine, sandbox)
    assert sandbox.last is not None
    assert sandbox.last.evidence is evidence
    assert (sandbox.last.at == issued.sealed_at) == (layout == "B-B")


# --- not registered


OF_OURS = [
    "amount_changed",
    "nothing_follows_the_end",
    "one_more_newline",
    "a_second_end",
    "lawful_update",
    "saved_anew",
    "seal_taken_off",
    "seal_blanked",
    "message_in_the_padding",
    "begins_earlier",
    "all_of_it",
    "nearly_all_of_it",
    "most_of_it",
    "locked_copy",
]
BEGIN_WITH_OURS = {
    "nothing_follows_the_end",
    "one_more_newline",
    "a_second_end",
    "lawful_update",
}


def test_no_vector_is_left_out(bad_files) -> None:
    assert set(OF_OURS) == set(bad_files.OF_OURS)


@pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")
@pytest.mark.parametrize("lie", OF_OURS)
def test_what_is_made_from_ours_is_altered(verify, genuine: bytes, bad_files, lie: str) -> None:
    verdict = verify(bad_files.OF_OURS[lie](genuine))
    assert verdict.outcome is Outcome.ALTERED
    assert (Reason.BEGINS_WITH_ISSUED in verdict.reasons) == (lie in BEGIN_WITH_OURS)
    if lie != "locked_copy":
        assert verdict.number == NUMBER


@pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")
@pytest.mark.parametrize("lie", OF_OURS)
def test_the_vectors_can_be_made_again(genuine: bytes, bad_files, lie: str) -> None:
    if lie != "locked_copy":  # encryption draws a fresh key
        assert bad_files.OF_OURS[lie](genuine) == bad_files.OF_OURS[lie](genuine)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("empty", Reason.EMPTY),
        ("text", Reason.NOT_PDF),
        ("zeros", Reason.NOT_PDF),
        ("picture", Reason.NOT_PDF),
        ("header_only", Reason.DAMAGED),
        ("header_and_end", Reason.DAMAGED),
        ("twenty_megabytes", Reason.TOO_LARGE),
        ("truncated_early", Reason.DAMAGED),
        ("locked", Reason.ENCRYPTED),
    ],
)
def test_what_cannot_be_judged_is_unreadable(
    verify, genuine: bytes, bad_files, lie: str, reason: Reason
) -> None:
    verdict = verify(bad_files.UNREADABLE[lie](genuine))
    assert verdict.outcome is Outcome.UNREADABLE
    assert verdict.reasons == (reason,)
    assert verdict.number is None


def test_what_is_refused_quickly_asks_nobody(verify, register: Register) -> None:
    for pdf in (b"", b"text", b"%PDF-1.7".ljust(SIZE_LIMIT)):
        assert verify(pdf, InProcess(RuntimeError())).outcome is Outcome.UNREADABLE
    assert register.asked == []


def test_one_byte_below_the_limit_is_read(verify, register: Register) -> None:
    assert verify(b"%PDF-1.7".ljust(SIZE_LIMIT - 1)).reasons == (Reason.DAMAGED,)
    assert register.asked == ["find_document"]


@pytest.mark.parametrize(
    ("lie", "reasons"),
    [
        ("never_sealed", [Reason.NO_SIGNATURE]),
        ("seal_still_to_come", [Reason.NO_SIGNATURE]),
        ("seal_of_nothing", [Reason.SIGNED_RANGE_WRONG, Reason.SIGNATURE_BROKEN]),
        ("byte_range_backwards", [Reason.SIGNED_RANGE_WRONG, Reason.SIGNATURE_BROKEN]),
    ],
)
def test_what_is_not_ours_came_by_another_channel(
    verify, bad_files, lie: str, reasons: list[Reason]
) -> None:
    verdict = verify(bad_files.FOREIGN[lie]())
    assert verdict.outcome is Outcome.OUTSIDE_CHANNEL
    assert verdict.reasons == (Reason.NOT_REGISTERED, *reasons)


def test_a_strangers_seal_came_by_another_channel(verify, verifier_kit, stranger) -> None:
    other = verifier_kit.plain_pdf(b'{"number":"1404-0042-000002-3"}')
    verdict = verify(verifier_kit.Sealing(authority=stranger)(other))
    assert verdict.outcome is Outcome.OUTSIDE_CHANNEL
    assert verdict.reasons == (Reason.NOT_REGISTERED, Reason.STRANGER)
    assert verdict.number is None


def test_our_data_under_a_strangers_seal_is_altered(
    verify, verifier_kit, plain: bytes, stranger
) -> None:
    verdict = verify(verifier_kit.Sealing(authority=stranger)(plain))
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.reasons == (Reason.CARRIES_ISSUED_CONTENT, Reason.STRANGER)
    assert verdict.number == NUMBER


def test_our_seal_on_something_never_issued_went_around_the_register(
    verify, verifier_kit, sealing, authority
) -> None:
    """The seal alone, good as it is, makes nothing genuine: the register is the judge."""
    never_issued = verifier_kit.plain_pdf(b'{"number":"1404-0042-000002-3"}')
    verdict = verify(sealing()(never_issued))
    assert verdict.outcome is Outcome.OUTSIDE_CHANNEL
    assert verdict.reasons == (Reason.SEAL_WITHOUT_RECORD, Reason.NOT_REGISTERED)
    assert verdict.number is None
    # Whether the seal was still to be trusted does not change who had the key.
    verdict = verify(sealing(revoked=(authority.seal,))(never_issued))
    assert verdict.outcome is Outcome.OUTSIDE_CHANNEL
    assert verdict.reasons == (
        Reason.SEAL_WITHOUT_RECORD,
        Reason.NOT_REGISTERED,
        Reason.SEAL_REVOKED,
    )


def test_our_seal_moved_to_something_never_issued_is_altered(
    verify, verifier_kit, sealing, bad_files
) -> None:
    sealed = sealing()(verifier_kit.plain_pdf(b'{"number":"1404-0042-000002-3"}'))
    verdict = verify(bad_files.with_byte_changed(sealed, 500))
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.reasons[0] is Reason.CARRIES_OUR_SEAL
    # Nor is it enough that the seal covers what comes before something added.
    verdict = verify(bad_files.lawful_update(sealed))
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.reasons[0] is Reason.CARRIES_OUR_SEAL


@pytest.mark.parametrize("reason", [Reason.CHECK_TIMED_OUT, Reason.CHECK_FAILED])
def test_an_unregistered_file_not_examined_to_the_end_could_not_be_checked(
    verify, bad_files, reason: Reason
) -> None:
    verdict = verify(bad_files.never_sealed(), unfinished(reason))
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (reason, Reason.NOT_REGISTERED)


@pytest.mark.parametrize("reason", [Reason.SIGNATURES_LEFT_OUT, Reason.ATTACHMENTS_LEFT_OUT])
def test_a_file_of_which_something_was_left_out_could_not_be_checked(
    verify, bad_files, reason: Reason
) -> None:
    examination = examine(bad_files.never_sealed(), TRUST)
    found = (*examination.findings, Stage.STRUCTURE.noted(reason))
    verdict = verify(bad_files.never_sealed(), InProcess(replace(examination, findings=found)))
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (reason, Reason.NOT_REGISTERED)


@pytest.mark.parametrize("reason", [Reason.CHECK_TIMED_OUT, Reason.CHECK_FAILED])
def test_what_begins_with_ours_is_altered_even_if_unexamined(
    verify, genuine: bytes, bad_files, reason: Reason
) -> None:
    verdict = verify(bad_files.lawful_update(genuine), unfinished(reason))
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.number == NUMBER


@pytest.mark.parametrize("reason", [Reason.CHECK_TIMED_OUT, Reason.CHECK_FAILED])
@pytest.mark.parametrize("written", [bytes, lambda gap: gap.upper()], ids=["raw", "hexadecimal"])
def test_what_bears_our_seal_is_altered_even_if_unexamined(
    verify, genuine: bytes, bad_files, authority, reason: Reason, written
) -> None:
    """A large file of ours that takes too long to read is not called a stranger's."""
    seal = authority.seal.der if written is bytes else authority.seal.der.hex().encode()
    large = bad_files.never_sealed() + bytes(2_000_000) + written(seal)
    verdict = verify(large, unfinished(reason))
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.reasons == (Reason.CARRIES_OUR_SEAL, reason)


# --- what strangers may cost


def test_only_registered_files_use_the_reserve(verify, genuine: bytes, bad_files) -> None:
    sandbox = InProcess()
    verify(genuine, sandbox)
    verify(bad_files.one_more_newline(genuine), sandbox)
    verify(bad_files.never_sealed(), sandbox)
    assert sandbox.asked == [True, False, False]


def test_large_trash_is_not_examined(verify) -> None:
    sandbox = InProcess(RuntimeError("was asked"))
    verdict = verify(b"%PDF-1.7\n" + bytes(SIZE_LIMIT - 10), sandbox)
    assert verdict.outcome is Outcome.UNREADABLE
    assert verdict.reasons == (Reason.DAMAGED,)


def test_large_trash_with_our_seal_is_altered(verify, authority) -> None:
    trash = b"%PDF-1.7\n" + bytes(SMALL) + authority.seal.der
    verdict = verify(trash, InProcess(RuntimeError("was asked")))
    assert verdict.outcome is Outcome.ALTERED
    assert verdict.reasons == (Reason.CARRIES_OUR_SEAL, Reason.DAMAGED)


@pytest.mark.parametrize("sign", [b"endobj", b"startxref"])
def test_a_large_file_with_something_in_it_is_examined(verify, sign: bytes) -> None:
    sandbox = unfinished(Reason.CHECK_TIMED_OUT)
    verdict = verify(b"%PDF-1.7\n" + bytes(SMALL) + sign, sandbox)
    assert verdict.reasons == (Reason.CHECK_TIMED_OUT, Reason.NOT_REGISTERED)


# --- our own faults


@pytest.mark.parametrize("outage", [0, 1, 2])
def test_an_outage_of_the_register_is_never_forged(
    verify, register: Register, genuine: bytes, bad_files, outage: int
) -> None:
    register.outage = outage
    verdict = verify(bad_files.lawful_update(genuine))
    assert verdict.outcome is Outcome.COULD_NOT_CHECK
    assert verdict.reasons == (Reason.REGISTER_UNAVAILABLE,)
    assert len(register.asked) == outage + 1


def test_a_strangers_file_is_examined_each_time(verify, bad_files) -> None:
    """Nothing of it is remembered: it could push out the genuine ones."""
    sandbox = InProcess()
    examiners = remembering(sandbox)
    for _ in range(3):
        verify(bad_files.never_sealed(), examiners=examiners)
    assert sandbox.asked == [False] * 3


def test_a_registered_file_is_examined_once(verify, genuine: bytes) -> None:
    sandbox = InProcess()
    examiners = remembering(sandbox)
    for _ in range(3):
        assert verify(genuine, examiners=examiners).outcome is Outcome.AUTHENTIC
    assert sandbox.asked == [True]


def remembering(sandbox: InProcess) -> Examiners:
    both = sandbox.both()
    return replace(both, registered=CachedExaminer(both.registered))


def test_a_busy_sandbox_is_not_a_verdict(verify, genuine: bytes) -> None:
    with pytest.raises(Unavailable, match=r"verifier\.busy"):
        verify(genuine, InProcess(Busy()))


def test_the_file_is_never_kept(
    verify, genuine: bytes, bad_files, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever writes a file has to open one for writing."""

    def refuse(*_arguments: object, **_options: object) -> None:
        pytest.fail("the verifier makes a temporary file")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    monkeypatch.setattr("os.open", refuse)
    assert verify(genuine).outcome is Outcome.AUTHENTIC
    assert verify(bad_files.a_second_end(genuine)).outcome is Outcome.ALTERED
    assert list(tmp_path.iterdir()) == []
