"""Sets up ``MOHR_HOME`` for development: secrets, token, authority, keys, settings file.

Each step leaves what exists alone, so a set-up that was broken off goes on where it stopped.
"""

import os
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from cryptography import x509

from clearance.algorithms import KeyAlgorithm, Mechanism
from clearance.clock import system_clock
from clearance.errors import Refused, Unavailable
from hsm.module import Token, initialise_softhsm
from keys.catalogue import Catalogue, CataloguedKey, Purpose, State
from keys.certificates import certificate_request, import_certificate
from keys.development import DevelopmentAuthority, refuse_in_production
from keys.files import write_durably
from register.clients import Clients
from register.records import Scope
from service.settings import DEFAULT_HOME, SETTINGS_FILE, Settings, load_settings
from service.web import bind
from service.wiring.issuing import USER_PIN_FILE, open_hsm, softhsm_folder
from service.wiring.memory import PEPPER_FILE
from service.wiring.panel import STAFF_KEY_FILE
from service.wiring.timestamping import authority_folder
from service.wiring.trust import ANCHORS_FILE, keys_folder
from templates.catalogues import name_text

DEFAULT_PORTS = (8400, 8401)
OTHER_PORTS = range(20000, 30000)
"""Below the range from which systems take the ports of outgoing connections."""
SO_PIN_FILE = "token_so_pin"
DEMO_KEY_FILE = "demo_api_key"
DEVELOPMENT_KEY_LIFE = timedelta(days=3650)
"""The certificate ends sooner, and the key with it."""

SETTINGS_TEMPLATE = """\
# Settings of this MOHR_HOME. `environment = "development"` allows the built-in authority, whose
# seals prove nothing to the outside: every document sealed here says so in large print.
environment = "development"

[web]
port = {web}
public_url = "http://127.0.0.1:{web}"

[authority]
port = {authority}
"""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class _KeyPlan:
    label: str
    purpose: Purpose
    algorithm: KeyAlgorithm
    mechanism: Mechanism
    profile: str
    common_name: str


_DEVELOPMENT_KEYS = (
    _KeyPlan(
        label="seal-1",
        purpose=Purpose.DOCUMENT_SEAL,
        algorithm=KeyAlgorithm.RSA_3072,
        mechanism=Mechanism.RSA_PKCS1_SHA256,
        profile="seal",
        common_name=name_text("seal_of_samples"),
    ),
    _KeyPlan(
        label="token-1",
        purpose=Purpose.QR_TOKEN,
        algorithm=KeyAlgorithm.P_256,
        mechanism=Mechanism.ECDSA_SHA256,
        profile="token",
        common_name=name_text("token_key_of_samples"),
    ),
)


def prepare_development_home(home: Path, say: Say) -> Settings:
    """Make ``home`` ready to serve, telling each step to ``say``; answer its settings.

    Raises ``Refused`` if the settings there are not development settings.
    """
    say("settings and secrets")
    # Others may pass through, since the embedded PostgreSQL runs as a user of its own; what is
    # secret lies in folders that only the owner enters.
    home.mkdir(parents=True, exist_ok=True)
    if not (home / SETTINGS_FILE).exists():
        web_port, authority_port = _ports(usual=home == DEFAULT_HOME.resolve())
        text = SETTINGS_TEMPLATE.format(web=web_port, authority=authority_port)
        write_durably(home / SETTINGS_FILE, text.encode())
    settings = load_settings(home)
    refuse_in_production(settings.environment)
    _provide_secrets(home / "secrets")

    say("PKCS#11 token")
    initialise_softhsm(
        softhsm_folder(settings),
        settings.token.label,
        so_pin=(home / "secrets" / SO_PIN_FILE).read_text().strip(),
        user_pin=(home / "secrets" / USER_PIN_FILE).read_text().strip(),
    )

    say("development authority")
    authority = DevelopmentAuthority.create(
        authority_folder(settings), f"http://{settings.authority.host}:{settings.authority.port}"
    )
    folder = keys_folder(settings)
    folder.mkdir(exist_ok=True)
    write_durably(folder / ANCHORS_FILE, authority.anchors_pem())

    say("keys inside the token, and their certificates")
    with open_hsm(settings) as token:
        for plan in _DEVELOPMENT_KEYS:
            _provide_key(folder, token, authority, plan)
    return settings


def demo_api_key(settings: Settings, clients: Clients) -> str:
    """Return the API key of the demo's own client, making both if need be."""
    file = settings.home / "secrets" / DEMO_KEY_FILE
    if file.exists():
        key = file.read_text().strip()
        with suppress(Refused):
            clients.authenticate(key)
            return key
    _, key = clients.add("demo", frozenset({Scope.ISSUE, Scope.READ}))
    write_durably(file, key.encode(), mode=0o600)
    return key


def _provide_secrets(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in (USER_PIN_FILE, SO_PIN_FILE, PEPPER_FILE, STAFF_KEY_FILE):
        if not (folder / name).exists():
            write_durably(folder / name, secrets.token_urlsafe(32).encode(), mode=0o600)


def _provide_key(
    folder: Path, token: Token, authority: DevelopmentAuthority, plan: _KeyPlan
) -> None:
    """Make a key and have it certified, as far as that has not been done."""
    catalogue = Catalogue.load(folder)
    known = {key.label: key for key in catalogue.all()}
    if plan.label in known and known[plan.label].state is not State.PLANNED:
        return
    if plan.label not in token.labels():
        token.generate_key(plan.label, plan.algorithm)
    now = system_clock().replace(microsecond=0)
    key = CataloguedKey(
        label=plan.label,
        purpose=plan.purpose,
        algorithm=plan.algorithm,
        mechanism=plan.mechanism,
        state=State.PLANNED,
        not_before=now - timedelta(hours=1),
        not_after=now + DEVELOPMENT_KEY_LIFE,
    )
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "IR"),
            x509.NameAttribute(
                x509.NameOID.ORGANIZATION_NAME, name_text("organization_of_samples")
            ),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, plan.common_name),
        ]
    )
    certificate = authority.issue(certificate_request(token, key, subject), plan.profile)
    import_certificate(catalogue.with_key(key), token, plan.label, certificate, at=now)


def _ports(*, usual: bool) -> tuple[int, int]:
    """Return the ports to write into the settings: those of the environment, else free ones.

    What listens on the environment's port would else stand under another one in every address.
    """
    web, authority = _free_ports(usual=usual)
    return _port_given("WEB") or web, _port_given("AUTHORITY") or authority


def _port_given(section: str) -> int | None:
    given = os.environ.get(f"MOHR_{section}__PORT", "")
    # Whatever else it says, the reading of the settings refuses with a text.
    return int(given) if given.isascii() and given.isdecimal() else None


def _free_ports(*, usual: bool) -> list[int]:
    """Return ports for web server and authority; for the default home the usual ones if free.

    They are kept for good, since the one stands in QR codes and the other in certificates. Other
    homes draw theirs, so that several can be set up at the same moment.
    """
    drawn = random.sample(OTHER_PORTS, 40)
    candidates = [*DEFAULT_PORTS, *drawn] if usual else drawn
    return list(islice(filter(_is_free, candidates), len(DEFAULT_PORTS)))


def _is_free(port: int) -> bool:
    try:
        bind("127.0.0.1", port).close()
    except Unavailable:
        return False
    return True
