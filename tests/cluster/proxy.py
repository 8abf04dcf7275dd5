"""HTTP servers inside the cluster, reached through the API server: the same with every provider."""

from dataclasses import dataclass
from typing import Any

import httpx
from tests.api_server.admin import Admin, Refused


@dataclass(frozen=True, slots=True)
class Proxied:
    """The server behind a Service's (or `pods`' own) port."""

    admin: Admin
    namespace: str
    name: str
    port: int
    kind: str = "services"

    def get(self, path: str, **query: str) -> Any:
        """A JSON answer. Raises `Refused` when nothing answers (502, 503) or the answer is an error."""
        return self.admin.request("GET", f"{self._base}{path}", **query)

    def post(self, path: str, **query: str) -> Any:
        return self.admin.request("POST", f"{self._base}{path}", **query)

    def text(self, path: str) -> str:
        answer = self.admin._http.get(f"{self._base}{path}")
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.text)
        return answer.text

    def look(self, path: str) -> Any:
        """A JSON answer; None while there is none."""
        try:
            return self.get(path)
        except (Refused, httpx.TransportError, ValueError):
            return None

    @property
    def _base(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/{self.kind}/{self.name}:{self.port}/proxy"
