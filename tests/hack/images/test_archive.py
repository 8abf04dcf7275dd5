"""Archives as `docker save` writes them: names are changed and layers measured, the content stays."""

import gzip
import io
import json
import tarfile
from pathlib import Path

from hack.images.archive import Layer, layers, rename
from hack.images.build import Built
from hack.images.report import table
from hack.images.values import values


def _archive(path: Path, contents: list[bytes]) -> Path:
    names = [f"layer{number}.tar" for number in range(len(contents))]
    config = {"rootfs": {"diff_ids": [f"sha256:{name}" for name in names]}}
    manifest = [{"Config": "config.json", "RepoTags": ["localhost/a:1"], "Layers": names}]
    with tarfile.open(path, "w") as tar:
        for name, content in [
            *zip(names, contents, strict=True),
            ("config.json", json.dumps(config).encode()),
            ("manifest.json", json.dumps(manifest).encode()),
            ("repositories", b"{}"),
        ]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_an_image_gets_other_names_and_keeps_its_content(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar", [b"first", b"second"])
    rename(archive, ["localhost/a:2", "localhost/a:dev"])
    with tarfile.open(archive) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    assert json.loads(found.pop("manifest.json"))[0]["RepoTags"] == ["localhost/a:2", "localhost/a:dev"]
    assert found.keys() == {"layer0.tar", "layer1.tar", "config.json"}
    assert (found["layer0.tar"], found["layer1.tar"]) == (b"first", b"second")


def test_layers_are_measured_as_they_lie_and_as_they_travel(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    known = Layer("sha256:layer0.tar", 7, 3)
    first, second = layers(_archive(tmp_path / "a.tar", [b"x", content]), {known.digest: known})
    assert first == known
    assert second.unpacked == len(content)
    assert abs(second.packed - len(gzip.compress(content, 6))) < 100


def test_what_images_share_is_counted_once(tmp_path: Path) -> None:
    mib = 1024 * 1024
    base, own = Layer("base", 100 * mib, 40 * mib), Layer("own", 20 * mib, 5 * mib)
    images = [Built("adapter", "a:1", tmp_path, (base, own)), Built("twin", "t:1", tmp_path, (base,))]
    rows = {line.split()[0]: line.split()[1:] for line in table(images).splitlines()[1:]}
    assert rows == {
        "adapter": ["20.0", "5.0", "120.0", "45.0"],
        "twin": ["0.0", "0.0", "100.0", "40.0"],
        "together": ["120.0", "45.0"],
    }


def test_the_charts_values_name_the_images_that_the_chart_knows(tmp_path: Path) -> None:
    images = [Built(name, f"localhost/{name}:1", tmp_path, ()) for name in ("operator", "adapter", "plant", "spine")]
    assert values(images) == {
        "operator": {"image": "localhost/operator:1"},
        "spine": {"image": "localhost/spine:1"},
        "processes": {"adapter": {"image": "localhost/adapter:1"}},
    }
