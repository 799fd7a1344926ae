#!/usr/bin/env python3
"""Runs realtime-talk as README.md's first command does: talk.py SOURCE_ROOT REALTIME_TALK REALTIME_SERVER"""
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import local_server
import markdown


def talk(program, folder, *arguments):
    return subprocess.run([program, *arguments], cwd=folder, text=True, capture_output=True, timeout=150,
                          stdin=subprocess.DEVNULL)


def line_of_readme(root):
    """The words of the launch line that README.md says is run."""
    block = next(b for b in markdown.blocks(root / "README.md") if "run" in b.words)
    return shlex.split(block.text.replace("\\\n", " "))


def without_port(words):
    return [re.sub(r"^(uri=ws://127\.0\.0\.1:)\d+.*", r"\1", word) for word in words]


def converses(program, root):
    with tempfile.TemporaryDirectory() as folder:
        done = talk(program, folder)
        problems = [f"exit code {done.returncode}"] if done.returncode else []
        shown = re.search(r"^\$ (.*)$", done.stdout, re.M)
        if not shown or without_port(shlex.split(shown[1])) != without_port(line_of_readme(root)):
            problems.append("the line it runs is not README.md's")
        if "question: go forward ten meters" not in done.stdout:
            problems.append("the question's words are not printed")
        if not re.search(r"^answer: .*forward", done.stdout, re.M):
            problems.append("the answer's words are not printed, or do not repeat the question")
        delay = re.search(r"heard (\d+) ms after the end of the question, (\d+) ms", done.stdout)
        if not delay or int(delay[1]) < int(delay[2]):
            problems.append("the delay is not printed, or is shorter than the silence that ends the question")
        reply = Path(folder) / "reply.wav"
        if not reply.exists() or local_server.spoken_seconds(reply) < 0.5:
            problems.append("reply.wav holds no speech")
        return problems + [done.stdout, done.stderr] if problems else []


def fails_clearly(program, arguments, word):
    with tempfile.TemporaryDirectory() as folder:
        done = talk(program, folder, *arguments)
        problems = [] if done.returncode == 1 else [f"exit code {done.returncode}"]
        if word not in done.stderr:
            problems.append(f"it does not say {word}")
        return problems + [done.stdout, done.stderr] if problems else []


def main():
    root, program, server = Path(sys.argv[1]), *sys.argv[2:4]
    local_server.need(program, server, local_server.SPOKEN)
    return local_server.report([
        ("a spoken question is answered", converses(program, root)),
        ("nobody listens there", fails_clearly(program, ["--uri", "ws://127.0.0.1:1"], "refused")),
        ("no such recording", fails_clearly(program, ["missing.wav"], "no file missing.wav"))])


if __name__ == "__main__":
    sys.exit(main())
