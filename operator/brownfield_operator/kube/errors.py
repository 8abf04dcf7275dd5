"""What the API server, or the way to it, can answer instead of what was asked for.

::

    KubeError
    ├── NotFound             404
    ├── Conflict             409: the object changed meanwhile, or another uid has its name
    ├── Gone                 410: the resource version or the continue token is too old; list again
    ├── Invalid              400, 413, 422: the object is refused, the same request will fail again
    ├── Unauthorized         401: the token or certificate is not accepted (any more)
    ├── Forbidden            403: the role lacks the verb, or admission refused
    ├── NamespaceEnding      403: nothing can be made any more in a namespace that is being deleted
    └── Retryable            the same request may succeed later, not before `retry_after` seconds
        ├── TooManyRequests  429
        ├── ServerError      5xx
        └── Unreachable      no connection, no answer in time, or half an answer

Nothing here is retried behind the caller's back: the back-off of the work queue is the only one, so that an API
server in trouble sees each key once per back-off and not once per layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from brownfield_api.errors import UNDECODABLE, BrownfieldError


@dataclass(frozen=True, slots=True)
class Cause:
    """One field of a refused object: where in it, and what is wrong there."""

    field: str
    message: str


class KubeError(BrownfieldError):
    """A request to the API server that did not do what it should. `code` is the HTTP status, 0 without an answer;
    `reason` the server's own CamelCase word for it.
    """

    do_by_default = "Look into the API server's audit log"

    def __init__(self, what: str, where: str, *, code: int = 0, reason: str = "") -> None:
        super().__init__(what, where, self.do_by_default)
        self.code = code
        self.reason = reason


class NotFound(KubeError):
    """The object, its namespace or its kind does not exist."""

    do_by_default = "Create it first; if it is a kind, install the chart's CRDs"


class Conflict(KubeError):
    """Somebody else was faster, or the name belongs to another object than was meant."""

    do_by_default = "Read the object again and decide anew"


class Gone(KubeError):
    """The server no longer knows the state to go on from."""

    do_by_default = "List again"


class Invalid(KubeError):
    """The object is refused; `causes` says which fields, as far as the server does."""

    do_by_default = "Correct the object; if the operator made it, report this message"

    def __init__(
        self, what: str, where: str, *, code: int = 0, reason: str = "", causes: tuple[Cause, ...] = ()
    ) -> None:
        super().__init__(what, where, code=code, reason=reason)
        self.causes = causes


class Unauthorized(KubeError):
    """The API server does not know who we are."""

    do_by_default = "Check the service account, or the user of the kubeconfig"


class Forbidden(KubeError):
    """The API server knows who we are and refuses."""

    do_by_default = "Grant it in the operator's role (the chart does), or see which admission policy refused"


class NamespaceEnding(KubeError):
    """The namespace is being deleted, and what is in it one by one: no right is missing, and nobody has to act."""

    do_by_default = "Nothing: what is asked for is being deleted with its namespace"


class Retryable(KubeError):
    """The same request may succeed later. `retry_after`: seconds the server asked us to wait, else 0."""

    def __init__(self, what: str, where: str, *, code: int = 0, reason: str = "", retry_after: float = 0.0) -> None:
        super().__init__(what, where, code=code, reason=reason)
        self.retry_after = retry_after


class TooManyRequests(Retryable):
    """The API server protects itself."""

    do_by_default = "It is tried again; raise the flow schema's share if it stays"


class ServerError(Retryable):
    """The API server failed, or what stands behind it did."""

    do_by_default = "It is tried again; look at the API server and etcd if it stays"


class Unreachable(Retryable):
    """No answer, or half of one."""

    do_by_default = "It is tried again; check the network between the operator and the API server"


_REFUSALS: Mapping[int, type[KubeError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Invalid,
    409: Conflict,
    410: Gone,
}
_ENDING = "NamespaceTerminating"
"""The cause that the admission plugin NamespaceLifecycle gives (Kubernetes, `NamespaceTerminatingCause`)."""

_INVALID = frozenset((400, 413, 415, 422))
_MISSHAPEN = "failed to create typed patch object"
"""Server-side apply answers 500 to an unknown field or a wrong type (Kubernetes 1.34): no trouble of the server's,
and no retry will help.
"""


def refusal(code: int, body: bytes, where: str, retry_after: str = "") -> KubeError:
    """The error for an answer with HTTP status `code`, its body (a `Status`, as a rule) and its Retry-After header."""
    return from_status(code, _status(body), where, retry_after)


def from_status(code: int, status: Mapping[str, Any], where: str, retry_after: str = "") -> KubeError:
    """The error for a `Status` object (meta/v1), as it comes in answers and in watch streams."""
    what = str(status.get("message") or f"HTTP status {code}")
    reason = str(status.get("reason") or "")
    details = status.get("details") or {}
    wait = _seconds(retry_after) or _seconds(str(details.get("retryAfterSeconds") or ""))
    if code == 429:
        return TooManyRequests(what, where, code=code, reason=reason, retry_after=wait)
    if code in _INVALID or what.startswith(_MISSHAPEN):
        return _invalid(what, where, code, reason, _causes(details))
    if any(cause.get("reason") == _ENDING for cause in details.get("causes") or ()):
        return NamespaceEnding(what, where, code=code, reason=reason)
    if code >= 500:
        return ServerError(what, where, code=code, reason=reason, retry_after=wait)
    return _REFUSALS.get(code, KubeError)(what, where, code=code, reason=reason)


def _invalid(what: str, where: str, code: int, reason: str, causes: tuple[Cause, ...]) -> KubeError:
    if any(cause.field == "metadata.uid" for cause in causes):  # "field is immutable": another object has the name
        return Conflict(what, where, code=code, reason=reason)
    return Invalid(what, where, code=code, reason=reason, causes=causes)


def _status(body: bytes) -> Mapping[str, Any]:
    try:
        status = msgspec.json.decode(body)
    except UNDECODABLE:
        status = None  # a proxy in between answers in HTML or plain text
    if isinstance(status, dict) and status.get("kind") == "Status":
        return status
    return {"message": body[:200].decode("utf-8", "replace").strip()}


def _causes(details: Mapping[str, Any]) -> tuple[Cause, ...]:
    causes = details.get("causes") or ()
    return tuple(Cause(str(cause.get("field") or ""), str(cause.get("message") or "")) for cause in causes)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0
