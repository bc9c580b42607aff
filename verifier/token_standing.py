"""Verifies a QR token online: its signature, then what the register says of its clearance."""

import hashlib
from collections.abc import Callable

from clearance.clock import Clock
from clearance.errors import InvalidValue, Unavailable
from clearance.token import TokenClaims, from_text
from clearance.verdict import Finding, Level, Outcome, Reason, Stage, Verdict
from register.records import IssuedClearance, StandingState
from verifier.standing import RegisterLookups, standing_finding
from verifier.token import TokenKeys, verify_token

_OUTCOMES = {
    Reason.TOKEN_MALFORMED: Outcome.UNREADABLE,
    Reason.TOKEN_UNKNOWN_KEY: Outcome.OUTSIDE_CHANNEL,
    Reason.TOKEN_SIGNATURE_BROKEN: Outcome.ALTERED,
}


class TokenVerifier:
    """Says what a token is worth now. Safe to use from several threads."""

    def __init__(
        self, *, register: RegisterLookups, keys: Callable[[], TokenKeys], clock: Clock
    ) -> None:
        self._register = register
        self._keys = keys
        self._clock = clock

    def verify(self, text: str) -> Verdict:
        """Reach the verdict on a token in base32; never raises for a bad one.

        The register is asked only about validly signed tokens. Its outage gives *could not
        check*: a signature alone does not tell whether the clearance was withdrawn.
        """
        token = verify_token(text, self._keys())
        level = Level.PASSED if token.valid else Level.FAILED
        signature = Stage.SIGNATURE.finding(level, token.reason)
        if token.claims is None:
            return self._verdict(text, _OUTCOMES[token.reason], (token.reason,), [signature])
        try:
            issued = self._register.find(token.claims.number)
        except Unavailable:
            reason = Reason.REGISTER_UNAVAILABLE
            findings = [Stage.STANDING.failed(reason), signature]
            return self._verdict(text, Outcome.COULD_NOT_CHECK, (reason,), findings)
        if issued is None or not _same_clearance(issued, token.claims):
            reason = Reason.TOKEN_NOT_REGISTERED
            findings = [Stage.STANDING.failed(reason), signature]
            return self._verdict(text, Outcome.OUTSIDE_CHANNEL, (reason,), findings)
        standing = standing_finding(issued.standing)
        in_force = issued.standing.state is StandingState.IN_FORCE
        return self._verdict(
            text,
            Outcome.AUTHENTIC if in_force else Outcome.WITHDRAWN,
            (standing.reason, token.reason),
            [standing, signature],
            number=issued.number,
        )

    def _verdict(
        self,
        text: str,
        outcome: Outcome,
        reasons: tuple[Reason, ...],
        findings: list[Finding],
        *,
        number: str | None = None,
    ) -> Verdict:
        return Verdict(
            outcome=outcome,
            reasons=reasons,
            findings=tuple(findings),
            sha256=hashlib.sha256(_token_bytes(text)).hexdigest(),
            number=number,
            checked_at=self._clock(),
        )


def _token_bytes(text: str) -> bytes:
    """Return the token's own bytes, or the text's where it is no token."""
    try:
        return from_text(text)
    except InvalidValue:
        return text.encode(errors="surrogatepass")


def _same_clearance(issued: IssuedClearance, claims: TokenClaims) -> bool:
    """Whether the token states what was issued, and not what an attempt before it wanted to.

    A failed attempt signs a token, too; its content hash differs by the issue time at least.
    """
    return issued.content_hash == claims.content_hash
