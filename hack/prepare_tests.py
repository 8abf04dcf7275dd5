"""Builds what the tiers of `make test` need, before the tests' own time limits begin to count.

    python -m hack.prepare_tests

The first time this takes minutes (Kubernetes, Helm and Argo CD from their Go modules, a base image, our images), after
that a second. A tier that this machine cannot have is said, with the reason; where `CI` is set that is a failure.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping

from hack.argocd.binary import installation
from hack.cluster.binaries import binaries
from hack.cluster.clusters import PROVIDERS
from hack.images.build import build

from brownfield_api.errors import BrownfieldError


def _cluster() -> None:
    PROVIDERS["local"].check()
    build()


TIERS: Mapping[str, Callable[[], object]] = {
    "API server (etcd and kube-apiserver)": binaries,
    "cluster (pods, images)": _cluster,
    "GitOps (Argo CD)": installation,
}


def main() -> int:
    """Exit code 1 where `CI` is set and a tier cannot run."""
    missing = False
    for tier, prepare in TIERS.items():
        since = time.monotonic()
        try:
            prepare()
        except BrownfieldError as refused:
            missing = True
            print(f"tier does not run: {tier}: {refused}", file=sys.stderr)
        else:
            print(f"tier ready: {tier} ({time.monotonic() - since:.1f} s)", file=sys.stderr)
    return 1 if missing and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
