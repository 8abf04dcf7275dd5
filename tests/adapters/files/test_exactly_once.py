"""Any appends, cut anywhere, and any restarts: each row is read exactly once, in the order it was written."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_adapters.files.folder import Listed, listing
from brownfield_adapters.files.reader import FilesReader
from brownfield_adapters.files.watermark import load
from brownfield_api.adapter_config import FilesOptions
from brownfield_api.tables import Tag, ValueType

OPTIONS = FilesOptions(time_column="t", time_format="%Y-%m-%d %H:%M:%S")
TAGS = (Tag(name="row", address="row", type=ValueType.UINT32),)


class Disk:
    """A folder whose time stamps are as far apart as on a slow plant: each change ten seconds after the last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._states: dict[tuple[str, int, int, int], int] = {}

    def look(self, directory: str, pattern: str) -> list[Listed]:
        return [replace(file, changed=self._logical(file)) for file in listing(directory, pattern)]

    def _logical(self, file: Listed) -> int:
        state = (file.name, file.inode, file.size, file.changed)
        return self._states.setdefault(state, 10**10 * (1 + len(self._states)))


class Run:
    """Writer, reader and what has become durable."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder)
        self.row = self.file = 0
        self.pending = ""
        self.name = ""
        self.durable: list[int] = []
        self.position = ""
        self.reader = self.begin(2)

    def begin(self, piece_rows: int) -> FilesReader:
        self.reader = FilesReader(
            str(self.disk.folder),
            OPTIONS,
            TAGS,
            self.position,
            note=lambda *_: None,
            clock=lambda: 0,
            piece_rows=piece_rows,
            look=self.disk.look,
        )
        return self.reader

    def new_file(self) -> None:
        self.flush(len(self.pending))
        self.file += 1
        self.name = f"f{self.file:04}.csv"
        self.pending = "t,row\n"

    def rows(self, count: int) -> None:
        if not self.name:
            self.new_file()
        for _ in range(count):
            self.row += 1
            self.pending += f"2024-01-01 {self.row // 3600:02}:{self.row // 60 % 60:02}:{self.row % 60:02},{self.row}\n"

    def flush(self, characters: int) -> None:
        if self.pending and self.name:
            with (self.disk.folder / self.name).open("a") as file:
                file.write(self.pending[:characters])
            self.pending = self.pending[characters:]

    def poll(self, most: int) -> None:
        """At most so many pieces become durable, then the process dies if there are more."""
        for number, piece in enumerate(self.reader.pass_over()):
            if number == most:
                self.begin(3)
                return
            self.durable += [int(value) for value in piece.batch.value.tolist()]
            self.position = piece.position


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rows"), st.integers(1, 7)),
        st.tuples(st.just("flush"), st.integers(1, 90)),
        st.tuples(st.just("poll"), st.integers(0, 4)),
        st.tuples(st.just("begin"), st.integers(1, 5)),
        st.tuples(st.just("file"), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_each_row_is_read_exactly_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        for step, number in steps:
            match step:
                case "rows":
                    run.rows(number)
                case "flush":
                    run.flush(number)
                case "poll":
                    run.poll(number)
                case "begin":
                    run.begin(number)
                case _:
                    run.new_file()
        run.flush(len(run.pending))
        run.poll(10**6)
        assert run.durable == list(range(1, run.row + 1))


def test_a_restart_after_any_row_of_many_files_reads_the_rest_and_the_watermark_stays_small(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for _ in range(90):
        run.new_file()
        run.rows(2)
    run.flush(len(run.pending))
    for restart in range(190):
        run.begin(1)
        run.poll(1)
        if restart % 30 == 0:
            assert len(load(run.position).files) <= 64
            assert len(run.position) < 6000
    assert run.durable == list(range(1, 181))


def test_files_renamed_while_nobody_looked_are_not_read_again(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for _ in range(5):
        run.new_file()
        run.rows(3)
    run.flush(len(run.pending))
    run.poll(100)
    for path in sorted(tmp_path.iterdir()):
        path.rename(path.with_name(f"archived-{path.name}"))
    run.begin(3)
    run.new_file()
    run.rows(2)
    run.flush(len(run.pending))
    run.poll(100)
    assert run.durable == list(range(1, 18))
