"""The devices of a scenario in a process of their own, so that their CPU is not counted as ours.

`python -m hack.bench.simulators modbus COUNT REGISTERS KIND` starts COUNT devices, `opcua VARIABLES RATE` one
server; both print one JSON list of addresses and run until their standard input closes.
"""

import asyncio
import json
import sys
from collections.abc import Sequence

from brownfield_plant.modbus_ramp import ModbusRamp
from brownfield_plant.opcua_ramp import OpcuaRamp


async def _modbus(count: int, registers: int, kind: str) -> list[str]:
    addresses = []
    for _ in range(count):
        device = ModbusRamp(registers, kind="float32" if kind == "float32" else "uint16")
        host, port = await device.start()
        addresses.append(f"tcp://{host}:{port}")
    return addresses


async def _opcua(variables: int, rate: float) -> list[str]:
    server = OpcuaRamp(variables, rate)
    return [await server.start()]


async def main(arguments: Sequence[str]) -> None:
    """Starts what the arguments say and serves until standard input closes."""
    if arguments[0] == "modbus":
        addresses = await _modbus(int(arguments[1]), int(arguments[2]), arguments[3])
    else:
        addresses = await _opcua(int(arguments[1]), float(arguments[2]))
    print(json.dumps(addresses), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
