"""Where the API server is and who we are: read again, because tokens are short-lived."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry
from tests.operator.kube.scripted_server import ScriptedServer, scripted_server, whole

from brownfield_api.errors import BrownfieldError
from brownfield_operator.kube import access
from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.kinds import Kind

POD = b'{"kind": "Pod", "metadata": {"name": "x"}}'


def kubeconfig(folder: Path, server: str, user: dict[str, str]) -> Path:
    path = folder / "kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


def authorization(server: ScriptedServer) -> list[str]:
    lines = [line for head in server.heads for line in head.split("\r\n") if line.lower().startswith("authorization:")]
    return [line.partition(":")[2].strip() for line in lines]


async def ask_twice(path: Path, change: Callable[[], object]) -> None:
    configuration = await load_access({KUBECONFIG: str(path)})
    async with KubeClient(configuration, Requests(CollectorRegistry())) as client:
        await client.get(Kind.POD, "plant", "x")
        change()
        await client.get(Kind.POD, "plant", "x")


async def test_a_token_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "TOKEN_AGE", 0.0)
    token = tmp_path / "token"
    token.write_text("first")
    async with scripted_server(whole("200 OK", POD)) as server:
        path = kubeconfig(tmp_path, server.url, {"tokenFile": str(token)})
        await ask_twice(path, lambda: token.write_text("second"))
        assert authorization(server) == ["Bearer first", "Bearer second"]


async def test_a_kubeconfig_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "TOKEN_AGE", 0.0)
    async with scripted_server(whole("200 OK", POD)) as server:
        path = kubeconfig(tmp_path, server.url, {"token": "first"})
        await ask_twice(path, lambda: path.write_text(path.read_text().replace("first", "second")))
        assert authorization(server) == ["Bearer first", "Bearer second"]


async def test_nothing_is_read_again_within_a_minute(tmp_path: Path) -> None:
    async with scripted_server(whole("200 OK", POD)) as server:
        path = kubeconfig(tmp_path, server.url, {"token": "first"})
        await ask_twice(path, lambda: path.write_text(path.read_text().replace("first", "second")))
        assert authorization(server) == ["Bearer first", "Bearer first"]


async def test_the_service_account_is_read_where_there_is_no_kubeconfig() -> None:
    with pytest.raises(BrownfieldError, match=r"service account of the pod: no access to a cluster.*set KUBECONFIG"):
        await load_access({})


async def test_a_kubeconfig_that_is_none_is_said_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_text("clusters: []")
    with pytest.raises(BrownfieldError, match="broken: no access to a cluster"):
        await load_access({KUBECONFIG: str(path)})
