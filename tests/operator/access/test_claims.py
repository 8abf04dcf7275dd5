"""JWTs as the NATS specification has them."""

import base64
import json
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.access.claims import account_claims, account_jwt, operator_jwt, user_claims, user_jwt
from brownfield_operator.access.keys import KeyKind, is_seed, new_seed, public_key

SEEDS = {kind: new_seed(kind, secrets.token_bytes) for kind in KeyKind}
USER = public_key(SEEDS[KeyKind.USER])


def parts(jwt: str) -> list[dict[str, object]]:
    """Header and body."""
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in jwt.split(".")[:2]]


def user(publish: tuple[str, ...] = ("bf.raw.a.b.c",), subscribe: tuple[str, ...] = ("_INBOX.x.>",)) -> str:
    return user_jwt(
        SEEDS[KeyKind.ACCOUNT], user=USER, name="pump", publish=publish, subscribe=subscribe, issued=100, expires=200
    )


@pytest.mark.parametrize(
    ("kind", "seed", "public"), [(KeyKind.OPERATOR, "SO", "O"), (KeyKind.ACCOUNT, "SA", "A"), (KeyKind.USER, "SU", "U")]
)
def test_a_key_says_what_it_is_for(kind: KeyKind, seed: str, public: str) -> None:
    assert SEEDS[kind].startswith(seed)
    assert public_key(SEEDS[kind]).startswith(public)
    assert len(public_key(SEEDS[kind])) == 56
    assert [is_seed(SEEDS[kind], other) for other in KeyKind] == [other is kind for other in KeyKind]


@given(st.integers(min_value=0, max_value=57), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_seed_with_a_wrong_letter_is_none(place: int, letter: str) -> None:
    seed = SEEDS[KeyKind.USER]
    changed = seed[:place] + letter + seed[place + 1 :]
    assert is_seed(changed, KeyKind.USER) == (changed == seed)


@given(st.text())
def test_text_is_no_seed(text: str) -> None:
    assert not is_seed(text, KeyKind.ACCOUNT)


def test_a_user_jwt_has_the_fields_of_the_specification() -> None:
    header, body = parts(user())
    assert header == {"typ": "JWT", "alg": "ed25519-nkey"}
    name = str(body.pop("jti"))
    assert len(base64.b32decode(name + "=" * (-len(name) % 8))) == 32
    assert body == {
        "iat": 100,
        "exp": 200,
        "iss": public_key(SEEDS[KeyKind.ACCOUNT]),
        "sub": USER,
        "name": "pump",
        "nats": {
            "pub": {"allow": ["bf.raw.a.b.c"]},
            "sub": {"allow": ["_INBOX.x.>"]},
            "subs": -1,
            "data": -1,
            "payload": -1,
            "allowed_connection_types": ["STANDARD"],
            "type": "user",
            "version": 2,
        },
    }


def test_a_user_without_subjects_is_denied_all_of_them_because_an_empty_list_would_allow_all() -> None:
    nats = parts(user(publish=(), subscribe=()))[1]["nats"]
    assert isinstance(nats, dict)
    assert (nats["pub"], nats["sub"]) == ({"deny": [">"]}, {"deny": [">"]})


def test_an_account_has_jetstream_and_denies_what_no_user_jwt_allows() -> None:
    key = public_key(SEEDS[KeyKind.ACCOUNT])
    jwt = account_jwt(SEEDS[KeyKind.OPERATOR], account=key, issued=100, revocations={USER: 7})
    nats = parts(jwt)[1]["nats"]
    assert isinstance(nats, dict)
    assert nats["default_permissions"] == {"pub": {"deny": [">"]}, "sub": {"deny": [">"]}}
    assert (nats["limits"]["disk_storage"], nats["limits"]["streams"], nats["limits"]["consumer"]) == (-1, -1, -1)
    assert nats["revocations"] == {USER: 7}
    claims = account_claims(jwt, SEEDS[KeyKind.OPERATOR])
    assert claims is not None
    assert (claims.sub, claims.iat, claims.nats.revocations) == (key, 100, {USER: 7})


def test_an_operator_is_signed_by_itself() -> None:
    body = parts(operator_jwt(SEEDS[KeyKind.OPERATOR], system_account="A", issued=5))[1]
    assert body["iss"] == body["sub"] == public_key(SEEDS[KeyKind.OPERATOR])


def test_other_content_has_another_jti_and_the_same_content_the_same_jwt() -> None:
    assert user() == user()
    assert parts(user())[1]["jti"] != parts(user(publish=("bf.raw.a.b.d",)))[1]["jti"]


@given(st.data())
def test_a_changed_jwt_is_not_believed(data: st.DataObject) -> None:
    jwt = user()
    place = data.draw(st.integers(min_value=0, max_value=len(jwt) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    changed = jwt[:place] + letter + jwt[place + 1 :]
    assert (user_claims(changed, SEEDS[KeyKind.ACCOUNT]) is not None) == (changed == jwt)


def test_a_jwt_of_another_account_is_not_believed() -> None:
    assert user_claims(user(), new_seed(KeyKind.ACCOUNT, secrets.token_bytes)) is None
    assert user_claims("", SEEDS[KeyKind.ACCOUNT]) is None
