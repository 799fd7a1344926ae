#!/usr/bin/env python3
"""Where a call's audio goes and when: hold, other addresses, silence: audio.py REALTIME_SIP REALTIME_SERVER"""
import contextlib
import re
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checks"))
from baresip import free_port
from programs import Failed, Skipped, until
from rtp_peers import PACKET_S, Telephones
from sip_phone import SipPhone
from sip_world import World, expect, no_more, tone, traffic

GREETING = {"replies": [tone(".*", 3000)], "sound": {"kind": "tone", "ms": 3000}}
GREETS = {"realtime": {"greeting": ""}}
ANSWERS = {"replies": [tone(".*", 600)]}
QUICK = {"realtime": {"vad-silence-duration": 200}}


def heard_whole(audio, seconds=3):
    expect(abs(audio.loud * PACKET_S - seconds) < 0.15, f"{audio.loud * PACKET_S:.2f} s of {seconds} s were heard")


def passed(clock, packets):
    """As long as the agent sends `packets` to this telephone, whose call goes on beside."""
    received = clock.received
    until(lambda: clock.received - received >= packets, "the other call goes on")


class Audio(World):
    # ---- hold ----

    def held(self):
        """The answer waits while the call is on hold, and goes on where it stopped."""
        with self.world(GREETING, GREETS) as (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.loud > 20, "the answer begins")
            for lines, address, mode in (("a=sendonly\r\n", None, "recvonly"), ("", "0.0.0.0", "recvonly"),
                                         ("a=inactive\r\n", None, "inactive")):
                start = len(agent.lines)
                reply = phone.must(200, phone.invite(phone.offer(lines, address)))
                expect(f"a={mode}" in reply.body, reply.body)
                agent.wait_for("on hold", start)
                quiet_since = audio.received
                # What the kernel holds comes first; then nothing more.
                until(lambda: no_more(audio), "no audio comes on hold")
                expect(audio.received - quiet_since < 25, "audio goes on")
                phone.must(200, phone.invite(phone.offer()))
                agent.wait_for("resumed", start)
            agent.wait_for("answer heard, (29|30)[0-9][0-9] ms")
            phone.bye()
        heard_whole(audio)

    def held_from_the_start(self):
        """The first INVITE is a hold, as of a call that is being transferred: the greeting waits."""
        for lines, address, mode in (("a=sendonly\r\n", None, "recvonly"), ("a=inactive\r\n", None, "inactive"),
                                     ("", "0.0.0.0", "recvonly")):
            with self.world(GREETING, GREETS) as (agent, phone, audio):
                reply = phone.must(200, phone.invite(phone.offer(lines, address)))
                expect(f"a={mode}" in reply.body, reply.body)
                agent.wait_for("on hold")
                audio.aim(reply.body)
                expect(no_more(audio, 50) and not audio.received, f"{lines or address}: audio comes on hold")
                phone.must(200, phone.invite(phone.offer()))
                agent.wait_for("answer heard, (29|30)[0-9][0-9] ms")
                phone.bye()
            heard_whole(audio)

    def held_is_deaf(self):
        """What is said while the call is on hold is not the model's."""
        record = self.folder / "held"
        with self.world(ANSWERS, QUICK, ("--record", record)) as (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.received > 5, "audio flows")
            phone.must(200, phone.invite(phone.offer("a=sendonly\r\n")))
            agent.wait_for("on hold")
            audio.say_tone(0.6)
            until(lambda: no_more(audio, 70), "no audio comes on hold")
            expect(not agent.count("model: "), "an answer to what was said on hold")
            audio.sends = False  # many telephones send nothing on hold
            phone.must(200, phone.invite(phone.offer()))
            agent.wait_for("resumed")
            audio.sends = True
            audio.say_tone(0.6)
            agent.wait_for("answer heard")
            phone.bye()
        starts = [event for _, _, event in traffic(record) if event["type"] == "input_audio_buffer.speech_started"]
        expect(len(starts) == 1, f"the server heard speech {len(starts)} times")
        expect(28 <= audio.loud <= 32, f"{audio.loud} packets of one answer were heard")

    def held_by_zeros(self):
        """c=0.0.0.0 names no other address: RTCP goes on to the telephone, which has another one than the agent."""
        with self.world() as (agent, phone, _), Telephones(1, tone_s=0, address="127.0.0.2") as phones, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp:
            rtcp.bind(("127.0.0.2", 0))
            lines = f"a=rtcp:{rtcp.getsockname()[1]}\r\n"
            audio, phone.audio_port = phones.all[0], phones.all[0].port
            phone.must(200, phone.invite(phone.offer(lines, "127.0.0.2")))
            until(lambda: audio.received > 5, "audio flows")
            phone.must(200, phone.invite(phone.offer(lines, "0.0.0.0")))
            agent.wait_for("on hold")
            until(lambda: no_more(audio), "no audio comes on hold")
            rtcp.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while rtcp.recv(2048):
                    pass
            rtcp.settimeout(30)
            try:
                rtcp.recv(2048)
            except TimeoutError:
                raise Failed("no RTCP comes on hold") from None
            phone.bye()

    def no_offer_again(self):
        """Re-INVITEs without an offer: ours comes with 200, and the answer says that it is a hold, or none."""
        with self.world(GREETING, GREETS) as (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.loud > 20, "the answer begins")
            for lines, said in (("a=inactive\r\n", "on hold"), ("", "resumed")):
                reply = phone.must(200, phone.invite("", acknowledge=False))
                expect("m=audio" in reply.body, f"no offer: {reply.body}")
                phone.ack(phone.offer(lines))
                agent.wait_for(said)
                if lines:
                    until(lambda: no_more(audio), "no audio comes on hold")
            agent.wait_for("answer heard, (29|30)[0-9][0-9] ms")
            phone.bye()
        heard_whole(audio)

    # ---- silence ----

    def vanished(self):
        with self.world(rtp_timeout_s=1) as (agent, phone, audio):
            audio.sends = False
            phone.must(200, phone.invite())
            bye = phone.wait_for_bye()
            expect("cause=408" in bye.headers.get("reason", ""), "BYE gives no reason")
            agent.wait_calls_gone()

    def vanished_later(self):
        """The time counts from the last packet."""
        with self.world(rtp_timeout_s=1) as (agent, phone, audio):
            phone.must(200, phone.invite())
            until(lambda: audio.received > 100, "audio flows")
            audio.sends = False
            expect("cause=408" in phone.wait_for_bye().headers.get("reason", ""), "BYE gives no reason")

    def listens_only(self):
        """Who says that it sends nothing is not waited for."""
        with self.world(rtp_timeout_s=1) as (agent, phone, audio):
            audio.sends = False
            phone.must(200, phone.invite(phone.offer("a=recvonly\r\n")))
            until(lambda: audio.received > 110, "audio flows for two seconds")
            phone.bye()
            agent.wait_for("the caller has hung up")
            expect(not agent.count("no audio came"), "it was hung up on")

    def back_from_hold(self):
        """The time of silence counts from the moment at which a hold ends."""
        with self.world(telephones=2, rtp_timeout_s=2) as (agent, phone, audio, clock):
            other = SipPhone(agent.port, clock.port)
            for caller in (phone, other):
                caller.must(200, caller.invite())
            until(lambda: min(audio.received, clock.received) > 5, "audio flows")
            audio.sends = False
            phone.must(200, phone.invite(phone.offer("a=inactive\r\n")))
            passed(clock, 170)  # longer than the time of silence, and the next would end soon
            phone.must(200, phone.invite(phone.offer()))
            passed(clock, 45)
            audio.sends = True
            passed(clock, 60)
            for caller in (phone, other):
                caller.bye()
            agent.wait_for_count("the caller has hung up", 2)

    # ---- addresses ----

    def elsewhere(self):
        """The audio comes from another address than the SDP says, as from behind a NAT: it is answered there."""
        with self.world(ANSWERS, QUICK) as (agent, phone, audio):
            phone.audio_port = free_port()
            reply = phone.must(200, phone.invite())
            audio.aim(reply.body)
            until(lambda: audio.received > 5, "audio comes to where ours comes from")
            audio.say_tone(0.6)
            agent.wait_for("answer heard")
            phone.bye()
        expect(28 <= audio.loud <= 32, f"{audio.loud} packets of the answer were heard")

    def moved(self):
        """The call goes to another telephone, and the first one goes on sending."""
        with self.world(ANSWERS, QUICK, telephones=2) as (agent, phone, before, after):
            reply = phone.must(200, phone.invite())
            until(lambda: before.received > 20, "audio flows")
            phone.audio_port = after.port
            phone.must(200, phone.invite())
            until(lambda: no_more(before), "no audio comes to the first telephone any more")
            after.aim(reply.body)
            until(lambda: after.received > 20, "audio comes to the other")
            after.say_tone(0.6)
            agent.wait_for("answer heard")
            phone.bye()
            expect(no_more(before), "audio comes to the first telephone again")
        expect(before.sent > after.sent and not before.loud, f"the first heard {before.loud} packets of the answer")
        expect(28 <= after.loud <= 32, f"{after.loud} packets of the answer were heard")

    def over_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
                probe.bind(("::1", 0))
        except OSError as why:
            raise Skipped(f"there is no ::1 here: {why}") from None
        with self.world(ANSWERS, QUICK, address="::1") as (agent, phone, audio):
            reply = phone.must(200, phone.invite())
            expect("c=IN IP6 ::1\r\n" in reply.body, reply.body)
            until(lambda: audio.received > 5, "audio comes")
            audio.say_tone(0.6)
            agent.wait_for("answer heard")
            four = SipPhone(agent.port, audio.port, address="::1")
            refused = four.must(488, four.invite(four.offer(address="127.0.0.1")))
            expect(refused.headers.get("warning", "").startswith("300 "), "488 without Warning 300")
            phone.bye()
        expect(28 <= audio.loud <= 32, f"{audio.loud} packets of the answer were heard")

    def keys_of_another_type(self):
        """A later description gives the keys another payload type, of which packets have come before."""
        with self.world(keys_pause_ms=100) as (agent, phone, audio):
            phone.must(200, phone.invite())
            audio.event_type = 96
            until(lambda: audio.received > 5, "audio flows")
            audio.press("1")
            until(lambda: audio.events.empty() and no_more(audio, 20) is not None, "the key is sent")
            expect(not agent.count(" key "), "a key of a type that nobody has agreed upon")
            phone.must(200, phone.invite(re.sub(r"\b101\b", "96", phone.offer())))
            audio.press("2")
            agent.wait_for("key 2")
            phone.bye()
            expect(agent.count(" key ") == 1, "each key is told once")

    def checks(self):
        return [("hold and resume", self.held), ("on hold from the first INVITE on", self.held_from_the_start),
                ("what is said on hold", self.held_is_deaf), ("hold by an address of zeros", self.held_by_zeros),
                ("re-INVITE without an offer", self.no_offer_again),
                ("a caller who vanishes", self.vanished), ("a caller who vanishes in mid-call", self.vanished_later),
                ("a caller who sends nothing, and says so", self.listens_only),
                ("back from a hold that was longer than rtp_timeout_s", self.back_from_hold),
                ("audio from another address than announced", self.elsewhere),
                ("a call that goes to another telephone", self.moved), ("over IPv6", self.over_ipv6),
                ("keys whose payload type changes", self.keys_of_another_type)]


if __name__ == "__main__":
    sys.exit(Audio.main())
