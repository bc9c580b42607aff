"""TSA and revocation services that are away, lie, or say that a certificate is revoked."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import tsp

from clearance.clock import system_clock
from clearance.errors import MohrError, Refused, Unavailable
from signer.layout import Layout
from signer.ports import CertificateRole
from signer.revocation_info import RevocationInfo
from signer.timestamps import TimestampAuthority

pytestmark = pytest.mark.integration


class _Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (503, "tsa.unavailable"),
        (404, "tsa.unavailable"),
        (b"", "tsa.bad_answer"),
        (b"<html>Welcome</html>", "tsa.bad_answer"),
        (b"\x30\x80" + b"\x00" * 40, "tsa.bad_answer"),
        (b"\x30" * 300_000, "tsa.bad_answer"),
        (bytes.fromhex("30053003020102"), "tsa.bad_answer"),  # rejection
        (bytes.fromhex("30053003020100"), "tsa.bad_answer"),  # granted, but without a token
    ],
)
@pytest.mark.parametrize("layout", [Layout.CLOSED, Layout.B_T, Layout.B_LTA])
def test_nothing_is_sealed_without_a_good_timestamp(
    sealing: Any, authority: Any, answer: int | bytes, code: str, layout: Layout
) -> None:
    key = authority.key()
    authority.answers["/tsa/"] = answer
    with pytest.raises(Unavailable) as raised:
        sealing(layout, key=key)
    assert raised.value.code == code
    assert key.signatures == 0


def test_silent_tsa_is_given_up_in_time(sealing: Any, authority: Any) -> None:
    sealing(Layout.B_B)  # the evidence for the seal is there
    authority.answers["/tsa/"] = 4.0
    begin = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        sealing(seconds=0.5)
    assert raised.value.code == "tsa.unavailable"
    assert time.monotonic() - begin < 3


def test_tsa_that_is_away_is_unavailable() -> None:
    client = TimestampAuthority("http://127.0.0.1:1/", clock=system_clock, seconds=2)
    with pytest.raises(Unavailable) as raised:
        client.stamp(b"\0" * 32, "sha256")
    assert raised.value.code == "tsa.unavailable"
    client.close()


def test_replayed_answer_is_refused(sealing: Any, authority: Any) -> None:
    """A good token of the same TSA for something else."""
    kept: list[bytes] = []
    client = TimestampAuthority(authority.tsa("tsa2"), clock=system_clock)
    exchange = client._exchange

    def keep(body: bytes) -> bytes:
        kept.append(exchange(body))
        return kept[-1]

    client._exchange = keep  # type: ignore[method-assign]
    client.stamp(b"\1" * 32, "sha256")
    authority.answers["/tsa/"] = kept[0]
    for digest in (b"\1" * 32, b"\2" * 32):  # another nonce; also another digest
        with pytest.raises(Unavailable) as raised:
            client.stamp(digest, "sha256")
        assert raised.value.code == "tsa.bad_answer"
    client.close()


def test_token_with_a_broken_signature_is_refused(authority: Any) -> None:
    client = TimestampAuthority(authority.tsa("tsa2"), clock=system_clock)
    exchange = client._exchange

    def spoil(body: bytes) -> bytes:
        answer = tsp.TimeStampResp.load(exchange(body))
        signer = answer["time_stamp_token"]["content"]["signer_infos"][0]
        signature = bytearray(signer["signature"].native)
        signature[-1] ^= 1
        signer["signature"] = bytes(signature)
        changed: bytes = answer.dump(force=True)
        return changed

    client._exchange = spoil  # type: ignore[method-assign]
    with pytest.raises(Unavailable) as raised:
        client.stamp(b"\1" * 32, "sha256")
    assert raised.value.code == "tsa.bad_answer"
    assert "signature" in raised.value.parameters["cause"]
    client.close()


def test_tsa_with_a_wrong_clock_is_refused(authority: Any) -> None:
    client = TimestampAuthority(
        authority.tsa("tsa2"), clock=lambda: datetime.now(UTC) + timedelta(minutes=10)
    )
    with pytest.raises(Unavailable) as raised:
        client.stamp(b"\1" * 32, "sha256")
    assert "clock" in raised.value.parameters["cause"]
    client.close()


def test_tsa_certificates_are_remembered_for_an_hour(authority: Any) -> None:
    clock = _Time()
    client = TimestampAuthority(authority.tsa("tsa2"), clock=clock)
    first = client.units()
    clock.ahead = timedelta(minutes=59)
    assert client.units() == first
    assert authority.requests == {"tsa": 1}
    clock.ahead = timedelta(minutes=61)
    with pytest.raises(Unavailable):  # asked again, and the clocks differ by now
        client.units()
    assert authority.requests == {"tsa": 2}
    client.close()


def test_stranger_as_tsa_is_refused(sealing: Any, authority: Any) -> None:
    key = authority.key()
    with pytest.raises(Refused) as raised:
        sealing(key=key, tsa="stranger")
    assert raised.value.code == "tsa.certificate_not_trusted"
    assert key.signatures == 0


def test_tsa_that_changes_its_certificate_is_followed(authority: Any, sealing: Any) -> None:
    """The store lies under the signature: a new TSA certificate must be in it too."""
    key = authority.key()
    sealing(key=key)
    before = authority.requests["tsa"]
    authority.redirect = ("/tsa/tsa2", "/tsa/tsa")
    try:
        sealed = sealing(key=key)
    finally:
        authority.redirect = None
    assert key.signatures == 3  # one before; the seal in vain, and the seal
    assert authority.requests["tsa"] == before + 2
    assert authority.certificate("tsa").serial_number != authority.certificate("tsa2").serial_number
    assert sealed.count(b"%%EOF") == 1


def test_revoked_seal_seals_nothing(sealing: Any, authority: Any) -> None:
    key = authority.key("seal-revoked")
    with pytest.raises(Refused) as raised:
        sealing(key=key)
    assert raised.value.code == "seal.certificate_revoked"
    assert key.signatures == 0


def test_seal_of_a_stranger_seals_nothing(sealing: Any, authority: Any) -> None:
    key = authority.key("stranger")
    key.chain = ()
    with pytest.raises(Refused) as raised:
        sealing(key=key)
    assert raised.value.code == "seal.certificate_not_trusted"
    assert key.signatures == 0


@pytest.mark.parametrize("answer", [503, b"garbage", b"\x30\x03\x0a\x01\x06"])
def test_nothing_is_sealed_without_revocation_status(
    sealing: Any, authority: Any, answer: int | bytes
) -> None:
    key = authority.key()
    authority.answers |= {"/ocsp/": answer, "/crls/": answer}
    with pytest.raises(Unavailable) as raised:
        sealing(key=key)
    assert raised.value.code == "revocation.unavailable"
    assert key.signatures == 0


@pytest.mark.parametrize("answer", [503, b"garbage", 5.0])
def test_revocation_list_stands_in_for_ocsp(authority: Any, answer: float | bytes) -> None:
    authority.answers["/ocsp/"] = answer
    source = RevocationInfo(lambda: authority.anchors, clock=system_clock, seconds=2)
    evidence = _gather(source, authority)
    assert evidence.ocsp_responses == ()
    assert len(evidence.crls) == 2


def test_revoked_is_seen_without_ocsp(authority: Any) -> None:
    authority.answers["/ocsp/"] = 503
    source = RevocationInfo(lambda: authority.anchors, clock=system_clock)
    with pytest.raises(Refused) as raised:
        _gather(source, authority, "seal-revoked")
    assert raised.value.code == "seal.certificate_revoked"


def _gather(source: RevocationInfo, authority: Any, label: str = "seal") -> Any:
    key = authority.key(label)
    return source.gather(key.certificate, key.chain, CertificateRole.SEAL)


def test_answers_are_kept_for_half_their_life(authority: Any) -> None:
    clock = _Time()
    source = RevocationInfo(lambda: authority.anchors, clock=clock)
    first = _gather(source, authority)
    assert authority.requests == {"ocsp": 1, "crls": 1}
    clock.ahead = timedelta(minutes=4)  # OCSP answers of this authority live ten minutes
    assert _gather(source, authority) is first
    assert authority.requests == {"ocsp": 1, "crls": 1}
    clock.ahead = timedelta(minutes=5)
    assert _gather(source, authority) is not first
    assert authority.requests == {"ocsp": 2, "crls": 2}


def test_outage_is_bridged_while_the_answer_holds(authority: Any) -> None:
    clock = _Time()
    source = RevocationInfo(lambda: authority.anchors, clock=clock)
    first = _gather(source, authority)
    authority.answers |= {"/ocsp/": 503, "/crls/": 503}
    clock.ahead = timedelta(minutes=6)
    assert _gather(source, authority) is first
    tried = authority.requests["ocsp"]
    assert _gather(source, authority) is first
    assert authority.requests["ocsp"] == tried  # not asked again at once
    clock.ahead = timedelta(minutes=9, seconds=30)  # within the margin before its end
    with pytest.raises(Unavailable) as raised:
        _gather(source, authority)
    assert raised.value.code == "revocation.unavailable"
    authority.answers.clear()
    clock.ahead = timedelta()
    assert _gather(source, authority) is first


def test_one_thread_fetches_for_all(authority: Any) -> None:
    source = RevocationInfo(lambda: authority.anchors, clock=system_clock)
    authority.answers["/crls/"] = 0.3
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _gather(source, authority), range(8)))
    assert all(each is answers[0] for each in answers)
    assert authority.requests == {"ocsp": 1, "crls": 1}


def test_waiting_for_another_thread_has_a_limit(authority: Any) -> None:
    source = RevocationInfo(lambda: authority.anchors, clock=system_clock, seconds=0.3)
    authority.answers |= {"/ocsp/": 2.0, "/crls/": 2.0}
    begin = time.monotonic()

    def outcome(_: int) -> str:
        with pytest.raises(MohrError) as raised:
            _gather(source, authority)
        return raised.value.code

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(outcome, range(3))) == {"revocation.unavailable"}
    assert time.monotonic() - begin < 4


def test_many_threads_seal_at_once(sealing: Any, authority: Any) -> None:
    sealing()
    with ThreadPoolExecutor(6) as pool:
        sealed = list(pool.map(lambda _: sealing(), range(12)))
    assert len({*sealed}) == 12
    assert all(each.count(b"%%EOF") == 1 for each in sealed)
