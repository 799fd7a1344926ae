"""The development server, the agent, and the reason to skip a test."""
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from programs import Program, until

SKIPPED = 77


def need(*programs):
    """Ends the test as skipped when one of these programs or files is not there."""
    missing = [str(p) for p in programs if not (Path(p).exists() if os.sep in str(p) else shutil.which(str(p)))]
    if missing:
        print("skipped: not installed or not built: " + ", ".join(missing))
        sys.exit(SKIPPED)


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
        self.settings = Path(folder) / "settings.json"
        self.settings.write_text(json.dumps({"port": 0, **settings}))
        super().__init__(program, self.settings, environment=environment)
        self.port = int(self.wait_for(r"listening on sip:127\.0\.0\.1:(\d+)")[1])

    # Between calls: threads that GLib keeps, and the program's own. A thread that GLib keeps for the next task has the
    # name of the last one for some seconds.
    IDLE_THREADS = re.compile(r"realtime-sip|gmain|gdbus|dconf worker|pool-.*")

    def wait_idle(self):
        """Until nothing of a call is left. What then is: threads, descriptors, UDP sockets."""
        def left():
            names = self.thread_names()
            idle = self.udp_ports() == 1 and all(self.IDLE_THREADS.fullmatch(name) for name in names)
            own = [name for name in names if not name.startswith("pool-")]  # a pool's come and go
            return (len(own), len(self.descriptors()), self.udp_ports()) if idle else None
        return until(left, lambda: f"all of the calls is gone: {self.thread_names()}, {self.udp_ports()} UDP sockets\n"
                                   f"{self.output()}")
