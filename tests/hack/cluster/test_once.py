from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hack.cluster.binaries import once


def test_a_folder_is_built_once_however_many_want_it(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "program").touch()

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: once(tmp_path / "tools", build), range(4)))

    assert len(built) == 1
    assert {(folder, (folder / "program").exists()) for folder in folders} == {(tmp_path / "tools", True)}


def test_a_build_that_failed_is_not_taken_for_one_that_succeeded(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(tmp_path / "tools", fail)
    folder = once(tmp_path / "tools", lambda folder: (folder / "program").touch())

    assert [path.name for path in folder.iterdir()] == ["program"]
