#!/usr/bin/env python3
"""Runs the launch lines of the documentation against the development server.

    launch_lines.py SOURCE_ROOT REALTIME_SERVER PARSE_LINE [TEST_CAMERA]

Fenced blocks say what is done with them: `sh run` is run to its end; `makes=FILE` names a file it leaves with speech in
it, `shows=TEXT` what it prints. `sh parse` needs a device or a network that a test has not: its pipeline is only
built, with the elements and properties it names. A block with a gst-launch-1.0 that says neither is an error.
Where a block to be run has rtsp://camera.example/stream in it, a camera that says the question stands for that. One
that listens for RTP at port 5004 is run, on another port, until the peer that stands for 192.0.2.7 has heard an answer.
"""
import concurrent.futures
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import local_server
import markdown

ADDRESS = "ws://127.0.0.1:8765"  # of the documentation
CAMERA = "rtsp://camera.example/stream"
RTP_IN, RTP_OUT = "udpsrc port=5004", "host=192.0.2.7 port=5004"
RTP_SENDER = ("gst-launch-1.0 -q filesrc location=question.wav ! wavparse ! audioconvert ! audioresample ! mulawenc ! "
              "rtppcmupay ! udpsink host=127.0.0.1 port={port}")
TIMEOUT_S = 90
# What is said does not matter here, and a busy machine recognises speech late.
SCENARIO = {"recognizer": "off", "transcripts": ["go forward ten meters"], "sound": {"kind": "tone", "ms": 1000}}


