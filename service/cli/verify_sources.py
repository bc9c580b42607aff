"""What ``mohr verify`` is to verify: files, the files of folders, and those inside ZIP archives."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from clearance.errors import InvalidValue
from clearance.verdict import Reason
from verifier.zip_files import ZipFiles, is_zip
from verifier.zip_names import printable

MOST_FILES: Final = 100_000
"""Of one archive."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file to verify."""

    name: str
    """Its path, fit to be printed; of a file in an archive the archive's, a slash, and its path
    in there."""
    read: Callable[[], bytes | Reason]
    """Answers the bytes, or why they cannot be had; raises ``OSError``."""


@contextmanager
def open_sources(paths: Sequence[Path]) -> Iterator[tuple[Source, ...]]:
    """Yield every file that is meant, in the order given; those of a folder by name.

    A path that leads nowhere stands for itself, so that its reading says why.
    """
    with ExitStack() as opened:
        yield tuple(
            source for path in paths for file in _files(path) for source in _sources(file, opened)
        )


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if each.is_file())
    else:
        yield path


def _sources(path: Path, opened: ExitStack) -> Iterator[Source]:
    name = printable(str(path))
    try:
        file = path.open("rb")
    except OSError:
        yield Source(name=name, read=path.read_bytes)
        return
    with ExitStack() as closing:
        closing.enter_context(file)
        if not is_zip(file.read(4)):
            yield Source(name=name, read=path.read_bytes)
            return
        try:
            archive = ZipFiles(file, most_files=MOST_FILES)
        except InvalidValue:
            yield Source(name=name, read=lambda: Reason.DAMAGED)
            return
        opened.push(closing.pop_all())
    for each in archive.files:
        yield Source(name=f"{name}/{each.name}", read=partial(archive.read, each))
