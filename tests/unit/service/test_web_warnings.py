"""The web server warns of a proxy that nobody has named."""

import logging

import pytest

from service.sections import WebSettings
from service.web import warn_of_unnamed_proxy

HTTPS = "https://verify.example.ir"


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        (WebSettings(), False),
        (WebSettings(public_url="http://verify.example.ir"), False),
        (WebSettings(public_url=HTTPS), True),
        (WebSettings(public_url=HTTPS, trusted_proxies="192.0.2.1"), False),
        # Said in so many words: the proxy is on this machine.
        (WebSettings(public_url=HTTPS, trusted_proxies="127.0.0.1"), False),
    ],
)
def test_warns_of_an_unnamed_proxy(
    settings: WebSettings, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_unnamed_proxy(settings)
    assert ["web.trusted_proxies" in line for line in caplog.messages] == [True] * warned
