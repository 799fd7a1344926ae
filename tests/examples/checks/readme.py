#!/usr/bin/env python3
"""Follows the README of an example to the letter: readme.py SOURCE_ROOT EXAMPLE PROGRAM_FOLDER...

In a network of its own, so that the ports which the README names are free; its programs are found in the folders.
"""
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import speech
from baresip import Caller
from fixtures import need, skip
from programs import Program, report, until

SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41


def enter_own_network():
    """Starts this script again where 127.0.0.1 is its own; ends as skipped where that is not allowed."""
    if os.environ.get("OWN_NETWORK") != "1":
        # As root, also in a changed root, where no user namespace can be made.
        how = "-n" if os.geteuid() == 0 else "-rn"
        if subprocess.run(["unshare", how, "true"], capture_output=True, check=False).returncode:
            skip("no network namespace can be made")
        os.environ["OWN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", how, sys.executable, *sys.argv])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


class Commands(Program):
    """A block of shell commands, ended by Ctrl-C; those in the background end with them."""

    def __init__(self, text, folder):
        super().__init__("setsid", "bash", "-c", f"trap : INT\n{text}\necho all ended\nwait", folder=folder)

    def stop(self, how=signal.SIGINT, timeout=60):
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.wait_for("^all ended", timeout=timeout)
            os.killpg(self.process.pid, signal.SIGTERM)
        return self.wait_end(timeout)


class Readme:
    def __init__(self, root, example):
        self.root, self.text = root, (root / "tests/examples" / example / "README.md").read_text(encoding="utf-8")
        self.blocks = re.findall(r"^```sh\n(.*?)^```", self.text, re.S | re.M)

    def sip(self, folder):
        need("baresip")
        dialled = re.search(r"`baresip -e '/dial (\S+)'`", self.text)[1]
        question = folder / "question.wav"
        speech.write_wav(question, speech.silence(0.5) + speech.spoken_8k() + speech.silence(60))
        with Commands(self.blocks[0], self.root) as commands:
            commands.wait_for("^listening on sip:127.0.0.1:5060")
            caller = Caller(folder / "caller", question, dialled)
            commands.wait_for("caller: go forward ten meters")
            commands.wait_for("answer heard")
            caller.hang_up()
            commands.wait_for("the caller has hung up")
            caller.quit()

    def rtsp_server(self, folder):
        with Commands(self.blocks[0], self.root) as commands:
            commands.wait_for("^listening on rtsp://127.0.0.1:8554/talk")
            heard = folder / "heard.wav"
            with Commands(self.blocks[1], folder):
                commands.wait_for("answer heard")
            until(lambda: heard.exists() and speech.loud_times(*speech.read_wav(heard)).parts, "the greeting is heard")

    def rtsp_intercom(self, _folder):
        with Commands(self.blocks[0], self.root) as commands:
            commands.wait_for("^camera connected")
            commands.wait_for("^visitor: .*home")
            commands.wait_for("^model: You said")
            commands.wait_for("^answer heard")


def main():
    root, example, *folders = sys.argv[1:]
    need(speech.SPOKEN, "unshare", "gst-launch-1.0", *folders)
    enter_own_network()
    os.environ["PATH"] = ":".join([*(os.path.abspath(f) for f in folders), os.environ["PATH"]])
    readme = Readme(Path(root), example)
    with tempfile.TemporaryDirectory() as folder:
        follow = getattr(readme, example.replace("-", "_"))
        return report([(f"the README of {example}", lambda: follow(Path(folder)))])


if __name__ == "__main__":
    sys.exit(main())
