"""Lets files that come by the thousand stand back behind those that come one by one.

A file that the register does not know can take a worker for seconds. Many at once, all of them
hostile, would take every worker and keep a single caller's file from its answer.
"""

from dataclasses import dataclass

from verifier.examination import Examination, Examiner
from verifier.reading import Reading
from verifier.sandbox import Sandbox
from verifier.trust import TrustPolicy


@dataclass(frozen=True, kw_only=True)
class BulkExaminer:
    """Examiner and reader for one of many files; safe to use from several threads.

    Files that the register knows go to ``remembering`` like all others of that kind, the rest to
    the workers that ``sandbox`` has for many. All else is as with these two.
    """

    remembering: Examiner
    sandbox: Sandbox

    def examine(self, pdf: bytes, trust: TrustPolicy, *, registered: bool = False) -> Examination:
        """Examine a file."""
        if registered:
            return self.remembering.examine(pdf, trust, registered=True)
        return self.sandbox.examine(pdf, trust, one_of_many=True)

    def read(self, content: bytes, *, codes: bool) -> Reading:
        """Read a file as a paper."""
        return self.sandbox.read(content, codes=codes, one_of_many=True)
