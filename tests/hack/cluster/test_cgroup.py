import os
from pathlib import Path

import pytest
from hack.cluster.cgroup import Cgroup, hierarchies

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("mounts-v1", ["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"]),
        ("mounts-v2", ["/sys/fs/cgroup"]),
    ],
)
def test_every_hierarchy_is_found(mounts: str, expected: list[str]) -> None:
    assert [str(path) for path in hierarchies((DATA / mounts).read_text(encoding="utf-8"))] == expected


def test_processes_of_daemons_and_pods_are_found_in_all_hierarchies(tmp_path: Path) -> None:
    group = Cgroup("bf-edge", (tmp_path / "memory", tmp_path / "pids"))
    _processes(tmp_path / "memory" / "bf-edge" / "daemons", 11, 12)
    _processes(tmp_path / "pids" / "bf-edge" / "daemons", 12)
    _processes(tmp_path / "pids" / "bf-edge" / "kubepods" / "pod1", 21)
    _processes(tmp_path / "pids" / "bf-cloud" / "daemons", 99)

    assert group.daemons() == {11, 12}
    assert group.processes() == {11, 12, 21}


def test_a_new_group_may_use_what_its_parent_may(tmp_path: Path) -> None:
    cpuset = tmp_path / "cpuset"
    cpuset.mkdir()
    for setting, value in (("cpuset.cpus", "0-1\n"), ("cpuset.mems", "0\n")):
        (cpuset / setting).write_text(value)
        for name in ("bf-edge", "bf-edge/daemons"):  # the kernel makes them, empty
            (cpuset / name).mkdir(exist_ok=True)
            (cpuset / name / setting).write_text("\n")

    Cgroup("bf-edge", (cpuset,)).make()

    assert (cpuset / "bf-edge" / "daemons" / "cpuset.cpus").read_text() == "0-1\n"
    assert (cpuset / "bf-edge" / "daemons" / "cpuset.mems").read_text() == "0\n"


def test_where_groups_get_only_what_is_handed_down_everything_is_handed_down(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory\n")

    Cgroup("bf-edge", (tmp_path,)).make()

    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpuset +io +pids"
    assert (tmp_path / "bf-edge" / "daemons").is_dir()


def test_removing_goes_from_the_inside_out_and_can_be_repeated(tmp_path: Path) -> None:
    group = Cgroup("bf-edge", (tmp_path / "memory", tmp_path / "pids"))
    (tmp_path / "memory" / "bf-edge" / "kubepods" / "pod1").mkdir(parents=True)

    group.remove()
    group.remove()

    assert os.listdir(tmp_path / "memory") == []  # noqa: PTH208 - names are what is compared


def test_killing_an_empty_group_does_nothing(tmp_path: Path) -> None:
    Cgroup("bf-edge", (tmp_path,)).kill()


def _processes(group: Path, *pids: int) -> None:
    group.mkdir(parents=True)
    (group / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))
