#!/usr/bin/env python3
"""A person calls with baresip: talk.py REALTIME_SIP REALTIME_SERVER RECOGNISE"""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
import speech
from baresip import Caller
from fixtures import Server, Agent, need
from programs import Failed, report

REALTIME = {"vad-silence-duration": 400, "input-transcription-model": "gpt-4o-transcribe"}
LIMIT_MS = 300
# The detector needs three frames of 20 ms: an answer that ends sooner was not ended by the caller's words.
EARLIEST_MS = 60
# A busy machine may be late: of so many calls, so many must be in time.
TRIES, IN_TIME = 5, 2


def main():
    program, server_program, recognise = sys.argv[1:4]
    need("baresip", program, server_program, recognise, speech.SPOKEN)
    with tempfile.TemporaryDirectory() as folder:
        return report(Talk(Path(folder), program, server_program, recognise).checks())


class Talk:
    def __init__(self, folder, program, server_program, recognise):
        self.folder, self.program, self.server_program, self.recognise = folder, program, server_program, recognise

    def checks(self):
        return [("an answer in words is heard, in each law", self.answered),
                ("the caller interrupts the answer within 300 ms", self.interrupts)]

    def agent(self, server):
        return Agent(self.program, self.folder, {"realtime": {**REALTIME, "uri": server.uri}, "numbers": {"bot": {}}})

    def answered(self):
        play = self.folder / "question.wav"
        speech.write_wav(play, speech.silence(0.5) + speech.spoken_8k() + speech.silence(60))
        remarks = []
        with Server(self.server_program) as server, self.agent(server) as agent:
            left = []
            for codec in ("pcmu", "pcma"):
                start = len(agent.lines)
                caller = Caller(self.folder / codec, play, f"sip:bot@127.0.0.1:{agent.port}", codec)
                agent.wait_for(f"answered, {codec.upper()}", start)
                agent.wait_for("answer heard", start)
                caller.hang_up()
                agent.wait_for("ended after .*the caller has hung up", start)
                caller.quit()
                left.append(agent.wait_calls_gone())
                remarks.append(codec + ": " + speech.must_hear(self.recognise, caller.heard(), speech.ANSWER))
            agent.wait_idle()
        if any(after > before for before, after in zip(*left)):
            raise Failed(f"descriptors grow with each call: {left}")
        remarks.append("after each call %d descriptors, %d UDP socket, no thread of it" % left[1])
        return "\n".join(remarks)

    def interrupts(self):
        """A tone is the answer; what is said into it ends it."""
        play = self.folder / "interruption.wav"
        speech.write_wav(play, speech.silence(0.5) + speech.spoken_8k() + speech.silence(3.5) + speech.spoken_8k() +
                         speech.silence(60))
        delays = []
        while in_time(delays) < IN_TIME and len(delays) - in_time(delays) <= TRIES - IN_TIME:
            delays.append(self.interrupt_once(play, self.folder / f"interrupting-{len(delays)}"))
        text = ", ".join(f"{delay} ms" for delay in delays)
        if in_time(delays) < IN_TIME:
            raise Failed(f"the answer goes on for {text} into the caller's words")
        return f"silent {text} after the caller's first sound, in the caller's own recordings"

    def interrupt_once(self, play, folder):
        tone = {"match": "tell", "say": "a tone", "sound": {"kind": "tone", "ms": 30000}}
        with Server(self.server_program, {"transcripts": ["tell me"], "replies": [tone]}) as server, \
                self.agent(server) as agent:
            caller = Caller(folder, play, f"sip:bot@127.0.0.1:{agent.port}")
            agent.wait_for("interrupted")
            agent.wait_for_count("answer heard|interrupted", 2)  # a second answer, to the interruption
            caller.hang_up()
            agent.wait_for("ended after")
            caller.quit()
        return delay_ms(speech.loud_times(*speech.read_wav(caller.said())),
                        speech.loud_times(*speech.read_wav(caller.heard())))


def in_time(delays):
    return sum(delay <= LIMIT_MS for delay in delays)


def delay_ms(said, heard):
    """From the first sound of the second utterance to the last of the tone, in samples of the caller's recordings.

    Both go on until the call ends, and may have begun at different moments: the longer of the two readings counts.
    """
    if len(said.parts) < 2 or not heard.parts:
        raise Failed(f"baresip said {said.parts} and heard {heard.parts}")
    spoken, silent = said.parts[1][0], heard.parts[0][1]
    if silent - heard.parts[0][0] > 20000:
        raise Failed("the tone was not interrupted")
    if heard.parts[0][0] >= spoken:
        raise Failed("the tone began after the caller's words")
    delay = max(silent - spoken, (silent - heard.length) - (spoken - said.length))
    if delay < EARLIEST_MS:
        raise Failed(f"the tone ended {delay} ms after the caller's first sound: not because of it")
    return delay


if __name__ == "__main__":
    sys.exit(main())
