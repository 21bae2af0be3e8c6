"""Who gets in, as what, for how long and how fast."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.access.ended import Ended
from app.access.exposure import Listening, check, is_loopback
from app.access.pace import READINGS_PER_HOUR, Pace, readings_per_hour
from app.access.person import ADMIN, READER, person_of
from app.access.settings import access_settings
from app.store.checks import LONGEST_NAME
from ml.errors import AccessError

HERE = Listening("127.0.0.1", "127.0.0.1:8501", False, xsrf=True, cors=True, trusted_headers=False)
AUTH = {
    "redirect_uri": "https://reading.example/oauth2callback",
    "cookie_secret": "s" * 32,
    "client_id": "sulcus",
    "client_secret": "word",
    "server_metadata_url": "https://login.example/.well-known/openid-configuration",
}
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "iss": "https://login.example",
    "sub": "7",
    "iat": NOW.timestamp(),
    "name": "Jane Roe",
    "email": "jane@example.org",
    "email_verified": True,
    "groups": ["radiology", "staff"],
}
SETTINGS = access_settings(
    {"role_claim": "groups", "readers": ["radiology"], "admins": ["chiefs"], "session_hours": 8}
)


@pytest.mark.parametrize("name", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_this_computer_has_these_names(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name", [None, "", "0.0.0.0", "::", "10.0.0.4", "localhost.example", "unix:///run/s"]
)
def test_every_other_name_is_reached_from_elsewhere(name: str | None) -> None:
    assert not is_loopback(name)


def test_on_this_computer_nobody_signs_in_unless_it_is_set_up() -> None:
    assert check(HERE, None) is False
    assert check(replace(HERE, host=None), None) is False
    assert check(HERE, AUTH) is True


@pytest.mark.parametrize(
    "change",
    [
        {"address": None},
        {"address": "0.0.0.0"},
        {"address": "192.0.2.7"},
        {"host": "reading.example"},
        {"forwarded": True},
    ],
)
def test_nothing_is_open_to_others_without_sign_in(change: dict[str, Any]) -> None:
    with pytest.raises(AccessError, match="nobody has to sign in"):
        check(replace(HERE, **change), None)
    assert check(replace(HERE, **change), AUTH) is True


@pytest.mark.parametrize("change", [{"xsrf": False}, {"cors": False}, {"trusted_headers": True}])
def test_a_protection_that_is_off_closes_the_app(change: dict[str, Any]) -> None:
    with pytest.raises(AccessError, match="switched off"):
        check(replace(HERE, **change), AUTH)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"client_id": ""}, "no client_id"),
        ({"cookie_secret": "short"}, "5 characters; at least 32"),
        ({"redirect_uri": "http://reading.example/oauth2callback"}, "not encrypted"),
    ],
)
def test_sign_in_that_is_set_up_in_part_closes_the_app(change: dict[str, str], said: str) -> None:
    with pytest.raises(AccessError, match=said) as caught:
        check(HERE, AUTH | change)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (None, "Nobody may read"),
        ({"readers": [], "admins": []}, "Nobody may read"),
        ({"readers": "radiology"}, "no list"),
        ({"readers": ["a"], "admins": ["*"]}, "everybody an admin"),
        ({"readers": ["a"], "session_hours": 0}, "above 0"),
        ({"readers": ["a"], "idle_minutes": True}, "above 0"),
        ({"readers": ["a"], "reader": ["b"]}, "not known"),
    ],
)
def test_settings_that_make_no_sense_are_refused(section: Any, said: str) -> None:
    with pytest.raises(AccessError, match=said):
        access_settings(section)


def test_a_role_comes_from_a_claim() -> None:
    found = person_of(CLAIMS, SETTINGS)
    assert (found.role, found.until) == (READER, NOW + timedelta(hours=8))
    assert person_of(CLAIMS | {"groups": ["chiefs", "radiology"]}, SETTINGS).role == ADMIN
    assert person_of(CLAIMS | {"groups": "radiology"}, SETTINGS).role == READER
    for groups in (["staff"], [], None, "radiology2", [["radiology"]]):
        with pytest.raises(AccessError, match="not among those"):
            person_of(CLAIMS | {"groups": groups}, SETTINGS)
    everybody = replace(SETTINGS, readers=frozenset({"*"}))
    assert person_of(CLAIMS | {"groups": None}, everybody).role == READER


def test_an_address_counts_only_where_the_provider_has_verified_it() -> None:
    listed = access_settings({"readers": ["jane@example.org"], "admins": ["boss@example.org"]})
    assert person_of(CLAIMS, listed).role == READER
    for verified in (False, None, "true"):
        with pytest.raises(AccessError, match="claim email"):
            person_of(CLAIMS | {"email_verified": verified}, listed)


@pytest.mark.parametrize("missing", ["iss", "sub", "iat"])
def test_a_sign_in_that_does_not_say_who_is_refused(missing: str) -> None:
    with pytest.raises(AccessError, match="does not say who"):
        person_of({**CLAIMS, missing: None}, SETTINGS)


def test_two_of_one_name_are_two_readers_and_a_name_stays_on_its_line() -> None:
    names = {person_of(CLAIMS | {"sub": sub}, SETTINGS).name for sub in ("7", "8")}
    assert len(names) == 2
    assert all(name.startswith("Jane Roe (") for name in names)
    long = person_of(CLAIMS | {"name": "J\nR\u202e" + "x" * 200}, SETTINGS).name
    assert long.startswith("J R x")
    assert len(long) <= LONGEST_NAME
    nameless = person_of(CLAIMS | {"name": None}, SETTINGS).name
    assert nameless[0] == "("


def test_a_sign_in_ends_by_its_time_or_before() -> None:
    ended = Ended()
    now = datetime.now(UTC)
    first = person_of(CLAIMS | {"iat": now.timestamp()}, SETTINGS)
    again = person_of(CLAIMS | {"iat": now.timestamp() + 1}, SETTINGS)
    assert not ended.over(first, now)
    assert ended.over(first, first.until)
    ended.end(first)
    assert ended.over(first, now)
    assert not ended.over(again, now)


def test_a_reader_who_asks_for_too_much_waits() -> None:
    time = [0.0]
    pace = Pace(lambda: time[0])
    for picture in ("a", "b", "a"):
        pace.count("A", picture, slices=1, most=2)
    time[0] = 600.0
    with pytest.raises(AccessError, match=r"hour: 2\. .* add 1, .* for 2\. .* wait: 50\."):
        pace.count("A", "c", slices=1, most=2)
    pace.count("B", "c", slices=1, most=2)
    pace.count("A", "b", slices=1, most=2)
    time[0] = 3600.0
    pace.count("A", "c", slices=2, most=2)


def test_a_series_that_is_larger_than_the_hour_is_read_alone() -> None:
    pace = Pace(lambda: 0.0)
    pace.count("A", "series", slices=500, most=100)
    with pytest.raises(AccessError, match="hour: 500"):
        pace.count("A", "b", slices=1, most=100)


def test_the_pace_is_what_the_environment_says() -> None:
    assert readings_per_hour({}) == READINGS_PER_HOUR
    assert readings_per_hour({"SULCUS_READINGS_PER_HOUR": "7"}) == 7
    for text in ("0", "-1", "many"):
        with pytest.raises(AccessError, match="whole number"):
            readings_per_hour({"SULCUS_READINGS_PER_HOUR": text})
