"""``mohr verify --service``: portions, broken connections, outages, records."""

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from clearance.errors import InvalidValue, Refused, Unavailable
from clearance.verdict import Outcome, Reason
from service.cli import verify_service
from service.cli.main import app
from service.cli.verify_records import read_records
from service.cli.verify_service import Asking, VerifyingService
from service.cli.verify_sources import Source, open_sources
from service.settings import API_KEY_VARIABLE

Reply = Callable[[Sequence[bytes]], httpx.Response]


class Service:
    """Answers one request after the other as its script says, and keeps what came."""

    def __init__(self, *script: Reply) -> None:
        self._script: Iterator[Reply] = iter(script)
        self.portions: list[list[bytes]] = []
        self.expect: list[dict[str, Any] | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer k"
        body = request.read()
        expect = body.partition(b'name="expect"')[2].partition(b"\r\n\r\n")[2]
        self.expect.append(json.loads(expect.partition(b"\r\n--")[0]) if expect else None)
        # A form around an archive: its end is found from behind.
        end = body.rindex(b"PK\5\6") + 22
        with zipfile.ZipFile(io.BytesIO(body[body.index(b"PK\3\4") : end])) as archive:
            contents = [archive.read(each) for each in archive.infolist()]
        self.portions.append(contents)
        return next(self._script, answers())(contents)


def line(place: int, content: bytes, of: int) -> bytes:
    outcome = content.decode()
    told = {
        "place": place, "name": "x", "done": place, "of": of, "outcome": outcome, "reasons": [],
    }  # fmt: skip
    return json.dumps(told).encode() + b"\n"


def answers(most: int = 10_000, instead: str | None = None) -> Reply:
    """Return the first files, backwards; with fewer than came the answer breaks off."""

    def reply(contents: Sequence[bytes]) -> httpx.Response:
        of = len(contents)
        body = json.dumps({"files": of, "left_out": 0}).encode() + b"\n"
        for place, content in list(enumerate(contents, 1))[::-1][:most]:
            body += b'{"waiting":true,"done":0,"of":1}\n'
            body += line(place, instead.encode() if instead else content, of)
        if most >= of:
            body += b'{"summary":{}}\n'
        return httpx.Response(200, content=body)

    return reply


def problem(status: int, code: str, **headers: str) -> Reply:
    message = {"fa": code, "en": code}
    return lambda _: httpx.Response(
        status, json={"code": code, "message": message}, headers=headers
    )


def breaks(_: Sequence[bytes]) -> httpx.Response:
    raise httpx.ReadError("gone")


def sources(*contents: bytes | Reason) -> list[Source]:
    def read(content: bytes | Reason) -> Callable[[], bytes | Reason]:
        return lambda: content

    return [Source(name=f"{n}.pdf", read=read(each)) for n, each in enumerate(contents)]


class Run:
    def __init__(self, service: Service, **records: Any) -> None:
        self.told: dict[str, list[str]] = {}
        self.pauses: list[float] = []
        self._asking = Asking(url="http://mohr.test", key="k", records=records)
        self._service = service

    def verify(self, files: Sequence[Source]) -> dict[str, list[str]]:
        VerifyingService(
            self._asking,
            told=lambda source, answer: self.told.setdefault(source.name, []).append(
                answer["outcome"]
            ),
            waits=lambda _: None,
            pause=self.pauses.append,
            transport=httpx.MockTransport(self._service),
        ).verify(files)
        return self.told


GENUINE, ALTERED = b"authentic", b"altered"


def test_each_file_gets_its_own_answer_in_whatever_order() -> None:
    run = Run(Service())
    assert run.verify(sources(GENUINE, ALTERED, GENUINE)) == {
        "0.pdf": ["authentic"],
        "1.pdf": ["altered"],
        "2.pdf": ["authentic"],
    }
    assert run.pauses == []


def test_after_a_break_only_what_has_no_answer_is_sent_again() -> None:
    service = Service(answers(2), breaks, answers(1))
    run = Run(service)
    told = run.verify(sources(GENUINE, b"copy", ALTERED, b"withdrawn"))
    assert {name: len(each) for name, each in told.items()} == dict.fromkeys(told, 1)
    assert told["1.pdf"] == ["copy"]
    sent = [len(each) for each in service.portions]
    assert sent == [4, 2, 2, 1]
    assert len(run.pauses) == 3


def test_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_service, "FILES_AT_ONCE", 2)
    service = Service()
    assert len(Run(service).verify(sources(*[GENUINE] * 5))) == 5
    assert [len(each) for each in service.portions] == [2, 2, 1]


