"""The `brownfield` command and its exit codes: 0 done, 1 refused or failed with a sentence that says why."""

import logging
import sys

import structlog
import typer

from brownfield_api.errors import BrownfieldError
from brownfield_cli.check_command import check
from brownfield_cli.demo_command import demo
from brownfield_cli.probe_command import probe
from brownfield_cli.render_command import render
from brownfield_cli.run_command import run
from brownfield_cli.simulate_command import simulate
from brownfield_cli.watch_command import watch

app = typer.Typer(
    name="brownfield",
    help="Digital twins over the plant you already have. Nothing here ever writes to a legacy system.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, demo, check, probe, watch, simulate):
    app.command()(command)
app.add_typer(render, name="render")


def main() -> None:
    """Runs the command line; an error that has a sentence is printed as that sentence."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        app()
    except BrownfieldError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)
    except OSError as error:
        sys.stderr.write(f"error: {error.filename or 'the system'}: {error.strerror or error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
