"""The document store over S3's protocol, against a stand-in that keeps objects in memory."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from clearance.errors import InternalFault, NotFound, Unavailable
from register.documents import DocumentStore

pytestmark = pytest.mark.integration

DATA = b"%PDF-1.7 sealed"
DIGEST = hashlib.sha256(DATA).hexdigest()
PATH = f"/bucket/sealed/{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}.pdf"


class _S3(BaseHTTPRequestHandler):
    objects: dict[str, bytes]

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["If-None-Match"] == "*" and self.path in self.objects:
            self._answer(412)
            return
        self.objects[self.path] = data
        self._answer(200)

    def do_GET(self) -> None:
        data = self.objects.get(self.path)
        self._answer(404) if data is None else self._answer(200, data)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"etag"')
        self.send_header("Last-Modified", "Sun, 04 May 2025 08:30:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch):
    """The objects of a bucket, by path, behind the address that the environment names."""
    handler = type("Handler", (_S3,), {"objects": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        _environment(monkeypatch, server.server_port)
        yield handler.objects
        server.shutdown()
        thread.join()


def test_a_document_lies_under_its_digest(bucket):
    store = DocumentStore.open("s3://bucket/sealed")

    assert store.put(DATA) == DIGEST
    assert bucket == {PATH: DATA}
    assert store.put(DATA) == DIGEST
    assert store.get(DIGEST) == DATA


def test_an_exchanged_document_is_not_handed_out_or_overwritten(bucket):
    bucket[PATH] = b"%PDF-1.7 other"
    store = DocumentStore.open("s3://bucket/sealed")

    with pytest.raises(InternalFault, match=r"documents\.corrupt"):
        store.get(DIGEST)
    with pytest.raises(InternalFault, match=r"documents\.corrupt"):
        store.put(DATA)
    assert bucket[PATH] == b"%PDF-1.7 other"


def test_a_missing_document_is_absent(bucket):
    with pytest.raises(NotFound, match=r"documents\.not_found"):
        DocumentStore.open("s3://bucket/sealed").get(DIGEST)


def test_a_store_that_does_not_answer_is_unavailable(monkeypatch):
    _environment(monkeypatch, 9)
    store = DocumentStore.open("s3://bucket/sealed")

    with pytest.raises(Unavailable, match=r"documents\.unavailable"):
        store.put(DATA)
    with pytest.raises(Unavailable, match=r"documents\.unavailable"):
        store.get(DIGEST)


def _environment(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "test")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
