"""The pod of a process: one container, PodSecurity *restricted*, nothing it does not need."""

from brownfield_api.resources.pod import PodSpec
from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests.manifest import Manifest
from brownfield_operator.manifests.quantities import canonical_all
from brownfield_operator.manifests.volumes import Mounted, mounted
from brownfield_operator.paths import CONFIG_DIR, METRICS_PORT, TWIN_PORT
from brownfield_operator.settings import OperatorSettings, ProcessImage, Resources
from brownfield_spine.process import POD_UID

USER = 65532
"""uid, gid and `fsGroup`; the images know it as `nonroot`."""

GRACE = 30
"""Seconds. A process that is told to stop publishes what it holds (5 s) and closes its connections."""

_STARTUP_CHECKS = 300
"""One each second: a slow edge box gets five minutes to import and open its journals, a fast one is ready at once."""

_HANG_CHECKS = 6
"""One every ten seconds: a minute without the event loop turning is a hang, not a busy disk."""


def pod_template(process: DesiredProcess, settings: OperatorSettings, config_names: tuple[str, ...]) -> Manifest:
    """Template of the StatefulSet's pods."""
    volumes = mounted(process, config_names)
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(process, settings, volumes)],
        "volumes": [item.volume for item in volumes if item.source],
        **_placement(process.pod),
    }
    if settings.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in sorted(set(settings.image_pull_secrets))]
    metadata = {"labels": names.labels(process), "annotations": names.annotations(process)}
    return {"metadata": metadata, "spec": spec}


def _container(process: DesiredProcess, settings: OperatorSettings, volumes: tuple[Mounted, ...]) -> Manifest:
    image = _image(process.kind, settings)
    container = {
        "name": process.kind,
        "image": image.image,
        "imagePullPolicy": settings.image_pull_policy,
        "args": [CONFIG_DIR],
        "env": [{"name": POD_UID, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.uid"}}}],
        "ports": _ports(process.kind),
        **_probes(process.kind),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # The last line a process writes says why it stopped; in the pod's status it can be shown to people.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [item.mount for item in volumes],
    }
    resources = _resources(process.pod, image.resources)
    return {**container, "resources": resources} if resources else container


def _image(kind: str, settings: OperatorSettings) -> ProcessImage:
    return {"adapter": settings.adapter, "pipeline": settings.pipeline, "twin": settings.twin}[kind]


def _ports(kind: str) -> list[Manifest]:
    metrics = {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"}
    http = {"name": "http", "containerPort": TWIN_PORT, "protocol": "TCP"}
    return [http, metrics] if kind == "twin" else [metrics]


def _probes(kind: str) -> Manifest:
    """`/healthz` answers while the event loop turns. A twin is ready when its API answers, which is another server.

    Neither asks for the plant or the spine: an unplugged device must not take a pod out, and restarting a process
    brings no broker back.
    """
    alive = {"httpGet": {"path": "/healthz", "port": METRICS_PORT, "scheme": "HTTP"}, "timeoutSeconds": 5}
    serving = {"httpGet": {"path": "/healthz", "port": TWIN_PORT, "scheme": "HTTP"}, "timeoutSeconds": 5}
    return {
        "startupProbe": {**alive, "periodSeconds": 1, "failureThreshold": _STARTUP_CHECKS},
        "livenessProbe": {**alive, "periodSeconds": 10, "failureThreshold": _HANG_CHECKS},
        "readinessProbe": {**(serving if kind == "twin" else alive), "periodSeconds": 10, "failureThreshold": 3},
    }


def _resources(pod: PodSpec, default: Resources) -> Manifest:
    """The resource's own wish instead of the chart's, as a whole: a request above the other's limit is refused."""
    wish = pod.resources
    requests = (wish.requests if wish else default.requests) or {}
    limits = (wish.limits if wish else default.limits) or {}
    both = {"requests": canonical_all(requests), "limits": canonical_all(limits)}
    return {name: quantities for name, quantities in both.items() if quantities}


def _placement(pod: PodSpec) -> Manifest:
    placement: dict[str, object] = {}
    if pod.node_selector:
        placement["nodeSelector"] = dict(sorted(pod.node_selector.items()))
    if pod.tolerations:
        tolerations = [item.model_dump(by_alias=True, exclude_none=True) for item in pod.tolerations]
        placement["tolerations"] = tolerations
    return placement
