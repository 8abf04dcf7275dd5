"""Waits for an API server, and says what its log ends with if it does not come."""

import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from hack.cluster.waiting import wait_until

from brownfield_api.errors import BrownfieldError

_START_SECONDS = 60.0
_LAST_LINES = 12


def is_ready(server: str, authority: Path) -> bool:
    """Whether /readyz of the API server at this https URL says so; anybody may ask it."""
    address = urlsplit(server)
    trust = ssl.create_default_context(cafile=str(authority))
    connection = http.client.HTTPSConnection(str(address.hostname), address.port, timeout=2, context=trust)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for_api_server(server: str, authority: Path, log: Path, is_alive: Callable[[], bool]) -> None:
    """Return when it is ready. Raises `BrownfieldError`, with the end of its log, if it dies or takes too long."""

    def answers_or_died() -> bool:
        return is_ready(server, authority) or not is_alive()

    try:
        wait_until(answers_or_died, seconds=_START_SECONDS, what="the API server is ready", where=server)
    except BrownfieldError as late:
        raise _with_log(str(late.what), log) from late
    if not is_alive():
        raise _with_log("the API server died at its start", log)


def _with_log(what: str, log: Path) -> BrownfieldError:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return BrownfieldError("\n".join([what, *lines[-_LAST_LINES:]]), where=str(log), do="The log says why.")
