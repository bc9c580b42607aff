"""A small OpenID provider on loopback: code flow with PKCE, as the standard has it.

It lets everybody in as ``username``; ``lie`` changes what it says.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from api.panel.provider import Provider, ProviderConfig

CLIENT_ID = "mohr panel"
CLIENT_SECRET = "geheim&:/"


class IdentityProvider:
    """Runs in a thread of its own until ``stop``."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.username = "a.karimi"
        self.key = ECKey.generate_key("P-256", parameters={"kid": "one", "use": "sig"})
        self.lie: dict[str, Any] = {}
        """Claims that differ; ``key`` and ``header`` sign, ``issuer`` describes otherwise."""
        self.codes: dict[str, dict[str, str]] = {}
        self.token_requests = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self)

            def do_POST(self) -> None:
                provider.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realms/staff"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, call: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(call.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.removeprefix("/realms/staff"):
            case "/.well-known/openid-configuration":
                self._json(call, 200, self._description())
            case "/keys":
                self._json(call, 200, KeySet([self.key]).as_dict(private=False))
            case "/authorize":
                self._authorize(call, query)
            case "/token":
                body = call.rfile.read(int(call.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._token(call, form)
            case _:
                self._json(call, 404, {})

    def _description(self) -> dict[str, str]:
        return {
            "issuer": self.lie.get("issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def _authorize(self, call: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe()
        self.codes[code] = query
        back = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        call.send_response(302)
        call.send_header("Location", f"{query['redirect_uri']}?{back}")
        call.end_headers()

    def _token(self, call: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        self.token_requests += 1
        expected = base64.b64encode(b"mohr%20panel:geheim%26%3A%2F").decode()
        asked = self.codes.pop(form.get("code", ""), None)
        if call.headers["Authorization"] != f"Basic {expected}":
            self._json(call, 401, {"error": "invalid_client"})
        elif (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge(form["code_verifier"]) != asked["code_challenge"]
        ):
            self._json(call, 400, {"error": "invalid_grant"})
        else:
            answer = {
                "access_token": "unused",
                "token_type": "Bearer",
                "id_token": self.identity(asked["nonce"]),
            }
            self._json(call, 200, answer)

    def identity(self, nonce: str) -> str:
        """Return the identity token, with what the provider lies about."""
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": "1234",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": self.username,
        }
        claims |= {name: value for name, value in self.lie.items() if name in claims}
        header = {"alg": "ES256", "kid": "one", **self.lie.get("header", {})}
        if header["alg"] == "none":
            parts = (json.dumps(header), json.dumps(claims))
            return ".".join(map(_unpadded, (*map(str.encode, parts), b"")))
        return jwt.encode(header, claims, self.lie.get("key", self.key), [header["alg"]])

    def _json(self, call: BaseHTTPRequestHandler, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        call.send_response(status)
        call.send_header("Content-Type", "application/json")
        call.send_header("Content-Length", str(len(body)))
        call.end_headers()
        call.wfile.write(body)


def challenge(verifier: str) -> str:
    return _unpadded(hashlib.sha256(verifier.encode()).digest())


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.fixture
def identity_provider(clock) -> Iterator[IdentityProvider]:
    provider = IdentityProvider(clock)
    yield provider
    provider.stop()


@pytest.fixture
def config(identity_provider) -> ProviderConfig:
    return ProviderConfig(
        issuer=identity_provider.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        redirect_uri="https://panel.test/panel/login/provider/callback",
        username_claim="preferred_username",
        scope="openid profile",
        name="ورود سازمانی",
        seconds=5,
    )


@pytest.fixture
def provider_panel(open_panel, open_staff_again, clock, config) -> Callable[..., Any]:
    """Make the application with the identity provider."""

    def make(*, proves_both: bool = True, **panel: Any) -> Any:
        staff = open_staff_again(provider_proves_both=proves_both)
        provider = Provider(
            config, secrets=staff.secrets, clock=clock, random_word=secrets.token_urlsafe
        )
        return open_panel(panel={"staff": staff, "provider": provider, **panel})

    return make
