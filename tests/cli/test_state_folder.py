"""The state folder belongs to one run, and its secrets to their owner."""

import stat
from pathlib import Path

import pytest

from brownfield_api.errors import BrownfieldError
from brownfield_cli.state_folder import locked, write_secret


def test_a_second_run_on_the_same_folder_is_refused_in_plain_words(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(BrownfieldError, match="another `brownfield run` uses this folder"),
        locked(tmp_path),
    ):
        pass


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path):
            pass


def test_a_secret_is_laid_out_like_a_mounted_volume_and_is_private(tmp_path: Path) -> None:
    write_secret(tmp_path / "secrets" / "default" / "plc", {"password": b"geheim", "username": b"reader"})
    password = tmp_path / "secrets" / "default" / "plc" / "password"
    assert password.read_bytes() == b"geheim"
    assert (password.parent / "username").read_text() == "reader"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["../../etc/passwd", "..", "a/b", ""])
def test_a_key_that_would_leave_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(BrownfieldError, match="no name for a key"):
        write_secret(tmp_path / "plc", {key: b"x"})
    assert not (tmp_path / "plc").exists()
