"""Makes the test vectors beside it: ``python docs/vectors/make.py`` writes ``offline.json``.

Keys, times and nonces are fixed, so the file comes out the same at each run; the tests prove it.
Good vectors and bad ones: a bad one is named by its lie, tells one lie only, and is signed as if
it were true. ``docs/offline.md`` says how to read the file; the folder ``offline`` makes its parts.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from offline.bad_tokens import bad_claims, bad_envelopes, bad_payloads, bad_signatures, bad_texts
from offline.cose import signed
from offline.example import LIST_END, NOW
from offline.status_lists import status_lists
from offline.tokens import facts, good_tokens, header, text, token_of
from offline.trust import trust_files

FILE = Path(__file__).with_name("offline.json")


def tokens() -> list[dict[str, Any]]:
    made = [
        {
            "name": name,
            "token": token if isinstance(token, str) else text(token),
            "answer": "token.valid",
            "facts": facts(said),
        }
        for name, token, said in good_tokens()
    ]
    made += [
        {"name": name, "token": text(token), "answer": answer}
        for name, answer, token in bad_signatures()
    ]
    malformed = [
        *((name, text(token)) for name, token in bad_envelopes()),
        *((name, text(signed(header(), payload))) for name, payload in bad_payloads()),
        *((name, text(token_of(said))) for name, said in bad_claims()),
        *bad_texts(),
    ]
    made += [
        {"name": name, "token": token, "answer": "token.malformed"} for name, token in malformed
    ]
    return made


def checks() -> list[dict[str, Any]]:
    """What is known of a clearance from one of the tokens and one of the lists above."""
    return [
        {"token": token, "list": listed, "now": now, "answer": answer}
        for token, listed, now, answer in (
            ("worked example", "ordinary", NOW, "not_withdrawn"),
            ("of a withdrawn place", "ordinary", NOW, "withdrawn"),
            ("of a withdrawn place", "ordinary", LIST_END - 1, "withdrawn"),
            ("of a withdrawn place", "nothing withdrawn", NOW, "not_withdrawn"),
            ("of the last place", "ordinary", NOW, "withdrawn"),
            ("of the last place", "nothing withdrawn", NOW, "not_withdrawn"),
            ("issued after the list was made", "ordinary", NOW, "not_withdrawn"),
            ("by a retired key", "by a retired list key", NOW, "not_withdrawn"),
            ("of a place beyond its list", "ordinary", NOW, "status_list.no_such_place"),
            ("of the second list", "ordinary", NOW, "status_list.of_another_address"),
            ("of the second list", "list of another address", NOW, "not_withdrawn"),
            ("of a withdrawn place", "ordinary", LIST_END, "status_list.expired"),
            ("worked example", "bits are a bomb", NOW, "status_list.malformed"),
            ("worked example", "list by an unknown key", NOW, "status_list.unknown_key"),
            (
                "worked example",
                "list by a stranger in our name",
                NOW,
                "status_list.signature_broken",
            ),
            ("amount changed after signing", "ordinary", NOW, "token.signature_broken"),
            ("signed by an unknown key", "ordinary", NOW, "token.unknown_key"),
            ("padded", "ordinary", NOW, "token.malformed"),
        )
    ]


def vectors() -> dict[str, Any]:
    return {
        "version": 1,
        "trust": trust_files(),
        "tokens": tokens(),
        "status_lists": status_lists(),
        "checks": checks(),
    }


def written() -> str:
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
    print(FILE, hashlib.sha256(FILE.read_bytes()).hexdigest())
