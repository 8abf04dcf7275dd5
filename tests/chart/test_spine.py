"""A real nats-server with the configuration that the chart writes and the root of trust that the operator makes."""

import asyncio
import json
import re
import secrets
import shutil
import socket
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error
from tests.chart.conftest import Render
from tests.chart.finding import one

from brownfield_operator.access.credentials import issue
from brownfield_operator.access.permissions import Permissions
from brownfield_operator.access.pushing import push_account
from brownfield_operator.access.trust import RESOLVER_DIR, TRUST_CONF, Trust, new_trust
from brownfield_spine.broker_files import BrokerFiles

NOW = int(time.time())
SERVER = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or "nats-server"


@dataclass(frozen=True)
class Broker:
    """A running server: its ports and what it trusts."""

    port: int
    monitoring: int
    trust: Trust

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"


def _configuration(render: Render) -> str:
    text: str = one(render(), "ConfigMap", "brownfield-spine")["data"]["nats.conf"]
    return text


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _broker(folder: Path, configuration: str) -> AsyncIterator[Broker]:
    """The server as its pod would run it, but for folder and ports."""
    broker = Broker(_free_port(), _free_port(), new_trust(secrets.token_bytes, now=NOW))
    text = configuration.replace("/data", str(folder / "data"))
    text = text.replace("0.0.0.0:4222", f"127.0.0.1:{broker.port}")
    text = text.replace("0.0.0.0:8222", f"127.0.0.1:{broker.monitoring}")
    (folder / "nats.conf").write_text(text)
    (folder / TRUST_CONF).write_text(broker.trust.secret_data(str(folder / "data" / "accounts"))[TRUST_CONF])
    command = (SERVER, "--config", str(folder / "nats.conf"))
    await asyncio.to_thread(subprocess.run, [*command, "-t"], check=True, capture_output=True)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(_is_healthy, broker):
                assert process.returncode is None, (folder / "log").read_text()
                await asyncio.sleep(0.02)
        yield broker
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _is_healthy(broker: Broker, query: str = "?js-enabled-only=true") -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{broker.monitoring}/healthz{query}") as answer:
        return bool(json.load(answer) == {"status": "ok"})
    return False


async def _connect(url: str, **options: Any) -> Client:
    client = Client()
    try:
        await client.connect(url, allow_reconnect=False, error_cb=_say_nothing, **options)
    except Error:
        await client.close()  # nats-py leaves a refused connection open
        raise
    return client


async def _say_nothing(_: Exception) -> None:
    """The connection's failure is raised where it is made."""


@pytest.mark.wire
async def test_nobody_gets_in_without_credentials_and_a_component_with_its_own_does(
    render: Render, tmp_path: Path
) -> None:
    async with _broker(tmp_path, _configuration(render)) as broker:
        for login in ({}, {"user": "brownfield", "password": "guess"}, {"token": "guess"}):
            with pytest.raises(Error, match="Authorization Violation"):
                await _connect(broker.url, **login)
        foreign = new_trust(secrets.token_bytes, now=NOW)
        everything = Permissions(("$JS.API.>",), ("_INBOX.>",))
        for trust, may in ((foreign, False), (broker.trust, True)):
            path = tmp_path / "user.creds"
            path.write_text(issue(trust, "adapter-r80711", everything, now=NOW, random=secrets.token_bytes))
            if not may:
                with pytest.raises(Error, match="Authorization Violation"):
                    await _connect(broker.url, user_credentials=str(path))
                continue
            client = await _connect(broker.url, user_credentials=str(path))
            assert (await client.jetstream().account_info()).streams == 0
            await client.close()
        assert _is_healthy(broker, "")


