"""What a simulated plant consists of: the model of `plant.yaml`.

Read once at the start, refused as a whole with the field's name when anything in it is wrong.
Names are camelCase in YAML, as in the resources this file lies beside.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from brownfield_api.errors import BrownfieldError

_NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"


def split_endpoint(text: str) -> tuple[str, int]:
    """`host:port` as a pair; raises `ValueError` when the port is missing or outside 0..65535."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is not host:port")
    return host, int(port)


def _checked_endpoint(text: str) -> str:
    split_endpoint(text)
    return text


Endpoint = Annotated[str, AfterValidator(_checked_endpoint)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class PlaybackConfig(_Model):
    """How fast and from where the records are played."""

    speed: float = Field(default=1.0, gt=0, le=1000, description="records a second")
    start: datetime | None = Field(default=None, description="recorded time to begin with; default: the first")


class ModbusConfig(_Model):
    """A turbine that answers Modbus TCP."""

    kind: Literal["modbus"] = "modbus"
    name: str = Field(pattern=_NAME)
    record: str = Field(description="the turbine's name in the records")
    address: Endpoint = Field(description="host:port under which the resources know the device")
    listen: Endpoint = Field(default="127.0.0.1:0", description="host:port really bound; port 0 takes a free one")
    unit: int = Field(default=1, ge=0, le=255)
    max_connections: int | None = Field(default=None, ge=1, description="further connections are closed at once")


class LoginConfig(_Model):
    """Who may open a session on an OPC UA server."""

    anonymous: bool = True
    users: dict[str, str] = Field(default_factory=dict, description="name to password")
    certificates: tuple[Path, ...] = Field(default=(), description="trusted user certificates, DER or PEM")


SecurityMode = Literal["None", "Sign", "SignAndEncrypt"]


class OpcuaConfig(_Model):
    """A turbine that is an OPC UA server."""

    kind: Literal["opcua"] = "opcua"
    name: str = Field(pattern=_NAME)
    record: str = Field(description="the turbine's name in the records")
    address: Endpoint
    listen: Endpoint = "127.0.0.1:0"
    path: str = Field(default="/plant", pattern=r"^/")
    namespace: str = "urn:senvion:mm82"
    security: tuple[SecurityMode, ...] = Field(
        default=("None", "Sign", "SignAndEncrypt"), min_length=1, description="with Basic256Sha256 where not None"
    )
    logins: LoginConfig = LoginConfig()


class ExportConfig(_Model):
    """A meter whose readings an old export drops into a folder."""

    kind: Literal["export"] = "export"
    name: str = Field(pattern=_NAME)
    record: str = "meter"
    folder: str = Field(description="folder below the export folder of the plant")
    feeder: str = Field(default="F1", pattern=r"^[A-Za-z0-9]+$")
    timezone: str = "Europe/Paris"
    rows_per_file: int = Field(default=144, ge=1)
    half_every: int = Field(default=7, ge=0, description="every n-th row is first written half; 0 never")


DeviceConfig = Annotated[ModbusConfig | OpcuaConfig | ExportConfig, Field(discriminator="kind")]


class PlantConfig(_Model):
    """A plant: its records, their playback and its devices."""

    name: str
    records: str = Field(default="records", description="folder of the records, beside plant.yaml")
    playback: PlaybackConfig = PlaybackConfig()
    devices: tuple[DeviceConfig, ...] = Field(min_length=1)


def load_plant(example: Path) -> PlantConfig:
    """The plant described by `plant.yaml` in the folder `example`; raises `BrownfieldError`."""
    path = example / "plant.yaml"
    try:
        config = PlantConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BrownfieldError(
            f"cannot be read ({error.strerror})", str(path), "Name a folder that holds a plant.yaml"
        ) from error
    except yaml.YAMLError as error:
        raise BrownfieldError(f"is not YAML: {error}", str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BrownfieldError(f"{field}: {first['msg']}", str(path)) from error
    names = [device.name for device in config.devices]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BrownfieldError(f"two devices are called {twice[0]}", str(path), "Give each device its own name")
    return config
