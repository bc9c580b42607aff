"""Timestamps from an RFC 3161 authority over HTTP, each answer checked before it is used.

A token counts only if it was granted, carries our nonce and imprint, is intact, and says a time
near ours. Whether its certificate leads to a trust anchor and is not revoked is the business of
``revocation_info``, which keeps the answer for its lifetime.
"""

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import httpx
from asn1crypto import algos, cms, core, parser, tsp
from cryptography import x509
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    validate_sig_integrity,
)

from clearance.clock import Clock
from clearance.errors import Unavailable
from signer.certificates import from_asn1

_LOG = logging.getLogger(__name__)

CLOCK_TOLERANCE = timedelta(minutes=2)
"""A TSA whose time is further from ours than this has a wrong clock, or we have."""
REMEMBERED = timedelta(hours=1)
"""How long a TSA certificate counts as one that the next token may be signed with."""
LARGEST_ANSWER = 256 * 1024
"""Bytes; a token with a long chain has about ten thousand."""
_GRANTED = ("granted", "granted_with_mods")
_NONCE_BYTES = 8


class Token(cms.ContentInfo):  # type: ignore[misc]  # asn1crypto is untyped
    """A timestamp token that is written as it came.

    asn1crypto takes any length whose last byte is 0x80 for an indefinite one (1.5.1) and then
    encodes the whole tree anew, which takes a tenth of a second and need not give the same bytes.
    """

    der: bytes

    @classmethod
    def read(cls, der: bytes) -> Self:
        """Read a token; raises ``ValueError`` if it is none."""
        token: Self = cls.load(der, strict=True)
        token.der = der
        return token

    def dump(self, force: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - asn1crypto's
        """Return the bytes that were read."""
        return self.der


@dataclass(frozen=True, kw_only=True)
class Timestamp:
    """One checked timestamp."""

    token: Token
    time: datetime
    """The moment that the TSA vouches for (UTC)."""
    certificate: x509.Certificate
    """The certificate that the token was signed with."""
    others: tuple[x509.Certificate, ...]
    """Further certificates that came with the token."""


class TimestampAuthority:
    """A client for one TSA; safe to use from several threads, keeps its connections open."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        seconds: float = 10,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``seconds`` limits the whole of one request, connecting included."""
        self._url = url
        self._clock = clock
        self._seconds = seconds
        self._random_bytes = random_bytes
        # No proxy from the environment: where requests go is for the settings alone to say.
        self._http = httpx.Client(
            transport=transport or httpx.HTTPTransport(retries=1),
            timeout=seconds,
            trust_env=False,
            headers={
                "Content-Type": "application/timestamp-query",
                "Accept": "application/timestamp-reply",
            },
        )
        self._lock = threading.Lock()
        self._units: dict[x509.Certificate, tuple[Timestamp, datetime]] = {}
        self._told: tuple[datetime, float] | None = None
        """The time that the TSA told last, and when that was on a clock that nobody sets."""

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._http.close()

    def stamp(self, digest: bytes, hash_name: str) -> Timestamp:
        """Return a checked timestamp of ``digest``, made with the hash ``hash_name``.

        Raises ``Unavailable``: ``tsa.unavailable`` if the TSA does not answer in time,
        ``tsa.bad_answer`` if it sends anything but a good timestamp of this digest.
        """
        nonce = int.from_bytes(self._random_bytes(_NONCE_BYTES), "big")
        body = _request(digest, hash_name, nonce)
        timestamp = self._checked(self._exchange(body), digest, hash_name, nonce)
        with self._lock:
            self._units[timestamp.certificate] = (timestamp, self._clock())
        return timestamp

    def units(self) -> tuple[Timestamp, ...]:
        """Return a recent timestamp by each certificate that the TSA signs with now.

        Their chains must stand in a document before its own timestamp is known. Asks the TSA
        for a timestamp of nothing if none is remembered. Raises like ``stamp``.
        """
        horizon = self._clock() - REMEMBERED
        with self._lock:
            self._units = {unit: seen for unit, seen in self._units.items() if seen[1] > horizon}
            known = tuple(timestamp for timestamp, _ in self._units.values())
        return known or (self.stamp(hashlib.sha256(b"").digest(), "sha256"),)

    def ahead(self) -> timedelta | None:
        """Return how far the TSA's clock is ahead of ours; negative if it is behind.

        Reckoned from its last answer, even one that was refused for its time, so that nobody asks
        the TSA for it; None if that is longer ago than ``REMEMBERED``.
        """
        told = self._told
        passed = timedelta(seconds=time.monotonic() - told[1]) if told else REMEMBERED
        if told is None or passed >= REMEMBERED:
            return None
        return told[0] + passed - self._clock()

    def forget(self) -> None:
        """Forget the remembered certificates, so that the next ``units`` asks again."""
        with self._lock:
            self._units.clear()

    def _exchange(self, body: bytes) -> bytes:
        # A kept connection may have been closed by the TSA meanwhile; asking twice is harmless.
        deadline = time.monotonic() + self._seconds
        try:
            try:
                return self._post(body, deadline)
            except httpx.RemoteProtocolError:
                return self._post(body, deadline)
        except httpx.HTTPError as error:
            _LOG.warning("timestamp authority %s: %s", self._url, type(error).__name__)
            raise Unavailable(
                "tsa.unavailable", parameters={"cause": type(error).__name__}
            ) from error

    def _post(self, body: bytes, deadline: float) -> bytes:
        remaining = max(deadline - time.monotonic(), 0.001)
        answer = bytearray()
        with self._http.stream("POST", self._url, content=body, timeout=remaining) as response:
            if response.status_code != httpx.codes.OK:
                raise Unavailable(
                    "tsa.unavailable", parameters={"cause": f"HTTP {response.status_code}"}
                )
            # httpx limits each read, not the whole: a TSA that trickles would hold us for ever.
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > LARGEST_ANSWER:
                    raise _bad_answer("the answer is too large")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer takes too long")
        return bytes(answer)

    def _checked(self, answer: bytes, digest: bytes, hash_name: str, nonce: int) -> Timestamp:
        # asn1crypto reads lazily, so garbage may surface at any field; validation errors of
        # pyHanko are ValueErrors too.
        try:
            token = _granted_token(answer)
            timestamp, info = _intact_timestamp(token)
            imprint = info["message_imprint"]
            same_hash = imprint["hash_algorithm"]["algorithm"].native == hash_name
            same_digest = hmac.compare_digest(imprint["hashed_message"].native, digest)
            same_nonce = info["nonce"].native == nonce
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise _bad_answer(str(error)) from error
        if not same_hash or not same_digest:
            raise _bad_answer("the token is for other data")
        if not same_nonce:
            raise _bad_answer("the token is not for this request")
        self._told = (timestamp.time, time.monotonic())
        if abs(timestamp.time - self._clock()) > CLOCK_TOLERANCE:
            raise _bad_answer(f"its clock says {timestamp.time.isoformat()}")
        return timestamp


def _bad_answer(cause: str) -> Unavailable:
    _LOG.error("timestamp authority: bad answer: %s", cause)
    return Unavailable("tsa.bad_answer", parameters={"cause": cause})


def _request(digest: bytes, hash_name: str, nonce: int) -> bytes:
    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": hash_name}),
            "hashed_message": digest,
        }
    )
    request = tsp.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    )
    body: bytes = request.dump()
    return body


