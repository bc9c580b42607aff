"""What the webhook's answer means, and which secrets it signs with."""

import base64
from datetime import timedelta

import pytest

from clearance.errors import Refused
from register.deliveries import Outcome
from service.webhooks import judged, new_secret, parse_secrets


def test_only_success_confirms() -> None:
    for status in (200, 201, 202, 204, 299):
        assert judged(status, "") == Outcome(status=status)
    for status in (100, 300, 301, 307, 400, 404, 418, 500, 599, 600):
        outcome = judged(status, "")
        assert outcome.error is not None
        assert not outcome.final
    assert judged(410, "").final


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("60", timedelta(minutes=1)),
        ("99999999999999999999", timedelta(days=1)),
        ("0", None),
        ("-5", None),
        ("6.5", None),
        ("٦٠", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_a_pause_is_read_in_whole_seconds(said: str, asked: timedelta | None) -> None:
    assert judged(503, said).asked == asked


def test_secrets_are_one_a_line_the_newest_first() -> None:
    new, former = new_secret(lambda count: b"\2" * count), new_secret(bytes)

    assert parse_secrets(f"{new}\n{former}\n") == (new, former)
    assert parse_secrets(f"\n  {new}  \n\n") == (new,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "password",
        "whsec_",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_" + base64.b64encode(bytes(32)).decode()[:-1],
        base64.b64encode(bytes(32)).decode(),
        "whsec_سرّی",
        "\n".join([new_secret(bytes)] * 3),
    ],
)
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"settings\.webhook_secret_invalid"):
        parse_secrets(text)
