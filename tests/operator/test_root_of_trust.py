"""The root of trust: made once, never made anew over one that is there, and never guessed when it is damaged."""

from typing import Any

import pytest
from tests.operator.fake_kube import FakeKube

from brownfield_api.errors import BrownfieldError
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.root_of_trust import TRUST_SECRET, load_or_create, store

KEY = (Kind.SECRET, "brownfield", TRUST_SECRET)


async def test_it_is_made_if_absent_and_read_from_then_on() -> None:
    kube = FakeKube()
    made = await load_or_create(kube, "brownfield")
    assert await load_or_create(kube, "brownfield") == made
    assert kube.writes == [f"create Secret/{TRUST_SECRET}"]
    assert "ownerReferences" not in kube.objects[KEY]["metadata"], "it outlives whatever made it"


async def test_of_two_operators_that_make_it_at_once_both_use_the_same() -> None:
    first = FakeKube()
    theirs = await load_or_create(first, "brownfield")

    class Late(FakeKube):
        async def create(self, manifest: Json) -> Json | None:
            self.hold(first.objects[KEY])
            return await super().create(manifest)

    assert await load_or_create(Late(), "brownfield") == theirs


@pytest.mark.parametrize("change", [{"account.seed": ""}, {"operator.seed": "SOAAAA"}, {"account.jwt": "x"}])
async def test_a_damaged_one_is_an_error_and_is_left_as_it_is(change: dict[str, str]) -> None:
    kube = FakeKube()
    await load_or_create(kube, "brownfield")
    secret: dict[str, Any] = kube.objects[KEY]
    secret["data"] |= {key: "" if not text else "eA==" for key, text in change.items()}
    with pytest.raises(BrownfieldError, match=TRUST_SECRET):
        await load_or_create(kube, "brownfield")
    assert kube.objects[KEY] == secret
    assert len(kube.writes) == 1


async def test_revocations_are_kept_in_it() -> None:
    kube = FakeKube()
    trust = await load_or_create(kube, "brownfield")
    user = "UAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    changed = trust.revoke({user: trust.created + 5}, now=trust.created + 5)
    await store(kube, "brownfield", changed)
    assert (await load_or_create(kube, "brownfield")).revocations == changed.revocations
