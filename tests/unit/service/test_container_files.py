"""The image file and the compose file, read: no engine is needed for what can be seen in them."""

import re
from pathlib import Path

import yaml

from api.toolkit.bodies import SILENCE_SECONDS
from service.sections import WebSettings
from service.web import UNREAD_SECONDS

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
PROXY = (ROOT / "docker/nginx.conf").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())


def test_the_image_installs_what_the_set_up_installs() -> None:
    assert "--require-hashes -r requirements/runtime.txt" in DOCKERFILE
    assert "setup/packages-run.txt" in DOCKERFILE
    for source in re.findall(r"^COPY (?!--from|\. )(\S+)", DOCKERFILE, re.M):
        assert (ROOT / source).exists(), source


def test_the_image_runs_without_privileges_and_holds_no_secret() -> None:
    user = re.findall(r"^USER (\S+)", DOCKERFILE, re.M)[-1]
    assert user not in {"root", "0"}
    assert not re.search(r"(?i)(pin|password|secret|token)\s*=", DOCKERFILE)


def test_the_compose_file_runs_the_same_demo_on_loopback() -> None:
    (service,) = COMPOSE["services"].values()
    assert 'CMD ["mohr", "demo"]' in DOCKERFILE
    assert "command" not in service
    assert (ROOT / "docker" / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    for port in service["ports"]:
        assert port.startswith("127.0.0.1:")
    assert service["cap_drop"] == ["ALL"]
    named = {volume.split(":")[0] for volume in service["volumes"]}
    assert named == set(COMPOSE["volumes"])


def test_the_proxy_has_the_limits_of_the_server() -> None:
    limits = WebSettings()
    assert f"client_header_timeout {limits.header_seconds:.0f}s;" in PROXY
    assert f"limit_conn senders {limits.connections_per_network};" in PROXY
    assert f"client_body_timeout {SILENCE_SECONDS:.0f}s;" in PROXY
    assert f"send_timeout {UNREAD_SECONDS}s;" in PROXY


def test_the_proxy_keeps_no_file_and_lets_nobody_choose_an_address() -> None:
    assert "proxy_request_buffering off;" in PROXY
    assert "X-Forwarded-For $remote_addr;" in PROXY
    assert "access_log off;" in PROXY
