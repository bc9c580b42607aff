"""The document store: sealed files under their own SHA-256, in a folder or an S3 bucket."""

import hashlib
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Self

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from clearance.errors import InternalFault, NotFound, Refused, Unavailable
from register.store_writing import try_bucket, try_folder

_DIGEST = re.compile(r"[0-9a-f]{64}")


class DocumentStore:
    """Content-addressed files, written once and never changed.

    A file that ``put`` answered for is on the disk, its folders too, or acknowledged by S3; nobody
    ever sees half a file. Reading hashes again, so a damaged or exchanged file is never
    handed out. Safe to use from several threads, processes and machines.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, address: str | Path) -> Self:
        """Open a folder (made if missing, mode 0700) or ``s3://bucket/prefix``.

        S3's endpoint, region and credentials come from the environment (``AWS_ENDPOINT``,
        ``AWS_REGION``, ``AWS_ACCESS_KEY_ID``, …), limits of 5 s to connect and 30 s to answer are
        the library's. Raises ``Refused("documents.bad_address")``
        for anything else, ``Unavailable`` if the folder cannot be made.
        """
        if "://" not in str(address):
            return cls._open_folder(Path(address))
        try:
            return cls(
                S3Store.from_url(
                    str(address),
                    retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=30)},
                )
            )
        except (BaseError, ValueError) as error:
            raise Refused("documents.bad_address") from error

    @classmethod
    def _open_folder(cls, folder: Path) -> Self:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(LocalStore(prefix=folder), folder)
        except OSError as error:
            raise Unavailable("documents.unavailable") from error

    def put(self, data: bytes) -> str:
        """Keep a file and answer its SHA-256 in lowercase hexadecimal.

        Keeping the same bytes again changes nothing. Raises ``Unavailable`` if the store does not
        answer or is full (the file may be there or not: put it again), and
        ``InternalFault("documents.corrupt")`` if other bytes lie under this digest.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            self._store.put(_path(sha256), data, mode="create")
            self._reach_the_disk(sha256)
        except AlreadyExistsError:
            self.get(sha256)
        except (BaseError, OSError) as error:
            raise Unavailable("documents.unavailable") from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the file with this SHA-256 (lowercase hexadecimal).

        Raises ``NotFound("documents.not_found")``, ``Unavailable("documents.unavailable")``, or
        ``InternalFault("documents.corrupt")`` if what is kept has another digest.
        """
        if _DIGEST.fullmatch(sha256) is None:
            raise NotFound("documents.not_found")
        try:
            data = bytes(self._store.get(_path(sha256)).bytes())
        except FileNotFoundError as error:
            raise NotFound("documents.not_found") from error
        except (BaseError, OSError) as error:
            raise Unavailable("documents.unavailable") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InternalFault("documents.corrupt", parameters={"sha256": sha256})
        return data

    def ping(self) -> None:
        """Ask whether the store answers; raises ``Unavailable("documents.unavailable")``."""
        if self._folder is not None and not os.access(self._folder, os.W_OK):
            raise Unavailable("documents.unavailable")
        try:
            self._store.head(_path("0" * 64))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise Unavailable("documents.unavailable") from error

    def require_writable(self) -> None:
        """Find out by writing whether the store takes files.

        Raises ``Unavailable``: ``documents.full`` or ``documents.not_writable``.
        """
        if self._folder is not None:
            try_folder(self._folder)
        else:
            try_bucket(self._store)

    def _reach_the_disk(self, sha256: str) -> None:
        """Make a new file in a folder survive a power cut; the library itself never syncs."""
        if self._folder is None:
            return
        path = self._folder / _path(sha256)
        for each in (path, path.parent, path.parent.parent, self._folder):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf"
