"""The development server as a context, and what the tests of documentation and realtime-talk share."""
import os
import re
import subprocess
import sys
import wave
from contextlib import contextmanager
from pathlib import Path

SPOKEN = Path("/usr/share/pocketsphinx/test/data/goforward.raw")  # 16 kHz, 16 bit, mono: go forward ten meters


@contextmanager
def running(program, *options):
    """Yields its address."""
    server = subprocess.Popen([program, "--port", "0", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        match = re.search(r"wss?://[^/\s]+", line)
        if not match:
            raise RuntimeError(f"{program} said: {line!r}")
        yield match[0]
    finally:
        server.terminate()
        server.wait()


def write_question(path):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(SPOKEN.read_bytes())


def spoken_seconds(path):
    """How much of a WAV file, or of raw samples as realtimesrc has them, is no silence."""
    if Path(path).suffix == ".raw":
        rate, data = 24000, Path(path).read_bytes()
    else:
        with wave.open(str(path), "rb") as file:
            rate, data = file.getframerate(), file.readframes(file.getnframes())
    return sum(1 for sample in memoryview(data).cast("h") if sample) / rate


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def need(*paths):
    for path in paths:
        if not os.path.exists(path):
            skip_all(f"{path} is not there")


def report(results):
    """Prints (name, problems) as TAP; problems may be a string: the reason of a skip. Returns the exit code."""
    print(f"1..{len(results)}")
    failed = False
    for number, (name, problems) in enumerate(results, 1):
        if isinstance(problems, str):
            print(f"ok {number} {name} # SKIP {problems}")
            continue
        failed |= bool(problems)
        print(f"{'not ok' if problems else 'ok'} {number} {name}")
        for problem in problems:
            for line in problem.splitlines():
                print(f"# {line}")
    return 1 if failed else 0
