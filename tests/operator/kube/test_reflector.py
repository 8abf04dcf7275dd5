"""What a reflector does about every way in which lists and watches end, on a virtual clock."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from tests.operator.kube.seen import Seen
from tests.operator.kube.virtual_time import run_in_virtual_time

from brownfield_operator.kube.errors import Forbidden, Gone, KubeError, ServerError, TooManyRequests, Unreachable
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import EventType, KubePort, Page, WatchEvent
from brownfield_operator.kube.reflector import Reflector, WatchAges, Watched, run_reflectors

AWAY = Unreachable("connection refused", "GET")


def found(name: str, version: int) -> Json:
    return {"metadata": {"namespace": "plant", "name": name, "resourceVersion": str(version)}}


def page(*names: str, version: int, following: str = "") -> Page:
    return Page(tuple(found(name, version) for name in names), str(version), following)


def event(kind: EventType, name: str, version: int) -> WatchEvent:
    return WatchEvent(kind, found(name, version))


@dataclass
class ScriptedPort:
    """Each list and each watch gives the next script: what it yields, seconds of silence, an error that ends it."""

    lists: list[Sequence[Page | KubeError]]
    watches: list[Sequence[WatchEvent | float | KubeError]]
    asked: list[tuple[float, str]] = field(default_factory=list)

    async def pages(self, _kind: Kind, **_: Any) -> AsyncGenerator[Page, None]:
        self._ask("list")
        for item in await self._next(self.lists):
            if isinstance(item, KubeError):
                raise item
            yield item

    async def watch(self, _kind: Kind, version: str, **_: Any) -> AsyncGenerator[WatchEvent, None]:
        self._ask(f"watch {version}")
        for item in await self._next(self.watches):
            if isinstance(item, KubeError):
                raise item
            if isinstance(item, float):
                await asyncio.sleep(item)
            else:
                yield item

    def _ask(self, what: str) -> None:
        self.asked.append((round(asyncio.get_running_loop().time(), 2), what))

    async def _next(self, scripts: list[Any]) -> Any:
        if not scripts:
            await asyncio.Event().wait()
        return scripts.pop(0)


def play(
    lists: Sequence[Sequence[Page | KubeError]],
    watches: Sequence[Sequence[WatchEvent | float | KubeError]],
    seconds: float = 600.0,
) -> tuple[Seen, ScriptedPort, list[str]]:
    """What was seen, what was asked for and when, and the log, after the scripts."""
    port, sink = ScriptedPort(list(lists), list(watches)), Seen()

    async def scene() -> None:
        reflector = Reflector(cast("KubePort", port), Watched(Kind.CONFIG_MAP), sink, chance=lambda: 1.0)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await reflector.run()

    with capture_logs() as log:
        run_in_virtual_time(scene())
    return sink, port, [line["event"] for line in log]


def test_every_page_is_seen_before_the_list_is_called_complete() -> None:
    sink, port, log = play([[page("a", version=5, following="x"), page("b", version=5)]], [])
    assert sink.story == ["ADDED a", "ADDED b", "listed"]
    assert port.asked == [(0.0, "list"), (0.0, "watch 5")]
    assert log == []


def test_a_list_that_breaks_half_way_tells_nothing_about_absence() -> None:
    sink, _, _ = play([[page("a", version=5, following="x"), AWAY], [page("b", version=6)]], [])
    assert sink.story == ["ADDED a", "ADDED b", "listed"]
    assert sink.names == {"b"}


def test_a_stream_that_ends_goes_on_where_it_was() -> None:
    watches = [[event("ADDED", "a", 6)], [event("BOOKMARK", "", 9)], [event("DELETED", "a", 10)]]
    sink, port, log = play([[page(version=5)]], watches)
    assert sink.story == ["listed", "ADDED a", "DELETED a"]
    assert [what for _, what in port.asked] == ["list", "watch 5", "watch 6", "watch 9", "watch 10"]
    assert {when for when, _ in port.asked} == {0.0}, "a stream that worked is followed at once"
    assert log == []


def test_a_gap_that_is_too_wide_is_listed_at_once() -> None:
    gone = Gone("too old resource version", "watch")
    lists = [[page("a", "b", version=5)], [page("b", "c", version=20)]]
    sink, port, log = play(lists, [[event("MODIFIED", "a", 6), gone]])
    assert sink.names == {"b", "c"}
    assert port.asked == [(0.0, "list"), (0.0, "watch 5"), (0.0, "list"), (0.0, "watch 20")]
    assert log == []


def test_a_server_that_forgets_everything_at_once_is_not_asked_in_circles() -> None:
    gone = Gone("too old resource version", "watch")
    _, port, _ = play([[page(version=5)]] * 8, [[gone]] * 8)
    times = [when for when, what in port.asked if what == "list"]
    assert times[:2] == [0.0, 0.0]
    gaps = [after - before for before, after in pairwise(times[1:])]
    assert gaps == sorted(gaps)
    assert gaps[0] >= 0.5


@pytest.mark.parametrize("error", [AWAY, ServerError("etcd", "GET"), TooManyRequests("slow down", "GET")])
def test_trouble_that_passes_is_waited_out_without_a_new_list(error: KubeError) -> None:
    sink, port, log = play([[page(version=5)]], [[error]] * 4 + [[event("ADDED", "a", 6)]])
    assert [what for _, what in port.asked] == ["list"] + ["watch 5"] * 5 + ["watch 6"]
    waits = [round(after[0] - before[0], 2) for before, after in zip(port.asked[1:5], port.asked[2:6], strict=True)]
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert sink.names == {"a"}
    assert log == ["watch is broken, trying again", "watch is back"]


def test_a_long_absence_is_logged_once_and_asked_about_every_half_minute() -> None:
    _, port, log = play([[page(version=5)]], [[AWAY]] * 1000, seconds=3600)
    assert log == ["watch is broken, trying again"]
    assert len(port.asked) < 3600 / 30 + 10


def test_one_connection_that_breaks_is_not_worth_a_line() -> None:
    _, _, log = play([[page(version=5)]], [[event("ADDED", "a", 6), AWAY], [event("ADDED", "b", 7), AWAY]])
    assert log == []


def test_the_server_is_not_asked_before_it_said() -> None:
    busy = TooManyRequests("slow down", "GET", retry_after=20.0)
    _, port, _ = play([[page(version=5)]], [[busy]])
    assert [when for when, _ in port.asked] == [0.0, 0.0, 20.5]


def test_what_will_not_pass_is_listed_anew_after_a_wait() -> None:
    refused = Forbidden("no", "GET")
    _, port, log = play([[refused], [refused], [page("a", version=5)]], [[event("ADDED", "b", 6)]])
    assert [what for _, what in port.asked] == ["list", "list", "list", "watch 5", "watch 6"]
    assert log == ["watch is broken, trying again", "watch is back"]


def test_a_stream_that_ends_at_once_again_and_again_is_trouble() -> None:
    _, port, log = play([[page(version=5)]], [[]] * 4)
    times = [when for when, what in port.asked if what.startswith("watch")]
    assert times == sorted(set(times))
    assert log == ["watch is broken, trying again", "watch is back"], "the fifth one stays"


def test_silence_is_no_trouble() -> None:
    _, port, log = play([[page(version=5)]], [[90.0]] * 5)
    assert [when for when, _ in port.asked] == [0.0, 0.0, 90.0, 180.0, 270.0, 360.0, 450.0]
    assert log == []


def test_a_quiet_watch_that_worked_for_a_while_is_not_held_responsible_for_old_trouble() -> None:
    _, port, log = play([[page(version=5)]], [[AWAY]] * 10 + [[60.0, AWAY]])
    assert port.asked[-1][0] - port.asked[-2][0] == pytest.approx(60.5)
    assert log == ["watch is broken, trying again", "watch is back"]


def test_each_namespace_is_listed_for_itself() -> None:
    asked: list[str | None] = []
    ages: WatchAges = {}

    class Port(ScriptedPort):
        async def pages(self, _kind: Kind, **query: Any) -> AsyncGenerator[Page, None]:
            asked.append(query["namespace"])
            yield page(version=5)

    async def scene() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                port = cast("KubePort", Port([], []))
                await run_reflectors(
                    port, [Watched(Kind.POD), Watched(Kind.SERVICE)], Seen(), ("plant", "office"), ages
                )

    run_in_virtual_time(scene())
    assert sorted(map(str, asked)) == ["office", "office", "plant", "plant"]
    assert set(ages) == {(kind, name) for kind in (Kind.POD, Kind.SERVICE) for name in ("plant", "office")}
