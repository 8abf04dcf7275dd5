import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hack.cluster.archive import Image, references, write_archive

from brownfield_api.errors import BrownfieldError


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF program")
    return path


def test_an_archive_holds_each_image_with_its_program_executable(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "images.tar"
    write_archive(path, [Image("localhost/one:v1", {"/bin/one": program}, ("/bin/one",)), _image(program, "two")])

    assert references(path) == ["localhost/one:v1", "localhost/two:v1"]
    with tarfile.open(path) as archive:
        first = _json(archive, "manifest.json")[0]
        configuration = _json(archive, first["Config"])
        (layer,) = first["Layers"]
        with tarfile.open(fileobj=io.BytesIO(_read(archive, layer))) as files:
            (member,) = files.getmembers()
            content = _read(files, "bin/one")
    assert configuration["config"]["Entrypoint"] == ["/bin/one"]
    assert configuration["rootfs"]["diff_ids"] == [f"sha256:{layer.split('/')[0]}"]
    assert (member.mode, member.uid) == (0o755, 0)
    assert content == program.read_bytes()


def test_the_same_programs_give_the_same_bytes(program: Path, tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        write_archive(tmp_path / name, [_image(program, "one")])

    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"no archive at all"])
def test_what_is_no_archive_is_refused_with_the_way_to_make_one(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "file.tar"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BrownfieldError, match=r"file\.tar: not a docker-archive\. Make one with `buildah push"):
        references(path)


def test_a_tar_without_a_manifest_is_refused(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(program, "program")

    with pytest.raises(BrownfieldError, match="not a docker-archive"):
        references(path)


def _image(program: Path, name: str) -> Image:
    return Image(f"localhost/{name}:v1", {f"/{name}": program}, (f"/{name}",))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None
    return member.read()


def _json(archive: tarfile.TarFile, name: str) -> Any:
    return json.loads(_read(archive, name))
