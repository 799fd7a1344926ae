#!/usr/bin/env python3
"""Every way a call can go, with peers that say exactly what a test wants: dialogs.py REALTIME_SIP REALTIME_SERVER"""
import contextlib
import re
import signal
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
from baresip import free_port
from programs import until
from registrar import Registrar
from rtp_peers import PACKET_S
from sip_phone import SipPhone
from sip_world import World, expect, tone, traffic


def free_pair():
    """An even port and the next one that nobody has."""
    while True:
        low = free_port() // 2 * 2
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", low))
            two.bind(("127.0.0.1", low + 1))
            return [low, low + 1]


class Dialogs(World):
    # ---- refused ----

    def unknown_number(self):
        with self.world() as (agent, _, audio):
            phone = SipPhone(agent.port, audio.port, number="nobody")
            phone.must(404, phone.invite())
            agent.wait_for("refused: 404")

    def refused_key(self):
        with self.world(server_options=("--api-key", "right"), environment={"OPENAI_API_KEY": "wrong"}) as \
                (agent, phone, _):
            phone.must(503, phone.invite())
            agent.wait_for("refused: 503, not-authorized: ")
            expect(not agent.count("wrong"), "the key is printed")

    def server_refuses(self):
        """What the server answers instead of 101, and what the caller is told."""
        for http, status, kind in ((401, 503, "not-authorized"), (403, 503, "not-authorized"), (404, 503, "not-found"),
                                   (302, 503, "redirected"), (429, 503, "rate-limited"),
                                   (500, 503, "server-unavailable"), (400, 503, "handshake-rejected")):
            fault = {"http_status": http, **({"location": "ws://127.0.0.1:9/"} if http == 302 else {})}
            with self.world({"faults": fault}) as (agent, phone, _):
                reply = phone.must(status, phone.invite())
                agent.wait_for(f"refused: {status}, {kind}: ")
            later = kind in ("rate-limited", "server-unavailable")
            expect(reply.headers.get("retry-after", "").isdecimal() == later, f"{http}: Retry-After")

    def unreachable_server(self):
        with self.world(realtime={"uri": f"ws://127.0.0.1:{free_port()}"}) as (agent, phone, _):
            phone.must(503, phone.invite())
            agent.wait_for("refused: 503, connection-refused: ")

    def silent_server(self):
        with self.world({"faults": {"deaf": True}}, {"realtime": {"connect-timeout": 300}}) as (agent, phone, _):
            phone.must(504, phone.invite())
            agent.wait_for("refused: 504, timed-out: ")

    def bad_offers(self):
        with self.world() as (agent, phone, _):
            offer = phone.offer()
            bad = {"no common codec": (488, offer.replace("AVP 0 101", "AVP 9")),
                   "a name in c=": (488, phone.offer(address="phone.example")),
                   "half a c= line": (400, offer.replace("c=IN IP4 127.0.0.1", "c=IN")),
                   "a c= line of nonsense": (400, offer.replace("c=IN IP4 127.0.0.1", "c=X Y Z")),
                   "an address of IPv6, which the agent's cannot reach": (488, phone.offer(address="::1")),
                   "truncated in m=": (400, offer[:offer.index("m=audio") + len("m=audio")]),
                   "truncated after v=": (400, "v=0\r\n"),
                   "no SDP at all": (400, "hello")}
            for what, (status, body) in bad.items():
                caller = SipPhone(agent.port)
                reply = caller.invite(body)
                expect(reply.status == status, f"{what}: {reply.first}, not {status}")
                expect("warning" in reply.headers, f"{what}: without a Warning")
                expect(("IPv6" in what) == reply.headers["warning"].startswith("300 "), reply.headers["warning"])
            caller = SipPhone(agent.port)
            reply = caller.must(415, caller.invite("<x/>", kind="text/xml"))
            expect(reply.headers.get("accept") == "application/sdp", "415 names no type that is accepted")
            agent.wait_calls_gone()

    def bad_messages(self):
        with self.world() as (agent, phone, _):
            good = phone.request("INVITE", phone.offer())
            answered = {"a CSeq without number": good.replace("CSeq: 1 INVITE", "CSeq: x INVITE"),
                        "no From": re.sub(r"From: .*\r\n", "", good), "no Call-ID": re.sub(r"Call-ID: .*\r\n", "", good)}
            for what, text in answered.items():
                phone.send(text)
                reply = phone.receive()
                expect(reply.status == 400, f"{what}: {reply.first}")
            for text in (good[:100], "\0" * 50, "INVITE\r\n\r\n", good.replace("SIP/2.0", "SIP/9.0", 1), "\r\n\r\n"):
                phone.send(text)  # may be answered or not
            phone = SipPhone(agent.port)
            phone.send(phone.request("OPTIONS"))
            phone.must(200, phone.final("OPTIONS"))

    def busy(self):
        with self.world(max_calls=1) as (agent, phone, audio):
            phone.must(200, phone.invite())
            second = SipPhone(agent.port, audio.port)
            second.must(486, second.invite())
            phone.bye()
            agent.wait_calls_gone()

    # ---- the dialog ----

    def cancelled(self):
        with self.world({"faults": {"deaf": True}}) as (agent, phone, _):
            phone.send(phone.request("INVITE", phone.offer()))
            until(lambda: phone.receive().status == 180, "it rings")
            phone.send(phone.request("CANCEL", sequence=phone.sequence))
            phone.must(487, phone.final("INVITE"))
            phone.ack()
            agent.wait_for("the caller has cancelled")
            agent.wait_calls_gone()

    def late_answer(self):
        """The INVITE holds no offer: ours comes with 200, the peer's answer with ACK."""
        with self.world({"replies": [tone(".*", 600)]}, {"realtime": {"greeting": ""}}) as (agent, phone, audio):
            reply = phone.must(200, phone.invite("", acknowledge=False))
            expect("m=audio" in reply.body and "PCMU" in reply.body, f"no offer: {reply.body}")
            expect(audio.received == 0, "audio came before an address was known")
            phone.ack(phone.offer())
            agent.wait_for("answer heard")
            phone.bye()
        expect(audio.loud >= 28, f"{audio.loud} packets of the greeting were heard")

    def changed_codec(self):
        with self.world() as (agent, phone, audio):
            phone.must(200, phone.invite())
            phone.must(488, phone.invite(phone.offer().replace("AVP 0 101", "AVP 8 101")))
            sent = audio.received
            until(lambda: audio.received > sent + 10, "the call goes on")
            phone.bye()

    def server_lost(self):
        ending = {"faults": {"endings": [{"after_ms": 500, "close_code": 0}]}}
        with self.world(ending, {"realtime": {"retries": 0}}) as (agent, phone, _):
            phone.must(200, phone.invite())
            expect("cause=503" in phone.wait_for_bye().headers.get("reason", ""), "BYE gives no reason")
            agent.wait_for("ended after .*closed")

    # ---- the model ----

    def keys(self):
        with self.world({"replies": [tone("keys of the telephone: 42#", 400)]}, keys_pause_ms=300) as \
                (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.received > 5, "audio flows")
            for key in "42#":
                audio.press(key)
            agent.wait_for("key #")
            agent.wait_for("model: a tone")
            phone.bye()
            expect(agent.count(" key ") == 3, "each key is told once")

    def farewell(self):
        goodbye = {"match": ".*", "parts": [{"say": "goodbye", "sound": {"kind": "tone", "ms": 1500}},
                                            {"call": {"name": "hang_up", "arguments": {}}}]}
        with self.world({"replies": [goodbye]}, keys_pause_ms=100) as (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.received > 5, "audio flows")
            audio.press("1")
            phone.wait_for_bye()
            loud = audio.loud
            agent.wait_for("the model has said goodbye")
            agent.wait_calls_gone()
        expect(loud * PACKET_S > 1.4, f"{loud * PACKET_S:.2f} s of the farewell were heard before BYE")

    def function(self):
        number = {"tools": [{"name": "get_time", "command": ["sh", "-c", "read x; echo seven, $x"]}]}
        record = self.folder / "traffic"
        replies = [{"match": "keys", "call": {"name": "get_time", "arguments": {"zone": "UTC"}}}]
        with self.world({"replies": replies}, number, ("--record", record), keys_pause_ms=100) as (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.received > 5, "audio flows")
            audio.press("1")
            agent.wait_for(r"get_time\(")
            agent.wait_for("model: ")
            phone.bye()
        outputs = [event["item"]["output"] for _, _, event in traffic(record)
                   if event["type"] == "conversation.item.create" and event["item"]["type"] == "function_call_output"]
        expect(any("seven, {" in text for text in outputs), f"outputs: {outputs}")

    def numbers(self):
        """Each number has settings of its own, at the same time."""
        record = self.folder / "settings"
        numbers = {"bot": {"realtime": {"instructions": "one", "voice": "ash", "turn-detection": "semantic-vad",
                                        "vad-eagerness": "low"},
                           "tools": [{"name": "get_time", "command": ["date"]}]},
                   "*": {"realtime": {"instructions": "two", "voice": "verse", "vad-silence-duration": 700},
                         "hang_up": False, "tools": [{"name": "get_menu", "command": ["true"]}]}}
        with self.world(server_options=("--record", record), numbers=numbers) as (agent, phone, audio):
            other = SipPhone(agent.port, audio.port, number="4711")
            for caller in (phone, other):
                caller.must(200, caller.invite())
            for caller in (phone, other):
                caller.bye()
        sent = {}
        for side, connection, event in traffic(record):
            if side == "C" and event["type"] == "session.update":
                session = sent.setdefault(connection, {"tools": [], "audio": {}})
                audio = {**session["audio"], **event["session"].get("audio", {})}
                session.update(event["session"], audio=audio)
        found = sorted((s["instructions"], s["audio"]["output"]["voice"], sorted(t["name"] for t in s["tools"]),
                        s["audio"]["input"]["turn_detection"]) for s in sent.values())
        expect(len(found) == 2, f"{len(found)} conversations: {found}")
        one, two = found
        expect(one[:3] == ("one", "ash", ["get_time", "hang_up"]), f"bot: {one}")
        expect(one[3]["type"] == "semantic_vad" and one[3]["eagerness"] == "low", f"bot: {one}")
        expect(two[:3] == ("two", "verse", ["get_menu"]), f"4711: {two}")
        expect(two[3]["type"] == "server_vad" and two[3]["silence_duration_ms"] == 700, f"4711: {two}")

    def no_port(self):
        """Of the only two ports, the first call has both."""
        with self.world(rtp_ports=free_pair()) as (agent, phone, audio):
            phone.must(200, phone.invite())
            second = SipPhone(agent.port, audio.port)
            second.must(503, second.invite())
            agent.wait_for("refused: 503, no RTP port is free")
            phone.bye()
            agent.wait_calls_gone()
            third = SipPhone(agent.port, audio.port)
            third.must(200, third.invite())
            third.bye()

    # ---- the agent ----

    def drained(self):
        with self.world() as (agent, phone, audio):
            phone.must(200, phone.invite())
            agent.process.send_signal(signal.SIGTERM)
            agent.wait_for("draining: 1 calls run")
            late = SipPhone(agent.port, audio.port)
            reply = late.must(503, late.invite())
            expect("retry-after" in reply.headers, "503 without Retry-After")
            received = audio.received
            until(lambda: audio.received > received + 10, "the call goes on")
            phone.bye()
            expect(agent.wait_end() == 0, "the agent fails at its end")

    def drained_in_time(self):
        with self.world(drain_s=1) as (agent, phone, _):
            phone.must(200, phone.invite())
            agent.process.send_signal(signal.SIGTERM)
            phone.wait_for_bye()
            expect(agent.wait_end() == 0, "the agent fails at its end")

    def stopped(self):
        with self.world() as (agent, phone, _):
            phone.must(200, phone.invite())
            agent.process.send_signal(signal.SIGTERM)
            agent.wait_for("draining: 1 calls run")
            agent.process.send_signal(signal.SIGTERM)
            expect("cause=503" in phone.wait_for_bye().headers.get("reason", ""), "BYE gives no reason")
            expect(agent.wait_end() == 0, "the agent fails at its end")

    def registered(self):
        with Registrar("bot", "secret") as registrar:
            settings = {"registrar": {"address": f"sip:127.0.0.1:{registrar.port}", "user": "bot"}}
            with self.world(environment={"SIP_PASSWORD": "secret"}, **settings) as (agent, _, __):
                agent.wait_for("^registered sip:bot@127.0.0.1")
                contact = registrar.contact
                expect(contact and f":{agent.port}" in contact, f"contact {contact}")
                agent.stop()
                expect(registrar.contact is None, "it is still registered at its end")
            with self.world(environment={"SIP_PASSWORD": "wrong"}, **settings) as (agent, _, __):
                agent.wait_for("registration of .* refused: 40[13].*SIP_PASSWORD")
                expect(not agent.count("wrong"), "the password is printed")
                agent.stop(timeout=20)  # SIP would wait for 30 s for a registration that was never there

    def checks(self):
        return [("a number that nobody answers: 404", self.unknown_number),
                ("a key that is refused: 503, and why", self.refused_key),
                ("a server that refuses: 503, and when to try again", self.server_refuses),
                ("a server that is not there: 503", self.unreachable_server),
                ("a server that says nothing: 504", self.silent_server),
                ("offers that cannot be used", self.bad_offers), ("messages that cannot be read", self.bad_messages),
                ("more calls than max_calls: 486", self.busy), ("CANCEL", self.cancelled),
                ("an INVITE without an offer", self.late_answer),
                ("another codec in mid-call: 488, and the call goes on", self.changed_codec),
                ("a server that vanishes", self.server_lost),
                ("keys", self.keys), ("the model hangs up when its farewell was heard", self.farewell),
                ("a function", self.function), ("numbers", self.numbers),
                ("no port of rtp_ports is free: 503", self.no_port),
                ("SIGTERM lets calls end", self.drained), ("SIGTERM ends calls after drain_s", self.drained_in_time),
                ("a second SIGTERM ends calls at once", self.stopped),
                ("registration", self.registered)]


if __name__ == "__main__":
    sys.exit(Dialogs.main())
