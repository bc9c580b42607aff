"""What is wrong with register and store while both answer, each found on the real thing."""

import hashlib
import os
import resource
import secrets
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from clearance.clock import system_clock
from clearance.errors import InternalFault, MohrError, Unavailable
from register.database import open_database, ping
from register.documents import DocumentStore
from register.health import check_sample, clock_ahead, require_writable
from service.wiring.probes import check_clock

pytestmark = pytest.mark.integration

NOBODY = 65534


def code_of(probe):
    """Return the code of what ``probe`` raises; None if it returns."""
    try:
        probe()
    except MohrError as error:
        return error.code
    return None


# --- database


def test_a_database_set_to_read_only_is_named(engine, database_url):
    require_writable(engine)
    with engine.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    later = open_database(database_url)
    try:
        ping(later)
        with pytest.raises(Unavailable) as caught:
            require_writable(later)
        assert caught.value.code == "register.read_only"
    finally:
        later.dispose()


def test_the_databases_clock_is_compared_with_ours(engine):
    for hours in (-1, 0, 1):
        shifted = partial(
            clock_ahead, engine, lambda by=hours: system_clock() + timedelta(hours=by)
        )
        assert abs(shifted() + timedelta(hours=hours)) < timedelta(seconds=5)
        wanted = "clock.off_from_database" if hours else None
        assert code_of(partial(check_clock, shifted)) == wanted


# --- documents


@pytest.fixture
def store(tmp_path):
    return DocumentStore.open(tmp_path / "documents")


@pytest.fixture
def kept(prepare, finish, store):
    """Digests of four registered documents that the store holds, as short stand-ins."""

    def keep(ticket):
        digest = store.put(ticket.attempt_id.bytes)
        assert finish(ticket).document.sha256 == digest
        return digest

    return [keep(prepare()) for _ in range(4)]


@pytest.fixture
def look(engine, store):
    """Look at so many documents that each of four is certainly among them."""
    return partial(check_sample, engine, store.get, random_bytes=secrets.token_bytes, size=200)


def path_of(tmp_path, digest):
    return tmp_path / "documents" / digest[:2] / digest[2:4] / f"{digest}.pdf"


def test_a_sample_of_an_empty_register_and_of_a_whole_store_is_sound(look, request):
    look()
    request.getfixturevalue("kept")
    look()


def test_a_deleted_document_is_named(look, kept, tmp_path):
    path_of(tmp_path, kept[2]).unlink()
    with pytest.raises(InternalFault) as caught:
        look()
    assert caught.value.code == "documents.registered_missing"
    assert caught.value.parameters == {"sha256": kept[2]}


def test_a_document_with_one_bit_flipped_is_named(look, kept, tmp_path):
    path = path_of(tmp_path, kept[1])
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    with pytest.raises(InternalFault) as caught:
        look()
    assert caught.value.code == "documents.registered_damaged"
    assert caught.value.parameters == {"sha256": kept[1]}


def test_a_sample_reads_no_more_than_its_size(engine, kept, store):
    read = []

    def reading(digest):
        read.append(digest)
        return store.get(digest)

    for _ in range(40):
        before = len(read)
        check_sample(engine, reading, random_bytes=secrets.token_bytes)
        assert len(read) - before <= 3
    assert set(read) == set(kept), "each document has its turn"


def test_a_draw_beyond_the_last_digest_begins_again(engine, kept, store):
    read = []
    check_sample(
        engine,
        lambda digest: read.append(digest) or store.get(digest),
        random_bytes=lambda count: b"\xff" * count,
    )
    assert read == [min(kept)]
    assert hashlib.sha256(store.get(read[0])).hexdigest() == read[0]


def test_a_store_that_takes_files_keeps_none_of_those_on_trial(store, tmp_path):
    store.require_writable()
    assert list((tmp_path / "documents").iterdir()) == []


@contextmanager
def without_root():
    """Be a user to whom permissions apply, as the service is; root passes them all."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_store_that_cannot_be_written_to_is_named():
    with tempfile.TemporaryDirectory(prefix="mohr-store-") as place:
        Path(place).chmod(0o711)
        folder = Path(place, "documents")
        store = DocumentStore.open(folder)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        with without_root():
            store.require_writable()
            folder.chmod(0o500)
            assert code_of(store.require_writable) == "documents.not_writable"
            folder.chmod(0o700)
            store.require_writable()


def test_a_store_whose_folder_is_gone_is_named(store, tmp_path):
    (tmp_path / "documents").rmdir()
    assert code_of(store.require_writable) == "documents.not_writable"


def test_a_store_without_space_is_named(store):
    """A limit of the kernel's on what is written stands in for a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
    try:
        assert code_of(store.require_writable) == "documents.full"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    store.require_writable()
