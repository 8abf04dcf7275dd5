"""`python -m brownfield_pipeline CONFIG.json`: one partition of one mapping."""

import sys

from brownfield_api.errors import BrownfieldError
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_pipeline.process import run
from brownfield_spine.process import EXIT_REFUSED, read_process_config, run_process


def main() -> int:
    """Run the pipeline the configuration describes; returns the exit code."""
    try:
        config = read_process_config(sys.argv, PipelineConfig)
    except (BrownfieldError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    return run_process(lambda: run(config), process=config.name)


if __name__ == "__main__":
    sys.exit(main())
