"""Talks to etcd over its JSON gateway (etcd documentation, *gRPC gateway*): what tests of watch gaps need, no more."""

import json
from http.client import HTTPConnection
from typing import Any

from brownfield_api.errors import BrownfieldError

_TIMEOUT = 10.0


def is_ready(port: int) -> bool:
    """Whether the etcd on this loopback port serves."""
    try:
        _request(port, "GET", "/health", None)
    except BrownfieldError:
        return False
    return True


def compact(port: int) -> int:
    """Forget every revision before the newest, which is returned: a watch from before it is refused."""
    answer = _request(port, "POST", "/v3/kv/range", {"key": "AA==", "limit": 1})  # "AA==" is the key \0
    revision = int(answer["header"]["revision"])
    _request(port, "POST", "/v3/kv/compaction", {"revision": revision, "physical": True})
    return revision


def _request(port: int, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        text = response.read().decode()
    except OSError as away:
        raise BrownfieldError(f"etcd does not answer: {away}", where=f"127.0.0.1:{port}") from away
    finally:
        connection.close()
    if response.status != 200:
        raise BrownfieldError(f"etcd answered {response.status}: {text}", where=f"127.0.0.1:{port}{path}")
    answer: dict[str, Any] = json.loads(text)
    return answer
