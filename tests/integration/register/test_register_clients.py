"""API keys: shown once, kept as a keyed hash, revoked at once."""

import logging
import secrets
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, make_url

from clearance.errors import InvalidValue, NotFound, Refused
from register.client_keys import with_checksum
from register.clients import Clients
from register.database import open_database
from register.records import Scope

pytestmark = pytest.mark.integration

PEPPER = bytes(range(32))


@pytest.fixture
def clients(engine, clock):
    return Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=PEPPER)


def test_a_key_opens_its_client_and_no_more(clients):
    client, key = clients.add("شعبه ۵ تهران", frozenset({Scope.ISSUE}))

    found = clients.authenticate(key)

    assert (found.id, found.name, found.scopes) == (client.id, "شعبه ۵ تهران", {Scope.ISSUE})
    assert key.startswith(f"mohr_{client.id}_")
    assert key.isascii()


def test_the_key_is_kept_nowhere(clients, sql):
    _, key = clients.add("backend", frozenset(Scope))
    secret = key.rpartition("_")[2]

    kept = str(sql("SELECT * FROM api_client")) + str(sql("SELECT * FROM audit_event"))

    assert secret not in kept
    assert secret[:20] not in kept


def test_another_pepper_makes_every_key_unknown(clients, engine, clock):
    _, key = clients.add("backend", frozenset(Scope))
    others = Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=bytes(32))

    with pytest.raises(Refused, match=r"client\.not_recognised"):
        others.authenticate(key)


def test_a_short_pepper_is_refused(engine, clock):
    with pytest.raises(Refused, match=r"client\.pepper_too_short"):
        Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=b"short")


def test_unknown_and_revoked_keys_look_the_same_to_the_caller_but_not_in_the_log(
    clients, engine, clock, sql, caplog
):
    client, revoked = clients.add("backend", frozenset(Scope))
    clients.revoke(client.id)
    _, unknown = clients.add("other", frozenset(Scope))
    sql("DELETE FROM api_client WHERE name = 'other'")
    caplog.set_level(logging.INFO, "register.clients")

    refusals = []
    for key in (revoked, unknown):
        with pytest.raises(Refused) as refused:
            clients.authenticate(key)
        refusals.append((refused.value.code, refused.value.parameters))

    assert refusals[0] == refusals[1]
    assert [each.message for each in caplog.records] == [
        "API key refused: revoked",
        "API key refused: unknown",
    ]
    assert all(key not in caplog.text for key in (revoked, unknown))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key + "\n",
        lambda key: key.upper(),
        lambda key: key[:20] + ("0" if key[20] != "0" else "1") + key[21:],
        lambda key: key.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")) + "۱",
        lambda key: "mohr__",
        lambda key: key * 1000,
        lambda key: "\udcff",
    ],
)
def test_a_spoilt_key_is_refused_without_asking_the_database(clients, engine, spoil):
    _, key = clients.add("backend", frozenset(Scope))
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args))

    with pytest.raises(Refused, match=r"client\.not_recognised"):
        clients.authenticate(spoil(key))

    assert statements == []


def test_a_key_with_another_clients_id_is_unknown(clients):
    one, key = clients.add("one", frozenset(Scope))
    other, _ = clients.add("other", frozenset(Scope))
    body = key[:-6].replace(one.id, other.id)

    with pytest.raises(Refused, match=r"client\.not_recognised"):
        clients.authenticate(with_checksum(body))


def test_revoking_is_for_good_and_told_once(clients, clock, sql):
    client, _ = clients.add("backend", frozenset(Scope), actor="root")
    first = clients.revoke(client.id, actor="root")
    clock.advance(hours=1)

    assert clients.revoke(client.id).revoked_at == first.revoked_at
    assert sql("SELECT name, actor, subject FROM audit_event ORDER BY id") == [
        ("client.added", "root", client.id),
        ("client.revoked", "root", client.id),
    ]
    with pytest.raises(NotFound, match=r"client\.not_found"):
        clients.revoke("nobody")


def test_use_is_noted_at_most_once_an_hour(clients, clock):
    _, key = clients.add("backend", frozenset(Scope))
    started = clock.now
    clients.authenticate(key)
    clock.advance(minutes=59)
    clients.authenticate(key)
    assert clients.list()[0].last_used_at == started

    clock.advance(minutes=2)
    clients.authenticate(key)
    assert clients.list()[0].last_used_at == clock.now


def test_clients_are_listed_in_the_order_they_came_revoked_ones_too(clients, clock):
    first, _ = clients.add("first", frozenset(Scope))
    clock.advance(seconds=1)
    second, _ = clients.add("second", frozenset({Scope.READ}))
    clients.revoke(first.id)

    assert [(each.id, each.revoked_at is None) for each in clients.list()] == [
        (first.id, False),
        (second.id, True),
    ]


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "a\x00b", "a\nb"])
def test_a_client_needs_a_fit_name(clients, name):
    with pytest.raises(InvalidValue, match=r"text\."):
        clients.add(name, frozenset(Scope))


def test_a_client_needs_a_scope(clients):
    with pytest.raises(InvalidValue, match=r"client\.scope_missing"):
        clients.add("backend", frozenset())


def test_a_read_only_database_user_can_authenticate_and_leaves_no_trace(
    clients, clock, sql, database_url
):
    _, key = clients.add("backend", frozenset(Scope))
    role = f"reader_{uuid4().hex}"
    sql(f"CREATE ROLE {role} LOGIN")
    sql(f"GRANT SELECT ON api_client TO {role}")
    address = make_url(database_url).set(username=role)
    engine = open_database(address.render_as_string())
    reader = Clients(engine, clock=clock, random_bytes=secrets.token_bytes, pepper=PEPPER)

    assert reader.authenticate(key).last_used_at is None
    engine.dispose()
    sql(f"DROP OWNED BY {role}")
    sql(f"DROP ROLE {role}")


def test_a_key_with_a_life_is_refused_once_it_is_over(clients, clock, caplog):
    client, key = clients.add("backend", frozenset({Scope.READ}), life=timedelta(days=90))
    clock.advance(days=89, hours=23)
    assert clients.authenticate(key).id == client.id

    clock.advance(hours=1)
    with caplog.at_level(logging.WARNING), pytest.raises(Refused, match=r"client\.not_recognised"):
        clients.authenticate(key)
    assert "expired" in caplog.text
