"""The StatefulSet that keeps one pod of a process running.

Not a Deployment: that one starts the replacement while the old pod still terminates, even with `Recreate`
(measured), and two pods of one process are two connections to a device and two writers of a subject.
"""

from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests.manifest import Manifest, child, digest
from brownfield_operator.manifests.pod import pod_template
from brownfield_operator.manifests.volumes import claim_templates
from brownfield_operator.settings import OperatorSettings


def stateful_set(process: DesiredProcess, settings: OperatorSettings, config_names: tuple[str, ...]) -> Manifest:
    """The StatefulSet of `process`, mounting the ConfigMaps `config_names`.

    `Parallel`: with ordered pods a pod that never becomes ready blocks the rollout that would repair it.
    `serviceName` is required up to Kubernetes 1.32; only a twin has a Service of that name, and none is needed.
    The volume goes with the resources it belongs to; scaled to zero by hand, it stays.
    """
    template = pod_template(process, settings, config_names)
    spec = {
        "replicas": 1,
        "podManagementPolicy": "Parallel",
        "serviceName": names.process_object(process.key),
        "revisionHistoryLimit": 2,
        "updateStrategy": {"type": "RollingUpdate"},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
        "selector": {"matchLabels": names.selector(process)},
        "template": template,
    }
    templates = claim_templates(process, settings.storage)
    if templates:
        spec["volumeClaimTemplates"] = templates
    name = names.process_object(process.key)
    annotations = {**names.annotations(process), names.TEMPLATE: digest(template)}
    return child("apps/v1", "StatefulSet", name, process, {"spec": spec}, annotations=annotations)
