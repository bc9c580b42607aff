"""Keys that have ended and clocks that are off, as readiness names them."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clearance.clock import system_clock
from clearance.errors import MohrError, Unavailable
from keys.catalogue import Catalogue, Purpose, State
from keys.development import DevelopmentAuthority
from keys.development_services import serve_authority
from service.settings import Settings
from service.wiring.probes import check_key, check_timestamp_clock
from service.wiring.timestamping import authority_folder
from service.wiring.trust import keys_folder
from signer.timestamps import TimestampAuthority

pytestmark = pytest.mark.integration

PURPOSES = (Purpose.DOCUMENT_SEAL, Purpose.QR_TOKEN)


def code_of(probe: Callable[[], None]) -> str | None:
    """Return the code of what ``probe`` raises; None if it returns."""
    try:
        probe()
    except MohrError as error:
        return error.code
    return None


@pytest.fixture
def folder(development_home: Settings, tmp_path: Path) -> Path:
    """A copy of the development keys' public side."""
    return Path(shutil.copytree(keys_folder(development_home), tmp_path / "keys"))


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("state", [State.RETIRED, State.COMPROMISED])
def test_an_ended_key_is_named_and_the_other_is_not(
    folder: Path, purpose: Purpose, state: State
) -> None:
    for each in PURPOSES:
        check_key(folder, each, system_clock)
    catalogue = Catalogue.load(folder)
    catalogue.with_ended(catalogue.active(purpose, system_clock()).label, state).save()
    with pytest.raises(MohrError) as caught:
        check_key(folder, purpose, system_clock)
    assert caught.value.code == "keys.no_active_key"
    assert caught.value.parameters == {"purpose": purpose.value}
    (other,) = set(PURPOSES) - {purpose}
    check_key(folder, other, system_clock)


def test_a_key_whose_window_has_passed_is_named(folder: Path) -> None:
    def in_forty_years() -> datetime:
        return system_clock() + timedelta(days=40 * 365)

    assert code_of(lambda: check_key(folder, PURPOSES[0], in_forty_years)) == "keys.no_active_key"


@pytest.fixture
def shift() -> dict[str, timedelta]:
    return {"by": timedelta(0)}


@pytest.fixture
def client(
    development_home: Settings, shift: dict[str, timedelta], unused_port: int
) -> Iterator[TimestampAuthority]:
    """A client of the real development authority, whose own clock can be shifted."""
    authority = DevelopmentAuthority.open(authority_folder(development_home))
    with serve_authority(authority, port=unused_port):
        client = TimestampAuthority(
            f"http://127.0.0.1:{unused_port}/tsa", clock=lambda: system_clock() + shift["by"]
        )
        yield client
        client.close()


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_wrong_after_a_timestamp_is_named(
    client: TimestampAuthority, shift: dict[str, timedelta], hours: int
) -> None:
    assert client.ahead() is None, "nothing is known before the first timestamp"
    check_timestamp_clock(client.ahead)
    client.stamp(b"\7" * 32, "sha256")
    check_timestamp_clock(client.ahead)
    shift["by"] = timedelta(hours=hours)
    assert code_of(lambda: check_timestamp_clock(client.ahead)) == "clock.off_from_timestamps"
    shift["by"] = timedelta(0)
    check_timestamp_clock(client.ahead)


def test_a_timestamp_that_is_refused_for_its_time_tells_of_the_clock_too(
    client: TimestampAuthority, shift: dict[str, timedelta]
) -> None:
    shift["by"] = timedelta(minutes=-10)
    with pytest.raises(Unavailable) as caught:
        client.stamp(b"\7" * 32, "sha256")
    assert caught.value.code == "tsa.bad_answer"
    found = client.ahead()
    assert found is not None
    assert abs(found - timedelta(minutes=10)) < timedelta(seconds=5)
    assert code_of(lambda: check_timestamp_clock(client.ahead)) == "clock.off_from_timestamps"


def test_readiness_of_the_running_service_names_an_ended_key(running_service: Any) -> None:
    """Through the whole wiring, and without a restart in either direction."""

    def codes() -> dict[str, str]:
        parts = running_service.http.get("/health/ready").json()["parts"]
        return {name: part["code"] for name, part in parts.items() if part["status"] == "down"}

    catalogue = Catalogue.load(keys_folder(running_service.settings))
    assert codes() == {}
    try:
        for purpose in PURPOSES:
            label = catalogue.active(purpose, system_clock()).label
            catalogue.with_ended(label, State.RETIRED).save()
            assert codes() == {f"key_{purpose.value}": "keys.no_active_key"}
    finally:
        catalogue.save()
    assert codes() == {}
