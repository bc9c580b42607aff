"""The web server: uvicorn on a socket that is bound before anything else is promised."""

import logging
import socket
import threading
import time
from functools import partial
from types import TracebackType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI

from clearance.errors import Unavailable
from service.connections import ConnectionGate, ConnectionLimits, GuardedProtocol, most_connections
from service.sections import WebSettings

_log = logging.getLogger("mohr.web")

START_SECONDS = 15
STOP_SECONDS = 10
UNREAD_SECONDS = 30
"""How long a peer may leave what was sent to it unacknowledged, or its window closed."""


class WebServer:
    """Serves an application in a thread of its own, as a context manager.

    Leaving the context answers the requests under way, for at most ``STOP_SECONDS``.
    Raises ``Unavailable`` with code ``web.port_taken`` if the address is in use.
    """

    def __init__(self, app: FastAPI, settings: WebSettings) -> None:
        # uvicorn's access log would hold tokens and codes; the application writes its own.
        # Switching it off in the configuration leaves its logger open to whoever sets up logging.
        logging.getLogger("uvicorn.access").addFilter(_nothing)
        warn_of_unnamed_proxy(settings)
        self._socket = bind(settings.host, settings.port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=STOP_SECONDS,
                forwarded_allow_ips=settings.trusted_proxies,
                loop="uvloop",
                http=_guarded(settings),
                ws="none",
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Unavailable("web.not_started")
            time.sleep(0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS + 1)
        self._socket.close()


def warn_of_unnamed_proxy(settings: WebSettings) -> None:
    """Warn if callers come through a proxy, as https tells, and no setting says which.

    Every caller would then have the proxy's address: in the log, and for the count of wrong codes.
    """
    if settings.public_url.startswith("https://") and "trusted_proxies" not in (
        settings.model_fields_set
    ):
        _log.warning(
            "web.public_url is https, so a reverse proxy stands before this server, and "
            "web.trusted_proxies does not name it: unless it runs on this machine (%s), all "
            "callers look like one. Set web.trusted_proxies to its address.",
            settings.trusted_proxies,
        )


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to ``host:port``; raise ``Unavailable`` if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small pieces at once (TCP_NODELAY) only on sockets that name their protocol;
    # else each answer may wait 40 ms for an acknowledgement of its first part.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by each accepted connection: who reads nothing keeps no place for ever.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise Unavailable("web.port_taken", parameters={"host": host, "port": str(port)}) from error
    return bound


def _guarded(settings: WebSettings) -> Any:
    """Return what makes the protocol of each connection, all of them behind one gate."""
    limits = ConnectionLimits(
        most=most_connections(settings.connections),
        per_network=settings.connections_per_network,
        header_seconds=settings.header_seconds,
        trusted=settings.trusted_proxies,
    )
    return partial(GuardedProtocol, gate=ConnectionGate(limits=limits))


def _nothing(_: logging.LogRecord) -> bool:
    return False
