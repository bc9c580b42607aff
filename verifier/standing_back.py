"""Lets files that come by the thousand stand back behind those that come one by one.

A file that the register does not know can take a worker for seconds. Many at once, all of them
hostile, would take every worker and keep a single caller's file from its answer.
"""

import threading
from dataclasses import dataclass

from verifier.examination import Examination, Examiner
from verifier.reading import Reader, Reading
from verifier.trust import TrustPolicy


@dataclass(frozen=True, kw_only=True)
class StandingBack:
    """Examiner and reader for one of many files; safe to use from several threads.

    All that share it take at most as many workers at a time as ``places`` has, and wait for one
    as long as it takes. Files that the register knows pass at once: their workers are their own.
    """

    examiner: Examiner
    reader: Reader
    places: threading.Semaphore

    def examine(self, pdf: bytes, trust: TrustPolicy, *, registered: bool = False) -> Examination:
        """Examine as ``examiner`` does, when a place is free."""
        if registered:
            return self.examiner.examine(pdf, trust, registered=True)
        with self.places:
            return self.examiner.examine(pdf, trust, registered=False)

    def read(self, content: bytes, *, codes: bool) -> Reading:
        """Read as ``reader`` does, when a place is free."""
        with self.places:
            return self.reader.read(content, codes=codes)
