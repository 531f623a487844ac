"""Models on disk: equal after reading back, refused if touched, promoted and rolled back."""

from pathlib import Path

import msgspec
import pytest

from base.errors import Conflict, NotFound, Unavailable
from intents import Model, Reader, store
from tests.intents.builders import letter_search, small_examples


def test_readings_are_equal_after_saving(tmp_path: Path, model: Model, reader: Reader) -> None:
    """To the last bit."""
    store.promote(tmp_path, store.save(tmp_path, model))
    again = Reader.load(tmp_path)
    for example in small_examples():
        hits = letter_search(reader.plain(example.text))
        assert again.read(example.text, hits) == reader.read(example.text, hits)


def test_nothing_is_pickled(tmp_path: Path, model: Model) -> None:
    """Arrays and JSON only, with metrics, data hash and digests beside them."""
    version = store.save(tmp_path, model, {"topic": 0.9})
    assert sorted(path.name for path in (tmp_path / version).iterdir()) == ["about.json", "arrays.npz", "texts.json"]
    about = store.about(tmp_path, version)
    assert about["metrics"] == {"topic": 0.9}
    assert about["data"] == model.about["data"]
    assert b"numpy.core.multiarray" not in (tmp_path / version / "arrays.npz").read_bytes()


@pytest.mark.parametrize("name", ["arrays.npz", "texts.json"])
def test_touched_files_are_refused(tmp_path: Path, model: Model, name: str) -> None:
    """One byte more, or no file at all."""
    store.promote(tmp_path, store.save(tmp_path, model))
    path = next(tmp_path.glob(f"0001-*/{name}"))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Unavailable, match="被改动"):
        store.load(tmp_path)
    path.unlink()
    with pytest.raises(Unavailable, match="缺失"):
        store.load(tmp_path)


def test_no_model_is_said_so(tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(Unavailable, match="train"):
        store.load(tmp_path)
    with pytest.raises(NotFound):
        store.about(tmp_path, "0007-abc")


def test_old_form_is_refused(tmp_path: Path, model: Model) -> None:
    """A model whose files mean something else."""
    version = store.save(tmp_path, model)
    path = tmp_path / version / "about.json"
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | {"form": 0}))
    with pytest.raises(Unavailable, match="旧格式"):
        store.load(tmp_path, version)


def test_promotion_and_rollback(tmp_path: Path, model: Model) -> None:
    """Saving uses nothing yet; rolling back goes to the version before."""
    first, second = store.save(tmp_path, model), store.save(tmp_path, model)
    assert store.newest(tmp_path) is None
    store.promote(tmp_path, first)
    store.promote(tmp_path, second)
    assert store.newest(tmp_path) == second
    assert store.rollback(tmp_path) == first
    assert store.newest(tmp_path) == first
    with pytest.raises(Conflict):
        store.rollback(tmp_path)


def test_pruning_keeps_what_is_used(tmp_path: Path, model: Model) -> None:
    """The promoted version and the one before it stay however old they are."""
    names = [store.save(tmp_path, model) for _ in range(4)]
    store.promote(tmp_path, names[0])
    assert store.prune(tmp_path, 2) == (names[1],)
    assert store.versions(tmp_path) == (names[0], names[2], names[3])


def test_fingerprint_finds_a_fitting_model(tmp_path: Path, model: Model) -> None:
    """So that serving trains only if no model was made of these data."""
    version = store.save(tmp_path, model)
    assert store.fitting(tmp_path, str(model.about["data"])) == version
    assert store.fitting(tmp_path, "other data") is None
