"""`plant.yaml` is taken or refused as a whole, with the field's name."""

from pathlib import Path

import pytest

from brownfield_api.errors import BrownfieldError
from brownfield_plant import load_plant
from brownfield_plant.config import split_endpoint

DEVICE = '{kind: modbus, name: r1, record: R1, address: "r1.plant:502"'


def test_the_example_plant_has_two_modbus_two_opcua_devices_and_an_export(example: Path) -> None:
    config = load_plant(example)
    assert [device.kind for device in config.devices] == ["modbus", "modbus", "opcua", "opcua", "export"]
    addresses = [device.address for device in config.devices if device.kind != "export"]
    assert addresses == ["r80711.plant:502", "r80721.plant:502", "r80736.plant:4840", "r80790.plant:4840"]
    assert config.playback.speed == 1.0


@pytest.mark.parametrize(
    ("yaml", "complaint"),
    [
        (f"name: p\ndevices: [{DEVICE}, colour: red}}]", "devices.0.modbus.colour"),
        (f"name: p\ndevices: [{DEVICE}, listen: nowhere}}]", "is not host:port"),
        (f"name: p\ndevices: [{DEVICE}}}, {DEVICE}}}]", "two devices are called r1"),
        ("name: p\ndevices: []", "devices"),
        ("name: [", "is not YAML"),
        ("name: p\nplayback: {speed: 0}\ndevices: []", "playback.speed"),
    ],
)
def test_a_mistake_is_refused_with_the_field_it_is_in(tmp_path: Path, yaml: str, complaint: str) -> None:
    (tmp_path / "plant.yaml").write_text(yaml, encoding="utf-8")
    with pytest.raises(BrownfieldError, match=complaint.replace(".", r"\.")):
        load_plant(tmp_path)


def test_a_folder_without_a_plant_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match="cannot be read"):
        load_plant(tmp_path)


def test_an_endpoint_is_split_at_the_last_colon() -> None:
    assert split_endpoint("::1:502") == ("::1", 502)
    for wrong in ("host", "host:", ":502", "host:66000", "host:x"):
        with pytest.raises(ValueError, match="host:port"):
            split_endpoint(wrong)
