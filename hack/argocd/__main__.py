"""The command line of `hack.argocd`; what it does is told in the package's docstring."""

import argparse
import shutil
import sys
import time
from pathlib import Path

import hack.argocd
from hack.argocd.argocd import ArgoCd
from hack.argocd.binary import installation
from hack.argocd.customizations import EXAMPLE, ROOT, config_map, customizations
from hack.cluster.folders import state_folder

from brownfield_api.errors import BrownfieldError


def _folder() -> Path:
    return state_folder().parent / "argocd"


def _up(kubeconfig: Path) -> None:
    if _folder().exists():
        raise BrownfieldError("it is there already", where=str(_folder()), do="First: python -m hack.argocd down")
    since = time.monotonic()
    argocd = ArgoCd(kubeconfig, _folder(), tethered=False)
    try:
        argocd.start()
    except BaseException:
        _down()
        raise
    print(f"Argo CD: ready in {time.monotonic() - since:.1f} s; commit to the repository below", file=sys.stderr)
    print(argocd.repository.url)


def _down() -> None:
    if not _folder().exists():
        print("Argo CD: there is none", file=sys.stderr)
        return
    ArgoCd(_folder() / "kubeconfig", _folder()).stop()
    shutil.rmtree(_folder())


def _write_example(*, check: bool) -> int:
    wanted = config_map(customizations())
    shown = EXAMPLE.relative_to(ROOT)
    if EXAMPLE.exists() and EXAMPLE.read_text(encoding="utf-8") == wanted:
        return 0
    if check:
        print(f"{shown} is not what the health checks say: run `python -m hack.argocd customizations`")
        return 1
    EXAMPLE.write_text(wanted, encoding="utf-8")
    print(f"{shown} written")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hack.argocd",
        description=hack.argocd.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up").add_argument("--kubeconfig", type=Path, required=True)
    commands.add_parser("down")
    commands.add_parser("build")
    commands.add_parser("customizations").add_argument("--check", action="store_true")
    return parser


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "up":
            _up(options.kubeconfig)
        case "down":
            _down()
        case "build":
            print(installation().program)
        case "customizations":
            return _write_example(check=options.check)
    return 0


def main() -> int:
    """Exit code 0 when it is done, 1 when it cannot be; the reason goes to standard error."""
    try:
        return _run(_parser().parse_args())
    except BrownfieldError as refused:
        print(f"hack.argocd: {refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
