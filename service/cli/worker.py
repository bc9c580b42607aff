"""``mohr worker``: goes on with the requests that wait, in a process of its own."""

from service.cli.console import err
from service.cli.stopping import wait_for_stop
from service.logs import configure_logging
from service.settings import home_folder, load_settings


def worker() -> None:
    """Issue what waits for token, timestamp authority or store, until interrupted.

    ``mohr serve`` has a worker already where it issues; more of them, also on other machines,
    share the work. Each needs the token and the database.

    Example: MOHR_HOME=/srv/mohr mohr worker
    """
    from service.wiring.jobs import open_worker_command

    configure_logging()
    with open_worker_command(load_settings(home_folder())):
        err.print("working until interrupted (Ctrl-C)")
        wait_for_stop()
