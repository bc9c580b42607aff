"""A small certificate authority over real HTTP that a test may break on purpose."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from letters import unsealed_letter
from throwaway import MemoryKey
from werkzeug.serving import make_server

from clearance.algorithms import Mechanism
from clearance.clock import system_clock
from signer.layout import Layout
from signer.pades import seal
from signer.rendering import RenderedDocument
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority

KEYS: dict[str, Callable[[], Any]] = {
    "root": lambda: rsa.generate_private_key(65537, 3072),
    "intermediate": lambda: rsa.generate_private_key(65537, 3072),
    "ocsp": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ocsp-checked": lambda: ec.generate_private_key(ec.SECP256R1()),
    "tsa": lambda: rsa.generate_private_key(65537, 3072),
    "tsa2": lambda: ec.generate_private_key(ec.SECP256R1()),
    "seal": lambda: rsa.generate_private_key(65537, 3072),
    "seal-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "seal-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "seal-ed25519": ed25519.Ed25519PrivateKey.generate,
    "seal-checked": lambda: ec.generate_private_key(ec.SECP256R1()),
    "seal-revoked": lambda: rsa.generate_private_key(65537, 2048),
    "stranger": lambda: rsa.generate_private_key(65537, 2048),
}
VALIDITY = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2090-01-01T00:00:00+0000"}
CA = {"id": "basic_constraints", "critical": True, "value": {"ca": True}}


def _usage(*bits: str) -> dict[str, Any]:
    value = {"schema": "key-usage", "params": list(bits)}
    return {"id": "key_usage", "critical": True, "smart-value": value}


def _extended(usage: str) -> dict[str, Any]:
    return {"id": "extended_key_usage", "critical": True, "value": [usage]}


def _points(repo: str) -> dict[str, Any]:
    value = {"schema": "crl-dist-url", "params": {"crl-repo-names": [repo]}}
    return {"id": "crl_distribution_points", "smart-value": value}


def _access(responder: str) -> dict[str, Any]:
    params = {"ocsp-responder-names": [responder], "ca-issuer-links": [{"repo": "intermediate"}]}
    value = {"schema": "aia-urls", "params": params}
    return {"id": "authority_information_access", "smart-value": value}


def _certificate(label: str, issuer: str, *extensions: dict[str, Any]) -> dict[str, Any]:
    return {
        "subject": label,
        "subject-key": label,
        "issuer": issuer,
        "validity": VALIDITY,
        "extensions": list(extensions),
    }


def _end_entity(label: str, *extensions: dict[str, Any], responder: str = "ocsp") -> dict[str, Any]:
    pointers = (_access(responder), _points("intermediate"))
    return _certificate(label, "intermediate", *pointers, *extensions)


def _certificates() -> dict[str, Any]:
    signing = _usage("digital_signature", "non_repudiation")
    issuing = _usage("key_cert_sign", "crl_sign")
    stamping = (_usage("digital_signature"), _extended("time_stamping"))
    answering = (_usage("digital_signature"), _extended("ocsp_signing"))
    revocation = {"revoked-since": "2024-01-01T00:00:00+0000", "reason": "key_compromise"}
    return {
        "root": _certificate("root", "root", CA, issuing),
        "intermediate": _certificate("intermediate", "root", CA, issuing, _points("root")),
        "ocsp": _certificate("ocsp", "intermediate", *answering, {"id": "ocsp_no_check"}),
        "ocsp-checked": _certificate(
            "ocsp-checked", "intermediate", *answering, _points("intermediate")
        ),
        "tsa": _end_entity("tsa", *stamping),
        "tsa2": _end_entity("tsa2", *stamping),
        "seal": _end_entity("seal", signing),
        "seal-p256": _end_entity("seal-p256", signing),
        "seal-p384": _end_entity("seal-p384", signing),
        "seal-ed25519": _end_entity("seal-ed25519", signing),
        "seal-checked": _end_entity("seal-checked", signing, responder="ocsp-checked"),
        "seal-revoked": _end_entity("seal-revoked", signing) | {"revocation": revocation},
        "stranger": _certificate("stranger", "stranger", CA),
    }


def _services() -> dict[str, Any]:
    return {
        "ocsp": {
            name: {
                "for-issuer": "intermediate",
                "responder-cert": name,
                "signing-key": name,
            }
            for name in ("ocsp", "ocsp-checked")
        },
        "crl-repo": {
            name: {
                "for-issuer": name,
                "signing-key": name,
                "simulated-update-schedule": "P1D",
            }
            for name in ("root", "intermediate")
        },
        "cert-repo": {name: {"for-issuer": name} for name in ("root", "intermediate")},
        "time-stamping": {
            "tsa": {
                "signing-key": "tsa",
                "signing-cert": "tsa",
                "certs-to-embed": ["intermediate"],
            },
            "tsa2": {"signing-key": "tsa2", "signing-cert": "tsa2"},
            "stranger": {"signing-key": "stranger", "signing-cert": "stranger"},
        },
    }


def _configuration() -> dict[str, Any]:
    names = {label: {"country-name": "IR", "common-name": f"Test {label}"} for label in KEYS}
    names["seal"] = {
        "country-name": "IR",
        "organization-name": "سازمان آزمایش",
        "common-name": "مهر سازمانی آزمایشی",
    }
    return {
        "keysets": {"all": {"keys": {label: {"path": f"{label}.pem"} for label in KEYS}}},
        "pki-architectures": {
            "test": {
                "keyset": "all",
                "entities": names,
                "certs": _certificates(),
                "services": _services(),
            }
        },
    }


@dataclass
class Authority:
    """Certomancer behind a switch: counts requests, and misbehaves where a test says so."""

    url: str
    folder: Path
    arch: Any
    requests: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Any] = field(default_factory=dict)
    """Part of a path -> status, body, or seconds of silence that it answers instead."""

    redirect: tuple[str, str] | None = None
    """Part of a path -> what it becomes."""

    def reset(self) -> None:
        self.requests.clear()
        self.answers.clear()
        self.redirect = None

    def certificate(self, label: str) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.arch.get_cert(CertLabel(label)).dump())

    def key(
        self, label: str = "seal", mechanism: Mechanism = Mechanism.RSA_PKCS1_SHA256
    ) -> MemoryKey:
        pem = (self.folder / f"{label}.pem").read_bytes()
        return MemoryKey(
            private=serialization.load_pem_private_key(pem, None),
            certificate=self.certificate(label),
            chain=(self.certificate("intermediate"), self.certificate("root")),
            mechanism=mechanism,
        )

    @property
    def anchors(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate("root"),)

    def tsa(self, label: str = "tsa") -> str:
        return f"{self.url}/test/tsa/{label}"


def _switch(authority: Authority, application: Any) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        authority.requests[path.split("/")[2]] += 1
        for part, wish in authority.answers.items():
            if part not in path:
                continue
            if isinstance(wish, int):
                start_response(f"{wish} Broken", [("Content-Type", "text/plain")])
                return [b"broken"]
            if isinstance(wish, bytes):
                start_response("200 OK", [("Content-Type", "application/timestamp-reply")])
                return [wish]
            time.sleep(wish)
        if authority.redirect:
            environ["PATH_INFO"] = path.replace(*authority.redirect)
        result: Iterable[bytes] = application(environ, start_response)
        return result

    return answer


def _starting(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Stands in until the port is known, which the certificates hold."""
    start_response("503 Starting", [])
    return []


