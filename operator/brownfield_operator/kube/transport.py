"""One HTTP request to the API server: credentials, deadline, the error tree, and the count of it.

On the connection pool and the configuration of `kubernetes.aio`, but not on its models: they would be built for
each object and thrown away, and they drop fields they do not know.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException

from brownfield_api.errors import UNDECODABLE
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.errors import Unauthorized, Unreachable, refusal
from brownfield_operator.kube.kinds import Json, Kind

CONNECT_TIMEOUT = 5.0
"""Seconds to a connection, TLS apart."""

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
"""Server-side apply; JSON is YAML."""
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

_USER_AGENT = "brownfield-operator"
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for. `verb` is the metrics' word for it, the rest is HTTP."""

    verb: str
    kind: Kind
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | list[Json] | None = None
    accept: str = JSON
    content_type: str = JSON

    @property
    def where(self) -> str:
        return f"{self.method} {self.path}"


class Transport:
    """A pool of at most `connections` (0: no bound), each request with the deadlines of `timeout`."""

    def __init__(
        self, configuration: Configuration, requests: Requests, *, timeout: aiohttp.ClientTimeout, connections: int
    ) -> None:
        self._configuration = configuration
        self._requests = requests
        self._timeout = timeout
        configuration.connection_pool_maxsize = connections
        # Neither a ~/.netrc nor a proxy variable of the environment may decide who we are or where requests go (a
        # kubeconfig's proxy-url does); looking for them also costs two hops to a thread per request.
        configuration.client_session_kwargs = {"trust_env": False}
        self._api: Any = ApiClient(configuration)  # its methods are without types

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()

    async def ask(self, request: Request) -> Json:
        """The answer to a request; raises `KubeError`."""
        response = await self._open(request)
        try:
            answer: Json = msgspec.json.decode(await response.read())
        except (*_BROKEN, *UNDECODABLE) as error:
            raise Unreachable(f"half an answer: {_words(error)}", request.where) from error
        return answer

    async def stream(self, request: Request) -> AsyncGenerator[Json, None]:
        """The answer's lines as they come, until the server ends it or is silent for too long; raises `KubeError`."""
        response = await self._open(request)
        try:
            async for line in _lines(response.content):
                yield msgspec.json.decode(line)
        except TimeoutError:
            return  # silence
        except (*_BROKEN, *UNDECODABLE) as error:
            raise Unreachable(f"the stream broke: {_words(error)}", request.where) from error
        finally:
            _hang_up(response)

    async def _open(self, request: Request) -> aiohttp.ClientResponse:
        """The response once its head is there and says success."""
        code = 0
        try:
            headers = await self._headers(request)
            query = f"?{urlencode(request.query)}" if request.query else ""
            url = f"{self._configuration.host}{request.path}{query}"
            answer = await self._api.call_api(
                request.method, url, headers, request.body, _request_timeout=self._timeout
            )
            code = answer.status
            if code >= 400:
                raise refusal(code, await answer.read(), request.where, answer.headers.get("Retry-After", ""))
        except _BROKEN as error:
            raise Unreachable(_words(error), request.where) from error
        finally:
            self._requests.count(request.verb, request.kind, code)
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Accept": request.accept, "Content-Type": request.content_type, "User-Agent": _USER_AGENT}
        try:
            credentials = (await self._configuration.auth_settings()).get("BearerToken")
        except (ConfigException, OSError) as error:  # the token's file is gone or empty
            raise Unauthorized(str(error), request.where) from error
        if credentials is not None and credentials["value"]:
            headers["Authorization"] = credentials["value"]
        return headers


def _hang_up(response: aiohttp.ClientResponse) -> None:
    """An unfinished stream is no connection for others, and a peer that hangs says no farewell: TLS would wait for
    one for half a minute.
    """
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()
    response.close()


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length: aiohttp's own iteration fails at 4 MiB, which a ConfigMap's JSON can exceed."""
    rest: list[bytes] = []
    async for chunk in content.iter_any():
        head, *others = chunk.split(b"\n")
        rest.append(head)
        if others:
            yield b"".join(rest)
            for line in others[:-1]:
                yield line
            rest = [others[-1]]


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
