"""Certificate paths with their revocation answers: fetched, validated, kept for their lifetime.

OCSP is asked first, then the CRL distribution points. What comes back is validated as a whole
(path to a trust anchor, usage, signatures and freshness of every answer, every certificate but
the root covered) before it counts, so that a later reader without any network comes to the same
result. An answer is renewed at half of its remaining life and served until shortly before its
end: an outage shorter than that goes unnoticed, and a revocation is seen within that time.
"""

import asyncio
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    OCSPFetchError,
    PathError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.fetchers import Fetchers
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.fetchers.aiohttp_fetchers.ocsp_client import AIOHttpOCSPFetcher
from pyhanko_certvalidator.path import ValidationPath

from clearance.clock import Clock
from clearance.errors import MohrError, Refused, Unavailable
from signer.certificates import from_asn1, to_asn1
from signer.ports import CertificateRole, Evidence

_LOG = logging.getLogger(__name__)

SAFETY_MARGIN = timedelta(minutes=1)
"""An answer is not used this close to its end: the document's timestamp is yet to come."""
LONGEST_AGE = timedelta(hours=1)
"""An answer older than this is renewed even if it lives on."""
WITHOUT_END = timedelta(minutes=30)
"""Life of an OCSP answer that names no next update; certvalidator grants as much."""
RETRY_AFTER = timedelta(seconds=30)
"""Pause after a failed renewal while the old answer still holds."""


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Evidence with the moments at which it is renewed and dropped."""

    evidence: Evidence
    renew_at: datetime
    drop_at: datetime


class _Flight:
    """The one fetch for one certificate, and what the last one brought."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: _Kept | None = None


class RevocationInfo:
    """An ``EvidenceSource`` over HTTP with a cache; safe to use from several threads.

    At most one thread fetches for a certificate. While an older answer still holds the others
    take it without waiting; otherwise they wait as long as that fetch may take.
    Must not be called from a thread that runs an asyncio loop.
    """

    def __init__(
        self,
        anchors: Callable[[], Sequence[x509.Certificate]],
        *,
        clock: Clock,
        seconds: float = 10,
    ) -> None:
        """``seconds`` limits each request; a whole path takes three times that at most.

        ``anchors`` returns what is trusted at the moment.
        """
        self._anchors = anchors
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._flights: dict[tuple[x509.Certificate, CertificateRole], _Flight] = {}

    def gather(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        role: CertificateRole,
    ) -> Evidence:
        """Return evidence for the path of ``certificate``; see ``signer.ports.EvidenceSource``."""
        with self._lock:
            flight = self._flights.setdefault((certificate, role), _Flight())
        # 1. Fresh: nothing to do.
        kept, now = flight.kept, self._clock()
        if kept and now < kept.renew_at:
            return kept.evidence
        # 2. Someone is fetching: take what still holds, or wait.
        holds = kept if kept and now < kept.drop_at else None
        if not flight.lock.acquire(timeout=0 if holds else self._seconds * 3):
            if holds:
                return holds.evidence
            raise Unavailable("revocation.unavailable", parameters={"cause": "still waiting"})
        # 3. Fetch, unless it was done while we waited.
        try:
            if flight.kept is not kept and flight.kept and self._clock() < flight.kept.renew_at:
                return flight.kept.evidence
            return self._renew(flight, holds, certificate, others, role)
        finally:
            flight.lock.release()

    def _renew(
        self,
        flight: _Flight,
        holds: _Kept | None,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        role: CertificateRole,
    ) -> Evidence:
        try:
            evidence = asyncio.run(self._fetch(certificate, others, role))
        except Unavailable as error:
            if holds is None:
                raise
            _LOG.warning("revocation status not renewed, the last answer still holds: %s", error)
            renew_at = min(self._clock() + RETRY_AFTER, holds.drop_at)
            flight.kept = dataclasses.replace(holds, renew_at=renew_at)
            return holds.evidence
        except MohrError:
            # Revoked or no longer trusted: what an earlier answer said does not count any more.
            flight.kept = None
            raise
        flight.kept = _kept(evidence)
        return evidence

    async def _fetch(
        self,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        role: CertificateRole,
    ) -> Evidence:
        try:
            async with (
                asyncio.timeout(self._seconds * 3),
                _Backend(per_request_timeout=self._seconds) as fetchers,
            ):
                return await self._validated(fetchers, certificate, others, role)
        except RevokedError as error:
            raise _refused(role, "certificate_revoked", error) from error
        except (InsufficientRevinfoError, TimeoutError) as error:
            raise _unavailable(error) from error
        except (PathError, ValidationError) as error:
            raise _refused(role, "certificate_not_trusted", error) from error
        except (OSError, ValueError, TypeError, LookupError) as error:
            # asn1crypto reads lazily: garbage in an answer surfaces at any field.
            raise _unavailable(error) from error

    async def _validated(
        self,
        fetchers: Fetchers,
        certificate: x509.Certificate,
        others: Sequence[x509.Certificate],
        role: CertificateRole,
    ) -> Evidence:
        gathered_at = self._clock()
        leaf = to_asn1(certificate)
        anchors = [to_asn1(each) for each in self._anchors()]
        # Fresh answers are younger than the moment at which this context was made.
        fetching = ValidationContext(
            trust_roots=anchors,
            other_certs=[to_asn1(each) for each in others],
            fetchers=fetchers,
            allow_fetching=True,
            revocation_mode="require",
            time_tolerance=timedelta(seconds=self._seconds * 3),
        )
        path = await _path(leaf, fetching, role)
        responses, lists = tuple(fetching.ocsps), tuple(fetching.crls)
        certificates = [*path.iter_certs(include_root=True), *_responders(responses)]
        # What a reader without network will do, with what the document will hold.
        offline = ValidationContext(
            trust_roots=anchors,
            other_certs=certificates,
            ocsps=responses,
            crls=lists,
            revocation_mode="require",
        )
        await _path(leaf, offline, role)
        return Evidence(
            certificates=tuple(dict.fromkeys(from_asn1(each) for each in certificates)),
            ocsp_responses=tuple(each.dump() for each in responses),
            crls=tuple(each.dump() for each in lists),
            gathered_at=gathered_at,
            valid_until=min(_ends(responses, lists)),
        )


