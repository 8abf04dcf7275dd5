"""A part of a plant, somewhere else: some of its devices, listening on another address than plant.yaml says."""

from collections.abc import Collection

from brownfield_api.errors import BrownfieldError
from brownfield_plant.config import ExportConfig, PlantConfig, split_endpoint


def only_devices(config: PlantConfig, names: Collection[str]) -> PlantConfig:
    """The plant with the devices of these names alone; raises `BrownfieldError` for a name it does not have."""
    known = [device.name for device in config.devices]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise BrownfieldError(f"there is no device {unknown[0]}", f"plant {config.name}", f"Use {', '.join(known)}")
    kept = tuple(device for device in config.devices if device.name in names)
    return config.model_copy(update={"devices": kept})


def listening_on(config: PlantConfig, host: str) -> PlantConfig:
    """The plant with every server on this host, on the port it has; an export is no server and stays as it is."""
    devices = tuple(
        device
        if isinstance(device, ExportConfig)
        else device.model_copy(update={"listen": f"{host}:{split_endpoint(device.listen)[1]}"})
        for device in config.devices
    )
    return config.model_copy(update={"devices": devices})
