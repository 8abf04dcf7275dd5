"""What happens to the tests of a tier that a machine cannot run: they say so, and where CI is they fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OF_A_TIER = "tests/hack/cluster/test_control_plane.py"
WHY = "Go is needed to build Kubernetes, and there is no `go` command"


def _pytest(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs tests of the tier `apiserver` on a machine that has nothing of it: no cache, no Go."""
    programs = tmp_path / "programs"
    programs.mkdir()
    without = {**os.environ, "PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "cache"), "CI": "", **environment}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "apiserver", OF_A_TIER],
        cwd=ROOT, env=without, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_tier_that_cannot_run_is_skipped_and_the_run_ends_with_why(tmp_path: Path) -> None:
    done = _pytest(tmp_path)
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    summary = done.stdout.partition("tiers that did not run")[2]
    assert "apiserver (etcd, an API server and Kubernetes' controllers)" in summary
    assert WHY in summary
    assert " passed" not in done.stdout


def test_where_ci_is_it_fails(tmp_path: Path) -> None:
    done = _pytest(tmp_path, CI="true")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "the tier apiserver must run where CI=true" in done.stdout
    assert WHY in done.stdout
    assert "skipped" not in done.stdout
