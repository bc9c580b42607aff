"""``mohr serve``: the web server of this MOHR_HOME."""

from service.cli.console import err
from service.cli.stopping import wait_for_stop
from service.logs import configure_logging
from service.settings import home_folder, load_settings


def serve() -> None:
    """Serve with the settings in MOHR_HOME until interrupted.

    Example: MOHR_HOME=/srv/mohr mohr serve

    Example: MOHR_ROLE=public mohr serve
    """
    from api.app import create_app
    from service.web import WebServer
    from service.wiring.memory import open_memory
    from service.wiring.web import open_service

    configure_logging()
    settings = load_settings(home_folder())
    with (
        open_memory(settings, migrating=True) as memory,
        open_service(settings, memory) as services,
        WebServer(create_app(services), settings.web),
    ):
        err.print(f"serving on {settings.web.public_url}/ until interrupted (Ctrl-C)")
        wait_for_stop()
