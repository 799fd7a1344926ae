#!/usr/bin/env python3
"""A visitor at a door station: visit.py REALTIME_RTSP_INTERCOM REALTIME_SERVER RECOGNISE TEST_CAMERA"""
import json
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
import speech
from fixtures import Server, need
from programs import Failed, Program, report, until

PROPERTIES = ("vad-silence-duration=400", "input-transcription-model=gpt-4o-transcribe")


class Visit:
    def __init__(self, program, server_program, recognise, camera_program, folder):
        self.program, self.server_program, self.recognise = program, server_program, recognise
        self.camera_program, self.folder = camera_program, folder
        self.question = folder / "question.wav"
        speech.write_wav(self.question, speech.silence(1.5) + speech.spoken_8k() + speech.silence(120))

    def camera(self, name, port=0, says=None):
        camera = Program(self.camera_program, port, says or self.question, self.folder / f"{name}.wav")
        camera.port = int(camera.wait_for(r"listening on (\d+)")[1])
        return camera

    def loud_s(self, name):
        """How much of a tone has come out of that loudspeaker."""
        path = self.folder / f"{name}.wav"
        if not path.exists() or path.stat().st_size < 100:
            return 0
        return sum(end - begin for begin, end in speech.loud_times(*speech.read_wav(path)).parts) / 1000

    def answer_waits(self, name, by_record=False):
        """The camera is killed in the middle of an answer of 4 s: the rest is heard when it is back."""
        asks, silent = self.folder / "tone.wav", self.folder / "silent.wav"
        speech.write_wav(asks, speech.silence(1.5) + speech.tone(0.6) + speech.silence(60))
        speech.write_wav(silent, speech.silence(60))
        scenario = {"recognizer": "off", "detector": "level", "sound": {"kind": "tone", "ms": 4000}}
        with Server(self.server_program, scenario) as server:
            camera = self.camera(f"{name}-first", says=asks)
            url = f"rtsp://127.0.0.1:{camera.port}"
            to = ["--record", f"{url}/record"] if by_record else []
            with Program(self.program, *to, f"{url}/talk", f"uri={server.uri}", *PROPERTIES) as intercom:
                until(lambda: self.loud_s(f"{name}-first") > 1, "the answer begins")
                camera.stop(signal.SIGKILL)
                intercom.wait_for("(camera|recorder) lost")
                lost = len(intercom.lines)
                with self.camera(f"{name}-second", camera.port, silent):
                    intercom.wait_for("camera connected", lost)
                    intercom.wait_for("answer heard", lost)
                if intercom.count("answer heard") != 1:
                    raise Failed(intercom.output())
        first, second = self.loud_s(f"{name}-first"), self.loud_s(f"{name}-second")
        # What was under way to the camera when it was killed is lost.
        if not 3 <= first + second <= 4.2 or second < 1:
            raise Failed(f"{first} s and {second} s of 4 s were heard\n{intercom.output()}")
        return f"{first} s and {second} s of 4 s were heard"

    def silent_camera(self):
        """It stops and its connections stay, as when it is switched off: it is looked for until it is back."""
        with Server(self.server_program) as server:
            camera = self.camera("stopped")
            with Program(self.program, f"rtsp://127.0.0.1:{camera.port}/talk", f"uri={server.uri}",
                         *PROPERTIES) as intercom:
                intercom.wait_for("answer heard")
                camera.process.send_signal(signal.SIGSTOP)
                intercom.wait_for("camera lost: nothing comes from it")
                lost = len(intercom.lines)
                camera.stop(signal.SIGKILL)
                with self.camera("back", camera.port):
                    intercom.wait_for("camera connected", lost)
                    intercom.wait_for("answer heard", lost)

    def heard(self, name, said=speech.ANSWER):
        return speech.must_hear(self.recognise, self.folder / f"{name}.wav", said)

    def backchannel(self):
        """Killed and started again in mid-conversation: the same conversation goes on, in both directions."""
        record = self.folder / "traffic"
        with Server(self.server_program, None, "--record", record) as server:
            camera = self.camera("first")
            with Program(self.program, f"rtsp://127.0.0.1:{camera.port}/talk", f"uri={server.uri}",
                         *PROPERTIES) as intercom:
                intercom.wait_for("visitor: .*forward")
                intercom.wait_for("answer heard")
                camera.stop(signal.SIGKILL)
                intercom.wait_for("camera lost")
                lost = len(intercom.lines)
                with self.camera("second", camera.port):
                    intercom.wait_for("camera connected", lost)
                    intercom.wait_for("visitor: .*forward", lost)
                    # The recogniser may mistake a word the second time: the answer repeats what it understood.
                    said = intercom.wait_for("model: (You said: .*)", lost)[1]
                    intercom.wait_for("answer heard", lost)
        connections = {json.loads(line)["connection"] for line in record.read_text().splitlines()}
        if len(connections) != 1:
            raise Failed(f"{len(connections)} conversations instead of one")
        return "\n".join([self.heard("first"), self.heard("second", said)])

    def by_record(self):
        with Server(self.server_program) as server, self.camera("recorded") as camera:
            url = f"rtsp://127.0.0.1:{camera.port}"
            with Program(self.program, "--record", f"{url}/record", f"{url}/talk", f"uri={server.uri}",
                         *PROPERTIES) as intercom:
                intercom.wait_for("answer heard")
        return self.heard("recorded")


def main():
    programs = sys.argv[1:5]
    need(*programs, speech.SPOKEN)
    with tempfile.TemporaryDirectory() as folder:
        visit = Visit(*programs, Path(folder))
        return report([("by the backchannel, through a restart of the camera", visit.backchannel),
                       ("by RECORD", visit.by_record),
                       ("an answer waits for the camera", lambda: visit.answer_waits("waits")),
                       ("a camera that stops and does not hang up", visit.silent_camera),
                       ("an answer waits for a camera that it goes to by RECORD",
                        lambda: visit.answer_waits("recorded", by_record=True))])


if __name__ == "__main__":
    sys.exit(main())
