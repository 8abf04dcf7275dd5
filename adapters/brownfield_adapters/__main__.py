"""`python -m brownfield_adapters CONFIG.json`: the entry point of every adapter process."""

import sys

from brownfield_adapters.process import run_adapter
from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import BrownfieldError
from brownfield_spine.process import EXIT_REFUSED, read_process_config, run_process


def main() -> int:
    """Reads the configuration and runs until a signal; the exit code."""
    try:
        config = read_process_config(sys.argv, AdapterConfig)
    except (BrownfieldError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    return run_process(lambda: run_adapter(config), kind=config.kind, process=config.name)


if __name__ == "__main__":
    sys.exit(main())
