"""The documents that name files name files that exist, and the code keeps the sizes it promises."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("api", "spine", "planner", "slo", "adapters", "pipeline", "twin", "plant", "cli", "operator")


def test_every_file_the_architecture_names_exists() -> None:
    folder = ""
    missing = []
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        if not line.startswith("|"):
            continue
        for name in re.findall(r"`([\w/.]+(?:\.py|/))`", line):
            path = name if "/" in name else f"{folder}/{name}"
            folder = str(Path(path).parent) if path.endswith(".py") else folder
            if not (ROOT / path).exists():
                missing.append(path)
    assert not missing


def test_links_between_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{document.relative_to(ROOT)} -> {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert not missing


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    files = [path for room in (*ROOMS, "hack", "tests") for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 100
    assert [str(path) for path in files if len(path.read_text().splitlines()) > 500] == []


def test_no_module_has_a_name_that_tells_nothing() -> None:
    files = [path.stem for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert not {"utils", "util", "helpers", "helper", "common", "misc", "manager"} & set(files)
