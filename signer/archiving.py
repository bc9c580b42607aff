"""Makes the archival revisions that are due.

1. *Due*: what the register says of one document, of whatever kind; nothing to do is an answer, too.
2. Fetch the registered file that the revision continues.
3. Append evidence and a document timestamp (``signer.long_life``).
4. Look at the result as the verifier would, and at how long its timestamp holds.
5. Refuse one that holds no longer than the one before: the TSA has no better certificate yet.
6. Store the file by its SHA-256, then enter it into the register.

No transaction is open in steps 2 to 6. A revision that was made and not entered does no harm.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from clearance.errors import Conflict, MohrError, Refused, Unavailable
from clearance.long_life import Strength, TrustHistory
from register.archive import Archive
from register.archive_records import ArchivalRevision, Cause, Due
from register.documents import DocumentStore
from signer.long_life import continue_file
from signer.ports import EvidenceSource
from signer.timestamps import TimestampAuthority

_LOG = logging.getLogger(__name__)

Inspect = Callable[[bytes, Due], Strength]
"""Examines a new archival revision with the verifier's cryptographic stage, and returns what its
last timestamp depends on. Raises ``InternalFault`` if it is not good."""


@dataclass(frozen=True, kw_only=True)
class Archiving:
    """Makes archival revisions; safe to use from several threads and processes."""

    archive: Archive
    documents: DocumentStore
    evidence: EvidenceSource
    timestamps: TimestampAuthority
    inspect: Inspect
    hash_name: str
    """Of the document timestamps."""
    history: Callable[[], TrustHistory]
    """Answers what is trusted no longer, or from some day on."""

    def work(self, number: str) -> None:
        """Make the revision that is due of one document, if any: a job's task."""
        due = self.archive.due_of(number)
        if due is None:
            return
        try:
            self.make(due)
        except Refused as refusal:
            _LOG.error("%s revision %d waits: %s", number, due.revision, refusal.code)

    def make(self, due: Due) -> ArchivalRevision:
        """Make one revision.

        Raises ``Unavailable`` if a part is away, ``Refused`` (``archive.no_better``, ``tsa.*``) or
        ``InternalFault``: then it stays due, and is tried again later. Raises
        ``Conflict("archive.overtaken")`` if another was made meanwhile.
        """
        try:
            return self._made(due)
        except Conflict:
            raise
        except Exception as error:
            code = error.code if isinstance(error, MohrError) else "internal.fault"
            with suppress(Unavailable):
                self.archive.failed(due, code)
            raise

    def _made(self, due: Due) -> ArchivalRevision:
        # 5., looked at early: it costs nothing while the authority keeps its certificate
        self._expect_progress(due)
        # 2. and 3. Continue the file
        base = self.documents.get(due.base_sha256)
        content = continue_file(
            base,
            revision=due.revision,
            evidence=self.evidence,
            timestamps=self.timestamps,
            hash_name=self.hash_name,
        )
        # 4. Own check
        strength = self.inspect(content, due)
        # 5. Progress
        before, history = due.strength, self.history()
        if before and strength.end(history) <= before.end(history):
            raise _no_better(due, strength.end(history))
        # 6. Store, enter
        sha256 = self.documents.put(content)
        return self.archive.record(due, sha256=sha256, size=len(content), strength=strength)

    def _expect_progress(self, due: Due) -> None:
        """Refuse before the work if only another certificate helps and there is none."""
        if due.strength is None or due.cause is not Cause.CERTIFICATE_ENDS:
            return
        ends = max(each.certificate.not_valid_after_utc for each in self.timestamps.units())
        if ends <= due.strength.certificate_ends_at:
            raise _no_better(due, ends)


def _no_better(due: Due, until: datetime) -> Refused:
    parameters = {"number": due.number, "until": f"{until:%Y-%m-%d}"}
    return Refused("archive.no_better", parameters=parameters)
