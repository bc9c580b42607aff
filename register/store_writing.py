"""Whether a document store takes a file, found out by writing one."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from clearance.errors import Unavailable

_SIZE: Final = 256 * 1024
"""Bytes; more than a sealed document has, so that the last place is missed before one needs it."""
_MARK: Final = "writable"
"""Name of the object in a bucket; no document is called so."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def try_folder(folder: Path) -> None:
    """Write a file of some size into ``folder``, to the disk, and take it away again.

    Raises ``Unavailable``: ``documents.full`` or ``documents.not_writable``.
    """
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".writable-") as file:
            file.write(bytes(_SIZE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("documents.full") from error
        raise Unavailable("documents.not_writable") from error


def try_bucket(store: ObjectStore) -> None:
    """Create one small object, which is there from the first time on and never changed.

    The right to write is asked for in either case, and no versions pile up. Raises
    ``Unavailable("documents.not_writable")``.
    """
    try:
        store.put(_MARK, b"", mode="create")
    except AlreadyExistsError:
        return
    except (BaseError, OSError) as error:
        raise Unavailable("documents.not_writable") from error
