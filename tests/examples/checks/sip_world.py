"""Where the calls of a test take place: a server, the agent, and telephones that say what the test wants."""
import contextlib
import json
import sys
import tempfile
from pathlib import Path

from fixtures import Agent, Server, need
from programs import Failed, report, until
from rtp_peers import Telephones
from sip_phone import SipPhone

QUIET = {"recognizer": "off", "detector": "level"}


def tone(match, ms, **more):
    return {"match": match, "times": 0, "say": "a tone", "sound": {"kind": "tone", "ms": ms}, **more}


def expect(holds, what):
    if not holds:
        raise Failed(what)


def no_more(audio, packets=15):
    """As long as a telephone sends `packets`, none comes."""
    sent, received = audio.sent, audio.received
    until(lambda: audio.sent - sent >= packets, "the telephone sends")
    return audio.received == received


def traffic(record):
    """(who sent it, on which connection, event) of what the server has recorded."""
    lines = map(json.loads, record.read_text().splitlines())
    return [(line["dir"], line["connection"], line["event"]) for line in lines if "event" in line]


class World:
    def __init__(self, program, server_program, folder):
        self.program, self.server_program, self.folder = program, server_program, folder

    @contextlib.contextmanager
    def world(self, scenario=None, number=None, server_options=(), environment=None, telephones=1, address="127.0.0.1",
              **settings):
        """A server, an agent whose number is `bot`, and telephones that say nothing: the SIP of the first, and all."""
        with Server(self.server_program, {**QUIET, **(scenario or {})}, *server_options) as server, \
                Telephones(telephones, tone_s=0, address=address) as phones:
            settings = {"realtime": {"uri": server.uri}, "numbers": {"bot": number or {}}, "address": address,
                        **settings}
            with Agent(self.program, self.folder, settings, environment) as agent:
                yield agent, SipPhone(agent.port, phones.all[0].port, address=address), *phones.all

    def checks(self):
        """(what, the method that tries it) of each."""
        raise NotImplementedError

    @classmethod
    def main(cls):
        program, server_program = sys.argv[1:3]
        need(program, server_program)
        with tempfile.TemporaryDirectory() as folder:
            return report(cls(program, server_program, Path(folder)).checks(), at_once=4)
