"""Settings, and a process of each kind that uses every part of `DesiredProcess`."""

from pathlib import Path

from brownfield_api.resources.pod import PodResources, PodSpec, Toleration
from brownfield_operator.desired import DesiredProcess, Egress, MountedVolume, Owner
from brownfield_operator.settings import OperatorSettings, read_settings

DATA = Path(__file__).parent / "data"


def settings() -> OperatorSettings:
    return read_settings(DATA / "settings.yaml")


def adapter() -> DesiredProcess:
    return DesiredProcess(
        kind="adapter",
        namespace="farm",
        name="group-feeder-1",
        content=b'{\n "kind": "adapter",\n "name": "group-feeder-1"\n}',
        owners=(
            Owner(kind="LegacySource", name="r80736", uid="22222222-2222-4222-8222-222222222222"),
            Owner(kind="LegacySource", name="r80711", uid="11111111-1111-4111-8111-111111111111"),
        ),
        endpoints=("tcp://r80711.plant:502", "tcp://r80736.plant:502"),
        secrets=("scada.login", "meter-login"),
        volumes=(MountedVolume(name="meter-export", read_only=True),),
        egress=(
            Egress(port=502, cidrs=("10.20.0.12/32",)),
            Egress(port=502, cidrs=("10.20.0.11/32",)),
            Egress(port=5020, namespace="plant", labels={"app": "turbines", "unit": "r80711"}),
        ),
        storage=3 * 1024**3,
        pod=PodSpec(
            node_selector={"zone": "edge", "arch": "arm64"},
            tolerations=(Toleration(key="edge", operator="Exists", effect="NoSchedule"),),
            resources=PodResources(requests={"cpu": "0.5", "memory": "1.5Gi"}, limits={"memory": "2048Mi"}),
        ),
    )


def pipeline() -> DesiredProcess:
    return DesiredProcess(
        kind="pipeline",
        namespace="farm",
        name="la-haute-borne",
        content='{"kind": "pipeline", "unit": "°C"}'.encode(),
        owners=(Owner(kind="AssetMapping", name="la-haute-borne", uid="33333333-3333-4333-8333-333333333333"),),
        volumes=(MountedVolume(name="history", read_only=False),),
        storage=1024**3,
    )


def twin() -> DesiredProcess:
    return DesiredProcess(
        kind="twin",
        namespace="farm",
        name="wind-farm",
        content=b'{"kind": "twin"}',
        owners=(Owner(kind="TwinModel", name="wind-farm", uid="44444444-4444-4444-8444-444444444444"),),
        volumes=(MountedVolume(name="history", read_only=True),),
    )


ALL = (adapter(), pipeline(), twin())