async def _path(
    leaf: asn1_x509.Certificate, context: ValidationContext, role: CertificateRole
) -> ValidationPath:
    usage = {"time_stamping"} if role is CertificateRole.TIMESTAMP else None
    validator = CertificateValidator(leaf, validation_context=context)
    path: ValidationPath = await validator.async_validate_usage(  # type: ignore[no-untyped-call]
        set(), extended_key_usage=usage
    )
    return path


class _Ocsp(AIOHttpOCSPFetcher):
    """Lets a responder that is too slow count as one that is away, so that the CRL is tried."""

    async def fetch(
        self, cert: asn1_x509.Certificate | cms.AttributeCertificateV2, authority: Authority
    ) -> ocsp.OCSPResponse:
        try:
            return await super().fetch(cert, authority)
        except TimeoutError as error:
            raise OCSPFetchError("OCSP responder timed out") from error


class _Backend(AIOHttpFetcherBackend):
    """The library's fetchers with our OCSP one among them."""

    def get_fetchers(self) -> Fetchers:
        session, limit = self.session, self.per_request_timeout
        return dataclasses.replace(
            super().get_fetchers(), ocsp_fetcher=_Ocsp(session, per_request_timeout=limit)
        )


def _kept(evidence: Evidence) -> _Kept:
    drop_at = evidence.valid_until - SAFETY_MARGIN
    life = (drop_at - evidence.gathered_at) / 2
    renew_at = evidence.gathered_at + min(life, LONGEST_AGE)
    return _Kept(evidence=evidence, renew_at=renew_at, drop_at=drop_at)


def _responders(responses: Sequence[ocsp.OCSPResponse]) -> Iterator[asn1_x509.Certificate]:
    for response in responses:
        yield from response.basic_ocsp_response["certs"] or ()


def _ends(
    responses: Sequence[ocsp.OCSPResponse], lists: Sequence[crl.CertificateList]
) -> Iterator[datetime]:
    for response in responses:
        for single in response.response_data["responses"]:
            yield single["next_update"].native or single["this_update"].native + WITHOUT_END
    for each in lists:
        yield each["tbs_cert_list"]["next_update"].native


def _refused(role: CertificateRole, what: str, error: Exception) -> Refused:
    _LOG.error("%s.%s: %s", role, what, error)
    return Refused(f"{role}.{what}", parameters={"cause": str(error)})


def _unavailable(error: Exception) -> Unavailable:
    cause = str(error) or type(error).__name__
    _LOG.warning("revocation status not to be had: %s", cause)
    return Unavailable("revocation.unavailable", parameters={"cause": cause})