@pytest.mark.wire
async def test_it_stays_healthy_in_every_respect_when_an_account_is_updated(render: Render, tmp_path: Path) -> None:
    async with _broker(tmp_path, _configuration(render)) as broker:
        path = tmp_path / "user.creds"
        streams = Permissions(("$JS.API.>",), ("_INBOX.>",))
        path.write_text(issue(broker.trust, "operator", streams, now=NOW, random=secrets.token_bytes))
        client = await _connect(broker.url, user_credentials=str(path))
        await client.jetstream().add_stream(name="bf-raw", subjects=["bf.raw.>"])
        revoked = broker.trust.revoke({"UNOBODY": NOW}, now=NOW + 1)
        await push_account([broker.url], revoked, now=int(time.time()), random=secrets.token_bytes)
        assert (await client.jetstream().stream_info("bf-raw")).config.name == "bf-raw"
        assert _is_healthy(broker, _probe(render, "livenessProbe"))
        await client.close()


def test_liveness_asks_for_the_complete_report_and_the_others_do_not(render: Render) -> None:
    """A stream that a full disk left dead shows there alone; one sick stream must not keep the others from working."""
    assert _probe(render, "livenessProbe") == ""
    assert _probe(render, "startupProbe") == "?js-enabled-only=true"
    assert _probe(render, "readinessProbe") == "?js-server-only=true"


def _probe(render: Render, name: str) -> str:
    """The question of a probe."""
    (container,) = one(render(), "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["containers"]
    path: str = container[name]["httpGet"]["path"]
    return path.removeprefix("/healthz")


async def test_both_of_the_brokers_folders_lie_on_its_volume(render: Render) -> None:
    (container,) = one(render(), "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert Path(RESOLVER_DIR).is_relative_to(mounts["data"])
    assert f'store_dir: "{mounts["data"]}"' in _configuration(render)
    assert container["args"] == ["--config", f"{mounts['configuration']}/nats.conf"]


def test_the_store_is_as_safe_as_that_of_one_machine(render: Render, tmp_path: Path) -> None:
    BrokerFiles(tmp_path).prepare(host="127.0.0.1", port=4222, max_file_store=10 * 1024**3 * 4 // 5)
    local = json.loads(BrokerFiles(tmp_path).configuration.read_text())["jetstream"]
    chart = dict(re.findall(r"^\s*(\w+): \"?([^\s\"]+)\"?", _configuration(render), re.MULTILINE))
    for name in ("max_file_store", "max_memory_store", "sync_interval"):
        assert chart[name] == str(local[name]), name


def test_the_streams_limit_follows_the_size_of_the_volume(render: Render) -> None:
    for size, store in (("512Mi", 429496729), ("10Gi", 8589934592), ("1T", 800000000000)):
        objects = render({"spine": {"storage": {"size": size}}})
        assert f"max_file_store: {store}\n" in one(objects, "ConfigMap", "brownfield-spine")["data"]["nats.conf"]
        claim = one(objects, "PersistentVolumeClaim", "brownfield-spine")
        assert claim["spec"]["resources"]["requests"]["storage"] == size
        assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_a_claim_that_is_there_is_used_and_none_is_made(render: Render) -> None:
    objects = render({"spine": {"storage": {"existingClaim": "disk"}}})
    assert not [item for item in objects if item["kind"] == "PersistentVolumeClaim"]
    volumes = one(objects, "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["volumes"]
    assert [item["persistentVolumeClaim"] for item in volumes if "persistentVolumeClaim" in item] == [
        {"claimName": "disk"}
    ]


def test_go_collects_its_garbage_before_the_kernel_kills(render: Render) -> None:
    objects = render({"spine": {"resources": {"limits": {"memory": "100Mi"}}}})
    (container,) = one(objects, "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["containers"]
    assert {"name": "GOMEMLIMIT", "value": str(80 * 1024 * 1024)} in container["env"]


def test_garbage_takes_no_more_than_a_quarter_of_what_is_in_use(render: Render) -> None:
    for resources in ({"limits": {"memory": "100Mi"}}, {"limits": None}):
        objects = render({"spine": {"resources": resources}})
        (container,) = one(objects, "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["containers"]
        assert {"name": "GOGC", "value": "25"} in container["env"]
