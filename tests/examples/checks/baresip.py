"""baresip as a headless caller: it plays a file, and keeps what it says and hears."""
import json
import os
import socket
from pathlib import Path

from programs import Failed, Program, until

MODULES = Path("/usr/lib/baresip/modules")
CONFIG = """\
poll_method epoll
module_path {modules}
module stdio.so
module g711.so
module aufile.so
module auconv.so
module auresamp.so
module menu.so
module sndfile.so
module_tmp account.so
module_app ctrl_tcp.so
rtp_timeout 20
audio_buffer 20-160
call_max_calls 1
sip_listen 127.0.0.1:0
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,{play}
snd_path {folder}
net_interface 127.0.0.1
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Caller:
    """Calls `uri` and plays the WAV file; what it said and heard stands in `folder`, sample by sample."""

    def __init__(self, folder, play, uri, codec="pcmu"):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.control_port = free_port()
        (self.folder / "config").write_text(
            CONFIG.format(modules=MODULES, control=self.control_port, play=play, folder=self.folder))
        (self.folder / "accounts").write_text(f"<sip:caller@127.0.0.1>;regint=0;audio_codecs={codec}\n")
        (self.folder / "contacts").write_text("")
        self.program = Program("baresip", "-f", self.folder, "-e", f"/dial {uri}")

    def command(self, name, parameters=""):
        text = json.dumps({"command": name, "params": parameters})
        with socket.create_connection(("127.0.0.1", self.control_port), timeout=10) as control:
            control.sendall(f"{len(text)}:{text},".encode())
            control.recv(4096)

    def hang_up(self):
        self.command("hangup")
        self.program.wait_for(r"terminate|Call with .* terminated|session closed")

    def _recording(self, kind):
        found = sorted(self.folder.glob(f"dump-*-{kind}.wav"), key=os.path.getmtime)
        if not found:
            raise Failed(f"baresip kept no recording\n{self.program.output()}")
        return found[-1]

    def said(self):
        return self._recording("enc")

    def heard(self):
        return self._recording("dec")

    def quit(self):
        self.program.stop()
        until(lambda: self.program.process.poll() is not None, "baresip ends")
