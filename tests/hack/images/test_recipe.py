"""What a target is made from is read off the Dockerfile, and decides when it is built again."""

from pathlib import Path

import pytest
from hack.images.build import ROOT, TARGETS
from hack.images.lock_files import LOCKS
from hack.images.recipe import fingerprint, needed, read_stages

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SMALL = """\
ARG BASE=python
# A comment \\ with a backslash
FROM ${BASE} AS tool
COPY tool.txt /

FROM ${BASE} AS unused
COPY unused.txt /

FROM ${BASE} AS common
RUN --mount=type=bind,from=tool,target=/tool \\
    install
COPY common /app/

FROM common AS app
COPY app.txt more.txt /app/
COPY --from=unlisted /x /x
"""


def _tree(folder: Path) -> Path:
    for name in ("tool.txt", "unused.txt", "common/a.py", "common/__pycache__/a.pyc", "app.txt", "more.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def _mark(folder: Path, dockerfile: str = SMALL, base: str = "one") -> str:
    return fingerprint(folder, needed(read_stages(dockerfile), "app"), base)


def test_a_target_stands_on_its_parents_and_on_what_they_mount() -> None:
    stages = read_stages(SMALL)
    assert [stage.name for stage in needed(stages, "app")] == ["tool", "common", "app"]
    assert stages["app"].sources == {"app.txt", "more.txt"}
    assert stages["app"].stages == {"common", "unlisted"}


@pytest.mark.parametrize("changed", ["tool.txt", "common/a.py", "more.txt"])
def test_a_change_of_anything_it_is_made_from_changes_the_tag(tmp_path: Path, changed: str) -> None:
    before = _mark(_tree(tmp_path))
    (tmp_path / changed).write_text("changed")
    assert _mark(tmp_path) != before


@pytest.mark.parametrize("changed", ["unused.txt", "common/__pycache__/a.pyc"])
def test_a_change_elsewhere_does_not(tmp_path: Path, changed: str) -> None:
    before = _mark(_tree(tmp_path))
    (tmp_path / changed).write_text("changed")
    assert _mark(tmp_path) == before


def test_base_instructions_and_names_of_files_count_and_comments_do_not(tmp_path: Path) -> None:
    before = _mark(_tree(tmp_path))
    assert _mark(tmp_path, base="two") != before
    assert _mark(tmp_path, SMALL.replace("install", "install --all")) != before
    assert _mark(tmp_path, SMALL.replace("FROM ${BASE} AS tool", "# New\nFROM ${BASE} AS tool")) == before
    (tmp_path / "common" / "a.py").rename(tmp_path / "common" / "b.py")
    assert _mark(tmp_path) != before


def test_every_target_is_a_stage_and_copies_what_there_is() -> None:
    stages = read_stages(DOCKERFILE)
    assert set(TARGETS) <= stages.keys()
    for stage in stages.values():
        assert [source for source in stage.sources if not (ROOT / source).exists()] == []


def test_the_context_holds_all_that_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [Path(line.removeprefix("!")) for line in lines if line.startswith("!")]
    sources = [Path(source) for stage in read_stages(DOCKERFILE).values() for source in stage.sources]
    left_out = [str(source) for source in sources if not any(source.is_relative_to(path) for path in kept)]
    assert (lines[1], left_out) == ("*", [])


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_and_starts_its_program_without_a_shell(target: str) -> None:
    instructions = read_stages(DOCKERFILE)[target].instructions
    assert instructions[-2:-1] == ("USER 65532:65532",) or instructions[-3] == "USER 65532:65532"
    (entrypoint,) = [line for line in instructions if line.startswith("ENTRYPOINT")]
    assert entrypoint.startswith("ENTRYPOINT [")


def test_an_image_holds_the_rooms_its_component_may_import_and_no_others() -> None:
    stages = read_stages(DOCKERFILE)
    data_plane = {"api", "spine"}
    expected = {
        "operator": data_plane | {"planner", "slo", "operator"},
        "adapter": data_plane | {"adapters"},
        "pipeline": data_plane | {"pipeline"},
        "twin": data_plane | {"twin"},
        "plant": {"api", "plant"},
        "spine": set(),
    }
    for target, rooms in expected.items():
        sources = {source for stage in needed(stages, target) for source in stage.sources}
        assert {source.split("/")[0] for source in sources if "/brownfield_" in source} == rooms, target


@pytest.mark.parametrize("name", set(LOCKS) - {"installer"})
def test_every_lock_is_installed_by_a_stage(name: str) -> None:
    lines = [line for stage in read_stages(DOCKERFILE).values() for line in stage.instructions]
    assert any(line.startswith(f"COPY hack/images/locks/{name}.txt ") for line in lines)
    assert any(line.endswith(f"install.py {name}") for line in lines)
