"""The overview of batches: of all clients, for who sees the whole country, and to read only."""

import re
import secrets
from datetime import timedelta
from http import HTTPStatus

import pytest

from clearance.errors import InvalidRequest, InvalidValue
from clearance.identifiers import BranchCode
from clearance.roles import Reach, Role
from register.batches.client_batches import Batches
from register.batches.records import NewLine

pytestmark = pytest.mark.integration


@pytest.fixture
def open_batch(engine, clock):
    """Open a batch of three lines, the last of which is refused."""
    batches = Batches(engine, clock=clock, random_bytes=secrets.token_bytes)
    wrong = InvalidRequest((InvalidValue("field.missing", field="/kind"),))

    def make(client: str, key: str = "k"):
        lines = [NewLine(line=place, request="{}") for place in (1, 2)]
        lines.append(NewLine(line=3, request=None, error=wrong))
        opened = batches.open(lines, client_id=client, idempotency_key=key, body_sha256=bytes(32))
        return opened.batch.id

    return make


def _rows(page) -> list[list[str]]:
    """Return the cells of the table in ASCII digits and without markup."""
    body = re.findall(r"<tbody>(.+?)</tbody>", page.text, re.DOTALL)[0]
    plain = body.translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789"))
    return [
        [
            re.sub("<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in plain.split("</tr>")[:-1]
    ]


@pytest.mark.parametrize("role", [Role.HEADQUARTERS_AUDITOR, Role.ADMINISTRATOR])
def test_all_batches_are_listed_with_what_holds_them(member, open_batch, sql, clock, role):
    sql(
        "INSERT INTO api_client (id, name, key_hash, scopes, added_at) "
        "VALUES ('aaaaaaaa', 'سامانهٔ صدور', :hash, '{issue}', now())",
        hash=bytes(32),
    )
    held = open_batch("aaaaaaaa")
    sql(
        "UPDATE batch SET held_until = :until, held_for = 'tsa.unavailable', outages = 1",
        until=clock.now + timedelta(minutes=5),
    )
    clock.advance(seconds=1)
    other = open_batch("another")
    sql("UPDATE batch SET cancelled_at = :now WHERE id = :id", now=clock.now, id=other)
    browser = member(role, Reach())

    assert 'href="/panel/batches"' in browser.get("/panel").text
    newer, older = _rows(browser.get("/panel/batches"))

    assert newer[:2] == [str(other), "another"]
    assert newer[3] == "لغوشده"
    assert newer[-2:] == ["—", "—"]
    assert older[:2] == [str(held), "سامانهٔ صدور"]
    assert older[3:11] == ["در جریان", "3", "2", "0", "0", "1", "0", "0"]
    assert "مهر زمانی پاسخ نمی‌دهد" in older[11]
    assert older[12] != "—"


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        (Role.PROVINCIAL_SUPERVISOR, Reach(province="تهران")),
        (Role.BRANCH_HEAD, Reach(branch=BranchCode("8642"))),
    ],
)
def test_who_sees_a_part_of_the_country_sees_no_batch(member, provinces, open_batch, role, reach):
    batch = open_batch("client")
    browser = member(role, reach)
    assert "/panel/batches" not in browser.get("/panel").text

    answer = browser.get("/panel/batches")

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert str(batch) not in answer.text


def test_long_lists_go_on_over_pages(member, open_batch):
    ids = {str(open_batch("client", f"k{place}")) for place in range(21)}
    browser = member(Role.HEADQUARTERS_AUDITOR, Reach())

    first, second = (_rows(browser.get(f"/panel/batches?page={page}")) for page in (1, 2))

    assert (len(first), len(second)) == (20, 1)
    assert {row[0] for row in (*first, *second)} == ids