def commands(text):
    """The gst-launch-1.0 commands of a block, as lists of words."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [shlex.split(line, comments=True) for line in joined.splitlines() if "gst-launch-1.0" in line]


def pipeline_words(command):
    words = command[command.index("gst-launch-1.0") + 1:]
    return [word for word in words if word not in ("-m", "-e", "-v", "-q") and not re.match(r"[0-9]?>", word)]


def field_types(output):
    """What `gst-launch-1.0 -m` printed: (field, type) of every realtime/ message."""
    found = set()
    for line in re.findall(r"\(element\): realtime/[a-z-]+(.*)", output):
        found |= set(re.findall(r"([a-z-]+)=\(([a-z0-9]+)\)(?:\"(?:[^\"\\]|\\.)*\"|[^,;]*)", line))
    return found


def type_problems(output, documented):
    return [f"field {name} is of type {kind}, documented as {documented.get(name, 'nothing')}"
            for name, kind in sorted(field_types(output)) if documented.get(name) != kind]


@contextmanager
def camera(program, folder):
    """The text of a block with a camera's address in it, as a function."""
    process = subprocess.Popen([program, "0", "question.wav", "loudspeaker.wav"], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
    try:
        port = process.stdout.readline().split()[-1]
        yield lambda text: text.replace(CAMERA, f"rtsp://127.0.0.1:{port}/talk")
    finally:
        process.terminate()
        process.wait()


def udp_socket():
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    return bound, bound.getsockname()[1]


def is_loud(packet):
    """Whether it holds mu-law that is no silence."""
    return packet[1] & 0x7F == 0 and any(byte not in (0x7F, 0xFF) for byte in packet[12:])


def hear(ears, wanted, what, is_one):
    """Problems: so many of such packets did not come within the time."""
    end, packets = time.monotonic() + TIMEOUT_S, 0
    while packets < wanted and (left := end - time.monotonic()) > 0:
        ears.settimeout(left)
        try:
            packets += is_one(ears.recv(2048))
        except TimeoutError:
            break
    return [f"{packets} packets of {what} came within {TIMEOUT_S} s"] if packets < wanted else []


def run_call(block, address):
    """Beside a peer that says the question once it is called; it ends when the peer has heard an answer."""
    ears, theirs = udp_socket()
    probe, ours = udp_socket()
    probe.close()
    text = block.text.replace(ADDRESS, address).replace(RTP_IN, f"udpsrc port={ours}")
    text = text.replace(RTP_OUT, f"host=127.0.0.1 port={theirs}")
    with ears, tempfile.TemporaryDirectory() as folder, open(Path(folder) / "output", "w+", encoding="utf-8") as output:
        local_server.write_question(Path(folder) / "question.wav")
        call = subprocess.Popen(["bash", "-euc", text], cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT, start_new_session=True)
        try:
            problems = hear(ears, 1, "anything", bool)
            if not problems:
                subprocess.run(shlex.split(RTP_SENDER.format(port=ours)), cwd=folder, check=True, timeout=TIMEOUT_S)
                problems = hear(ears, 25, "an answer", is_loud)
            if call.poll() is not None:
                problems.append(f"it ended by itself, exit code {call.returncode}")
        finally:
            if call.poll() is None:
                os.killpg(call.pid, signal.SIGKILL)
            call.wait()
        return problems + [(Path(folder) / "output").read_text(errors="replace")[-3000:]] if problems else []


def run(block, address, documented_types, camera_program):
    if RTP_IN in block.text:
        return run_call(block, address)
    if CAMERA in block.text and not camera_program:
        return "test-camera was not built"
    with tempfile.TemporaryDirectory() as folder:
        local_server.write_question(Path(folder) / "question.wav")
        try:
            with camera(camera_program, folder) if CAMERA in block.text else nullcontext(str) as with_camera:
                done = subprocess.run(["bash", "-euc", with_camera(block.text.replace(ADDRESS, address))], cwd=folder,
                                      text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, timeout=TIMEOUT_S, errors="replace")
        except subprocess.TimeoutExpired as late:
            return [f"it did not end within {TIMEOUT_S} s", (late.output or b"").decode("utf-8", "replace")[-3000:]]
        problems = [f"exit code {done.returncode}"] if done.returncode else []
        for word in block.words:
            if word.startswith("makes="):
                path = Path(folder) / word.removeprefix("makes=")
                if not path.exists() or local_server.spoken_seconds(path) < 0.5:
                    problems.append(f"{path.name} holds no speech")
            if word.startswith("shows=") and word.removeprefix("shows=") not in done.stdout:
                problems.append(f"it does not print {word.removeprefix('shows=')}")
        problems += type_problems(done.stdout, documented_types)
        return problems + [done.stdout[-3000:]] if problems else []


def parse(block, program):
    """Problems, or the reason of a skip."""
    for command in commands(block.text):
        done = subprocess.run([program, *pipeline_words(command)], capture_output=True, text=True)
        if done.returncode == 2:
            return "not installed: " + " ".join(done.stdout.split())
        if done.returncode:
            return [done.stderr]
    return []


def run_all(blocks, root, types, server, scenario, camera_program):
    with local_server.running(server, "--scenario", scenario) as address:
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            problems = pool.map(lambda b: run(b, address, types, camera_program), blocks)
            return [(name_of(b, root) + " runs to its end", p) for b, p in zip(blocks, problems)]


def name_of(block, root):
    return f"{block.page.relative_to(root)}:{block.line}"


def documented_types(root):
    rows = markdown.table(root / "docs" / "messages.md", "fields")
    return {name: row[1] for row in rows for name in re.split(r",\s*", row[0])}


def self_test(program):
    """A line with a property that does not exist is found, and so is a wrong type."""
    bad = markdown.Block(Path("x"), 1, ["sh", "parse"], "gst-launch-1.0 fakesrc ! realtimesink no-such-property=1")
    problems = [] if isinstance(parse(bad, program), list) and parse(bad, program) else ["a bad line was built"]
    line = 'Got message #1 from element "a" (element): realtime/x, final=(string)"a\\"b", time=(guint64)5;'
    if len(type_problems(line, {"final": "boolean", "time": "guint64"})) != 1:
        problems.append("one field of two has the wrong type")
    return problems


def main():
    root, server, parse_line = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    camera_program = Path(sys.argv[4]).resolve() if len(sys.argv) > 4 else None
    pages = [root / "README.md"] + sorted((root / "docs").rglob("*.md"))
    blocks = [block for page in pages for block in markdown.blocks(page) if commands(block.text)]
    results = [("the checks can fail", self_test(parse_line)),
               ("every launch line says what is done with it",
                [name_of(b, root) for b in blocks if not {"run", "parse"} & set(b.words)])]
    results += [(name_of(b, root) + " can be built", parse(b, parse_line)) for b in blocks]

    to_run = [b for b in blocks if "run" in b.words]
    if not Path(server).exists() or not local_server.SPOKEN.exists():
        results += [(name_of(b, root), "realtime-server or pocketsphinx-testdata is not there") for b in to_run]
    else:
        types = documented_types(root)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as scenario:
            json.dump(SCENARIO, scenario)
            scenario.flush()
            results += run_all(to_run, root, types, server, scenario.name, camera_program)
    return local_server.report(results)


if __name__ == "__main__":
    sys.exit(main())
