"""The addresses that our QR codes hold: which of those on a paper have their form."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from clearance.errors import InvalidValue
from clearance.token import parse_token
from verifier.reading import PageReading

_ADDRESS = re.compile(r"(https?://[a-z0-9.:-]{1,255})/q/([a-z2-7]{1,512})", re.IGNORECASE)


def addresses_on(pages: Sequence[PageReading]) -> list[tuple[str, str]]:
    """Return host and token of each code that has the form of ours, each once."""
    matches = [_ADDRESS.fullmatch(code.strip()) for page in pages for code in page.codes]
    found = [(host_of(each[1]), each[2].upper()) for each in matches if each]
    return list(dict.fromkeys(found))


def bears_address(codes: Sequence[str]) -> bool:
    """Whether one of the codes has the form of ours."""
    return any(_ADDRESS.fullmatch(each.strip()) for each in codes)


def issuing_host(token: str) -> str:
    """Return the host under which a verified token was issued: ours, then or now."""
    try:
        return host_of(parse_token(token).claims.status_list_uri)
    except InvalidValue:
        return ""


def host_of(address: str) -> str:
    """Return host and port of an address in lower case."""
    return urlsplit(address.lower()).netloc
