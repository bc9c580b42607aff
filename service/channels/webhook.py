"""Tells the e-services system of notices: signed webhooks, each tried until it is confirmed.

CloudEvents 1.0 as JSON in structured mode, so that the signature (Standard Webhooks) covers the
event's attributes as well as its data. ``docs/notification.md`` is the receiver's guide.
"""

import asyncio
import base64
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
from cloudevents.core.bindings.http import HTTPMessage, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks.webhooks import Webhook as Signature

from clearance.clock import format_moment
from clearance.errors import Refused
from clearance.notices import DeliveryWay, Notice
from register.deliveries import Channel, Outcome
from service.settings import Settings
from service.wiring.memory import read_secret

NAME: Final = DeliveryWay("webhook")
SECRET_FILE: Final = "webhook_secret"  # noqa: S105 - a file's name
PREFIX: Final = "whsec_"
"""What a secret begins with (Standard Webhooks)."""
KEY_BYTES: Final = range(24, 65)
"""Lengths of a secret that Standard Webhooks allows."""
MOST_SECRETS: Final = 2
"""The one in use and, while it is changed, the former one."""
GRACE: Final = timedelta(seconds=30)
"""How long after its time limit an attempt counts as lost with its process."""
_HEADERS: Final = {"Connection": "close", "User-Agent": "mohr"}


def secret_file(settings: Settings) -> Path:
    """Return the file of the webhook's secrets."""
    return settings.home / "secrets" / SECRET_FILE


def open_channel(settings: Settings) -> Channel | None:
    """Return the channel if its address is set; raise ``Refused`` if its secret is not there.

    The secrets are read at each delivery, so that changing them needs no restart.
    """
    address, seconds = settings.notification.url, settings.notification.seconds
    if address is None:
        return None

    def secrets() -> tuple[str, ...]:
        return parse_secrets(read_secret(settings, SECRET_FILE))

    secrets()
    webhook = Webhook(address, secrets=secrets, source=settings.web.public_url, seconds=seconds)
    return Channel(name=NAME, send=webhook.send, hold=timedelta(seconds=seconds) + GRACE)


class Webhook:
    """The one receiver of notices; safe to use from several threads.

    ``secrets`` returns the secrets to sign with, the newest first. ``seconds`` limits the whole of
    one request, connecting included. ``source`` is the address by which the public knows this
    service. Certificates are trusted as the machine trusts them.
    """

    def __init__(
        self,
        url: str,
        *,
        secrets: Callable[[], tuple[str, ...]],
        source: str,
        seconds: float,
    ) -> None:
        self._url = url
        self._secrets = secrets
        self._source = source
        self._seconds = seconds
        self._tls = ssl.create_default_context()

    def send(self, notice: Notice, at: datetime) -> Outcome:
        """Send a notice, signed at the moment ``at``, and judge the answer by its status alone."""
        message = signed(
            to_structured_event(event_of(notice, self._source)), notice.id, at, self._secrets()
        )
        try:
            status, headers = asyncio.run(self._post(message))
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(error="webhook.timed_out")
        except httpx.ConnectError:
            return Outcome(error="webhook.unavailable")
        except httpx.HTTPError:
            return Outcome(error="webhook.cut_off")
        return judged(status, headers.get("retry-after", ""))

    async def _post(self, message: HTTPMessage) -> tuple[int, httpx.Headers]:
        # A connection of its own: an answer that comes twice must not pass for that to the next
        # notice. The time limit is around the whole, since httpx limits each read only.
        async with (
            asyncio.timeout(self._seconds),
            httpx.AsyncClient(
                verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._seconds
            ) as http,
            http.stream(
                "POST", self._url, content=message.body, headers=_HEADERS | message.headers
            ) as response,
        ):
            return response.status_code, response.headers


def event_of(notice: Notice, source: str) -> CloudEvent:
    """Make the event that tells of a notice: the same at each attempt.

    It holds identifiers and links, but neither names nor amounts, nor the verification code, which
    opens the document to whoever reads it in a log.
    """
    path = f"/v1/notices/{notice.id}"
    data: dict[str, Any] = {
        "notice": str(notice.id),
        "number": notice.number,
        "workshop_number": notice.workshop_number,
        "account_id": notice.account_id,
        "contract": {
            "branch_code": notice.key.branch_code,
            "row": notice.key.row,
            "sequence": notice.key.sequence,
        },
        "occurred_at": format_moment(notice.occurred_at),
        "reason": notice.reason,
        "replacement": notice.replacement,
        "links": {"self": path, "document": f"{path}/document", "views": f"{path}/views"},
    }
    return CloudEvent(
        {
            "id": str(notice.id),
            "source": source,
            "type": f"mohr.clearance.{notice.event.value}",
            "subject": str(notice.number),
            "time": notice.occurred_at.astimezone(UTC).replace(microsecond=0),
            "datacontenttype": "application/json",
        },
        {name: value for name, value in data.items() if value is not None},
    )


def signed(
    message: HTTPMessage, identifier: UUID, at: datetime, secrets: tuple[str, ...]
) -> HTTPMessage:
    """Add the headers of Standard Webhooks, with a signature under each of ``secrets``."""
    moment = at.astimezone(UTC)
    signatures = [
        Signature(secret).sign(str(identifier), moment, message.body.decode()) for secret in secrets
    ]
    return HTTPMessage(
        headers=message.headers
        | {
            "webhook-id": str(identifier),
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        },
        body=message.body,
    )


def judged(status: int, retry_after: str) -> Outcome:
    """Say what a status means.

    2xx confirms. 410 refuses this notice for good. All else is tried again, 4xx too: a receiver
    that is being set up anew answers 401 or 404 for a while, and no notice may be lost by that.
    A redirect is not followed, since it would send the notice where no setting says.
    """
    if httpx.codes.is_success(status):
        return Outcome(status=status)
    if httpx.codes.is_redirect(status):
        return Outcome(error="webhook.redirected", status=status)
    if status == httpx.codes.GONE:
        return Outcome(error="webhook.gone", status=status, final=True)
    seconds = int(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 0
    return Outcome(
        error="webhook.refused",
        status=status,
        asked=timedelta(seconds=min(seconds, 86400)) if seconds else None,
    )


def parse_secrets(text: str) -> tuple[str, ...]:
    """Read a file of webhook secrets: one a line, the newest first, at most two.

    Each is ``whsec_`` and the base64 of 24 to 64 bytes. Raises
    ``Refused("settings.webhook_secret_invalid")``.
    """
    secrets = tuple(filter(None, map(str.strip, text.splitlines())))
    if not 1 <= len(secrets) <= MOST_SECRETS or not all(map(_is_secret, secrets)):
        raise Refused("settings.webhook_secret_invalid")
    return secrets


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """Make a secret."""
    return PREFIX + base64.b64encode(random_bytes(32)).decode()


def _is_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(PREFIX) and len(key) in KEY_BYTES
