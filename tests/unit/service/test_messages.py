"""Every error code in the source has its Persian and English text, and every text its code."""

import ast
import re
import tomllib
from pathlib import Path
from pkgutil import iter_modules

from clearance.notices import INBOX, VIEW
from service import channels
from templates.catalogues import channel_text

ROOT = Path(__file__).parents[3]
PACKAGES = (
    "api",
    "clearance",
    "demonstration",
    "hsm",
    "keys",
    "register",
    "service",
    "signer",
    "templates",
    "verifier",
)
CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
ERRORS = re.compile(
    r"(Error|Fault|Conflict|NotFound|Refused|Unavailable|InvalidValue|InvalidRequest|Busy|Taken|"
    r"Rejected|NotProtected|_refused|_invalid|_unavailable|_bad_answer|HttpError)$"
)


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _raised() -> set[str]:
    found = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ERRORS.search(_name(node)):
                    for argument in node.args:
                        if isinstance(argument, ast.Constant) and CODE.fullmatch(
                            str(argument.value)
                        ):
                            found.add(argument.value)
    return found


def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((ROOT / "templates/messages/errors.toml").read_text())


def test_every_code_has_both_texts() -> None:
    texts = _texts()
    raised = _raised()
    assert len(raised) > 50, "the search finds what is raised"
    assert sorted(raised - texts.keys()) == []
    for code, text in texts.items():
        assert set(text) == {"fa", "en"}, code
        assert re.search("[آ-ی]", text["fa"]), code
        assert not re.search("[آ-ی]", re.sub("«[^»]*»", "", text["en"])), code


def test_no_text_is_left_over() -> None:
    source = "\n".join(
        file.read_text() for package in PACKAGES for file in (ROOT / package).rglob("*.py")
    )
    unused = [
        code for code in _texts() if code not in source and f'"{code.split(".")[1]}"' not in source
    ]
    assert unused == []


def test_a_computer_file_is_not_called_a_case() -> None:
    """At the Organization «پرونده» is a case file, such as a contract's claims file; what is on a
    disk is «فایل»."""
    for folder in ("messages", "pages"):
        for file in (ROOT / "templates" / folder).iterdir():
            rest = file.read_text().replace("پروندهٔ مطالباتی", "")
            assert "پرونده" not in rest, file.name


def test_each_channel_of_notification_has_its_text_and_what_has_none_shows_its_name() -> None:
    ways = {each.name for each in iter_modules(channels.__path__)} | {INBOX, VIEW}
    for way in ways:
        assert channel_text(way).fa != way
    assert channel_text("short_message").fa == "short_message"
