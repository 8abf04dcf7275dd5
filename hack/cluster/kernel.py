"""Kernel settings of the whole machine that a kubelet changes (its `setupKernelTunables`), put back afterwards."""

import json
from pathlib import Path

_SYS = Path("/proc/sys")
_SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def remember_settings(file: Path) -> None:
    """Keep the values in `file`; a file that is there was written before another cluster's kubelet came."""
    if not file.exists():
        file.write_text(json.dumps({name: (_SYS / name).read_text().strip() for name in _SETTINGS}), encoding="ascii")


def restore_settings(file: Path) -> None:
    """Write back what `file` holds and remove it; nothing happens without one."""
    if file.exists():
        for name, value in json.loads(file.read_text(encoding="ascii")).items():
            (_SYS / name).write_text(value)
        file.unlink()
