#!/usr/bin/env python3
"""Clients of the RTSP server: serve.py REALTIME_RTSP_SERVER REALTIME_SERVER RECOGNISE RTSP_CALLER"""
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
import speech
from baresip import free_port
from fixtures import Server, need
from programs import Failed, Program, report, until

PROPERTIES = ("vad-silence-duration=400", "input-transcription-model=gpt-4o-transcribe")


class Serve:
    def __init__(self, program, server_program, recognise, caller_program, folder):
        self.program, self.server_program, self.recognise = program, server_program, recognise
        self.caller_program, self.folder = caller_program, folder

    def rtsp_server(self, *properties):
        rtsp = Program(self.program, "--port", "0", *properties)
        rtsp.url = rtsp.wait_for(r"listening on (rtsp://\S+)")[1]
        return rtsp

    def caller(self, rtsp, name, question):
        return Program(self.caller_program, rtsp.url, question, self.folder / f"{name}.wav")

    def quiet(self, name):
        path = self.folder / f"{name}-says.wav"
        speech.write_wav(path, speech.silence(60))
        return path

    # Of the program and of GLib, which keeps some threads for the next task.
    IDLE_THREADS = re.compile(r"realtime-rtsp-s|gmain|gdbus|dconf worker|pool-.*")

    def idle(self, rtsp, ended, timeout=60):
        """How many descriptors are left when so many conversations have ended, and no thread of one."""
        rtsp.wait_for_count("conversation .*: ended", ended, timeout)
        until(lambda: all(self.IDLE_THREADS.fullmatch(name) for name in rtsp.thread_names()),
              lambda: f"no thread of a conversation is left: {rtsp.thread_names()}")
        return len(rtsp.descriptors())

    def after_one(self, rtsp, name):
        """The same when a first client has come and gone: GLib has what it keeps."""
        with self.caller(rtsp, name, self.quiet(name)) as caller:
            caller.wait_for("connected")
        return self.idle(rtsp, 1)

    def must_be_idle(self, rtsp, ended, before):
        until(lambda: self.idle(rtsp, ended, timeout=120) <= before,
              lambda: f"no descriptor of a client is left: {before} before, now {rtsp.descriptors()}")

    def one_each(self):
        """Two at a time: each is understood and answered by itself."""
        question = self.folder / "question.wav"
        speech.write_wav(question, speech.silence(0.5) + speech.spoken_8k() + speech.silence(60))
        with Server(self.server_program) as server, \
                self.rtsp_server(f"uri={server.uri}", *PROPERTIES) as rtsp:
            before = self.after_one(rtsp, "first")
            with self.caller(rtsp, "mute", self.quiet("mute")) as quiet, \
                    self.caller(rtsp, "heard", question) as talking:
                quiet.wait_for("connected")
                talking.wait_for("connected")
                number = rtsp.wait_for(r"conversation (\d): client: go forward ten meters")[1]
                rtsp.wait_for(f"conversation {number}: model: You said")
                rtsp.wait_for(f"conversation {number}: answer heard")
            self.must_be_idle(rtsp, 3, before)
            if rtsp.count("model: ") != 1 or rtsp.count("begun") != 3:
                raise Failed("the conversations are not apart:\n" + rtsp.output())
        silent = speech.loud_times(*speech.read_wav(self.folder / "mute.wav"))
        if silent.parts:
            raise Failed("the client who said nothing heard the other's answer")
        return speech.must_hear(self.recognise, self.folder / "heard.wav", speech.ANSWER)

    def vanished(self):
        """A client that is killed takes no leave; another talks meanwhile, and nothing of either is left."""
        with Server(self.server_program) as server, self.rtsp_server(f"uri={server.uri}") as rtsp:
            before = self.after_one(rtsp, "first-of-two")
            with self.caller(rtsp, "staying", self.quiet("staying")) as staying:
                staying.wait_for("connected")
                caller = self.caller(rtsp, "killed", self.quiet("killed"))
                caller.wait_for("connected")
                caller.stop(signal.SIGKILL)
                rtsp.wait_for("conversation 3: ended", timeout=120)
                if rtsp.count("conversation 2: ended"):
                    raise Failed("the other client's conversation has ended as well:\n" + rtsp.output())
            self.must_be_idle(rtsp, 3, before)
        return f"{before} descriptors before and after them, no thread of a conversation"

    def refused(self):
        """A server that is not there is the client's error."""
        with self.rtsp_server(f"uri=ws://127.0.0.1:{free_port()}") as rtsp:
            caller = self.caller(rtsp, "refused", self.quiet("refused"))
            caller.wait_for("^error: ")
            caller.stop()
            rtsp.wait_for("failed: .*refused")

    def command_line(self):
        for words, part in ((["voic=x"], "voic=x is no PROPERTY=VALUE"), (["session=x"], "session=x is no"),
                            (["--prot", "1"], "--prot")):
            done = subprocess.run([self.program, *words], capture_output=True, text=True)
            if done.returncode != 2 or part not in done.stderr:
                raise Failed(f"{words}: {done.returncode}, {done.stderr}")


def main():
    program, server_program, recognise, caller_program = sys.argv[1:5]
    need(program, server_program, recognise, caller_program, speech.SPOKEN)
    with tempfile.TemporaryDirectory() as folder:
        serve = Serve(program, server_program, recognise, caller_program, Path(folder))
        return report([("every client has a conversation", serve.one_each),
                       ("a client that vanishes", serve.vanished),
                       ("a Realtime server that is not there", serve.refused),
                       ("a command line that is wrong", serve.command_line)], at_once=2)


if __name__ == "__main__":
    sys.exit(main())
