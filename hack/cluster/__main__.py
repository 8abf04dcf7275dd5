"""The command line of `hack.cluster`; what it does is told in the package's docstring."""

import argparse
import sys
import time

import hack.cluster
from hack.cluster import clusters
from hack.cluster.binaries import binaries

from brownfield_api.errors import BrownfieldError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hack.cluster",
        description=hack.cluster.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for verb in ("up", "down", "kubeconfig"):
        command = commands.add_parser(verb)
        command.add_argument("name", nargs="?", default=clusters.DEFAULT_NAME)
        if verb == "up":
            command.add_argument("--provider", choices=sorted(clusters.PROVIDERS), default="")
    load = commands.add_parser("load-image")
    load.add_argument("name")
    load.add_argument("images", nargs="+", metavar="ARCHIVE|IMAGE")
    commands.add_parser("tools")
    commands.add_parser("base-image")
    return parser


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "up":
            since = time.monotonic()
            cluster = clusters.up(options.name, options.provider)
            print(f"cluster {cluster.name}: ready in {time.monotonic() - since:.1f} s", file=sys.stderr)
            print(cluster.kubeconfig)
        case "down":
            since = time.monotonic()
            gone = clusters.down(options.name)
            took = f"gone in {time.monotonic() - since:.1f} s" if gone else "there is none"
            print(f"cluster {options.name}: {took}", file=sys.stderr)
        case "kubeconfig":
            print(clusters.find(options.name).kubeconfig)
        case "load-image":
            clusters.load_images(options.name, options.images)
        case "tools":
            print(binaries().tools)
        case "base-image":
            from hack.cluster.base_image import base_image

            print(base_image())


def main() -> int:
    """Exit code 0 when it is done, 1 when it cannot be; the reason goes to standard error."""
    try:
        _run(_parser().parse_args())
    except BrownfieldError as refused:
        print(f"hack.cluster: {refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
