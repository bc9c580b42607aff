"""Fills the directory of a running demo."""

from collections.abc import Iterable
from contextlib import suppress

from clearance.clock import system_clock
from clearance.errors import InvalidRequest
from clearance.request import parse_request, read_json
from demonstration.directory import directory_for, enter
from register.directory import Directory
from service.settings import Settings
from service.wiring.deadline import collections_over
from service.wiring.memory import Memory


def seed_directory(requests: Iterable[bytes], settings: Settings, memory: Memory) -> None:
    """Bring into the directory what the rules demand of requests (JSON).

    One that cannot be read is passed over: whoever asks for it to be issued is told why.
    """
    directory = Directory(memory.engine, clock=system_clock)
    collections = collections_over(memory, settings.deadline)(system_clock)
    for request in requests:
        with suppress(InvalidRequest):
            parsed = parse_request(read_json(request), now=system_clock())
            enter(directory_for(parsed), directory, collections)