def _granted_token(answer: bytes) -> Token:
    """Take the token out of a ``TimeStampResp`` (RFC 3161, 2.4.2)."""
    *_, contents, _ = parser.parse(answer, strict=True)
    end_of_status = parser.peek(contents)
    status = tsp.PKIStatusInfo.load(contents[:end_of_status])
    if status["status"].native not in _GRANTED:
        causes = [status["status"].native, *(status["fail_info"].native or ())]
        raise ValueError(f"the TSA answers: {', '.join(causes)}")
    return Token.read(contents[end_of_status:])


def _intact_timestamp(token: Token) -> tuple[Timestamp, tsp.TSTInfo]:
    """Check the token's own signature (RFC 3161, 2.4.2) and take it apart."""
    signed = token["content"]
    content = signed["encap_content_info"]["content"]
    info = content.parsed if isinstance(content, core.ParsableOctetString) else None
    if not isinstance(info, tsp.TSTInfo):
        raise ValueError("the answer holds no timestamp")  # noqa: TRY004 - bad data, not a bug
    certificates = extract_certs_for_validation(signed)
    (signer,) = signed["signer_infos"]
    hash_name = signer["digest_algorithm"]["algorithm"].native
    intact, valid = validate_sig_integrity(
        signer,
        certificates.signer_cert,
        expected_content_type="tst_info",
        actual_digest=hashlib.new(hash_name, bytes(content)).digest(),
    )
    if not intact or not valid:
        raise ValueError("the token's signature is broken")
    timestamp = Timestamp(
        token=token,
        time=info["gen_time"].native,
        certificate=from_asn1(certificates.signer_cert),
        others=tuple(from_asn1(each) for each in certificates.other_certs),
    )
    return timestamp, info
