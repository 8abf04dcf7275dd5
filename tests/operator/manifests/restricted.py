"""PodSecurity *restricted*, as Kubernetes documents it (*Pod Security Standards*): baseline and restricted controls.

Independent of the renderer on purpose: it reads a pod spec as JSON and lists what is not allowed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

VOLUME_TYPES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def violations(pod: Mapping[str, Any]) -> list[str]:
    """Every rule the pod template breaks, in words."""
    spec = pod["spec"]
    return [
        *_pod(pod["metadata"], spec),
        *_volumes(spec),
        *(text for item in _containers(spec) for text in _container(spec, item)),
    ]


def _containers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for name in ("containers", "initContainers", "ephemeralContainers") for item in spec.get(name, ())]


def _pod(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            yield f"host namespaces: {name}"
    if spec.get("securityContext", {}).get("sysctls"):
        yield "sysctls"
    if any("apparmor" in name for name in metadata.get("annotations", {})):
        yield "AppArmor annotation"


def _volumes(spec: Mapping[str, Any]) -> Iterator[str]:
    for volume in spec.get("volumes", ()):
        types = set(volume) - {"name"}
        if not types <= VOLUME_TYPES or len(types) != 1:
            yield f"volume types: {volume['name']} is {sorted(types)}"


def _container(spec: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    yield from _privileges(own)
    yield from _user_and_profiles({**spec.get("securityContext", {}), **own})
    yield from _ports_and_probes(container)


def _privileges(own: Mapping[str, Any]) -> Iterator[str]:
    capabilities = own.get("capabilities", {})
    if own.get("privileged"):
        yield "privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "privilege escalation"
    if "ALL" not in capabilities.get("drop", ()):
        yield "capabilities: ALL must be dropped"
    if set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield "capabilities: only NET_BIND_SERVICE may be added"
    if own.get("procMount", "Default") != "Default":
        yield "/proc mount type"


def _user_and_profiles(both: Mapping[str, Any]) -> Iterator[str]:
    """`both`: the container's security context over the pod's."""
    if both.get("runAsNonRoot") is not True:
        yield "running as non-root"
    if both.get("runAsUser") == 0:
        yield "running as non-root user"
    if both.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "seccomp"
    if both.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in {"RuntimeDefault", "Localhost"}:
        yield "AppArmor"
    if both.get("seLinuxOptions", {}).keys() & {"user", "role"}:
        yield "SELinux"
    if both.get("windowsOptions", {}).get("hostProcess"):
        yield "HostProcess"


def _ports_and_probes(container: Mapping[str, Any]) -> Iterator[str]:
    if any(port.get("hostPort") for port in container.get("ports", ())):
        yield "host ports"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for action in ("httpGet", "tcpSocket"):
            if container.get(probe, {}).get(action, {}).get("host"):
                yield f"host probes: {probe}"
