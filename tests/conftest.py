"""Tiers that cannot run on this machine: their tests are skipped and the run ends with why; with `CI=true` they fail.

What a tier needs is got before the first test, not within one: a build takes minutes, a test's time-out does not.
"""

import os
from collections.abc import Iterable
from contextlib import nullcontext

import pytest
from hypothesis import settings
from tests.tiers import TIERS, Tier

# An example that takes longer on a busy machine is no failure: figures are measured by benchmarks.
settings.register_profile("brownfield", deadline=None)
settings.load_profile("brownfield")

_MISSING = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_MISSING] = {}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Prepares the tiers of the tests that are about to run."""
    if session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():  # a build says that it takes minutes
        for tier in _of(session.items):
            reason = tier.prepare()
            if reason:
                session.config.stash[_MISSING][tier.marker] = reason


def _of(items: Iterable[pytest.Item]) -> list[Tier]:
    marks = {mark.name for item in items for mark in item.iter_markers()}
    return [tier for tier in TIERS if tier.marker in marks]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, reason in item.config.stash[_MISSING].items():
        if item.get_closest_marker(marker) is None:
            continue
        if _must_run():
            pytest.fail(f"the tier {marker} must run where CI=true: {reason}", pytrace=False)
        pytest.skip(f"the tier {marker} cannot run on this machine: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    missing = config.stash[_MISSING]
    if not missing:
        return
    terminalreporter.section("tiers that did not run")
    for tier in TIERS:
        if tier.marker in missing:
            terminalreporter.line(f"{tier.marker} ({tier.what}): {missing[tier.marker]}")


def _must_run() -> bool:
    return os.environ.get("CI") == "true"
