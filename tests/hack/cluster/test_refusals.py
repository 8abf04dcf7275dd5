"""What cannot be done here is refused before anything is made, with the reason and the way out."""

import os
import platform
import sys
from pathlib import Path

import pytest
from hack.cluster import __main__ as command_line
from hack.cluster import packages
from hack.cluster.base_image import base_image
from hack.cluster.binaries import binaries
from hack.cluster.kind import Kind, rendered_config
from hack.cluster.local import Local

from brownfield_api.errors import BrownfieldError


@pytest.fixture
def plain_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH on which nothing is found but what the test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("plain_user")
def test_local_wants_root() -> None:
    with pytest.raises(BrownfieldError, match=r"needs Linux and root.* Run it as root, or use --provider kind"):
        Local().check()


@pytest.mark.usefixtures("root")
def test_local_wants_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")

    with pytest.raises(BrownfieldError, match="needs Linux and root"):
        Local().check()


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "XDG_CACHE_HOME"])
@pytest.mark.parametrize("folder", ["/run/user/0", "/var/lib/ci", "/var/log"])
def test_local_keeps_no_files_where_the_cluster_hides_them(
    variable: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, folder)

    with pytest.raises(BrownfieldError, match=f"{folder}/brownfield/cluster: clusters have their own .* Set XDG_"):
        Local().check()


@pytest.mark.usefixtures("no_programs")
def test_kind_wants_an_engine() -> None:
    with pytest.raises(BrownfieldError, match=r"no engine answers .* Start the engine, or use --provider local"):
        Kind().check()


def test_a_docker_command_whose_engine_does_not_run_is_no_engine(no_programs: Path) -> None:
    _program(no_programs / "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")

    with pytest.raises(BrownfieldError, match="no engine answers"):
        Kind().check()


def test_podman_serves_where_docker_does_not_answer(no_programs: Path) -> None:
    _program(no_programs / "docker", "exit 1")
    _program(no_programs / "podman", "exit 0")

    Kind().check()


def test_kinds_configuration_names_the_audit_log_of_the_cluster() -> None:
    config = rendered_config(Path("/state/edge/audit"), Path("/state/edge/audit-policy.yaml"))

    assert 'hostPath: "/state/edge/audit", containerPath: /var/log/kubernetes-audit' in config
    assert "audit-log-path: /var/log/kubernetes-audit/audit.log" in config
    assert "$" not in config


@pytest.mark.usefixtures("plain_user", "no_programs")
def test_a_plain_user_is_told_which_packages_to_install() -> None:
    with pytest.raises(
        BrownfieldError, match=r"packages some-package\. Install them, e\.g\.: sudo apt-get install some-package"
    ):
        packages.require({"some-program-that-nobody-has": "some-package"})


@pytest.mark.usefixtures("root", "no_programs")
def test_root_without_apt_is_told_as_well() -> None:
    with pytest.raises(BrownfieldError, match="programs are missing, of the Debian packages some-package"):
        packages.require({"/no/such/file": "some-package"})


@pytest.mark.usefixtures("root")
def test_what_is_installed_is_not_installed_again(no_programs: Path) -> None:
    _program(no_programs / "some-program", "exit 0")
    _program(no_programs / "apt-get", "exit 1")

    packages.require({"some-program": "some-package"})


@pytest.mark.usefixtures("root")
def test_what_apt_says_is_passed_on(no_programs: Path) -> None:
    _program(no_programs / "apt-get", "echo 'E: Unable to locate package' >&2; exit 100")

    with pytest.raises(BrownfieldError, match=r"apt-get failed \(100\): E: Unable to locate package"):
        packages.require({"some-program": "some-package"})


@pytest.mark.usefixtures("no_programs")
def test_without_go_nothing_can_be_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    with pytest.raises(BrownfieldError, match=r"there is no `go` command\. Install Go"):
        binaries()


@pytest.mark.usefixtures("plain_user")
def test_only_root_makes_a_base_image() -> None:
    with pytest.raises(BrownfieldError, match="Run it as root"):
        base_image()


@pytest.mark.usefixtures("plain_user")
def test_the_command_says_why_on_standard_error_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["hack.cluster", "up", "edge"])

    assert command_line.main() == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("hack.cluster: this machine: the provider `local` needs Linux and root")


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
