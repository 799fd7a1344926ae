#!/usr/bin/env python3
"""Clients of the RTSP server: serve.py REALTIME_RTSP_SERVER REALTIME_SERVER RECOGNISE RTSP_CALLER"""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
import speech
from baresip import free_port
from fixtures import Server, need
from programs import Failed, Program, report

PROPERTIES = ("vad-silence-duration=400", "input-transcription-model=gpt-4o-transcribe")


class Serve:
    def __init__(self, program, server_program, recognise, caller_program, folder):
        self.program, self.server_program, self.recognise = program, server_program, recognise
        self.caller_program, self.folder = caller_program, folder

    def rtsp_server(self, *properties):
        rtsp = Program(self.program, "--port", "0", *properties)
        self.url = rtsp.wait_for(r"listening on (rtsp://\S+)")[1]
        return rtsp

    def caller(self, name, question):
        return Program(self.caller_program, self.url, question, self.folder / f"{name}.wav")

    def one_each(self):
        """Two at a time: each is understood and answered by itself."""
        question, mute = self.folder / "question.wav", self.folder / "mute.wav"
        speech.write_wav(question, speech.silence(0.5) + speech.spoken_8k() + speech.silence(60))
        speech.write_wav(mute, speech.silence(60))
        with Server(self.server_program) as server, \
                self.rtsp_server(f"uri={server.uri}", *PROPERTIES) as rtsp:
            with self.caller("mute", mute) as quiet, self.caller("heard", question) as talking:
                quiet.wait_for("connected")
                talking.wait_for("connected")
                number = rtsp.wait_for(r"conversation (\d): client: go forward ten meters")[1]
                rtsp.wait_for(f"conversation {number}: model: You said")
                rtsp.wait_for(f"conversation {number}: answer heard")
            rtsp.wait_for_count("ended", 2)
            if rtsp.count("model: ") != 1 or rtsp.count("begun") != 2:
                raise Failed("the conversations are not apart:\n" + rtsp.output())
        silent = speech.loud_times(*speech.read_wav(self.folder / "mute.wav"))
        if silent.parts:
            raise Failed("the client who said nothing heard the other's answer")
        return speech.must_hear(self.recognise, self.folder / "heard.wav", speech.ANSWER)

    def refused(self):
        """A server that is not there is the client's error."""
        with self.rtsp_server(f"uri=ws://127.0.0.1:{free_port()}") as rtsp:
            caller = self.caller("refused", self.folder / "question.wav")
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
                       ("a Realtime server that is not there", serve.refused),
                       ("a command line that is wrong", serve.command_line)])


if __name__ == "__main__":
    sys.exit(main())
