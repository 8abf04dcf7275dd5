"""Numbers and input positions of what is published: a batch in pieces is complete with its last piece only."""

from typing import Any

import numpy as np

from brownfield_api.batch import MAX_BATCH_BYTES, MAX_BATCH_ROWS, encode
from brownfield_pipeline.outputs import numbered


def test_a_small_batch_is_one_message_made_from_its_input(plant: Any) -> None:
    batch = plant.batch([plant.sample(0, 1.0, 1.0)])
    assert numbered(batch, position=9, before=7, seq=41) == [(batch, "9", 42)]


def test_an_empty_batch_is_a_message_too(plant: Any) -> None:
    [(part, made_from, seq)] = numbered(plant.batch([]), position=9, before=7, seq=0)
    assert (len(part), made_from, seq) == (0, "9", 1)


def test_only_the_last_piece_of_a_large_batch_names_its_own_input(plant: Any) -> None:
    batch = plant.batch([plant.sample(0, 1.0, float(n)) for n in range(2 * MAX_BATCH_ROWS + 1)])
    parts = numbered(batch, position=9, before=7, seq=41)
    assert [(made_from, seq) for _, made_from, seq in parts] == [("7", 42), ("7", 43), ("9", 44)]
    np.testing.assert_array_equal(np.concatenate([part.value for part, _, _ in parts]), batch.value)


def test_long_strings_are_cut_to_what_the_spine_takes(plant: Any) -> None:
    batch = plant.batch([plant.sample(0, float(n), 0.0, text="x" * 1000) for n in range(1000)], texts=True)
    parts = numbered(batch, position=9, before=7, seq=0)
    assert len(parts) > 1
    assert all(len(encode(part)) <= MAX_BATCH_BYTES for part, _, _ in parts)
    assert [made_from for _, made_from, _ in parts] == ["7"] * (len(parts) - 1) + ["9"]