def test_what_could_not_be_checked_is_asked_again_and_at_last_told() -> None:
    away = answers(instead="could_not_check")
    run = Run(Service(away, answers()))
    assert run.verify(sources(GENUINE)) == {"0.pdf": ["authentic"]}
    stubborn = Run(Service(away, away, away))
    assert stubborn.verify(sources(GENUINE)) == {"0.pdf": ["could_not_check"]}


def test_it_waits_as_long_as_it_is_told_to() -> None:
    limited = problem(429, "allowance.exhausted", **{"Retry-After": "37"})
    run = Run(Service(*[limited] * 9, answers()))
    assert run.verify(sources(GENUINE)) == {"0.pdf": ["authentic"]}
    assert run.pauses == [37.0] * 9


def test_it_does_not_wait_for_tomorrow() -> None:
    run = Run(Service(problem(429, "allowance.exhausted", **{"Retry-After": "5000"})))
    with pytest.raises(Unavailable):
        run.verify(sources(GENUINE))
    assert run.pauses == []


def test_a_service_that_stays_away() -> None:
    run = Run(Service(answers(1), *[breaks] * 20))
    with pytest.raises(Unavailable) as error:
        run.verify(sources(GENUINE, GENUINE))
    assert error.value.code == "service.unreachable"
    assert len(run.told) == 1, "what was answered is told"


def test_a_refusal_ends_it() -> None:
    with pytest.raises(Refused):
        Run(Service(problem(403, "access.scope_missing"))).verify(sources(GENUINE))


def test_what_cannot_be_read_here_is_not_sent() -> None:
    def missing() -> bytes:
        raise FileNotFoundError

    service = Service()
    files = [
        *sources(Reason.ZIP_ENCRYPTED, bytes(20_000_000), GENUINE),
        Source(name="gone.pdf", read=missing),
    ]
    assert Run(service).verify(files) == {
        "0.pdf": [Outcome.UNREADABLE],
        "1.pdf": [Outcome.UNREADABLE],
        "2.pdf": ["authentic"],
        "gone.pdf": [Outcome.COULD_NOT_CHECK],
    }
    assert service.portions == [[GENUINE]]


