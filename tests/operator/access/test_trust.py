"""The root of trust: kept as text, strict when read, forgetful of what no longer matters."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import BrownfieldError
from brownfield_operator.access.claims import account_claims
from brownfield_operator.access.trust import DAY, TRUST_CONF, VALIDITY, Trust, new_trust, trust_conf

NOW = 1_800_000_000


def counting(start: int = 0) -> "itertools.count[int]":
    return itertools.count(start)


def made(start: int = 0) -> Trust:
    """The same one for the same start."""
    numbers = itertools.count(start)
    return new_trust(lambda size: next(numbers).to_bytes(size, "big"), now=NOW)


def test_what_is_kept_is_what_is_read() -> None:
    trust = made().revoke({"UA": NOW}, now=NOW + 5)
    assert Trust.from_secret_data(trust.secret_data(), where="Secret") == trust


def test_the_same_trust_is_the_same_text_so_that_nothing_is_written_twice() -> None:
    assert made().secret_data() == made().secret_data()


def test_seeds_are_not_in_what_the_broker_sees_nor_in_what_is_logged() -> None:
    trust = made()
    for seed in (trust.operator_seed, trust.account_seed, trust.system_seed):
        assert seed not in trust_conf(trust)
        assert seed not in repr(trust)


@pytest.mark.parametrize("key", ["operator.seed", "account.seed", "system.seed", "account.jwt", "created"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_damaged_secret_says_what_is_wrong_and_what_to_do(key: str, damage: str) -> None:
    data = made().secret_data()
    if damage == "missing":
        del data[key]
    else:
        data[key] = {"empty": "", "cut": data[key][:-1] + " ", "other": made(9).secret_data()[key] + "x"}[damage]
    with pytest.raises(BrownfieldError, match=r"^Secret ns/name: .*Restore the Secret from a backup") as caught:
        Trust.from_secret_data(data, where="Secret ns/name")
    assert all(seed not in str(caught.value) for seed in made().secret_data().values())


@pytest.mark.parametrize("key", ["operator.seed", "account.seed", "account.jwt"])
def test_a_key_of_another_trust_is_found_out(key: str) -> None:
    data = {**made().secret_data(), key: made(9).secret_data()[key]}
    with pytest.raises(BrownfieldError, match=r"account\.jwt is not this account's"):
        Trust.from_secret_data(data, where="Secret")


def test_a_missing_configuration_of_the_broker_is_made_again_from_the_rest() -> None:
    data = made().secret_data()
    kept = {key: text for key, text in data.items() if key != TRUST_CONF}
    assert Trust.from_secret_data(kept, where="Secret").secret_data() == data


def test_a_revocation_makes_a_newer_account_also_within_the_same_second() -> None:
    first = made().revoke({"UA": NOW}, now=NOW)
    second = first.revoke({"UB": NOW}, now=NOW)
    assert made().issued < first.issued < second.issued
    claims = account_claims(second.account_jwt, second.operator_seed)
    assert claims is not None
    assert claims.nats.revocations == {"UA": NOW, "UB": NOW}


def test_the_later_of_two_revocations_of_a_user_counts() -> None:
    trust = made().revoke({"UA": NOW + 10}, now=NOW + 10)
    assert trust.revoke({"UA": NOW}, now=NOW + 20).revocations == {"UA": NOW + 10}


def test_nothing_new_to_revoke_changes_nothing() -> None:
    trust = made().revoke({"UA": NOW}, now=NOW)
    assert trust.revoke({}, now=NOW + DAY) is trust
    assert trust.revoke({"UA": NOW}, now=NOW + DAY) is trust


@given(st.dictionaries(st.text("ABC", min_size=1), st.integers(0, 2 * VALIDITY)), st.integers(0, 3 * VALIDITY))
def test_only_what_could_still_be_valid_is_remembered(users: dict[str, int], later: int) -> None:
    """A JWT issued at `at` or before is valid no longer than `at + VALIDITY`."""
    trust = made().revoke({user: NOW + at for user, at in users.items()}, now=NOW)
    kept = trust.revoke({}, now=NOW + later).revocations
    assert kept == {user: NOW + at for user, at in users.items() if at + VALIDITY > later}
