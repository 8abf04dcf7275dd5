"""`python -m brownfield_operator SETTINGS.yaml`: the entry point of the operator's pod."""

import sys
from pathlib import Path

from brownfield_api.errors import BrownfieldError
from brownfield_operator.app import run_operator
from brownfield_operator.settings import read_settings
from brownfield_spine.process import EXIT_REFUSED, EXIT_USAGE, run_process


def main() -> int:
    """Runs until a signal or the loss of the lease; the exit code."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: brownfield_operator SETTINGS.yaml\n")
        return EXIT_USAGE
    try:
        settings = read_settings(Path(sys.argv[1]))
    except BrownfieldError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    return run_process(lambda: run_operator(settings), kind="operator")


if __name__ == "__main__":
    sys.exit(main())
