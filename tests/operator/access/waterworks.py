"""Names of the waterworks of these tests: an adapter of two sources, a pipeline, a twin."""

RAW = ("bf.raw.here.plant.pump", "bf.raw.here.plant.valve")
ASSETS = "bf.asset.here.plant.water.0"
QUARANTINE = "bf.quarantine.here.plant.water.0"
HEALTH = {kind: f"$KV.bf-health.{kind}.plant.{name}" for kind, name in
          (("adapter", "pump"), ("pipeline", "water-0"), ("twin", "waterworks"))}  # fmt: skip
STREAMS = ("bf-raw", "bf-asset", "bf-quarantine", "KV_bf-health", "OBJ_bf-tables", "KV_bf-levels")

RUIN = ("STREAM.DELETE", "STREAM.PURGE", "STREAM.UPDATE", "STREAM.CREATE", "STREAM.MSG.DELETE", "STREAM.RESTORE")