def test_records_go_with_their_files() -> None:
    service = Service(answers(1))
    record = {"contract": {"number": "1"}}
    Run(service, **{"1.pdf": record}).verify(sources(GENUINE, GENUINE, GENUINE))
    assert [list((each or {}).values()) for each in service.expect] == [[record], [record]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.pdf").write_bytes(b"one")
    (tmp_path / "a.pdf").write_bytes(b"a")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("in/2.pdf", b"two")
        archive.writestr("../3.pdf", b"three")
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 and no list")
    return tmp_path


def test_files_of_folders_and_archives(folder: Path) -> None:
    with open_sources([folder, folder / "missing.pdf"]) as found:
        names = [each.name.removeprefix(f"{folder}/") for each in found]
        contents = [each.read() for each in found[:-1]]
        with pytest.raises(FileNotFoundError):
            found[-1].read()
    assert names == [
        "a.pdf", "b/1.pdf", "broken.zip", "c.zip/in/2.pdf", "c.zip/../3.pdf", "missing.pdf",
    ]  # fmt: skip
    assert contents == [b"a", b"one", Reason.DAMAGED, b"two", Reason.ZIP_NAME]


@pytest.mark.parametrize("name", [b"\xff.pdf", b"\x1b]0;t\x07.pdf", b"a\nb.pdf"])
def test_no_name_of_a_file_reaches_the_terminal_as_it_is(tmp_path: Path, name: bytes) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    file.write_bytes(b"x")
    with open_sources([file]) as found:
        assert found[0].read() == b"x"
        assert "\ufffd" in found[0].name
        assert found[0].name.isprintable()
        assert found[0].name.encode("utf-8")


@pytest.mark.parametrize("arguments", [("--service", "http://mohr.test"), ("--expect", "a.pdf")])
def test_what_was_not_checked_is_not_called_forged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.delenv(API_KEY_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("a.pdf").write_bytes(b"x")
    assert CliRunner().invoke(app, ["verify", "a.pdf", *arguments]).exit_code == 2


def test_a_table_of_records(tmp_path: Path) -> None:
    table = tmp_path / "records.csv"
    table.write_text(
        "\ufefffile,contract.number,/performed_work/gross_amount,contract.row\r\n"
        'x/a.pdf,۱۲/ق,"۸۴٬۵۰۰٬۰۰۰",\r\nb.pdf,7,12 500,012\r\n',
        "utf-8",
    )
    assert read_records(table, ["x/a.pdf", "y/b.pdf"]) == {
        "x/a.pdf": {"contract": {"number": "۱۲/ق"}, "performed_work": {"gross_amount": 84_500_000}},
        "y/b.pdf": {
            "contract": {"number": "7", "row": "012"},
            "performed_work": {"gross_amount": 12_500},
        },
    }


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("r.csv", "file,contract.nubmer\na.pdf,1\n", "records.unknown_column"),
        ("r.csv", "name,contract.number\na.pdf,1\n", "records.unknown_column"),
        ("r.csv", "file,contract.number\n,1\n", "records.unreadable"),
        ("r.csv", "file,contract.number\na.pdf,1,2\n", "records.unreadable"),
        ("r.csv", "file,contract.number\nc.pdf,1\n", "records.no_such_file"),
        ("r.csv", "file,contract.number\nsame.pdf,1\n", "records.no_such_file"),
        ("r.csv", "file,contract.number\na.pdf,1\na.pdf,2\n", "records.twice"),
        ("r.jsonl", '{"file": "a.pdf"}\n', "records.unreadable"),
        ("r.jsonl", '{"file": 1, "expect": {}}\n', "records.unreadable"),
        ("r.jsonl", "[]\n", "records.unreadable"),
        ("r.jsonl", '{"file": "c.pdf", "expect": {}}\n', "records.no_such_file"),
        ("r.jsonl", '{"file": "a.pdf", "expect": {}}\n', "records.unfit"),
        ("r.csv", "file,performed_work.gross_amount\na.pdf,1.5\n", "records.unfit"),
    ],
)
def test_records_that_are_refused(tmp_path: Path, name: str, text: str, code: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidValue) as error:
        read_records(file, ["a.pdf", "x/same.pdf", "y/same.pdf"])
    assert error.value.code == code


def test_a_record_that_is_wrong_is_found_again(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("file,contract.number,contract.row\na.pdf,1,\nb.pdf,2,abc\n", "utf-8")
    with pytest.raises(InvalidValue) as error:
        read_records(file, ["a.pdf", "b.pdf"])
    assert error.value.parameters["line"] == "3"
    assert error.value.parameters["field"] == "/contract/row"
    assert "8 digits" in error.value.parameters["en"]


def test_records_in_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"file": "a.pdf", "expect": {"contract": {"number": "1"}}}\n\n', "utf-8")
    assert read_records(file, ["a.pdf"]) == {"a.pdf": {"contract": {"number": "1"}}}
