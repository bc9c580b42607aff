"""Private keys stay inside, and the PIN stays out of sight."""

import subprocess
import sys
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.exceptions import AttributeSensitive, PKCS11Error

from clearance.algorithms import KeyAlgorithm
from hsm import signing, softhsm
from hsm.errors import HsmUnavailable, KeyNotProtected
from hsm.module import Token, TokenConfig, initialise_softhsm
from hsm.sessions import PooledSession

ALGORITHMS = [KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256]
SECRETS = {
    KeyAlgorithm.RSA_2048: [Attribute.PRIVATE_EXPONENT, Attribute.PRIME_1, Attribute.PRIME_2],
    KeyAlgorithm.P_256: [Attribute.VALUE],
}


@pytest.fixture(scope="module", params=ALGORITHMS)
def algorithm(request: pytest.FixtureRequest, own_token: Token) -> KeyAlgorithm:
    algorithm: KeyAlgorithm = request.param
    own_token.generate_key(f"kept-{algorithm}", algorithm)
    return algorithm


def private_key(pooled: PooledSession, algorithm: KeyAlgorithm) -> pkcs11.Key:
    return pooled.session.get_key(ObjectClass.PRIVATE_KEY, label=f"kept-{algorithm}")


def test_the_token_says_that_the_key_cannot_leave(
    own_token: Token, algorithm: KeyAlgorithm
) -> None:
    def look(pooled: PooledSession) -> dict[Attribute, object]:
        key = private_key(pooled, algorithm)
        return {name: key[name] for name in signing.PROVED_PROTECTION}

    assert own_token._pool.run(look) == signing.PROVED_PROTECTION


def test_secret_values_cannot_be_read(own_token: Token, algorithm: KeyAlgorithm) -> None:
    def read(pooled: PooledSession) -> None:
        key = private_key(pooled, algorithm)
        for name in SECRETS[algorithm]:
            with pytest.raises(AttributeSensitive):
                key[name]

    own_token._pool.run(read)


def test_protection_cannot_be_taken_off(own_token: Token, algorithm: KeyAlgorithm) -> None:
    def loosen(pooled: PooledSession) -> None:
        with own_token._pool.open_read_write() as session:
            key = session.get_key(ObjectClass.PRIVATE_KEY, label=f"kept-{algorithm}")
            for name, value in ((Attribute.SENSITIVE, False), (Attribute.EXTRACTABLE, True)):
                with pytest.raises(PKCS11Error):
                    key[name] = value

    own_token._pool.run(loosen)


def test_the_key_cannot_be_wrapped(own_token: Token, algorithm: KeyAlgorithm) -> None:
    def wrap(pooled: PooledSession) -> None:
        wrapping = pooled.session.generate_key(KeyType.AES, 256)
        with pytest.raises(PKCS11Error):
            wrapping.wrap_key(private_key(pooled, algorithm))  # type: ignore[attr-defined]

    own_token._pool.run(wrap)


def test_without_login_the_key_is_not_even_seen(
    own_token: Token, own_token_config: TokenConfig, algorithm: KeyAlgorithm
) -> None:
    program = (
        "import pkcs11, sys; from hsm.library import load; from pathlib import Path\n"
        "token = load(None, Path(sys.argv[1])).token(sys.argv[2])\n"
        "kind = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}\n"
        "print(len(list(token.open().get_objects(kind))))"
    )
    arguments = [str(own_token_config.softhsm2_conf), own_token_config.token_label]

    seen = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )

    assert own_token.labels()
    assert seen.stdout.strip() == "0"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_that_could_leave_is_destroyed(
    own_token: Token, monkeypatch: pytest.MonkeyPatch, algorithm: KeyAlgorithm
) -> None:
    monkeypatch.setattr(signing, "PROTECTION", signing.PROTECTION | {Attribute.EXTRACTABLE: True})

    with pytest.raises(KeyNotProtected):
        own_token.generate_key(f"open-{algorithm}", algorithm)

    def count(pooled: PooledSession) -> int:
        found = pooled.session.get_objects({Attribute.LABEL: f"open-{algorithm}"})
        return len(list(found))

    assert own_token._pool.run(count) == 0


def test_two_homes_in_two_processes(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from hsm.module import *\n"
        "from clearance.algorithms import KeyAlgorithm, Mechanism\n"
        "home, label = Path(sys.argv[1]), sys.argv[2]\n"
        "conf = initialise_softhsm(home, 'mohr', 'so-pin', 'user-pin')\n"
        "config = TokenConfig(token_label='mohr', pin=lambda: 'user-pin', softhsm2_conf=conf)\n"
        "with open_token(config) as token:\n"
        "    token.generate_key(label, KeyAlgorithm.P_256)\n"
        "    sys.stdin.read(1)\n"  # both are open at once
        "    token.sign(label, Mechanism.ECDSA_SHA256, b'')\n"
        "    print(*token.labels())\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / name), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second")
    ]

    said = [process.communicate("x", timeout=60)[0].strip() for process in running]

    assert said == ["first", "second"]


def test_pins_are_on_no_command_line_and_in_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    tool = tools / "softhsm2-util"
    tool.write_text(f"#!/bin/sh\n(echo \"$@\"; env) > {tmp_path}/seen\nprintf 'PIN: '; exit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")

    with pytest.raises(HsmUnavailable) as caught:
        initialise_softhsm(tmp_path / "home", "mohr", "so-pin-4711", "user-pin-0815")

    assert caught.value.code == "hsm.softhsm_failed"
    seen = (tmp_path / "seen").read_text()
    assert "--label mohr" in seen
    assert "4711" not in seen
    assert "0815" not in seen


def test_without_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(HsmUnavailable) as caught:
        initialise_softhsm(tmp_path / "home", "mohr", "so-pin", "user-pin")
    assert caught.value.code == "hsm.softhsm_missing"


def test_a_tool_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "softhsm2-util"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(softhsm, "_SECONDS", 0.2)

    with pytest.raises(HsmUnavailable) as caught:
        initialise_softhsm(tmp_path / "home", "mohr", "so-pin", "user-pin")
    assert caught.value.code == "hsm.softhsm_failed"


@pytest.mark.parametrize("pin", ["", "abc", "x" * 256, "four\nfive", "\u06f4" * 128])
def test_a_pin_that_the_tool_would_change_is_refused(tmp_path: Path, pin: str) -> None:
    with pytest.raises(HsmUnavailable) as caught:
        initialise_softhsm(tmp_path, "mohr", "so-pin", pin)
    assert caught.value.code == "hsm.softhsm_failed"
    assert list(tmp_path.iterdir()) == []


def test_a_token_that_is_there_is_left_alone(tmp_path: Path) -> None:
    initialise_softhsm(tmp_path, "mohr", "so-pin", "user-pin")
    before = sorted((tmp_path / "tokens").rglob("*"))

    initialise_softhsm(tmp_path, "mohr", "other-so-pin", "other-user-pin")

    assert sorted((tmp_path / "tokens").rglob("*")) == before
    assert (tmp_path / "tokens").stat().st_mode & 0o077 == 0
