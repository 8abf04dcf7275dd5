"""Installs what a lock pins into the environment of an image that is being built, and compiles it.

Runs inside the build with the base's Python and nothing else; pip and setuptools are mounted beside this file and
stay out of the image. Compiled files are not checked against their sources: in an image neither ever changes, and
the dates that would be compared depend on who unpacks the layers.

    python install.py NAME        installs /opt/brownfield/locks/NAME.txt
"""

import compileall
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from py_compile import PycInvalidationMode

HERE = Path(__file__).parent
LOCKS = Path("/opt/brownfield/locks")

FROM_SOURCE = "nkeys"
"""The one dependency that comes without a wheel; it is pure Python, so no compiler is wanted."""

BINARY_ONLY = ("--only-binary", ":all:", "--no-binary", FROM_SOURCE)

NEVER_IMPORTED = re.compile(r"/tests?/|/kubernetes/(aio/)?client/(api|models)/[^_]")
"""Not compiled: test suites, and 60 MB of models that the operator, which speaks JSON, goes around."""


def install(lock: Path) -> None:
    """What is pinned, with its hash checked, and none of what it would like besides."""
    command = [sys.executable, "-m", "pip", "install", "--require-hashes", "--no-deps", *BINARY_ONLY]
    command += ["--no-build-isolation", "--no-compile", "--quiet", "--requirement", str(lock)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE / "pip"),
        "PIP_CONFIG_FILE": str(HERE / "etc" / "pip.conf"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    subprocess.run(command, env=environment, check=True)


def compile_new(folder: Path, known: set[Path]) -> None:
    """Compile the modules in `folder` that are not `known`: those are compiled, in a layer below this one."""
    for path in sorted(set(folder.rglob("*.py")) - known):
        if not NEVER_IMPORTED.search(str(path)):
            compileall.compile_file(path, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def main(name: str) -> None:
    """Install the lock of this name."""
    packages = Path(sysconfig.get_path("purelib"))
    known = set(packages.rglob("*.py"))
    install(LOCKS / f"{name}.txt")
    compile_new(packages, known)


if __name__ == "__main__":
    main(sys.argv[1])
