"""Every reason code has its text in both languages."""

import re
import tomllib
from importlib.resources import files

from clearance.verdict import Reason


def test_every_reason_has_a_text_and_every_text_a_reason() -> None:
    content = files("templates").joinpath("messages", "reasons.toml").read_text("utf-8")
    texts = tomllib.loads(content)
    assert set(texts) == {reason.value for reason in Reason}
    for code, text in texts.items():
        assert set(text) == {"fa", "en"}, code
        assert re.search("[آ-ی]", text["fa"]), code
        assert not re.search("[يك0-9٠-٩{]", text["fa"].replace("SHA-256", "")), code
        assert "{" not in text["en"], code  # reasons are shown without parameters
