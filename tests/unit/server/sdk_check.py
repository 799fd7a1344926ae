#!/usr/bin/env python3
"""Other people's realtime clients against realtime-server: voice turns, interruptions, tool rounds, transcription,
translation. The official SDK in both dialects, and the agents SDK.

usage: sdk_check.py REALTIME_SERVER [--packages DIR] [--install]

DIR holds a folder for each of PACKAGES with its node_modules; --install puts them there with npm. Without them, without
node or without the clients and schemas beside the source tree the check is skipped (exit 77).
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

HERE = pathlib.Path(__file__).resolve().parent
SOURCE_ROOT = HERE.parents[2]
SHARED = SOURCE_ROOT.parent / "shared"
sys.path.insert(0, str(SOURCE_ROOT / "tests" / "support"))
import schema_judge  # noqa: E402

RECORDING = pathlib.Path("/usr/share/pocketsphinx/test/data/goforward.raw")  # 16 kHz, package pocketsphinx-testdata
WORDS = "go forward ten meters"
PACKAGES = {"ga": ["openai@7", "ws", "ajv@8"], "beta": ["openai@4.104.0", "ws"],
            "agents": ["@openai/agents-realtime@0.20", "zod@4", "ws"]}
# packages, arguments of node (ADDRESS and SPEECH stand for what they say), what the server speaks, and whether the client
# leaves it to us to look at the answers
RUNS = [("ga", ["client_openai_sdk.mjs", "ADDRESS", "SPEECH"], "ga", True),
        ("ga", ["client_openai_sdk.mjs", "ADDRESS", "SPEECH", "--no-vad"], "ga", True),
        ("ga", ["barge_in.mjs", "ga", "ADDRESS", "SPEECH"], "ga", False),
        ("ga", ["transcription.mjs", "ADDRESS", "SPEECH"], "transcription", False),
        ("ga", ["translation.mjs", "ADDRESS", "SPEECH"], "translation", False),
        ("beta", ["client_openai_beta.mjs", "ADDRESS", "SPEECH"], "beta", True),
        ("beta", ["client_openai_beta.mjs", "ADDRESS", "SPEECH", "--no-vad"], "beta", True),
        ("beta", ["barge_in.mjs", "beta", "ADDRESS", "SPEECH"], "beta", False),
        ("agents", ["agents.mjs", "ADDRESS", "SPEECH"], "ga", False)]
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


def wrong_answers(events):
    """Of the clients that ask something, then for the weather in Paris, and tell that it is sunny."""
    said = [each["transcript"] for each in events if each["type"].endswith("audio_transcript.done")]
    calls = [each["arguments"] for each in events if each["type"] == "response.function_call_arguments.done"]
    if not said or WORDS not in said[0]:
        yield f"the first answer was {said[:1]}"
    if [json.loads(each) for each in calls] != [{"city": "Paris"}]:
        yield f"the calls were {calls}"
    if len(said) != 2 or "sunny" not in said[1]:
        yield f"the answer to the tool's output was {said[1:]}"


def check(run, args, scratch, speech):
    folder, arguments, kind, look = run
    record = scratch / "traffic.jsonl"
    server = Server(args.server, record)
    stand_in = {"ADDRESS": server.address, "SPEECH": str(speech)}
    command = ["node", *(stand_in.get(each, each) for each in arguments)]
    try:
        client = subprocess.run(command, cwd=args.packages / folder, timeout=90, capture_output=True, text=True)
    finally:
        code = server.stop()
    events = recorded_events(record, "S")
    problems = []
    if client.returncode != 0:
        problems.append(f"the client ended with {client.returncode}: {client.stdout}{client.stderr}")
    if code != 0:
        problems.append(f"the server ended with {code}")
    if look:
        problems += wrong_answers(events)
    lines = "".join(json.dumps(event) + "\n" for event in events).encode()
    valid, words = schema_judge.judge(str(SHARED), kind, "server", lines, strict=kind != "beta")
    if not valid:
        problems.append(words)
    name = f"{folder}: {' '.join(arguments)}"
    print(f"{name}: {words.strip().splitlines()[-1]}")
    for problem in problems:
        print(f"FAIL {name}: {problem}")
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
    if not (SHARED / "peers" / "clients").is_dir() or not os.path.exists(schema_judge.validator_in(str(SHARED))):
        skip("no clients or no schemas beside the source tree")
    if not RECORDING.exists():
        skip("no recording: install pocketsphinx-testdata")
    for name, wanted in PACKAGES.items():
        folder = args.packages / name
        if args.install:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text("{}")
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", *wanted], cwd=folder, check=True)
        if not all((folder / "node_modules" / re.sub("(?<=.)@.*", "", each)).is_dir() for each in wanted):
            skip(f"not all of {', '.join(wanted)} in {folder}: run this script with --install")
        # node looks for packages beside the program.
        for source in [*(SHARED / "peers" / "clients").glob("*.mjs"), *(HERE / "clients").glob("*.mjs")]:
            shutil.copy(source, folder)
    os.environ["AJV_FROM"] = str(args.packages / "ga" / "package.json")
    with tempfile.TemporaryDirectory() as scratch:
        speech = pathlib.Path(scratch) / "goforward.wav"
        write_wav(speech)
        good = [check(run, args, pathlib.Path(scratch), speech) for run in RUNS]
    sys.exit(0 if all(good) else 1)


main()
