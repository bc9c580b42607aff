"""What of registered files is remembered, and what makes it forgotten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clearance.errors import Busy, Unavailable
from clearance.verdict import Finding, Level, Reason, Stage
from verifier.cached_examiner import REMEMBERED_FOR, CachedExaminer
from verifier.examination import Examination
from verifier.trust import Evidence, TrustPolicy

AT = datetime(2025, 5, 4, 9, 30, tzinfo=UTC)
TRUST = TrustPolicy(anchors_der=(b"root",), seals_der=(b"seal",), at=AT)


def examination(level: Level = Level.PASSED) -> Examination:
    finding = Finding(stage=Stage.SIGNATURE, level=level, reason=Reason.SIGNATURE_VALID)
    return Examination(findings=(finding,), bears_our_seal=True, content_hash=b"x" * 32)


class Counting:
    def __init__(self) -> None:
        self.answer: Examination | Exception = examination()
        self.asked: list[bytes] = []

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        self.asked.append(pdf)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def examiner(counting: Counting) -> CachedExaminer:
    return CachedExaminer(counting, capacity=2)


def test_a_registered_file_is_examined_once(examiner: CachedExaminer, counting: Counting) -> None:
    first = examiner.examine(b"a", TRUST)
    again = examiner.examine(b"a", TRUST)
    assert first == again == examination()
    examiner.examine(b"b", TRUST)
    assert counting.asked == [b"a", b"b"]


@pytest.mark.parametrize(
    "change",
    [
        {"anchors_der": (b"root", b"another root")},
        {"seals_der": (b"another seal",)},
        {"evidence": Evidence.TIMESTAMP},
        {"require_non_repudiation": True},
        {"at": AT + REMEMBERED_FOR},
        {"at": AT - timedelta(seconds=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_trust_state_needs_another_examination(
    examiner: CachedExaminer, counting: Counting, change: dict[str, object]
) -> None:
    examiner.examine(b"a", TRUST)
    examiner.examine(b"a", replace(TRUST, **change))  # type: ignore[arg-type]
    assert len(counting.asked) == 2


def test_what_is_remembered_serves_until_its_time_is_over(
    examiner: CachedExaminer, counting: Counting
) -> None:
    last = AT + REMEMBERED_FOR - timedelta(seconds=1)
    for at in (AT, last, AT + REMEMBERED_FOR, AT + REMEMBERED_FOR):
        examiner.examine(b"a", replace(TRUST, at=at))
    assert len(counting.asked) == 2, "the second examination is remembered from its own moment"


def test_what_did_not_agree_is_not_remembered(examiner: CachedExaminer, counting: Counting) -> None:
    counting.answer = examination(Level.FAILED)
    assert not examiner.examine(b"a", TRUST).agrees
    counting.answer = Busy()
    with pytest.raises(Unavailable):
        examiner.examine(b"a", TRUST)
    counting.answer = examination()
    assert examiner.examine(b"a", TRUST).agrees


def test_the_one_not_asked_for_longest_is_forgotten(
    examiner: CachedExaminer, counting: Counting
) -> None:
    for pdf in (b"a", b"b", b"a", b"c"):
        examiner.examine(pdf, TRUST)
    assert counting.asked == [b"a", b"b", b"c"]
    examiner.examine(b"a", TRUST)
    assert counting.asked == [b"a", b"b", b"c"]
    examiner.examine(b"b", TRUST)
    assert counting.asked == [b"a", b"b", b"c", b"b"]
