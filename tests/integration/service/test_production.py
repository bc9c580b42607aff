"""Production refuses what proves nothing."""

from typing import Any

import pytest

from clearance.errors import Refused
from keys.development import refuse_in_production
from service.settings import Environment, load_settings
from service.wiring.trust import Trust


def test_production_refuses_development_anchors_and_keys(running_service: Any) -> None:
    settings = running_service.settings.model_copy(update={"environment": Environment.PRODUCTION})
    with pytest.raises(Refused) as caught:
        Trust(settings)
    assert caught.value.code == "keys.development_certificate"


def test_production_refuses_the_development_authority(running_service: Any) -> None:
    with pytest.raises(Refused) as caught:
        refuse_in_production(Environment.PRODUCTION)
    assert caught.value.code == "authority.refused_in_production"


def test_the_home_of_a_demo_cannot_be_declared_production(
    running_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOHR_ENVIRONMENT", "production")
    monkeypatch.setenv("MOHR_WEB__PUBLIC_URL", "https://verify.example.ir")
    monkeypatch.setenv("MOHR_SEAL__TIMESTAMP_URL", "https://tsa.example.ir")
    settings = load_settings(running_service.settings.home)
    with pytest.raises(Refused) as caught:
        Trust(settings)
    assert caught.value.code == "keys.development_certificate"
