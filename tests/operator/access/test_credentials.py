"""Credentials of a process: issued once, renewed in time with the same key, never trusted when damaged."""

import secrets

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import BrownfieldError
from brownfield_operator.access.credentials import LONGEST, RENEWAL, Due, due, issue, user_of
from brownfield_operator.access.permissions import Permissions, process_permissions
from brownfield_operator.access.trust import DAY, VALIDITY, new_trust
from brownfield_spine.credentials import UserJwt, parse_credentials

NOW = 1_800_000_000
TRUST = new_trust(secrets.token_bytes, now=NOW - DAY)
RIGHTS = Permissions(("bf.raw.here.plant.pump",), ("_INBOX.adapter.plant.pump.>",))


def issued(now: int = NOW, rights: Permissions = RIGHTS, previous: str = "") -> str:
    return issue(TRUST, "adapter-pump", rights, now=now, random=secrets.token_bytes, previous=previous)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0, Due.NO),
        (RENEWAL - 1, Due.NO),
        (RENEWAL, Due.RENEW),
        (VALIDITY - 1, Due.RENEW),
        (VALIDITY, Due.REISSUE),
        (10 * VALIDITY, Due.REISSUE),
    ],
)
def test_a_jwt_is_renewed_after_sixty_of_its_ninety_days(age: int, expected: Due) -> None:
    assert (RENEWAL, VALIDITY) == (60 * DAY, 90 * DAY)
    assert due(issued(), TRUST, RIGHTS, now=NOW + age) is expected


def test_a_renewal_keeps_the_users_key() -> None:
    first = issued()
    second = issued(NOW + RENEWAL, previous=first)
    assert user_of(first) == user_of(second) != ""
    assert first != second
    assert due(second, TRUST, RIGHTS, now=NOW + VALIDITY) is Due.NO


def test_two_processes_have_two_keys() -> None:
    assert user_of(issued()) != user_of(issued())


@pytest.mark.parametrize(
    "rights",
    [
        Permissions((*RIGHTS.publish, "bf.raw.here.plant.valve"), RIGHTS.subscribe),
        Permissions((), RIGHTS.subscribe),
        Permissions(RIGHTS.publish, ()),
    ],
)
def test_other_permissions_are_issued_at_once(rights: Permissions) -> None:
    assert due(issued(), TRUST, rights, now=NOW) is Due.REISSUE
    assert due(issued(rights=rights), TRUST, rights, now=NOW) is Due.NO


def test_a_revoked_or_foreign_jwt_is_issued_again() -> None:
    creds = issued()
    revoked = TRUST.revoke({user_of(creds): NOW}, now=NOW)
    assert due(creds, revoked, RIGHTS, now=NOW) is Due.REISSUE
    assert due(issued(NOW + 1, previous=creds), revoked, RIGHTS, now=NOW + 1) is Due.NO
    assert due(creds, new_trust(secrets.token_bytes, now=NOW), RIGHTS, now=NOW) is Due.REISSUE


def test_a_jwt_beside_another_users_seed_is_issued_again() -> None:
    one, other = (parse_credentials(issued(), where="test") for _ in range(2))
    assert isinstance(one, UserJwt)
    assert isinstance(other, UserJwt)
    assert due(UserJwt(one.jwt, other.seed).file(), TRUST, RIGHTS, now=NOW) is Due.REISSUE


@given(st.data())
def test_damaged_credentials_are_issued_again_and_raise_nothing(data: st.DataObject) -> None:
    text = issued()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    damaged = text[:start] + data.draw(st.text(max_size=3)) + text[end:]
    state = due(damaged, TRUST, RIGHTS, now=NOW)
    whole = parse_or_none(damaged) == parse_or_none(text)
    assert state is (Due.NO if whole else Due.REISSUE)
    again = issued(previous=damaged)
    assert due(again, TRUST, RIGHTS, now=NOW) is Due.NO


def parse_or_none(text: str) -> object:
    try:
        return parse_credentials(text, where="test")
    except BrownfieldError:
        return None


@pytest.mark.parametrize("text", ["", "user:password", "nonsense"])
def test_what_are_no_credentials_have_no_user(text: str) -> None:
    assert user_of(text) == ""
    assert due(text, TRUST, RIGHTS, now=NOW) is Due.REISSUE


def test_a_group_of_a_thousand_sources_fits_and_one_that_does_not_is_refused(adapter: AdapterConfig) -> None:
    def group(size: int) -> Permissions:
        endpoint = adapter.endpoints[0]
        sources = tuple(
            msgspec.structs.replace(endpoint.sources[0], subject=f"bf.raw.here.plant.source-{number:032}")
            for number in range(size)
        )
        return process_permissions(
            msgspec.structs.replace(adapter, endpoints=(msgspec.structs.replace(endpoint, sources=sources),))
        )

    assert len(issued(rights=group(1000))) < LONGEST
    with pytest.raises(BrownfieldError, match="Split the group"):
        issued(rights=group(10_000))
