"""Names on the spine: subjects, streams and buckets, all made here and nowhere else.

Sites, namespaces, sources and mappings are single tokens (letters, digits, `-` and `_`); the
resources' patterns see to that. A subject has exactly one writer.
"""

RAW_STREAM = "bf-raw"
"""Everything adapters publish: one stream, so that a pipeline over many sources has one total order."""

ASSET_STREAM = "bf-asset"
"""Everything pipelines publish for twins."""

QUARANTINE_STREAM = "bf-quarantine"
"""Samples a rule took out of the way, kept for people to look at."""

TABLE_BUCKET = "bf-tables"
"""Object store of tag and asset tables by content hash."""

HEALTH_BUCKET = "bf-health"
"""Key-value bucket with one record per process; see `brownfield_api.health`."""

LEVEL_BUCKET = "bf-levels"
"""Key-value bucket with the books of service levels; see `brownfield_slo.ledger`."""

STREAM_SUBJECTS = {
    RAW_STREAM: "bf.raw.>",
    ASSET_STREAM: "bf.asset.>",
    QUARANTINE_STREAM: "bf.quarantine.>",
}


def raw_subject(site: str, namespace: str, source: str) -> str:
    """Live samples of one source."""
    return f"bf.raw.{site}.{namespace}.{source}"


def asset_subject(site: str, namespace: str, mapping: str, partition: int) -> str:
    """Live properties of the assets in one partition of a mapping."""
    return f"bf.asset.{site}.{namespace}.{mapping}.{partition}"


def quarantine_subject(site: str, namespace: str, mapping: str, partition: int) -> str:
    """Samples of a mapping's partition that its rules took out of the way."""
    return f"bf.quarantine.{site}.{namespace}.{mapping}.{partition}"


def health_key(kind: str, namespace: str, name: str) -> str:
    """Key of a process's record in the health bucket."""
    return f"{kind}.{namespace}.{name}"
