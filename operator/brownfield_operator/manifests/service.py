"""Where a twin's page and API are found inside the cluster."""

from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests.manifest import Manifest, child
from brownfield_operator.paths import TWIN_PORT


def service(process: DesiredProcess) -> Manifest:
    """`http://<name>.<namespace>` leads to the twin. People from outside come through an Ingress of the user's."""
    spec = {
        "type": "ClusterIP",
        "selector": names.selector(process),
        "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": TWIN_PORT}],
    }
    return child("v1", "Service", names.process_object(process.key), process, {"spec": spec})
