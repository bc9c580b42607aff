"""Logging in with the organization's identity provider (OpenID Connect Core 1.0).

1. ``begin`` sends the browser to the provider with a state, a nonce and a PKCE challenge (RFC
   7636), and keeps their counterparts in a sealed cookie of that browser.
2. The provider sends it back with a code; ``finish`` compares the state, exchanges the code, and
   checks the identity token: signature by the provider's keys, issuer, audience, times, nonce.
3. One claim of it names the account. There has to be one: none is ever made here.
"""

import base64
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from clearance.clock import Clock
from clearance.errors import InternalFault, Refused, Unavailable
from register.staff.secrets import StaffSecrets

_log = logging.getLogger(__name__)

CALLBACK: Final = "/panel/login/provider/callback"
_ALGORITHMS: Final = [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)]
"""Signatures under the provider's own key only: neither none nor a shared secret."""
AWAY: Final = timedelta(minutes=10)
"""How long the browser may stay with the provider."""
_METADATA_SERVES: Final = timedelta(hours=1)
_LEEWAY_SECONDS: Final = 60
_CONTEXT: Final = "provider login"

Words = Callable[[int], str]
"""Answers a random word of that many bytes, fit for addresses."""


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """The provider, and this service as its client."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    """The callback as the provider knows it."""
    username_claim: str
    """Claim of the identity token that holds the account's user name."""
    scope: str
    name: str
    """Persian name of the provider, for the button."""
    seconds: float
    """Time limit of each request to it."""


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A browser on its way to the provider."""

    url: str
    kept: str
    """What it brings back in its cookie: sealed, worth nothing to anybody else."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A person whom the provider vouches for."""

    username: str
    next_path: str


class Provider:
    """One identity provider; safe to use from several threads.

    Raises ``Unavailable("provider.unavailable")`` if it does not answer, and
    ``Refused("provider.refused")`` if it, or what it says, is not to be trusted.
    """

    def __init__(
        self, config: ProviderConfig, *, secrets: StaffSecrets, clock: Clock, random_word: Words
    ) -> None:
        self.config = config
        self._secrets = secrets
        self._clock = clock
        self._random_word = random_word
        self._http = httpx.Client(timeout=config.seconds, follow_redirects=False)
        self._metadata: dict[str, Any] = {}
        self._metadata_read_at: datetime | None = None

    def begin(self, next_path: str) -> Departure:
        """Start a login."""
        state, nonce, verifier = (self._random_word(32) for _ in range(3))
        url, _ = self._client().create_authorization_url(
            self._endpoint("authorization_endpoint"),
            state=state,
            nonce=nonce,
            code_verifier=verifier,
        )
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": next_path,
            "until": (self._now() + AWAY).timestamp(),
        }
        sealed = self._secrets.seal(json.dumps(kept).encode(), context=_CONTEXT)
        return Departure(url=url, kept=base64.urlsafe_b64encode(sealed).decode())

    def finish(self, kept: str, query: Mapping[str, str]) -> Arrival:
        """Take what the browser brings back; answer whom the provider vouches for."""
        begun = self._opened(kept)
        if not hmac.compare_digest(query.get("state", "").encode(), begun["state"].encode()):
            raise _refused("another state")
        if query.get("iss", self.config.issuer) != self.config.issuer:
            raise _refused("the answer names another issuer")  # RFC 9207
        if "code" not in query:
            raise _refused(query.get("error", "no code"))
        token = self._exchange(query["code"], verifier=begun["verifier"])
        claims = self._checked(token, nonce=begun["nonce"])
        username = claims.get(self.config.username_claim)
        if not isinstance(username, str) or not username:
            raise _refused(f"no claim {self.config.username_claim}")
        return Arrival(username=username, next_path=begun["next"])

    def _opened(self, kept: str) -> dict[str, Any]:
        try:
            sealed = base64.urlsafe_b64decode(kept.encode())
            begun: dict[str, Any] = json.loads(self._secrets.open(sealed, context=_CONTEXT))
        except (InternalFault, ValueError) as error:
            raise _refused("the browser did not begin here") from error
        if self._now().timestamp() > begun["until"]:
            raise _refused("the browser stayed away too long")
        return begun

    def _exchange(self, code: str, *, verifier: str) -> dict[str, Any]:
        config = self.config
        try:
            token: dict[str, Any] = self._client().fetch_token(
                self._endpoint("token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                # RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
                auth=(quote(config.client_id, safe=""), quote(config.client_secret, safe="")),
            )
        except httpx.HTTPError as error:
            raise _unavailable(error) from error
        except (AuthlibBaseError, ValueError) as error:
            raise _refused(str(error)) from error
        return token

    def _checked(self, token: Mapping[str, Any], *, nonce: str) -> Mapping[str, Any]:
        try:
            decoded = jwt.decode(str(token.get("id_token", "")), self._keys(), _ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.config.issuer},
                    "aud": {"essential": True, "value": self.config.client_id},
                },
                params={
                    "nonce": nonce,
                    "client_id": self.config.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._now().timestamp()), leeway=_LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            raise _refused(f"identity token: {type(error).__name__} {error}") from error
        return dict(claims)

    def _keys(self) -> KeySet:
        return KeySet.import_key_set(self._read(self._endpoint("jwks_uri")))  # type: ignore[arg-type]

    def _client(self) -> Any:
        return OAuth2Client(
            self._http,
            client_id=self.config.client_id,
            client_secret=self.config.client_secret,
            scope=self.config.scope,
            redirect_uri=self.config.redirect_uri,
            code_challenge_method="S256",
        )

    def _endpoint(self, name: str) -> str:
        """Return an address of the provider's own description (OpenID Connect Discovery 1.0)."""
        now = self._now()
        read_at = self._metadata_read_at
        if read_at is None or now - read_at > _METADATA_SERVES:
            path = "/.well-known/openid-configuration"
            self._metadata = self._read(self.config.issuer.rstrip("/") + path)
            if self._metadata.get("issuer") != self.config.issuer:
                raise _refused("its description names another issuer")
            self._metadata_read_at = now
        address = self._metadata.get(name)
        if not isinstance(address, str):
            raise _refused(f"its description lacks {name}")
        return address

    def _read(self, url: str) -> dict[str, Any]:
        try:
            response = self._http.get(url, headers={"Accept": "application/json"})
            response.raise_for_status()
            content = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _unavailable(error) from error
        if not isinstance(content, dict):
            raise _refused("an answer that is no object")
        return content

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


def _unavailable(error: Exception) -> Unavailable:
    _log.warning("identity provider: %s", type(error).__name__)
    return Unavailable("provider.unavailable")


def _refused(reason: str) -> Refused:
    _log.warning("identity provider refused: %s", reason)
    return Refused("provider.refused")
