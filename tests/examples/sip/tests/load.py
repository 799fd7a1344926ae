#!/usr/bin/env python3
"""Many calls at once: load.py REALTIME_SIP REALTIME_SERVER

The environment says how many and how long: LOAD_CALLS (50), LOAD_SECONDS (30).
"""
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
from fixtures import Agent, Server, need
from programs import Failed, report
from rtp_peers import PACKET_S, Telephones
from sipp import Sipp

CALLS = int(os.environ.get("LOAD_CALLS", "50"))
SECONDS = int(os.environ.get("LOAD_SECONDS", "30"))
TURN_S = 10
ANSWER_MS = 4000
SCENARIO = {"recognizer": "off", "detector": "level", "transcripts": ["hello"] * 1000,
            "sound": {"kind": "tone", "ms": ANSWER_MS}}
SIPP = Path(__file__).parent / "sipp"


def per_call(what, phones):
    values = sorted(what(phone) for phone in phones)
    return f"{values[0]} to {values[-1]}"


def judge(phones):
    """None lost, none silent: every call had its packets, one by one, and its answers."""
    wanted = SECONDS / PACKET_S
    turns = SECONDS // TURN_S
    problems = []
    for number, phone in enumerate(phones, 1):
        if phone.received < wanted * 0.97 or phone.lost:
            problems.append(f"telephone {number}: {phone.received} packets came, {phone.lost} were lost")
        if phone.loud * PACKET_S < turns * ANSWER_MS / 1000 * 0.9 or phone.parts < turns:
            problems.append(f"telephone {number}: {phone.parts} answers, {phone.loud * PACKET_S:.1f} s in all")
    if problems:
        raise Failed("\n".join(problems))


def at_once(program, server_program, folder):
    settings = {"realtime": {"vad-silence-duration": 400}, "max_calls": CALLS, "numbers": {"bot": {}}}
    with Server(server_program, SCENARIO) as server, Telephones(CALLS, turn_s=TURN_S) as phones:
        settings["realtime"]["uri"] = server.uri
        (folder / "ports.csv").write_text("SEQUENTIAL\n" + "".join(f"{p.port};\n" for p in phones.all))
        with Agent(program, folder, settings) as agent:
            idle_kb, idle_cpu = agent.memory_kb(), agent.cpu_s()
            server_cpu = server.cpu_s()
            sipp = Sipp(SIPP / "call.xml", agent.port, "-r", CALLS // 2 or 1, "-d", SECONDS * 1000, "-inf", "ports.csv",
                        folder=folder, calls=CALLS)
            agent.wait_for_count("answered", CALLS)
            agent.wait_for_count("answer heard", CALLS * 2)
            busy_kb, threads = agent.memory_kb(), agent.threads()
            sipp.must_succeed(SECONDS + 60)
            agent.wait_for_count("ended after .*the caller has hung up", CALLS)
            cpu, server_cpu = agent.cpu_s() - idle_cpu, server.cpu_s() - server_cpu
    judge(phones.all)
    gap = max(phone.longest_gap_s for phone in phones.all)
    share = 100 * cpu / SECONDS / CALLS
    return (f"{CALLS} calls of {SECONDS} s: {per_call(lambda p: p.received, phones.all)} packets to each telephone, "
            f"none lost, {per_call(lambda p: p.parts, phones.all)} answers\n"
            f"per call: {share:.2f} % of a core, {(busy_kb - idle_kb) / CALLS:.0f} kB, {threads / CALLS:.1f} threads; "
            f"the server: {100 * server_cpu / SECONDS / CALLS:.2f} % of a core\n"
            f"longest time between two packets: {gap * 1000:.0f} ms")


def main():
    program, server_program = sys.argv[1:3]
    need("sipp", program, server_program)
    with tempfile.TemporaryDirectory() as folder:
        return report([(f"{CALLS} calls at once", lambda: at_once(program, server_program, Path(folder)))])


if __name__ == "__main__":
    sys.exit(main())
