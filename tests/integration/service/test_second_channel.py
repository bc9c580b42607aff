"""A second channel of notification, written here alone: a module, its settings, its texts.

It writes short messages into a folder, as a gateway would send them. Nothing of the product names
it: the service finds its module among the channels, tries it in turn with the webhook, and says by
its name how a notice was delivered.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service import channels
from service.channels import open_channels
from service.channels.webhook import NAME as WEBHOOK
from service.channels.webhook import new_secret, secret_file

MODULE = """
import json, tomllib
from datetime import timedelta
from clearance.notices import DeliveryWay
from register.deliveries import Channel, Outcome

def open_channel(settings):
    section = settings.home / "short_messages.toml"
    if not section.exists():
        return None
    outbox = settings.home / tomllib.loads(section.read_text())["outbox"]

    def send(notice, at):
        if not outbox.is_dir():
            return Outcome(error="short_message.no_gateway", status=1)
        (outbox / f"{notice.id}.json").write_text(json.dumps(
            {"to": notice.account_id, "text": f"{notice.event} {notice.number}"}))
        return Outcome(status=0)

    return Channel(name=DeliveryWay("short_message"), send=send, hold=timedelta(seconds=10))
"""


@pytest.fixture
def outbox(own_settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the messages of the second channel lie; it is set while a test uses this."""
    (tmp_path / "short_message.py").write_text(MODULE)
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path)])
    section = own_settings.home / "short_messages.toml"
    section.write_text('outbox = "outbox"')
    folder = own_settings.home / "outbox"
    folder.mkdir()
    yield folder
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    section.unlink()


@pytest.fixture
def service(outbox: Path, own_service: Any) -> Any:
    """The service, started with the second channel in place."""
    return own_service


def test_it_delivers_and_is_named_wherever_a_delivery_is_told(
    service: Any, outbox: Path, timestamps: Any, eventually: Any
) -> None:
    with timestamps():
        made = service.issue()
    path = f"/v1/clearances/{made.number}/notices"

    def notice() -> dict[str, Any]:
        answer = service.http.get(path, headers=service.authorization)
        (only,) = answer.json()["notices"]
        return dict(only)

    eventually(lambda: notice()["state"] == "delivered")

    told = notice()
    assert (told["delivered_by"], told["attempts"]) == ("short_message", 1)
    (message,) = outbox.iterdir()
    assert json.loads(message.read_text()) == {
        "to": told["account_id"],
        "text": f"issued {made.number}",
    }
    with service.memory.engine.begin() as connection:
        attempts = connection.exec_driver_sql("SELECT channel, status, error FROM notice_attempt")
        assert attempts.all() == [("short_message", 0, None)]
        trail = connection.exec_driver_sql(
            "SELECT details ->> 'by' FROM audit_event WHERE name = 'notice.delivered'"
        )
        assert trail.scalars().all() == ["short_message"]


def test_it_stands_beside_the_webhook_and_takes_turns_with_it(
    outbox: Path, own_settings: Any
) -> None:
    secret_file(own_settings).write_text(new_secret(bytes))
    notification = own_settings.notification.model_copy(update={"url": "http://127.0.0.1:9/"})
    both = own_settings.model_copy(update={"notification": notification})

    assert [each.name for each in open_channels(both)] == ["short_message", WEBHOOK]
    assert [each.name for each in open_channels(own_settings)] == ["short_message"]
    secret_file(own_settings).unlink()
