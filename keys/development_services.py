"""The development authority's services over real HTTP: timestamps, OCSP, revocation lists.

The answers are made by Certomancer. What they say is read from the authority's folder each time,
so a certificate that was issued or revoked a moment ago is answered for rightly.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from asn1crypto import crl, ocsp, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from certomancer.services import (
    CRLBuilder,
    RevocationInfoInterface,
    SimpleOCSPResponder,
    TimeStamper,
    choose_signed_digest,
)
from cryptography.hazmat.primitives import serialization
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from clearance.errors import Unavailable
from keys.development import DevelopmentAuthority
from keys.profiles import TIMESTAMP_POLICY, Profile

_OCSP_VALIDITY = timedelta(hours=1)
_CRL_VALIDITY = timedelta(days=1)
_LARGEST_REQUEST = 64 * 1024
_AUTHORITIES = (Profile.ROOT, Profile.INTERMEDIATE)
_OWN = (*_AUTHORITIES, Profile.TIMESTAMP, Profile.OCSP)


def serve_authority(
    authority: DevelopmentAuthority, host: str | None = None, port: int | None = None
) -> "AuthorityServer":
    """Serve an authority over HTTP in the background, by default where its certificates say.

    ``host`` and ``port`` are for listening elsewhere, as in a container behind the address.
    Raises ``Unavailable`` (``authority.address_in_use``).
    """
    address = urlsplit(authority.addresses.base_url)
    return AuthorityServer(
        authority, host or address.hostname or "127.0.0.1", port or address.port or 80
    )


class AuthorityServices:
    """The WSGI application. Safe for any number of threads."""

    def __init__(self, authority: DevelopmentAuthority) -> None:
        self._authority = authority
        self._certificates_der = {each: _certificate_der(authority, each) for each in _OWN}
        self._keys_der = {each: _private_key_der(authority, each) for each in _OWN}
        self._routes: dict[str, tuple[str, Callable[[Request], Response]]] = {
            "/tsa": ("POST", self._timestamp),
            "/ocsp": ("POST", self._ocsp),
        }
        for each in _AUTHORITIES:
            self._routes[f"/certificates/{each}.cer"] = ("GET", self._certificate_of(each))
            self._routes[f"/revocations/{each}.crl"] = ("GET", self._revocations_of(each))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Return one request (PEP 3333)."""
        request = Request(environ)
        request.max_content_length = _LARGEST_REQUEST
        response: Response | HTTPException
        try:
            if request.path not in self._routes:
                raise NotFound
            method, answer = self._routes[request.path]
            if request.method != method:
                raise MethodNotAllowed([method])
            response = answer(request)
        except HTTPException as error:
            response = error
        return response(environ, start_response)

    def _timestamp(self, request: Request) -> Response:
        asked = _parse(tsp.TimeStampReq, request)
        stamper = TimeStamper(
            self._certificate(Profile.TIMESTAMP),
            self._key(Profile.TIMESTAMP),
            certs_to_embed=[self._certificate(Profile.INTERMEDIATE)],
            fixed_dt=self._authority.now,
            policy=tsp.ObjectIdentifier(TIMESTAMP_POLICY),
        )
        answer = stamper.request_tsa_response(asked).dump()
        return Response(answer, mimetype="application/timestamp-reply")

    def _ocsp(self, request: Request) -> Response:
        certificate = self._certificate(Profile.OCSP)
        responder = SimpleOCSPResponder(
            certificate,
            self._key(Profile.OCSP),
            choose_signed_digest("sha256", certificate.public_key),
            self._authority.now,
            _Standing(self._authority, self._certificate(Profile.INTERMEDIATE)),
            validity=_OCSP_VALIDITY,
        )
        answer = responder.build_ocsp_response(_parse(ocsp.OCSPRequest, request)).dump()
        return Response(answer, mimetype="application/ocsp-response")

    # asn1crypto's objects change while they are encoded, so each request has its own.

    def _certificate(self, profile: Profile) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self._certificates_der[profile])

    def _key(self, profile: Profile) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(self._keys_der[profile])

    def _certificate_of(self, profile: Profile) -> Callable[[Request], Response]:
        content = self._certificates_der[profile]
        return lambda _request: Response(content, mimetype="application/pkix-cert")

    def _revocations_of(self, profile: Profile) -> Callable[[Request], Response]:
        def answer(_request: Request) -> Response:
            return Response(self._revocation_list(profile), mimetype="application/pkix-crl")

        return answer

    def _revocation_list(self, issuer: Profile) -> bytes:
        certificate = self._certificate(issuer)
        builder = CRLBuilder(
            certificate.subject,
            self._key(issuer),
            choose_signed_digest("sha256", certificate.public_key),
            certificate.key_identifier_value,
        )
        now = self._authority.now
        # Only what the intermediate authority issued can be revoked.
        revoked = self._authority.revocations() if issuer is Profile.INTERMEDIATE else {}
        entries = [
            CRLBuilder.format_revoked_cert(serial, crl.CRLReason(reason), since)
            for serial, (since, reason) in revoked.items()
            if since <= now
        ]
        made = builder.build_crl(int(now.timestamp()), now, now + _CRL_VALIDITY, entries)
        return bytes(made.dump())


class _Standing(RevocationInfoInterface):
    """Answers Certomancer's responder out of the authority's folder."""

    def __init__(self, authority: DevelopmentAuthority, issuer: asn1_x509.Certificate) -> None:
        self._authority = authority
        self._issuer = issuer

    def get_issuer_cert(self) -> asn1_x509.Certificate:
        return self._issuer

    def check_revocation_status(
        self, cid: ocsp.CertId, at_time: datetime
    ) -> tuple[ocsp.CertStatus, list[ocsp.SingleResponseExtension]]:
        serial = cid["serial_number"].native
        if not self._authority.has_issued(serial):
            return ocsp.CertStatus("unknown"), []
        revocation = self._authority.revocation(serial)
        if revocation is None or revocation[0] > at_time:
            return ocsp.CertStatus("good"), []
        since, reason = revocation
        told = {"revocation_time": since, "revocation_reason": crl.CRLReason(reason)}
        return ocsp.CertStatus("revoked", told), []


class AuthorityServer:
    """The services on a socket, in threads of their own; ``stop`` ends them."""

    def __init__(self, authority: DevelopmentAuthority, host: str, port: int) -> None:
        """Listen at once. Raises ``Unavailable`` (``authority.address_in_use``)."""
        try:
            listening = socket.create_server((host, port))
        except OSError as error:
            raise Unavailable(
                "authority.address_in_use", parameters={"address": f"{host}:{port}"}
            ) from error
        with closing(listening):  # the server keeps a copy of it
            self._server = make_server(
                host,
                port,
                AuthorityServices(authority),
                threaded=True,
                request_handler=_Quiet,
                fd=listening.fileno(),
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="development-authority",
            daemon=True,
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop answering and free the address."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    """Handles requests without a line in the log for each."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _parse(kind: Any, request: Request) -> Any:
    try:
        parsed = kind.load(request.get_data(), strict=True)
        parsed.native  # noqa: B018 - asn1crypto parses only what is looked at
    except (ValueError, TypeError, KeyError) as error:
        raise BadRequest from error
    return parsed


def _certificate_der(authority: DevelopmentAuthority, profile: Profile) -> bytes:
    return authority.certificate(profile).public_bytes(serialization.Encoding.DER)


def _private_key_der(authority: DevelopmentAuthority, profile: Profile) -> bytes:
    return authority.key(profile).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
