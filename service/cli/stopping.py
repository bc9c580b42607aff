"""Waiting until a person or the system wants the program to end."""

import signal
import threading


def wait_for_stop() -> None:
    """Wait for SIGINT or SIGTERM; answer when either came. Call it in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
