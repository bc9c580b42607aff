"""Opens what the register and the store remember."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from clearance.clock import system_clock
from clearance.errors import Refused
from register.clients import Clients
from register.database import (
    Engine,
    migrate,
    open_database,
    require_schema,
)
from register.documents import DocumentStore
from register.embedded import EmbeddedPostgres
from register.embedded_watch import EmbeddedWatch
from register.kinds import KINDS, Kinds
from register.repository import Register
from register.sealed_documents import SealedDocuments
from service.settings import Settings

PEPPER_FILE = "client_key_pepper"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the register and the store remember."""

    engine: Engine
    register: Register
    documents: DocumentStore
    sealed: SealedDocuments
    kinds: Kinds
    """The kinds of document that are sealed and judged here."""
    clients: Clients


def read_secret(settings: Settings, name: str) -> str:
    """Read a file from the folder of secrets; raise ``Refused`` if it is not there."""
    try:
        return (settings.home / "secrets" / name).read_text().strip()
    except FileNotFoundError:
        raise Refused("settings.secret_missing", parameters={"name": name}) from None


@contextmanager
def open_memory(
    settings: Settings, *, migrating: bool = False, kinds: Kinds = KINDS
) -> Iterator[Memory]:
    """Open register, clients and document store.

    Starts the embedded database if the settings name none. Only the service brings the schema to
    this program's, ``migrating``; a command that would change it under a running service refuses.
    """
    with ExitStack() as stack:
        if settings.database.url is None:
            embedded = EmbeddedPostgres(settings.home / "postgres")
            stack.callback(embedded.stop)
            url = embedded.start()
            stack.enter_context(EmbeddedWatch(embedded))
        else:
            url = settings.database.url.get_secret_value()
        engine = open_database(url)
        stack.callback(engine.dispose)
        if migrating and settings.issues:
            # The public role has a read-only database user.
            migrate(engine)
        else:
            require_schema(engine)
        yield Memory(
            engine=engine,
            register=Register(engine, clock=system_clock, random_bytes=secrets.token_bytes),
            documents=DocumentStore.open(settings.documents.url or settings.home / "documents"),
            sealed=SealedDocuments(engine, clock=system_clock),
            kinds=kinds,
            clients=Clients(
                engine,
                clock=system_clock,
                random_bytes=secrets.token_bytes,
                pepper=_pepper(settings),
            ),
        )


def _pepper(settings: Settings) -> bytes:
    """Return the pepper of API keys; a public machine without it recognises none."""
    if not settings.keeps_office and not (settings.home / "secrets" / PEPPER_FILE).exists():
        return secrets.token_bytes(32)
    return read_secret(settings, PEPPER_FILE).encode()
