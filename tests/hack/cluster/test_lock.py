from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

import pytest
from hack.cluster.lock import locked


def test_a_second_holder_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    with ThreadPoolExecutor(1) as pool:
        with locked(path):
            waiting = _take(pool, path)
            with pytest.raises(NotYet):
                waiting.result(timeout=0.2)
        assert waiting.result(timeout=10)


def test_a_lock_whose_file_was_removed_is_not_held_by_two(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with ThreadPoolExecutor(1) as pool:
        with locked(path):
            waiting = _take(pool, path)
            with pytest.raises(NotYet):
                waiting.result(timeout=0.2)
            path.unlink()
        assert waiting.result(timeout=10), "who waited holds the file that is there, not the removed one"


def _take(pool: ThreadPoolExecutor, path: Path) -> "Future[bool]":
    def take() -> bool:
        with locked(path):
            return path.exists()

    return pool.submit(take)
