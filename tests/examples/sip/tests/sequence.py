#!/usr/bin/env python3
"""Call after call, and nothing stays behind: sequence.py REALTIME_SIP REALTIME_SERVER

The environment says how many: SEQUENCE_CALLS (500).
"""
import os
import re
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
from fixtures import Agent, Server, need
from programs import Failed, report, until
from rtp_peers import TONE, Telephones
from sip_phone import SipPhone
from sipp import Sipp

CALLS = int(os.environ.get("SEQUENCE_CALLS", "500"))
WARM_UP = min(50, CALLS // 2)
SCENARIO = {"recognizer": "off", "detector": "level", "sound": {"kind": "tone", "ms": 200}}
SIPP = Path(__file__).parent / "sipp"
LEAKS = {"GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_NO_COLOR": "1", "GST_LEAKS_TRACER_SIG": "1"}
ALIVE = r"object-alive, type-name=\(string\)"
ANSWERED = 5  # of the calls last until an answer was heard
# SIP remembers a transaction for 32 s after its end. A call that is left behind would be 500 kB, and objects as well.
KB_PER_CALL = 16


def answered(agent, in_call=None):
    with Telephones(1, tone_s=0) as phones:
        audio, heard = phones.all[0], agent.count("answer heard")
        phone = SipPhone(agent.port, audio.port)
        phone.must(200, phone.invite())
        until(lambda: audio.received > 5, "audio flows")
        audio.say_tone(0.4)
        agent.wait_for_count("answer heard", heard + 1)
        if in_call:
            in_call(agent)
        phone.bye()
        phone.close()


def must_count_objects(agent):
    """The tracer finds those of a call that runs: it would find what one leaves behind."""
    agent.process.send_signal(signal.SIGUSR1)
    for kind in ("GstRealtimeSrc", "GstRealtimeSink", "GstUDPSrc", "GstRtpBin"):
        agent.wait_for(ALIVE + kind)


def in_sequence(program, server_program, folder):
    (folder / "tone.ulaw").write_bytes(TONE * 8 * 100)
    settings = {"realtime": {"vad-silence-duration": 200}, "numbers": {"bot": {}}}

    def call(count, total, wait, in_call=None):
        long = min(ANSWERED, count // 2)
        Sipp(SIPP / "speaking_call.xml", agent.port, "-r", 100, "-l", 1, "-d", 60, folder=folder,
             calls=count - long).must_succeed(60 + count)
        for _ in range(long):
            answered(agent, in_call)
        agent.wait_for_count("ended after .*the caller has hung up", total)
        return wait(), agent.memory_kb()

    with Server(server_program, SCENARIO) as server:
        settings["realtime"]["uri"] = server.uri
        with Agent(program, folder, settings, LEAKS) as agent:
            after_few, few_kb = call(WARM_UP, WARM_UP, agent.wait_calls_gone, must_count_objects)
            after_all, all_kb = call(CALLS, WARM_UP + CALLS, agent.wait_idle)
            before_end = len(agent.lines)
            code = agent.stop()
    growth = (all_kb - few_kb) / CALLS
    remark = (f"after {WARM_UP} calls and after {CALLS} more: descriptors, UDP sockets {after_few}, {after_all}; "
              f"{few_kb} kB, {all_kb} kB; no thread of a call is left; "
              f"{agent.count('answer heard')} answers were heard")
    alive = [line for line in agent.lines[before_end:] if re.search(ALIVE + r"\w", line)]
    if any(a > f for a, f in zip(after_all, after_few)) or growth > KB_PER_CALL or code or alive:
        raise Failed("\n".join([remark, f"exit code {code}, {len(alive)} objects are left", *alive[:20]]))
    return remark + "; no GStreamer object is left"


def main():
    program, server_program = sys.argv[1:3]
    need("sipp", program, server_program)
    with tempfile.TemporaryDirectory() as folder:
        return report([(f"{CALLS} calls in sequence", lambda: in_sequence(program, server_program, Path(folder)))])


if __name__ == "__main__":
    sys.exit(main())
