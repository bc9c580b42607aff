"""The document store over a folder."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clearance.errors import InternalFault, NotFound, Refused, Unavailable
from register.documents import DocumentStore

DATA = b"%PDF-1.7 sealed"
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "documents"


@pytest.fixture
def store(folder):
    return DocumentStore.open(folder)


@pytest.fixture
def path(folder):
    return folder / DIGEST[:2] / DIGEST[2:4] / f"{DIGEST}.pdf"


def test_a_document_lies_under_its_digest(store, path):
    assert store.put(DATA) == DIGEST
    assert path.read_bytes() == DATA
    assert store.get(DIGEST) == DATA
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_same_bytes_again_change_nothing(store, path):
    store.put(DATA)
    before = path.stat()

    assert store.put(DATA) == DIGEST
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_eight_threads_with_the_same_bytes_all_succeed(store):
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(store.put, [DATA] * 64)) == {DIGEST}


def test_the_folder_is_closed_to_others_and_opened_again(store, folder):
    store.put(DATA)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert DocumentStore.open(str(folder)).get(DIGEST) == DATA


@pytest.mark.parametrize("spoilt", [b"", DATA[:-1], DATA + b"\n", b"%PDF-1.7 other"])
def test_a_changed_file_is_neither_handed_out_nor_overwritten(store, path, spoilt):
    store.put(DATA)
    path.write_bytes(spoilt)

    with pytest.raises(InternalFault, match=r"documents\.corrupt"):
        store.get(DIGEST)
    with pytest.raises(InternalFault, match=r"documents\.corrupt"):
        store.put(DATA)
    assert path.read_bytes() == spoilt


@pytest.mark.parametrize(
    "digest", [DIGEST, "", "..", "../" * 20 + "etc/passwd", DIGEST.upper(), DIGEST + "\n", "a\x00b"]
)
def test_what_is_not_there_is_absent(store, digest):
    with pytest.raises(NotFound, match=r"documents\.not_found"):
        store.get(digest)


def test_a_folder_that_cannot_be_written_is_unavailable(store, folder):
    folder.rmdir()
    folder.write_text("in the way")

    with pytest.raises(Unavailable, match=r"documents\.unavailable"):
        store.put(DATA)
    with pytest.raises(Unavailable, match=r"documents\.unavailable"):
        DocumentStore.open(folder / "inside")


def test_a_document_reaches_the_disk_before_it_is_answered(store, folder, path, monkeypatch):
    synced = []
    monkeypatch.setattr("os.fsync", lambda descriptor: synced.append(_path_of(descriptor)))

    store.put(DATA)

    assert synced == [str(each) for each in (path, path.parent, path.parent.parent, folder)]


@pytest.mark.parametrize(
    "address", ["http://host/x", "file:///tmp", "memory:///", "s3://", "gs://b"]
)
def test_other_addresses_are_refused(address):
    with pytest.raises(Refused, match=r"documents\.bad_address"):
        DocumentStore.open(address)


def _path_of(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())
