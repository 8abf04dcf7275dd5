"""Credentials for the spine: one for each process, written once, renewed in time, taken away at the end."""

import asyncio
import base64
import secrets as random
from dataclasses import dataclass, field, replace

import pytest
from tests.operator.adapter_configs import adapter_config, endpoint, source
from tests.operator.fake_kube import FakeKube

from brownfield_api.process import render_config
from brownfield_operator import names
from brownfield_operator.access.credentials import RENEWAL, user_of
from brownfield_operator.access.trust import DAY, VALIDITY, new_trust
from brownfield_operator.desired import DesiredProcess, ProcessKey
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.spine_secrets import SpineSecrets

START = 1_800_000_000


@dataclass
class Bench:
    """`SpineSecrets` on a fake API server, with a clock."""

    now: int = START
    kube: FakeKube = field(default_factory=FakeKube)
    withdrawn: list[str] = field(default_factory=list)
    desired: list[DesiredProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trust = new_trust(random.token_bytes, now=START)
        self.secrets = self.again()

    def again(self) -> SpineSecrets:
        """As a restarted operator has them: without memory."""
        return SpineSecrets(
            kube=self.kube,
            trust=lambda: self.trust,
            desired=lambda: self.desired,
            now=lambda: self.now,
            random=random.token_bytes,
            withdrawn=self.withdrawn.append,
        )

    def text(self, key: ProcessKey) -> str:
        name = names.process_object(key)
        secret = self.kube.objects.get((Kind.SECRET, key[1], names.spine_secret(name)))
        data = (secret or {}).get("data") or {}
        return base64.b64decode(data.get(names.spine_key(name), "")).decode()

    def live(self, key: ProcessKey) -> Json:
        return self.kube.objects[Kind.SECRET, key[1], names.spine_secret(names.process_object(key))]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def process(name: str = "a", *, subject: str = "bf.raw.local.farm.a") -> DesiredProcess:
    config = adapter_config(endpoint("tcp://a:502", source(name, subject=subject)), name=name)
    return DesiredProcess(kind="adapter", namespace="farm", name=name, content=render_config(config), owners=())


def neighbours() -> tuple[DesiredProcess, DesiredProcess]:
    """Two processes whose credentials are in one Secret."""
    first = process("a")
    shard = names.spine_secret(names.process_object(first.key))
    other = next(
        item
        for item in (process(f"b{number}") for number in range(1000))
        if names.spine_secret(names.process_object(item.key)) == shard
    )
    return first, other


async def test_the_first_look_makes_the_secret_and_the_second_asks_for_nothing(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    assert "NATS USER JWT" in bench.text(process().key)
    assert len(bench.kube.writes) == 1
    asked = len(bench.kube.asked)
    await bench.secrets.ensure(process())
    assert len(bench.kube.asked) == asked


async def test_processes_of_one_secret_each_write_their_own_key(bench: Bench) -> None:
    first, other = neighbours()
    await bench.secrets.ensure(first)
    text = bench.text(first.key)
    await bench.secrets.ensure(other)
    assert bench.text(first.key) == text
    assert bench.text(other.key) not in {"", text}
    assert [request.split()[0] for request in bench.kube.writes] == ["create", "patch"]


async def test_a_thousand_new_processes_are_sixteen_writes(bench: Bench) -> None:
    """Each for itself would be a thousand, into Secrets that grow with each."""
    bench.desired = [process(f"p{number}") for number in range(1000)]
    await asyncio.gather(*(bench.secrets.ensure(item) for item in bench.desired))
    assert len(bench.kube.writes) == 16
    assert all("NATS USER JWT" in bench.text(item.key) for item in bench.desired)
    assert len({user_of(bench.text(item.key)) for item in bench.desired}) == 1000
    await bench.secrets.ensure(process("one-more"))
    assert len(bench.kube.writes) == 17


async def test_newcomers_leave_their_neighbours_credentials_alone(bench: Bench) -> None:
    first, other = neighbours()
    await bench.secrets.ensure(first)
    text = bench.text(first.key)
    later = bench.again()
    bench.desired = [first, other]
    await later.ensure(other)
    assert bench.text(first.key) == text
    await later.ensure(first)
    assert len(bench.kube.writes) == 2


async def test_a_restarted_operator_finds_good_credentials_good(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    text, writes = bench.text(process().key), len(bench.kube.writes)
    await bench.again().ensure(process())
    assert (bench.text(process().key), len(bench.kube.writes)) == (text, writes)


async def test_they_are_renewed_in_time_and_keep_the_user(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    text = bench.text(process().key)
    for day in range(1, VALIDITY // DAY):
        bench.now = START + day * DAY
        assert bench.secrets.due() == [process().key], "once a day somebody looks"
        await bench.secrets.ensure(process())
        assert (bench.text(process().key) == text) is (bench.now < START + RENEWAL)
        if bench.now >= START + RENEWAL:
            break
    assert user_of(bench.text(process().key)) == user_of(text)
    assert len(bench.kube.writes) == 2
    assert bench.withdrawn == []


async def test_another_subject_needs_other_credentials_at_once(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    text = bench.text(process().key)
    await bench.secrets.ensure(process(subject="bf.raw.local.farm.z"))
    assert bench.text(process().key) != text


async def test_a_change_that_needs_no_other_rights_writes_nothing(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    writes = len(bench.kube.writes)
    faster = adapter_config(endpoint("tcp://a:502", source("a", subject="bf.raw.local.farm.a", interval=0.5)), name="a")
    await bench.secrets.ensure(replace(process(), content=render_config(faster)))
    assert len(bench.kube.writes) == writes


@pytest.mark.parametrize("data", [None, {}, {"adapter-a.creds": "bm9uc2Vuc2U="}, {"adapter-a.creds": "no base64"}])
async def test_whoever_touches_them_calls_the_operator(bench: Bench, data: dict[str, str] | None) -> None:
    await bench.secrets.ensure(process())
    live = bench.live(process().key)
    touched = {**live, "data": data} if data is not None else {"metadata": live["metadata"]}
    assert bench.secrets.seen(touched) == [process().key]
    assert bench.secrets.seen(touched) == [], "once is enough"
    bench.kube.hold({**live, "data": data or {}})
    await bench.secrets.ensure(process())
    assert "NATS USER JWT" in bench.text(process().key)


async def test_what_is_as_it_was_calls_nobody(bench: Bench) -> None:
    first, other = neighbours()
    await bench.secrets.ensure(first)
    await bench.secrets.ensure(other)
    assert bench.secrets.seen(bench.live(first.key)) == []
    bench.kube.hold({**bench.live(first.key), "data": {names.spine_key(names.process_object(first.key)): "eA=="}})
    assert set(bench.secrets.seen(bench.live(first.key))) == {first.key, other.key}


async def test_a_list_tells_of_secrets_that_are_gone(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    name = names.spine_secret(names.process_object(process().key))
    assert bench.secrets.listed(name, [bench.live(process().key)]) == []
    assert bench.secrets.listed(name, []) == [process().key]


async def test_after_a_gap_everything_is_looked_at_again_and_nothing_written(bench: Bench) -> None:
    await bench.secrets.ensure(process())
    writes = len(bench.kube.writes)
    assert bench.secrets.doubt() == [process().key]
    await bench.secrets.ensure(process())
    assert len(bench.kube.writes) == writes
    del bench.kube.objects[Kind.SECRET, "farm", names.spine_secret("adapter-a")]
    bench.secrets.doubt()
    await bench.secrets.ensure(process())
    assert bench.text(process().key)


async def test_at_the_end_they_are_taken_away_and_revoked_and_the_neighbours_stay(bench: Bench) -> None:
    first, other = neighbours()
    await bench.secrets.ensure(first)
    await bench.secrets.ensure(other)
    user, text = user_of(bench.text(first.key)), bench.text(other.key)
    await bench.secrets.forget(first.key)
    assert (bench.text(first.key), bench.text(other.key)) == ("", text)
    assert bench.withdrawn == [user]
    await bench.secrets.forget(other.key)
    assert bench.kube.objects == {}, "an empty Secret is nothing to keep"


class Slow(FakeKube):
    """Answers a read a little later, so that two may be under way."""

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        found = await FakeKube.get(self, kind, namespace, name)
        await asyncio.sleep(0.01)
        return found


async def test_two_that_end_at_once_leave_no_empty_secret_behind() -> None:
    bench = Bench(kube=Slow())
    first, other = neighbours()
    await bench.secrets.ensure(first)
    await bench.secrets.ensure(other)
    await asyncio.gather(bench.secrets.forget(first.key), bench.secrets.forget(other.key))
    assert bench.kube.objects == {}
    assert len(bench.withdrawn) == 2


async def test_to_forget_twice_or_what_never_was_does_no_harm(bench: Bench) -> None:
    await bench.secrets.forget(process().key)
    await bench.secrets.ensure(process())
    await bench.secrets.forget(process().key)
    await bench.secrets.forget(process().key)
    assert len(bench.withdrawn) == 1


@pytest.mark.parametrize("name", ["gone", "a-name-that-is-so-long-that-its-object-carries-a-hash-behind-it"])
async def test_credentials_of_who_ended_unseen_are_found_and_taken_away(bench: Bench, name: str) -> None:
    gone, there = process(name), process("there")
    await bench.secrets.ensure(gone)
    await bench.secrets.ensure(there)
    later = bench.again()
    for secret in list(bench.kube.objects.values()):
        later.seen(secret)
    assert later.leftovers([gone.key, there.key]) == []
    left = later.leftovers([there.key])
    assert len(left) == 1
    for key in left:
        await later.forget(key)
    assert bench.text(gone.key) == ""
    assert bench.text(there.key)
    assert len(bench.withdrawn) == 1


def test_the_secrets_are_named_in_advance_and_spread() -> None:
    """The role names sixteen Secrets; every process must find its own among them, about as often each."""
    used = [names.spine_secret(f"adapter-{number}") for number in range(1600)]
    assert set(used) == set(names.SPINE_SECRETS)
    assert max(used.count(name) for name in names.SPINE_SECRETS) < 200


async def test_what_the_watch_shows_before_our_own_answer_comes_is_not_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody takes a key away right after it was written, and the watch tells of it before the write is answered."""
    first = process()
    bench.desired = [first]
    write = bench.kube.create

    async def create_and_take_away(manifest: Json) -> Json | None:
        answer = await write(manifest)
        monkeypatch.undo()
        live = bench.live(first.key)
        live["data"] = {}
        bench.secrets.seen(live)
        return answer

    monkeypatch.setattr(bench.kube, "create", create_and_take_away)
    await bench.secrets.ensure(first)
    assert bench.text(first.key)
