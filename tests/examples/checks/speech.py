"""Recorded words, as a telephone or a camera has them, and what a recogniser hears in an answer."""
import array
import math
import re
import subprocess
import wave
from pathlib import Path

from programs import Failed

SPOKEN = Path("/usr/share/pocketsphinx/test/data/goforward.raw")  # 16 kHz, 16 bit, mono
WORDS = "go forward ten meters"
ANSWER = "you said go forward ten meters"  # of the development server


def spoken_8k():
    """The recording at 8 kHz."""
    samples = array.array("h", SPOKEN.read_bytes())
    return array.array("h", [(a + b) // 2 for a, b in zip(samples[::2], samples[1::2])])


def silence(seconds, rate=8000):
    return array.array("h", bytes(int(seconds * rate) * 2))


def tone(seconds, rate=8000):
    """400 Hz, -12 dB: what a level detector takes for speech."""
    return array.array("h", (round(8000 * math.sin(2 * math.pi * 400 * n / rate)) for n in range(int(seconds * rate))))


def write_wav(path, samples, rate=8000):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())


def read_wav(path):
    """Rate and samples; also of a file whose writer has not come to its end."""
    data = Path(path).read_bytes()
    start = data.index(b"data") + 8
    samples = array.array("h", data[start:start + (len(data) - start) // 2 * 2])
    return int.from_bytes(data[24:28], "little"), samples


def words_of(text):
    return re.findall(r"[a-z']+", text.lower())


def overlap(wanted, heard):
    """Which part of the wanted words was heard, each as often as it was."""
    left = words_of(heard)
    found = 0
    for word in words_of(wanted):
        if word in left:
            left.remove(word)
            found += 1
    return found / len(words_of(wanted))


def must_hear(recogniser, path, wanted, at_least=0.7):
    heard = subprocess.run([recogniser, path], check=True, capture_output=True, text=True).stdout.strip()
    part = overlap(wanted, heard)
    if part < at_least:
        raise Failed(f"'{heard}' was recognised, not '{wanted}'")
    return f"recognised: '{heard}', {part:.0%} of '{wanted}'"


class Loudness:
    """When something is heard: (from, to) in ms. Pauses within an utterance are part of it."""

    def __init__(self, length, parts):
        self.length, self.parts = length, parts


def loud_times(rate, samples, level=300, frame_ms=10, pause_ms=200):
    size = rate * frame_ms // 1000
    parts = []
    for at in range(0, len(samples) - size + 1, size):
        if sum(map(abs, samples[at:at + size])) <= level * size:
            continue
        begin, end = at * 1000 // rate, (at + size) * 1000 // rate
        if parts and begin - parts[-1][1] < pause_ms:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((begin, end))
    return Loudness(len(samples) * 1000 // rate, parts)
