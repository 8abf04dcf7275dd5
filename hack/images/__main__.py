"""The command line of `hack.images`; what it does is told in the package's docstring."""

import argparse
import sys

import hack.images
import yaml
from hack.images.build import TARGETS, Built, build
from hack.images.lock_files import write_locks
from hack.images.report import table
from hack.images.values import OF_THE_CHART, values

from brownfield_api.errors import BrownfieldError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hack.images",
        description=hack.images.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build").add_argument("targets", nargs="*", metavar="TARGET", default=list(TARGETS))
    commands.add_parser("values")
    commands.add_parser("lock")
    return parser


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "build":
            built = build(options.targets)
            print(table(built))
            for image in built:
                print(_where(image))
        case "values":
            yaml.safe_dump(values(build(OF_THE_CHART)), sys.stdout, sort_keys=False)
        case "lock":
            write_locks()


def _where(image: Built) -> str:
    return f"{image.target:<9} {image.reference}  {image.archive}"


def main() -> int:
    """Exit code 0 when it is done, 1 when it cannot be; the reason goes to standard error."""
    try:
        _run(_parser().parse_args())
    except BrownfieldError as refused:
        print(f"hack.images: {refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
