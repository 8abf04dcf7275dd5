"""Simulated legacy systems: the plant that the demo and the tests run against, and its misbehaviour.

It plays real records as the plant's own machines would (`Plant`, `run_plant`), lets each machine fail on demand
(`Fault`), and writes down everything that reaches it (`Journal`). It shares nothing with the code under test
but the base of the errors. Two machines of any size serve benches and loss proofs: `ModbusRamp`, `OpcuaRamp`.
"""

from brownfield_plant.config import (
    ExportConfig,
    LoginConfig,
    ModbusConfig,
    OpcuaConfig,
    PlantConfig,
    PlaybackConfig,
    load_plant,
)
from brownfield_plant.control import Control
from brownfield_plant.device import Device
from brownfield_plant.faults import Fault, FaultKind, Faults
from brownfield_plant.journal import Journal, Request, Traffic
from brownfield_plant.meter import ExportMeter
from brownfield_plant.modbus_ramp import ModbusRamp
from brownfield_plant.modbus_turbine import ModbusTurbine
from brownfield_plant.opcua_ramp import OpcuaRamp
from brownfield_plant.opcua_security import Identity, make_identity
from brownfield_plant.opcua_turbine import OpcuaTurbine
from brownfield_plant.plant import Plant, run_plant
from brownfield_plant.playback import Playback, Tick
from brownfield_plant.records import Records, load_records

__all__ = [
    "Control",
    "Device",
    "ExportConfig",
    "ExportMeter",
    "Fault",
    "FaultKind",
    "Faults",
    "Identity",
    "Journal",
    "LoginConfig",
    "ModbusConfig",
    "ModbusRamp",
    "ModbusTurbine",
    "OpcuaConfig",
    "OpcuaRamp",
    "OpcuaTurbine",
    "Plant",
    "PlantConfig",
    "Playback",
    "PlaybackConfig",
    "Records",
    "Request",
    "Tick",
    "Traffic",
    "load_plant",
    "load_records",
    "make_identity",
    "run_plant",
]