@pytest.fixture(scope="session")
def served_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    folder = tmp_path_factory.mktemp("authority")
    for label, make in KEYS.items():
        pem = make().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{label}.pem").write_bytes(pem)
    server = make_server("127.0.0.1", 0, _starting, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    configuration = _configuration() | {"external-url-prefix": url}
    config = CertomancerConfig(configuration, key_search_dir=str(folder))
    arch = config.get_pki_arch(ArchLabel("test"))
    authority = Authority(url=url, folder=folder, arch=arch)
    animator = Animator(AnimatorArchStore({ArchLabel("test"): arch}), with_web_ui=False)
    server.app = _switch(authority, animator)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield authority
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def authority(served_authority: Authority) -> Authority:
    served_authority.reset()
    return served_authority


@pytest.fixture(scope="session")
def document() -> RenderedDocument:
    """A certificate as the renderer makes it, unsealed."""
    return unsealed_letter(datetime(2026, 11, 22, 10, 0, tzinfo=UTC))


class Sealing(Protocol):
    def __call__(
        self,
        layout: Layout = Layout.CLOSED,
        *,
        key: MemoryKey | None = None,
        tsa: str = "tsa2",
        seconds: float = 5,
    ) -> bytes: ...


@pytest.fixture
def sealing(authority: Authority, document: RenderedDocument) -> Iterator[Sealing]:
    """Seals the document with a client and a cache of its own."""
    clients: dict[tuple[str, float], TimestampAuthority] = {}
    evidence = RevocationInfo(lambda: authority.anchors, clock=system_clock)

    def seal_document(
        layout: Layout = Layout.CLOSED,
        *,
        key: MemoryKey | None = None,
        tsa: str = "tsa2",
        seconds: float = 5,
    ) -> bytes:
        client = clients.setdefault(
            (tsa, seconds),
            TimestampAuthority(authority.tsa(tsa), clock=system_clock, seconds=seconds),
        )
        return seal(
            document.pdf,
            key or authority.key(),
            field=document.seal_field,
            evidence=evidence,
            timestamps=client,
            layout=layout,
            clock=system_clock,
            reason=document.reason,
        )

    yield seal_document
    for client in clients.values():
        client.close()
