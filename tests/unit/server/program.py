#!/usr/bin/env python3
"""The options of realtime-server, one by one, by a client of a few lines: program.py REALTIME-SERVER"""
import base64
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = sys.argv[1]


class Client:
    """Reads events of a WebSocket; answers nothing."""

    def __init__(self, uri, **headers):
        host, _, path = uri.removeprefix("ws://").partition("/")
        name, _, port = host.rpartition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=20)
        self.data = b""
        lines = [f"GET /{path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        while b"\r\n\r\n" not in self.data:
            self.more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise EOFError
        self.data += got

    def take(self, size):
        while len(self.data) < size:
            self.more()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def frame(self):
        """(opcode, payload) of a whole frame."""
        opcode, length = self.take(2)
        if length == 126:
            length, = struct.unpack(">H", self.take(2))
        elif length == 127:
            length, = struct.unpack(">Q", self.take(8))
        return opcode & 15, self.take(length)

    def event(self):
        while True:
            opcode, payload = self.frame()
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                raise EOFError(f"closed with {payload!r}")

    def close_code(self):
        while True:
            opcode, payload = self.frame()
            if opcode == 8:
                return struct.unpack(">H", payload[:2])[0]


class Running:
    def __init__(self, *options):
        self.process = subprocess.Popen([SERVER, "--port", "0", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        text=True)
        self.line = self.process.stdout.readline()
        self.uri = self.line.split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def once(*options):
    """Of a program that ends by itself."""
    return subprocess.run([SERVER, *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def refused():
    """What cannot be is said in one line that names it; nothing is listened on."""
    folder = tempfile.mkdtemp()
    unknown = Path(folder, "unknown.json")
    unknown.write_text('{"paec": 3}')
    rows = [
        (["--nonsense"], "nonsense"), (["surplus"], "surplus"), (["--port", "70000"], "65535"),
        (["--port", "many"], "many"), (["--provider", "nobody", "--port", "0"], "openai, azure, azure-voice-live, xai"),
        (["--scenario", folder + "/none.json"], "none.json"), (["--scenario", str(unknown)], "paec"),
        (["--bad-key", "softly"], "--bad-key"), (["--log-level", "much"], "log level"),
        (["--record", folder + "/no/such/folder", "--port", "0"], "no/such/folder"),
        (["--host", "no.such.host.invalid", "--port", "0"], "no.such.host.invalid"),
    ]
    for options, part in rows:
        run = once(*options)
        if run.returncode not in (1, 2) or part not in run.stderr or run.stdout:
            yield f"{options}: exit {run.returncode}, {run.stdout!r}, {run.stderr!r}"


def told():
    version = once("--version")
    if version.returncode or not version.stdout.startswith("realtime-server "):
        yield f"version: {version}"
    usage = once("--help").stdout
    for option in ("port", "host", "api-key", "bad-key", "provider", "scenario", "record", "log-level", "version"):
        if f"--{option}" not in usage:
            yield f"--help does not tell of --{option}"


def listens_on_loopback():
    with Running() as server:
        if not server.line.startswith("listening on ws://127.0.0.1:") or not server.uri.endswith("/v1/realtime"):
            yield server.line
        first = Client(server.uri + "?model=m").event()
        if first["type"] != "session.created" or first["session"]["model"] != "m":
            yield str(first)


def another_address():
    with Running("--host", "127.0.0.2") as server:
        if "ws://127.0.0.2:" not in server.line:
            yield server.line
        elif Client(server.uri + "?model=m").event()["type"] != "session.created":
            yield "no session.created"


def providers():
    """Each manner, by something that only it does first."""
    for name, path, second in (("openai", "/v1/realtime", None), ("azure", "/openai/v1/realtime", None),
                               ("azure-voice-live", "/voice-live/realtime", None), ("xai", "/v1/realtime", "ping")):
        with Running("--provider", name) as server:
            if not server.uri.endswith(path):
                yield f"{name}: {server.uri}"
            client = Client(server.uri + "?model=m")
            kinds = [client.event()["type"] for _ in range(3 if second else 1)]
            if "session.created" not in kinds and "conversation.created" not in kinds or second and second not in kinds:
                yield f"{name}: {kinds}"


def keys():
    with Running("--api-key", "right") as server:
        statuses = [Client(server.uri + "?model=m", **headers).status
                    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer right"}, {"api_key": "right"})]
        if statuses != [401, 401, 101, 101]:
            yield f"{statuses}"
    with Running("--api-key", "right", "--bad-key", "event") as server:
        client = Client(server.uri + "?model=m")
        error = client.event()
        if client.status != 101 or error.get("error", {}).get("code") != "invalid_api_key" or client.close_code() != 3000:
            yield f"{client.status}, {error}"


def scenario_and_record():
    folder = Path(tempfile.mkdtemp())
    (folder / "scenario.json").write_text('{"session_seconds": 1}')
    record = folder / "traffic.jsonl"
    with Running("--scenario", str(folder / "scenario.json"), "--record", str(record)) as server:
        client = Client(server.uri + "?model=m")
        client.event()
        if client.close_code() != 1001:
            yield "the session did not end as the scenario says"
        server.process.terminate()
        server.process.wait()
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    if [(line["dir"], line["event"]["type"]) for line in lines][0] != ("S", "session.created"):
        yield f"{lines[:2]}"
    if lines[-1]["event"].get("error", {}).get("code") != "session_expired":
        yield f"{lines[-1]}"


def signals_end_it():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Running() as server:
            client = Client(server.uri + "?model=m")
            client.event()
            server.process.send_signal(number)
            if client.close_code() != 1001 or server.process.wait() != 0:
                yield f"signal {number}: exit {server.process.returncode}"


def main():
    checks = (refused, told, listens_on_loopback, another_address, providers, keys, scenario_and_record, signals_end_it)
    print(f"1..{len(checks)}")
    failed = False
    for number, check in enumerate(checks, 1):
        try:
            problems = list(check())
        except (OSError, EOFError, ValueError, LookupError, subprocess.SubprocessError) as error:
            problems = [repr(error)]
        failed |= bool(problems)
        print(f"{'not ok' if problems else 'ok'} {number} {check.__name__}", *(f"# {problem}" for problem in problems), sep="\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
