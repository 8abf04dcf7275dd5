"""What went wrong between us and a server, in words a person at a plant can act on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from asyncua.ua.status_codes import StatusCodes, get_name_and_doc
from asyncua.ua.uaerrors import UaStatusCodeError

from brownfield_api.errors import BrownfieldError, LinkLost

_ADVICE: dict[int, tuple[str, str]] = {
    StatusCodes.BadIdentityTokenRejected: (
        "the server refuses the login",
        "Check username and password (or tls.crt) in the credentials, and which logins the server allows",
    ),
    StatusCodes.BadUserAccessDenied: (
        "the server refuses the login",
        "Check username and password in the credentials, and the user's rights on the server",
    ),
    StatusCodes.BadIdentityTokenInvalid: (
        "the server does not take this kind of login",
        "Give username and password, or tls.crt and tls.key, whichever it allows",
    ),
    StatusCodes.BadCertificateUntrusted: (
        "the server does not trust the adapter's certificate yet",
        "Put its thumbprint (in the log) on the server's trust list",
    ),
    StatusCodes.BadSecurityChecksFailed: (
        "the server refuses the adapter's certificate",
        "Put its thumbprint (in the log) on the server's trust list",
    ),
    StatusCodes.BadCertificateTimeInvalid: (
        "the server holds the adapter's certificate for expired or not yet valid",
        "Compare the clocks of both",
    ),
    StatusCodes.BadTooManySessions: (
        "the server has no session left",
        "Close another client, or wait until the server has timed an old session out",
    ),
    StatusCodes.BadSessionIdInvalid: ("the server has forgotten the session, probably it was restarted", ""),
    StatusCodes.BadSessionClosed: ("the server has closed the session", ""),
    StatusCodes.BadSecureChannelIdInvalid: ("the server has forgotten the secure channel", ""),
    StatusCodes.BadSubscriptionIdInvalid: ("the server has forgotten the subscription", ""),
    StatusCodes.BadNoSubscription: ("the server has forgotten the subscription", ""),
    StatusCodes.BadShutdown: ("the server is shutting down", ""),
    StatusCodes.BadServerHalted: ("the server has halted", ""),
    StatusCodes.BadTcpEndpointUrlInvalid: ("the server does not know this endpoint URL", "Compare the path of the URL"),
}


def status_text(code: int) -> str:
    """Name and meaning of a status code."""
    name, meaning = get_name_and_doc(code & 0xFFFF_0000)
    return f"{name} ({meaning.rstrip('.')})" if meaning else str(name)


def advised(code: int, where: str) -> LinkLost:
    """The loss of the link that a service result means."""
    what, do = _ADVICE.get(code & 0xFFFF_0000, (f"the server answers {status_text(code)}", ""))
    return LinkLost(what, where, do)


@contextmanager
def plainly(where: str, doing: str) -> Iterator[None]:
    """Whatever asyncua or the network raises inside becomes `LinkLost` that says what we were `doing`."""
    try:
        yield
    except BrownfieldError:
        raise
    except UaStatusCodeError as error:
        raise advised(error.code, where) from error
    except TimeoutError as error:
        raise LinkLost(f"no answer in time while {doing}", where) from error
    except OSError as error:
        # asyncio puts addresses and several failures into `strerror`; the number says it shorter.
        named = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        what = named or str(error) or type(error).__name__
        raise LinkLost(f"{what} while {doing}", where) from error
    except Exception as error:  # asyncua raises bare Exception subclasses, struct.error and ValueError for odd servers
        raise LinkLost(f"{error or type(error).__name__} while {doing}", where) from error
