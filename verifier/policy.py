"""Weighs what the register knows against what the file shows (docs/decisions/0006)."""

from dataclasses import dataclass

from clearance.verdict import Level, Outcome, Reason
from register.kinds import DocumentKind
from register.records import Standing, StandingState
from verifier.examination import Examination

_BROKEN_OFF = (Reason.CHECK_FAILED, Reason.CHECK_TIMED_OUT)
_NOT_READ = (Reason.ENCRYPTED, Reason.DAMAGED)
_LEFT_OUT = (Reason.SIGNATURES_LEFT_OUT, Reason.ATTACHMENTS_LEFT_OUT)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The outcome and the reasons that decided, most weighty first."""

    outcome: Outcome
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """What ties an unregistered file to something that we issued."""

    begins_with: str | None
    """Number of the document with whose file this one begins."""
    content_of: str | None
    """Number of the clearance whose data it has attached."""
    carries_seal: bool
    """Whether one of our seals stands in it, good or broken."""

    @property
    def original(self) -> str | None:
        """Number of the document that the file was made from, as far as that can be told."""
        return self.begins_with or self.content_of


def decide_registered(kind: DocumentKind, standing: Standing, examination: Examination) -> Decision:
    """Decide on a file whose digest is one of the register's, as its kind has it.

    1. Not in force: withdrawn, whatever else; nobody may rely on it.
    2. The file could not be examined: that is our fault, the register vouches for the file.
    3. Its own evidence agrees: what a genuine document of its kind is.
    4. It disagrees: one of the two is wrong, and both are ours.
    """
    if standing.state is not StandingState.IN_FORCE:
        why = Reason.REVOKED if standing.state is StandingState.REVOKED else Reason.REPLACED
        return Decision(outcome=Outcome.WITHDRAWN, reasons=(why, kind.registered))
    failed = _failed(examination)
    faults = tuple(reason for reason in failed if reason in _BROKEN_OFF)
    if faults:
        return Decision(outcome=Outcome.COULD_NOT_CHECK, reasons=faults)
    if examination.agrees:
        reasons = filter(None, (kind.registered, kind.in_force, Reason.SIGNATURE_VALID))
        return Decision(outcome=kind.genuine, reasons=tuple(reasons))
    return Decision(outcome=Outcome.COULD_NOT_CHECK, reasons=(Reason.CHECK_DISAGREES, *failed))


def decide_unregistered(derivation: Derivation, examination: Examination) -> Decision:
    """Decide on a file whose digest the register does not know: it is not genuine as it stands.

    1. It is made from something that the register knows: altered.
    2. Our seal was set on exactly this file, of which the register knows nothing: whoever set it
       had the key and went around the register. No original exists that it could be compared with.
    3. Our seal is in it otherwise, broken or taken from elsewhere: altered.
    4. Examining it broke off, through a fault of ours or for want of time or memory, or left out
       signatures or attachments: what was not looked at might show from what it was made, and
       how much time there is depends on others' load too. Nothing is said of it.
    5. It cannot be read: encrypted or damaged.
    6. All else came by another channel.
    """
    failed = _failed(examination)
    traces = _traces(derivation)
    if traces and derivation.original is None and examination.sealed_as_it_is:
        reasons = (Reason.SEAL_WITHOUT_RECORD, Reason.NOT_REGISTERED, *failed)
        return Decision(outcome=Outcome.OUTSIDE_CHANNEL, reasons=reasons)
    if traces:
        return Decision(outcome=Outcome.ALTERED, reasons=(*traces, *failed))
    unknown = _not_looked_at(examination)
    if unknown:
        reasons = (*unknown, Reason.NOT_REGISTERED)
        return Decision(outcome=Outcome.COULD_NOT_CHECK, reasons=reasons)
    if any(reason in failed for reason in _NOT_READ):
        return Decision(outcome=Outcome.UNREADABLE, reasons=failed)
    return Decision(outcome=Outcome.OUTSIDE_CHANNEL, reasons=(Reason.NOT_REGISTERED, *failed))


def _not_looked_at(examination: Examination) -> tuple[Reason, ...]:
    found = {each.reason for each in examination.findings}
    return tuple(each for each in (*_BROKEN_OFF, *_LEFT_OUT) if each in found)


def _traces(derivation: Derivation) -> tuple[Reason, ...]:
    found = {
        Reason.BEGINS_WITH_ISSUED: derivation.begins_with is not None,
        Reason.CARRIES_ISSUED_CONTENT: derivation.content_of is not None,
        Reason.CARRIES_OUR_SEAL: derivation.carries_seal,
    }
    return tuple(reason for reason, present in found.items() if present)


def _failed(examination: Examination) -> tuple[Reason, ...]:
    """Return the reasons of the failed findings, each once, in the order of the stages."""
    failed = [each.reason for each in examination.findings if each.level is Level.FAILED]
    return tuple(dict.fromkeys(failed))
