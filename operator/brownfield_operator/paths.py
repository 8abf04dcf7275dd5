"""Where things are inside a data-plane pod: the planner writes these paths into configurations, `manifests` mounts
what is there, and nobody else needs to know.
"""

CONFIG_DIR = "/etc/brownfield/config"
"""The configuration, in as many parts as it needs; the argument of the process's entry point."""

SPINE_CREDENTIALS = "/etc/brownfield/spine/user.creds"
"""The process's own NATS credentials (user JWT and seed)."""

SECRETS_DIR = "/etc/brownfield/secrets"
"""`<SECRETS_DIR>/<namespace>/<name>/<key>`: credentials of legacy systems."""

STATE_DIR = "/var/lib/brownfield"
"""Buffers and checkpoints."""

VOLUMES_DIR = "/volumes"

METRICS_PORT = 9090
TWIN_PORT = 8080


def volume(name: str) -> str:
    """Where the volume `name` of a files source or a sink is mounted."""
    return f"{VOLUMES_DIR}/{name}"
