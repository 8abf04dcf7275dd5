from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml
from hack.cluster.binaries import Binaries
from hack.cluster.commands import Commands
from hack.cluster.credentials import make_credentials
from hack.cluster.folders import Layout


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    layout = Layout(tmp_path)
    layout.make()
    return Commands(
        binaries=Binaries(Path("/programs")),
        credentials=make_credentials(name="edge", layout=layout, server="https://10.0.0.1:6443", names=["10.0.0.1"]),
        address="10.0.0.1",
        port=6443,
        etcd_port=2379,
        peer_port=2380,
        services=IPv4Network("10.96.0.0/20"),
    )


def test_the_api_server_checks_rights_and_writes_its_audit_log_before_it_answers(commands: Commands) -> None:
    flags = _flags(commands.api_server())

    assert flags["authorization-mode"] == "Node,RBAC"
    assert flags["enable-admission-plugins"] == "NodeRestriction"
    assert flags["audit-log-path"] == str(commands.credentials.layout.audit_log)
    assert flags["audit-log-mode"] == "blocking"
    assert flags["kubelet-preferred-address-types"] == "InternalIP"


def test_etcd_is_where_the_api_server_looks_for_it_and_on_loopback_only(commands: Commands) -> None:
    etcd = _flags(commands.etcd())

    assert etcd["listen-client-urls"] == _flags(commands.api_server())["etcd-servers"] == "http://127.0.0.1:2379"
    assert etcd["listen-peer-urls"] == "http://127.0.0.1:2380"


def test_whoever_signs_tokens_has_the_key_that_the_api_server_checks_them_with(commands: Commands) -> None:
    api_server, controllers = _flags(commands.api_server()), _flags(commands.controller_manager())

    assert controllers["service-account-private-key-file"] == api_server["service-account-signing-key-file"]
    assert Path(api_server["service-account-key-file"]).read_text(encoding="ascii").startswith("-----BEGIN PUBLIC KEY")


def test_every_daemon_calls_the_api_server_with_credentials_of_its_own(commands: Commands) -> None:
    daemons = (commands.controller_manager(), commands.scheduler())
    files = [Path(_flags(command)["kubeconfig"]) for command in daemons]
    users = [yaml.safe_load(file.read_text(encoding="utf-8"))["users"][0]["user"] for file in files]

    assert len({user["client-certificate-data"] for user in users}) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_flags_of_one_tier_only_are_added_at_the_end(commands: Commands) -> None:
    assert commands.api_server("--allow-privileged")[-1] == "--allow-privileged"
    assert commands.controller_manager("--secure-port=0")[-1] == "--secure-port=0"


def _flags(command: list[str]) -> dict[str, str]:
    pairs = [flag.removeprefix("--").partition("=") for flag in command[1:]]
    flags = {name: value for name, _, value in pairs}
    assert len(flags) == len(pairs), "a flag given twice"
    return flags
