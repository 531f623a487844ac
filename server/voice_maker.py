"""Makes the house's own clips: pypinyin says how each is read, espeak-ng speaks it, silence is trimmed away.

The same espeak-ng makes the same bytes again. 16-bit mono WAV, which every browser plays.
"""

import io
import math
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from base.errors import Unavailable
from server.voice import CHIME, CLIPS

RATE = 22_050  # what espeak-ng gives
WORDS_PER_MINUTE = 150
LOUDEST = 26_000  # of 32,767
SILENCE = 400
FADE_SECONDS = 0.004
CHIME_SECONDS = 0.9
CHIME_NOTES = ((784.0, 0.0), (587.0, 0.32))  # hertz, from second
Samples = NDArray[np.float64]


def make(folder: Path) -> int:
    """Write every clip to ``folder``; how many bytes they are. ``Unavailable`` without espeak-ng."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise Unavailable("这台机器没有 espeak-ng，请先安装（Debian、Ubuntu：apt-get install espeak-ng），再重新运行。")
    folder.mkdir(parents=True, exist_ok=True)
    clips = {name: _chime() if name == CHIME else _trimmed(_spoken(program, text)) for name, text in CLIPS.items()}
    return sum(_write(folder / f"{name}.wav", clip) for name, clip in clips.items())


def _spoken(program: str, text: str) -> Samples:
    """``text`` read aloud: Chinese from its pinyin, a letter by its English name, as halls say it."""
    language, words = ("en-us", text) if text.isascii() else ("cmn-latn-pinyin", _pinyin(text))
    command = [program, "-v", language, "-s", str(WORDS_PER_MINUTE), "--stdout", words]
    heard = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 (our own words only)
    with wave.open(io.BytesIO(heard)) as clip:
        return np.frombuffer(clip.readframes(len(heard)), dtype="<i2").astype(np.float64)


def _pinyin(text: str) -> str:
    import pypinyin  # noqa: PLC0415 (half a second to import, for this one command)

    return " ".join(pypinyin.lazy_pinyin(text, style=pypinyin.Style.TONE3))


def _trimmed(clip: Samples) -> Samples:
    """Without the silence around it, as loud as the others, its edges faded so that joins do not click."""
    heard = np.nonzero(np.abs(clip) > SILENCE)[0]
    cut: Samples = clip[heard[0] : heard[-1] + 1] * (LOUDEST / np.abs(clip).max())
    fade = np.linspace(0.0, 1.0, int(RATE * FADE_SECONDS))
    cut[: len(fade)] *= fade
    cut[-len(fade) :] *= fade[::-1]
    return cut


def _chime() -> Samples:
    """Two soft notes, falling."""
    seconds = np.arange(int(RATE * CHIME_SECONDS)) / RATE
    sound = np.zeros_like(seconds)
    for hertz, start in CHIME_NOTES:
        after = np.clip(seconds - start, 0.0, None)
        sound += np.sin(2 * math.pi * hertz * after) * np.exp(-5.0 * after) * (1 - np.exp(-200.0 * after))
    return _trimmed(sound * (0.7 * LOUDEST / np.abs(sound).max()))


def _write(path: Path, clip: Samples) -> int:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(clip).astype("<i2").tobytes())
    return path.stat().st_size
