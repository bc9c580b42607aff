"""How entries of two revisions are compared, and told of. Runs inside the sandbox."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pyhanko.pdf_utils import generic

from clearance.verdict import Reason
from verifier.graph import Revision, entry, spelled, value_at

_LISTED = 8
"""How many pages, entries or objects a change names."""

_RUNNING = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition"}
)
"""Actions that leave the document or compute (ISO 32000-2, 12.6.4)."""

Change = tuple[Reason, Mapping[str, str]]
"""What was changed, and where."""


def changed_entries(
    old: Revision, new: Revision, name: str, without: AbstractSet[str]
) -> list[str]:
    """Return which entries of a dictionary of the catalog changed, or anything below them."""
    new.explain(entry(new.root, name))
    before, after = value_at(old.root, name) or {}, value_at(new.root, name) or {}
    return [
        word(each)
        for each in sorted((set(before) | set(after)) - without)
        if changed(old, new, name, each)
    ]


def changed(old: Revision, new: Revision, *path: str) -> bool:
    """Whether an entry, by its path from the catalog, or anything below it is not what it was."""
    return new.touches(entry(new.root, *path)) or differs(old, new, *path)


def differs(old: Revision, new: Revision, *path: str) -> bool:
    """Whether an entry is spelled otherwise than it was; what it refers to is not looked at."""
    return spelled(entry(old.root, *path)) != spelled(entry(new.root, *path))


def word(name: str) -> str:
    """Return the name of an entry for people, cut to a bounded length."""
    return name.lstrip("/")[:40]


def listed(words: Sequence[str]) -> str:
    """List the first few."""
    return ", ".join(words[:_LISTED])


def runs(action: Any) -> bool:
    """Whether something is an action that leaves the document or computes."""
    return isinstance(action, generic.DictionaryObject) and value_at(action, "/S") in _RUNNING
