"""Models on disk: ``<folder>/<version>/`` with arrays (npz) and JSON, each with its SHA-256; never pickle.

``<folder>/promoted.json`` lists the promoted versions, the present one last; ``rollback`` takes it away.
"""

import hashlib
import io
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from base.errors import BadInput, Conflict, NotFound, Unavailable
from base.text import segmenter
from intents.linear import Linear
from intents.model import Calibration, Model
from intents.spelling import Spelling

FORM = 2
"""Raised when what stands in the files changes its meaning: models of another form are trained anew."""
_ARRAYS, _TEXTS, _ABOUT, _PROMOTED = "arrays.npz", "texts.json", "about.json", "promoted.json"
_CALIBRATION = (
    "act_mix",
    "facet_slope",
    "facet_offset",
    "facet_threshold",
    "rank",
    "none",
    "question",
    "act",
)


@dataclass(frozen=True, slots=True)
class Version:
    """A model on disk. ``shares``: by gate, what it was measured at and of how many; ``refusals``: why it is not used.

    ``is_former``: it was in use before, or is now.
    """

    name: str
    made_at: datetime
    data: str
    segmenter: str
    sentences: int
    shares: dict[str, tuple[float, int]]
    refusals: tuple[str, ...]
    is_in_use: bool
    is_former: bool


def fingerprint(data: str) -> str:
    """What a model must have been made of to be used: these data, this segmenter, this form."""
    return hashlib.sha256(f"{data}|{segmenter()}|{FORM}".encode()).hexdigest()[:16]


def save(folder: Path, model: Model, metrics: dict[str, Any] | None = None) -> str:
    """Write ``model`` as a new version and return its name; it is not used before it is promoted."""
    arrays, texts = _packed(model), msgspec.json.encode(_texts(model))
    digests = {_ARRAYS: hashlib.sha256(arrays).hexdigest(), _TEXTS: hashlib.sha256(texts).hexdigest()}
    mark = fingerprint(str(model.about["data"]))
    version = f"{_next_number(folder):04d}-{mark[:8]}"
    about = {**model.about, "version": version, "fingerprint": mark, "form": FORM, "metrics": metrics or {}}
    target = folder / f".{version}.tmp"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / _ARRAYS).write_bytes(arrays)
    (target / _TEXTS).write_bytes(texts)
    (target / _ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about | {"sha256": digests})))
    target.rename(folder / version)
    return version


