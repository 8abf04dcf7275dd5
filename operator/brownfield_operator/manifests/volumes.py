"""What a data-plane pod mounts: its configuration, credentials, state, the user's volumes and room for scratch."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from brownfield_operator import names, paths
from brownfield_operator.desired import DesiredProcess, MountedVolume
from brownfield_operator.manifests.manifest import Manifest
from brownfield_operator.manifests.quantities import claim_size
from brownfield_operator.settings import Storage

STATE = "state"

_OWNER_AND_GROUP = 0o440
"""Files belong to root; the process reads them by its `fsGroup`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """A volume of the pod and where its container sees it. `source` empty: a claim template of that name."""

    name: str
    path: str
    source: Manifest
    read_only: bool = True

    @property
    def volume(self) -> Manifest:
        return {"name": self.name, **self.source}

    @property
    def mount(self) -> Manifest:
        return {"name": self.name, "mountPath": self.path, **({"readOnly": True} if self.read_only else {})}


def mounted(process: DesiredProcess, config_names: tuple[str, ...]) -> tuple[Mounted, ...]:
    """Everything the pod mounts, in a fixed order."""
    return (
        _config(config_names),
        _spine_credentials(names.process_object(process.key)),
        Mounted(name=STATE, path=paths.STATE_DIR, source={} if process.storage else {"emptyDir": {}}, read_only=False),
        Mounted(name="tmp", path="/tmp", source={"emptyDir": {}}, read_only=False),  # noqa: S108 - the pod's own
        *(_secret(process.namespace, name) for name in sorted(process.secrets)),
        *(_claim(volume) for volume in sorted(process.volumes, key=lambda volume: volume.name)),
    )


def claim_templates(process: DesiredProcess, storage: Storage) -> list[Manifest]:
    """The volume that keeps state, if the process has one."""
    if not process.storage:
        return []
    storage_class = {"storageClassName": storage.class_name} if storage.class_name is not None else {}
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": claim_size(process.storage)}},
        **storage_class,
    }
    return [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": STATE}, "spec": spec}]


def _config(config_names: tuple[str, ...]) -> Mounted:
    sources = [{"configMap": {"name": name}} for name in config_names]
    projected = {"defaultMode": _OWNER_AND_GROUP, "sources": sources}
    return Mounted(name="config", path=paths.CONFIG_DIR, source={"projected": projected})


def _spine_credentials(object_name: str) -> Mounted:
    """Only the process's own key of the Secret it shares with others. A folder, not a `subPath`: renewed
    credentials then reach a running pod.
    """
    path = PurePosixPath(paths.SPINE_CREDENTIALS)
    secret = {
        "secretName": names.spine_secret(object_name),
        "defaultMode": _OWNER_AND_GROUP,
        "items": [{"key": names.spine_key(object_name), "path": path.name}],
    }
    return Mounted(name="spine", path=str(path.parent), source={"secret": secret})


def _secret(namespace: str, name: str) -> Mounted:
    source = {"secret": {"secretName": name, "defaultMode": _OWNER_AND_GROUP}}
    return Mounted(name=_volume_name("secret", name), path=f"{paths.SECRETS_DIR}/{namespace}/{name}", source=source)


def _claim(volume: MountedVolume) -> Mounted:
    """`readOnly` stands at the claim too, not only at the mount: without it the kubelet would change the group of
    every file on the volume to the pod's `fsGroup`, and a legacy system's files are never written to.
    """
    claim = {"claimName": volume.name, **({"readOnly": True} if volume.read_only else {})}
    return Mounted(
        name=_volume_name("volume", volume.name),
        path=paths.volume(volume.name),
        source={"persistentVolumeClaim": claim},
        read_only=volume.read_only,
    )


def _volume_name(prefix: str, name: str) -> str:
    """A volume's name is a DNS label; the names of Secrets and claims may be longer and have dots."""
    readable = f"{prefix}-{name}"
    if len(readable) <= 63 and "." not in name:
        return readable
    return f"{prefix}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
