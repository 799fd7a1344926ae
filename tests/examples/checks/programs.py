"""Programs as a test sees them: their lines, with deadlines, and what the kernel says of them."""
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import threading
import time

DEADLINE_S = 60


class Failed(Exception):
    """A check that does not hold; its text is shown."""


class Skipped(Exception):
    """A check that cannot be held here, and why."""


def until(holds, what, timeout=DEADLINE_S):
    """Asks again and again: for what the kernel knows and nobody tells."""
    end = time.monotonic() + timeout
    while not (value := holds()):
        if time.monotonic() > end:
            raise Failed(f"not within {timeout} s: {what() if callable(what) else what}")
        threading.Event().wait(0.02)
    return value


class Program:
    """Runs until stop(), or the end of the `with`."""

    def __init__(self, *command, environment=None, folder=None):
        self.command = [str(word) for word in command]
        self.lines = []
        self._changed = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace", cwd=folder,
                                        env={**os.environ, **(environment or {})})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _search(self, pattern, start):
        for line in self.lines[start:]:
            if match := re.search(pattern, line):
                return match
        return None

    def wait_for(self, pattern, start=0, timeout=DEADLINE_S):
        """The first match from line `start` on."""
        with self._changed:
            self._changed.wait_for(lambda: self._search(pattern, start) or self._ended, timeout)
            if match := self._search(pattern, start):
                return match
        raise Failed(f"{self.command[0]} did not say /{pattern}/\n{self.output()}")

    def count(self, pattern):
        with self._changed:
            return sum(1 for line in self.lines if re.search(pattern, line))

    def wait_for_count(self, pattern, count, timeout=DEADLINE_S):
        with self._changed:
            self._changed.wait_for(lambda: sum(1 for line in self.lines if re.search(pattern, line)) >= count
                                   or self._ended, timeout)
        if (seen := self.count(pattern)) < count:
            raise Failed(f"{self.command[0]} said /{pattern}/ {seen} times, not {count}\n{self.output()}")

    def output(self, last=40):
        with self._changed:
            return "\n".join(self.lines[-last:])

    def wait_end(self, timeout=DEADLINE_S):
        """The exit code."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.command[0]} did not end within {timeout} s\n{self.output()}") from None
        self._reader.join()
        return code

    def stop(self, how=signal.SIGTERM, timeout=DEADLINE_S):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.wait_end(timeout)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        else:
            self.stop()

    # ---- what the kernel says ----

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def thread_names(self):
        names = []
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                with open(f"/proc/{self.process.pid}/task/{task}/comm", encoding="utf-8") as name:
                    names.append(name.read().strip())
            except (FileNotFoundError, ProcessLookupError):
                pass
        return sorted(names)

    def descriptors(self):
        found = []
        for name in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                found.append(os.readlink(f"/proc/{self.process.pid}/fd/{name}"))
            except FileNotFoundError:
                pass
        return found

    def udp_ports(self):
        """The ports of its UDP sockets."""
        with open(f"/proc/{self.process.pid}/net/udp", encoding="ascii") as table:
            rows = [line.split() for line in list(table)[1:]]
        port_of = {f"socket:[{row[9]}]": int(row[1].rpartition(":")[2], 16) for row in rows}
        return sorted(port_of[d] for d in self.descriptors() if d in port_of)

    def memory_kb(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as rollup:
            return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def outcome(check):
    """What there is to say, whether it holds, and why it was skipped."""
    try:
        return check() or "", True, ""
    except Failed as failure:
        return str(failure), False, ""
    except Skipped as reason:
        return "", True, f" # SKIP {reason}"


def report(checks, at_once=1):
    """Runs (name, function) pairs; prints TAP; returns the exit code. A function returns a remark, or nothing."""
    print(f"1..{len(checks)}", flush=True)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        outcomes = pool.map(outcome, [check for _, check in checks])
        for number, ((name, _), (remark, good, skipped)) in enumerate(zip(checks, outcomes), 1):
            failures += not good
            print(f"{'ok' if good else 'not ok'} {number} {name}{skipped}", flush=True)
            for line in remark.splitlines():
                print(f"# {line}", flush=True)
            if not good: # what the test's runner shows of a failure
                print(f"{name}: {remark}", file=sys.stderr, flush=True)
    return 1 if failures else 0
