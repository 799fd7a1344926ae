"""sipp with a scenario of this folder's callers."""
from programs import Failed, Program


class Sipp(Program):
    """`arguments` as sipp takes them; the statistics of its end are read from its screen."""

    def __init__(self, scenario, port, *arguments, folder, calls=1, service="bot"):
        super().__init__("sipp", f"127.0.0.1:{port}", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-sf", scenario,
                         "-s", service, "-m", calls, "-nostdin", "-trace_err", "-nd", *arguments, folder=folder)

    def must_succeed(self, timeout):
        code = self.wait_end(timeout)
        if code != 0:
            raise Failed(f"sipp ended with {code}: calls failed\n{self.output(60)}")
