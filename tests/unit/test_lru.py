"""The cache's map: it never takes more room than it was given, and forgets what was used longest ago."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pierone_adapters.cache.lru import Lru


def test_a_value_is_kept_until_room_is_needed() -> None:
    lru = Lru[str](30)
    for key in "abc":
        lru.put(key, key.upper(), 10)
    assert [lru.get(key) for key in "abc"] == ["A", "B", "C"]
    lru.put("d", "D", 10)
    assert [lru.get(key) for key in "abcd"] == [None, "B", "C", "D"]


def test_what_was_used_longest_ago_goes_first() -> None:
    lru = Lru[str](20)
    lru.put("a", "A", 10)
    lru.put("b", "B", 10)
    assert lru.get("a") == "A"
    lru.put("c", "C", 10)
    assert [lru.get(key) for key in "abc"] == ["A", None, "C"]


def test_a_heavy_value_takes_the_place_of_several() -> None:
    lru = Lru[str](30)
    for key in "abc":
        lru.put(key, key.upper(), 10)
    lru.put("d", "D", 20)
    assert [lru.get(key) for key in "abcd"] == [None, None, "C", "D"]


def test_a_value_kept_already_stays() -> None:
    lru = Lru[str](20)
    lru.put("a", "first", 10)
    lru.put("a", "second", 10)
    assert lru.get("a") == "first"
    lru.put("b", "B", 10)
    assert lru.get("a") == "first"


def test_without_room_nothing_is_kept() -> None:
    lru = Lru[str](0)
    lru.put("a", "A", 1)
    assert lru.get("a") is None


def test_a_value_that_fits_nowhere_is_not_kept_and_the_map_goes_on() -> None:
    lru = Lru[str](10)
    lru.put("a", "A", 11)
    assert lru.get("a") is None
    lru.put("b", "B", 10)
    assert lru.get("b") == "B"


@settings(deadline=None)
@given(
    room=st.integers(0, 50),
    puts=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20), st.booleans()), max_size=30),
)
def test_what_is_kept_never_weighs_more_than_the_room(room: int, puts: list[tuple[int, int, bool]]) -> None:
    lru, weights = Lru[int](room), dict[int, int]()
    for key, weight, look in puts:
        if look:
            assert lru.get(key) in (None, key)
        elif lru.get(key) is None:
            lru.put(key, key, weight)
            weights[key] = weight
        assert sum(weights[key] for key in weights if lru.get(key) is not None) <= room
