"""`python -m hack.dashboards [--check]`: writes the dashboards, or says which are not what the boards say."""

import sys
from pathlib import Path

from hack.dashboards import fleet, operator, source, spine, twin
from hack.dashboards.board import text

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "dashboards", ROOT / "charts" / "brownfield" / "files" / "dashboards")
"""For people who import them, and for the chart, which cannot read outside its folder."""


def files() -> dict[Path, str]:
    """Every file with what it should hold."""
    boards = (fleet.board(), source.board(), twin.board(), operator.board(), spine.board())
    texts = {f"{board.uid}.json": text(board) for board in boards}
    return {folder / name: content for folder in FOLDERS for name, content in texts.items()}


def stale() -> list[Path]:
    """Files that hold something else, are missing, or that no board writes any more."""
    wanted = files()
    left = {path for folder in FOLDERS for path in folder.glob("*.json")} - wanted.keys()
    return sorted(left | {path for path, content in wanted.items() if _current(path) != content})


def main(arguments: list[str]) -> int:
    differing = stale()
    if "--check" in arguments:
        for path in differing:
            print(f"{path.relative_to(ROOT)} is not what the boards say: run `python -m hack.dashboards`")
        return 1 if differing else 0
    wanted = files()
    for path in differing:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
        print(f"{path.relative_to(ROOT)} {'written' if path in wanted else 'removed'}")
    return 0


def _current(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
