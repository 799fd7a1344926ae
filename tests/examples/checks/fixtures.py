"""The development server, the agent, and the reason to skip a test."""
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from programs import Program, until


def skip(reason):
    """Ends the test, in the words of TAP, as one that cannot be held here."""
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def need(*programs):
    """Ends the test as skipped when one of these programs or files is not there."""
    missing = [str(p) for p in programs if not (Path(p).exists() if os.sep in str(p) else shutil.which(str(p)))]
    if missing:
        skip("not installed or not built: " + ", ".join(missing))


class Server(Program):
    """realtime-server on a port that the system chose."""

    def __init__(self, program, scenario=None, *options):
        if scenario is not None:
            with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
                json.dump(scenario, file)
            options += ("--scenario", file.name)
        super().__init__(program, "--port", "0", *options)
        self.uri = self.wait_for(r"listening on (ws://\S+)")[1]
        if scenario is not None:
            os.unlink(file.name)


class Agent(Program):
    """realtime-sip on a port that the system chose."""

    def __init__(self, program, folder, settings, environment=None):
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir=folder, delete=False) as file:
            json.dump({"port": 0, **settings}, file)
        self.settings = file.name
        super().__init__(program, self.settings, environment=environment)
        self.port = int(self.wait_for(r"listening on sip:\S+:(\d+)")[1])

    def wait_calls_gone(self):
        """Until no call has a socket or a thread of its own. How many descriptors are left, and UDP sockets."""
        def left():
            gone = self.udp_ports() == [self.port] and not {"rtpsession-rtcp", "realtime-io"} & set(self.thread_names())
            return (len(self.descriptors()), 1) if gone else None
        return until(left, lambda: f"all of the calls is gone: {self.thread_names()}, UDP ports {self.udp_ports()}\n"
                                   f"{self.output()}")

    # Of the program, of GLib and of the leaks tracer. A thread that GLib keeps for the next task has the name of the
    # last one for 15 s.
    IDLE_THREADS = re.compile(r"realtime-sip|gmain|gdbus|dconf worker|gstleak-signal|pool-.*")

    def wait_idle(self):
        """The same, until no thread is left either that could be one of a call's."""
        until(lambda: all(self.IDLE_THREADS.fullmatch(name) for name in self.thread_names()),
              lambda: f"no thread of a call is left: {self.thread_names()}")
        return self.wait_calls_gone()
