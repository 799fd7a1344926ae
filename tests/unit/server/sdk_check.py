#!/usr/bin/env python3
"""The official SDK's realtime clients against realtime-server: an audio turn and a tool round, in both dialects.

usage: sdk_check.py REALTIME_SERVER [--packages DIR] [--install]

DIR holds ga/node_modules (openai@7, ws, ajv) and beta/node_modules (openai@4.104.0, ws); --install puts them there with
npm. Without them, without node or without the clients beside the source tree the check is skipped (exit 77).
"""
import argparse
import array
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import wave

SOURCE_ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARED = SOURCE_ROOT.parent / "shared"
RECORDING = pathlib.Path("/usr/share/pocketsphinx/test/data/goforward.raw")  # 16 kHz, package pocketsphinx-testdata
WORDS = "go forward ten meters"
PACKAGES = {"ga": ["openai@7", "ws", "ajv@8"], "beta": ["openai@4.104.0", "ws"]}
CLIENTS = {"ga": "client_openai_sdk.mjs", "beta": "client_openai_beta.mjs"}
SKIP = 77


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


def write_wav(path):
    """The recording at 24 kHz: three samples for every two, on the straight line between neighbours."""
    samples = array.array("h", RECORDING.read_bytes())
    result = array.array("h")
    for i in range(0, len(samples) - 2, 2):
        a, b, c = samples[i], samples[i + 1], samples[i + 2]
        result.extend((a, (a + 2 * b) // 3, (2 * b + c) // 3))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(24000)
        out.writeframes(result.tobytes())


class Server:
    def __init__(self, program, record):
        self.process = subprocess.Popen(
            [program, "--port", "0", "--record", str(record)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"listening on (ws://127\.0\.0\.1:\d+)/v1/realtime\n", line)
        if not match:
            self.stop()
            sys.exit(f"the server said {line!r}")
        self.address = match.group(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def recorded_events(record, direction):
    events = [json.loads(line) for line in record.read_text().splitlines()]
    return [each["event"] for each in events if each["dir"] == direction]


def validate(dialect, events, packages):
    text = "".join(json.dumps(event) + "\n" for event in events)
    environment = dict(os.environ, AJV_FROM=str(packages / "ga" / "package.json"))
    result = subprocess.run(["node", str(SHARED / "protocol" / "validate.mjs"), dialect, "server"], input=text,
                            env=environment, capture_output=True, text=True, timeout=60)
    print(result.stdout.strip())
    if result.returncode != 0:
        print(result.stderr.strip())
    return result.returncode == 0


def check(dialect, extra, args, scratch, wav):
    folder = args.packages / dialect
    record = scratch / f"{dialect}.jsonl"
    server = Server(args.server, record)
    for source in (SHARED / "peers" / "clients").glob("*.mjs"):
        shutil.copy(source, folder)
    try:
        client = subprocess.run(["node", CLIENTS[dialect], server.address, str(wav), *extra], cwd=folder, timeout=90,
                                capture_output=True, text=True)
    finally:
        code = server.stop()
    print(client.stdout.strip())
    events = recorded_events(record, "S")
    said = [each["transcript"] for each in events if each["type"].endswith("audio_transcript.done")]
    calls = [each["arguments"] for each in events if each["type"] == "response.function_call_arguments.done"]
    problems = []
    if client.returncode != 0:
        problems.append(f"the client ended with {client.returncode}: {client.stderr.strip()}")
    if code != 0:
        problems.append(f"the server ended with {code}")
    if not said or WORDS not in said[0]:
        problems.append(f"the first answer was {said[:1]}")
    if [json.loads(each) for each in calls] != [{"city": "Paris"}]:
        problems.append(f"the calls were {calls}")
    if len(said) != 2 or "sunny" not in said[1]:
        problems.append(f"the answer to the tool's output was {said[1:]}")
    if not validate(dialect, events, args.packages):
        problems.append("events that the schema does not know")
    for problem in problems:
        print(f"FAIL {dialect} {' '.join(extra)}: {problem}")
    return not problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("--packages", type=pathlib.Path, default=os.environ.get("RT_SDK_PACKAGES", "/tmp/rt-sdk"))
    parser.add_argument("--install", action="store_true")
    args = parser.parse_args()
    args.packages = pathlib.Path(args.packages).resolve()  # the validator loads from it by its absolute path only
    if not shutil.which("node"):
        skip("no node")
    if not (SHARED / "peers" / "clients").is_dir():
        skip("no clients beside the source tree")
    if not RECORDING.exists():
        skip("no recording: install pocketsphinx-testdata")
    for dialect, names in PACKAGES.items():
        folder = args.packages / dialect
        if args.install:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text("{}")
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", *names], cwd=folder, check=True)
        if not (folder / "node_modules" / "openai").is_dir():
            skip(f"no SDK in {folder}: run this script with --install")
    with tempfile.TemporaryDirectory() as scratch:
        wav = pathlib.Path(scratch) / "goforward.wav"
        write_wav(wav)
        good = [check(dialect, extra, args, pathlib.Path(scratch), wav)
                for dialect in PACKAGES for extra in ([], ["--no-vad"])]
    sys.exit(0 if all(good) else 1)


main()
