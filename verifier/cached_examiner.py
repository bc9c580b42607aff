"""Remembers what registered files showed, so that the cryptography is done once for each.

The register vouches for these files by their digest, and a file with the same digest shows the
same each time, as long as the same is trusted. What changes is the standing, which is never
remembered: the register is asked for it each time.
"""

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from verifier.examination import Examination, Examiner
from verifier.trust import TrustPolicy

FILES_REMEMBERED = 10_000
"""Examinations kept, the latest asked for; each takes some 2 KB of memory, never the file."""

REMEMBERED_FOR = timedelta(days=1)
"""How far the moment of judging may move on before a file is examined anew."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_Key = tuple[bytes, TrustPolicy]


class CachedExaminer:
    """Examines like ``examiner``, but a registered file that was found good only once.

    An examination is used again for a file with the same SHA-256 under the same trust state. That
    state is the whole ``TrustPolicy`` but its moment: other anchors, seal certificates or demands
    make a new examination. The moment may be later by up to ``REMEMBERED_FOR``, never earlier. A
    new program remembers nothing, since this lies in the memory of the process.

    Only an examination that agrees is kept, so that no fault of ours is repeated from memory. It is
    for registered files alone: strangers' could push out the genuine ones. Safe to use from several
    threads.
    """

    def __init__(self, examiner: Examiner, *, capacity: int = FILES_REMEMBERED) -> None:
        self._examiner = examiner
        self._capacity = capacity
        self._kept: OrderedDict[_Key, tuple[datetime, Examination]] = OrderedDict()
        self._lock = threading.Lock()

    def examine(self, pdf: bytes, trust: TrustPolicy) -> Examination:
        """Return what ``pdf`` shows; raises as the examiner does."""
        key = (sha256(pdf).digest(), replace(trust, at=_NO_TIME))
        examination = self._recalled(key, trust.at)
        if examination is None:
            examination = self._examiner.examine(pdf, trust)
            if examination.agrees:
                self._keep(key, trust.at, examination)
        return examination

    def _recalled(self, key: _Key, at: datetime) -> Examination | None:
        with self._lock:
            if key not in self._kept:
                return None
            examined_at, examination = self._kept[key]
            if not examined_at <= at < examined_at + REMEMBERED_FOR:
                return None
            self._kept.move_to_end(key)
            return examination

    def _keep(self, key: _Key, at: datetime, examination: Examination) -> None:
        with self._lock:
            self._kept[key] = (at, examination)
            self._kept.move_to_end(key)
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
