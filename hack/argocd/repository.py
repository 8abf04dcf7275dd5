"""The git repository that Argo CD reads: a folder, served by `file://`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.programs import run

BRANCH = "main"

_AUTHOR = {"NAME": "Brownfield tests", "EMAIL": "tests@brownfield.invalid"}


@dataclass(frozen=True, slots=True)
class Repository:
    """One branch with a commit for each change."""

    folder: Path

    @property
    def url(self) -> str:
        """What an Application names as its `repoURL`."""
        return self.folder.as_uri()

    def make(self) -> None:
        """Make it, empty but for a first commit: Argo CD refuses a branch that does not exist."""
        self.folder.mkdir(parents=True)
        self._git("init", "--quiet", f"--initial-branch={BRANCH}")
        self._git("commit", "--quiet", "--allow-empty", "--message=Empty")

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Write files by their path in the repository (None removes one) and commit, changed or not; the hash."""
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message=Change")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        # The user's own settings (signing, hooks, another default branch) must not matter.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        environment |= {
            f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _AUTHOR.items()
        }
        return run(["git", "-C", str(self.folder), *arguments], where=str(self.folder), environment=environment)
