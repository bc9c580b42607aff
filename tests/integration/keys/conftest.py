"""A development authority over real HTTP, and software keys for it to certify."""

import socket
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority

NAME = x509.Name(
    [
        x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "IR"),
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "سازمان تأمین اجتماعی نمونه"),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "مهر سازمانی آزمایشی"),
    ]
)


@pytest.fixture(scope="session")
def free_url() -> Callable[[], str]:
    def find() -> str:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            return f"http://127.0.0.1:{listening.getsockname()[1]}"

    return find


@pytest.fixture(scope="session")
def served_development_authority(
    tmp_path_factory: pytest.TempPathFactory, free_url: Callable[[], str]
) -> Iterator[DevelopmentAuthority]:
    folder = tmp_path_factory.mktemp("authority") / "authority"
    authority = DevelopmentAuthority.create(folder, free_url())
    with serve_authority(authority):
        yield authority


@pytest.fixture
def request_pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(NAME)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