def versions(folder: Path) -> tuple[str, ...]:
    """Every version in ``folder``, the oldest first."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"[0-9]*/{_ABOUT}")))


def listed(folder: Path) -> list[Version]:
    """Every version with what is known of it, the newest first."""
    promoted = _promoted(folder)
    return [_version(folder, name, promoted) for name in reversed(versions(folder))]


def _version(folder: Path, name: str, promoted: list[str]) -> Version:
    known = about(folder, name)
    metrics = known["metrics"]
    return Version(
        name=name,
        made_at=datetime.fromtimestamp((folder / name / _ABOUT).stat().st_mtime, UTC),
        data=str(known["data"]),
        segmenter=str(known["segmenter"]),
        sentences=int(known["sentences"]),
        shares={gate: (float(value), int(count)) for gate, (value, count) in metrics.get("shares", {}).items()},
        refusals=tuple(metrics.get("refusals", ())),
        is_in_use=promoted[-1:] == [name],
        is_former=name in promoted,
    )


def newest(folder: Path) -> str | None:
    """The promoted version, or None."""
    promoted = _promoted(folder)
    return promoted[-1] if promoted else None


def about(folder: Path, version: str) -> dict[str, Any]:
    """What is known of a version: data hash, segmenter, metrics, digests."""
    path = folder / version / _ABOUT
    if not path.is_file():
        raise NotFound(f"没有版本为“{version}”的识别模型；现有：{'、'.join(versions(folder)) or '无'}。")
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return found


def fitting(folder: Path, data: str) -> str | None:
    """The newest version that was made of ``data`` with this segmenter, so that none need be trained; or None."""
    mark = fingerprint(data)
    return next((each for each in reversed(versions(folder)) if about(folder, each)["fingerprint"] == mark), None)


def promote(folder: Path, version: str) -> None:
    """Use ``version`` from now on."""
    about(folder, version)
    promoted = [each for each in _promoted(folder) if each != version]
    _write_promoted(folder, [*promoted, version])


def rollback(folder: Path) -> str:
    """Go back to the version promoted before; its name."""
    promoted = _promoted(folder)
    if len(promoted) < 2:  # noqa: PLR2004 (one to leave and one to go to)
        raise Conflict("没有更早启用过的识别模型，不能回退；请先训练并启用一个新版本。")
    _write_promoted(folder, promoted[:-1])
    return promoted[-2]


def prune(folder: Path, keep: int) -> tuple[str, ...]:
    """Delete the oldest versions beyond ``keep``, never the promoted one or the one before it."""
    held = set(_promoted(folder)[-2:])
    gone = tuple(each for each in versions(folder)[: -keep or None] if each not in held)
    for version in gone:
        shutil.rmtree(folder / version)
    _write_promoted(folder, [each for each in _promoted(folder) if each not in gone])
    return gone


def load(folder: Path, version: str | None = None) -> Model:
    """The model of ``version`` (None: the promoted one); ``Unavailable`` if its files are not as they were written."""
    name = version or newest(folder)
    if name is None:
        raise Unavailable("还没有可用的识别模型，请先运行 python main.py train。")
    known = about(folder, name)
    if known["form"] != FORM:
        raise Unavailable(f"识别模型 {name} 是旧格式，请重新运行 python main.py train。")
    arrays, texts = (_read(folder / name / part, known["sha256"][part]) for part in (_ARRAYS, _TEXTS))
    return _unpacked(arrays, msgspec.json.decode(texts), known)


def _read(path: Path, digest: str) -> bytes:
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unavailable(f"识别模型文件 {path.parent.name}/{path.name} 缺失或被改动，已拒绝加载；请重新训练或回退。")
    return content


def _packed(model: Model) -> bytes:
    spelling, calibration = model.spelling, model.calibration
    buffer = io.BytesIO()
    np.savez(
        buffer,
        weights=model.linear.weights.astype(np.float16),
        bias=model.linear.bias,
        rarity=model.linear.rarity,
        known=model.known,
        characters=np.array(list(spelling.characters.values())),
        pairs=np.array(list(spelling.pairs.values())),
        **{name: getattr(calibration, name) for name in _CALIBRATION},
    )
    return buffer.getvalue()


def _texts(model: Model) -> dict[str, Any]:
    spelling = model.spelling
    return {
        "topics": model.topics,
        "vocabulary": list(model.linear.vocabulary),
        "companions": {str(number): sorted(others) for number, others in model.companions.items()},
        "words": model.words,
        "characters": "".join(spelling.characters),
        "pairs": "".join(spelling.pairs),
        "initials": spelling.initials,
        "known_latin": sorted(spelling.known),
    }


def _unpacked(content: bytes, texts: dict[str, Any], known: dict[str, Any]) -> Model:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except ValueError as failure:
        raise BadInput(f"识别模型文件不是有效的数组文件：{failure}") from failure
    letters, pairs = texts["characters"], texts["pairs"]
    return Model(
        topics=tuple(texts["topics"]),
        linear=Linear(
            {piece: row for row, piece in enumerate(texts["vocabulary"])},
            arrays["rarity"],
            arrays["weights"].astype(np.float32),
            arrays["bias"],
        ),
        known=arrays["known"],
        companions={int(number): frozenset(others) for number, others in texts["companions"].items()},
        spelling=Spelling.of(
            characters=dict(zip(letters, arrays["characters"].tolist(), strict=True)),
            pairs={
                pairs[at : at + 2]: score
                for at, score in zip(range(0, len(pairs), 2), arrays["pairs"].tolist(), strict=True)
            },
            initials=texts["initials"],
            known=frozenset(texts["known_latin"]),
        ),
        calibration=Calibration(**{name: arrays[name] for name in _CALIBRATION}),
        words=tuple(texts["words"]),
        about=known,
    )


def _next_number(folder: Path) -> int:
    return max((int(name.split("-")[0]) for name in versions(folder)), default=0) + 1


def _promoted(folder: Path) -> list[str]:
    path = folder / _PROMOTED
    if not path.is_file():
        return []
    return [each for each in msgspec.json.decode(path.read_bytes(), type=list[str]) if (folder / each).is_dir()]


def _write_promoted(folder: Path, names: list[str]) -> None:
    path = folder / _PROMOTED
    partial = path.with_suffix(".tmp")
    partial.write_bytes(msgspec.json.encode(names))
    partial.replace(path)
