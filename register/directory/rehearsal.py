"""What a dry run remembers of a file, so that it sees a key come again thousands of lines later.

A dry run keeps nothing, so the directory cannot say what an earlier chunk of the file would have
changed. Of each key that would be taken it is remembered under which version, and a hash of what it
said: some 250 bytes a key, and no more keys than ``MOST_KEYS``. Later ones are judged by the
directory alone, as is an undertaking whose period touches that of another id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clearance.directory import InspectionUndertaking
from clearance.directory_shapes import Fed, subject_of
from clearance.errors import Conflict, InvalidValue, MohrError
from register.directory.record_upsert import Put

MOST_KEYS: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Taken:
    """The newest record of one key that would be on file by now."""

    version: int
    """0 for undertakings, which have none."""
    content: int
    """Equal records have equal hashes; that others have one by chance needs no care here."""


class Rehearsal:
    """The keys of one dry run; used by one thread at a time."""

    def __init__(self) -> None:
        self._taken: dict[str, _Taken] = {}

    def judged(
        self, records: Sequence[Fed], answers: Sequence[Put | MohrError]
    ) -> list[Put | MohrError]:
        """Return for each record of a chunk what would become of it after the chunks before.

        ``answers`` are those of ``put_all``, which knows the directory and this chunk.
        """
        return [self._judge(*each) for each in zip(records, answers, strict=True)]

    def _judge(self, record: Fed, answer: Put | MohrError) -> Put | MohrError:
        subject = subject_of(record)
        earlier = self._taken.get(subject)
        # Another file has to mend an unknown branch, whatever this one said before.
        if earlier is not None and not isinstance(answer, InvalidValue):
            answer = _compare(record, earlier)
        has_room = earlier is not None or len(self._taken) < MOST_KEYS
        if isinstance(answer, Put) and has_room:
            self._taken[subject] = _taken(record)
        return answer


def _compare(record: Fed, earlier: _Taken) -> Put | MohrError:
    given = _taken(record)
    if given == earlier:
        return Put.UNCHANGED
    if isinstance(record, InspectionUndertaking):
        return Conflict("undertaking.differs")
    if given.version > earlier.version:
        return Put.CHANGED
    return Conflict(
        "directory.stale", field="/version", parameters={"version": str(earlier.version)}
    )


def _taken(record: Fed) -> _Taken:
    version = 0 if isinstance(record, InspectionUndertaking) else record.version
    return _Taken(version=version, content=hash(record))
