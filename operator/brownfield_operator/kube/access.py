"""Where the API server is and who we are there: a kubeconfig if `KUBECONFIG` is set, else the pod's service account.

Tokens are short-lived and files change under us (the kubelet renews a service account's token at 80 % of its
life), so both loaders leave a hook that the client calls before each request; it looks again once a minute.
"""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kubernetes.aio import config as loaders
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from brownfield_api.errors import BrownfieldError

_load: Any = loaders  # its functions are without types

KUBECONFIG = "KUBECONFIG"
TOKEN_AGE = 60.0
"""Seconds after which a kubeconfig is read again; the in-cluster loader has the same minute."""


async def load_access(environment: Mapping[str, str] = os.environ) -> Configuration:
    """Address and credentials of the API server; raises `BrownfieldError` where there are none."""
    configuration = Configuration()
    path = environment.get(KUBECONFIG, "")
    try:
        if path:
            await _read(path, configuration)
            configuration.refresh_api_key_hook = _reread(path)  # type: ignore[assignment] # annotated as None only
        else:
            _load.load_incluster_config(client_configuration=configuration)
    except (ConfigException, OSError) as error:
        raise BrownfieldError(
            f"no access to a cluster: {error}",
            path or "service account of the pod",
            f"Run it in a pod with a service account, or set {KUBECONFIG}",
        ) from error
    return configuration


async def _read(path: str, configuration: Configuration) -> None:
    await _load.load_kube_config(config_file=path, client_configuration=configuration, persist_config=False)


def _reread(path: str) -> Callable[[Configuration], Awaitable[None]]:
    read_at = time.monotonic()

    async def refresh(configuration: Configuration) -> None:
        nonlocal read_at
        if time.monotonic() - read_at >= TOKEN_AGE:
            read_at = time.monotonic()
            await _read(path, configuration)

    return refresh
