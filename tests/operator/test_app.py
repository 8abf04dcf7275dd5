"""The operator as a process: it works through the leader's door, and gives the lease back when it ends."""

from types import TracebackType
from typing import Self

import pytest
from tests.operator.fake_kube import FakeKube
from tests.operator.test_planning import settings

from brownfield_operator import app
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.leader_only import LeaderOnly
from brownfield_operator.kube.port import KubePort

ENVIRONMENT = {"POD_NAMESPACE": "b", "POD_NAME": "op-0", "METRICS_LISTEN": "127.0.0.1:0"}


class Client(FakeKube):
    """Every client sees the one cluster."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


async def test_the_work_gets_a_leaders_door_and_the_lease_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    client, given, holders = Client(), list[KubePort](), list[str]()

    async def access(_: object) -> None:
        return None

    async def lead(_settings: object, kube: KubePort, *_: object) -> None:
        given.append(kube)
        holders.append(client.objects[Kind.LEASE, "b", app.LEASE]["spec"]["holderIdentity"])

    monkeypatch.setattr(app, "load_access", access)
    monkeypatch.setattr(app, "KubeClient", lambda *_: client)
    monkeypatch.setattr(app, "_lead", lead)
    await app.run_operator(settings(), ENVIRONMENT)
    assert isinstance(given[0], LeaderOnly)
    assert (given[0].port, holders) == (client, ["op-0"])
    assert client.objects[Kind.LEASE, "b", app.LEASE]["spec"]["holderIdentity"] == ""
