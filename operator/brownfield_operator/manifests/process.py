"""All children of one process, in the order in which they are applied."""

from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests.config_map import config_maps
from brownfield_operator.manifests.manifest import Manifest
from brownfield_operator.manifests.network_policy import network_policy
from brownfield_operator.manifests.service import service
from brownfield_operator.manifests.stateful_set import stateful_set
from brownfield_operator.settings import OperatorSettings


def render(process: DesiredProcess, settings: OperatorSettings) -> tuple[Manifest, ...]:
    """Configuration, network policy, Service (twins only) and, when all it needs is there, the StatefulSet.

    Equal input gives equal bytes. The pod comes last so that it never runs before its policy holds, and never
    waits for a configuration.
    """
    parts = config_maps(process)
    services = (service(process),) if process.kind == "twin" else ()
    config_names = tuple(part["metadata"]["name"] for part in parts)
    return (*parts, network_policy(process, settings), *services, stateful_set(process, settings, config_names))
