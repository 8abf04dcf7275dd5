"""`python -m brownfield_twin CONFIG.json`: one twin, until SIGTERM or SIGINT."""

import sys

from brownfield_api.errors import BrownfieldError
from brownfield_api.twin_config import TwinConfig
from brownfield_spine.process import EXIT_REFUSED, read_process_config, run_process
from brownfield_twin.process import run_twin


def main() -> int:
    """Read the configuration and run; the exit code."""
    try:
        config = read_process_config(sys.argv, TwinConfig)
    except (BrownfieldError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    return run_process(lambda: run_twin(config), kind=config.kind, process=config.name)


if __name__ == "__main__":
    sys.exit(main())
