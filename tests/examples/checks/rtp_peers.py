"""Telephones as far as their audio goes: mu-law over RTP, many of them in one thread."""
import queue
import re
import selectors
import socket
import struct
import threading
import time

PACKET_S = 0.02
PACKET = 160  # bytes of mu-law
SILENT = 0xFF
# What a level detector takes for speech: 400 Hz, a period is 20 samples, -12 dB.
TONE = bytes((0x9B, 0xA5, 0x9D, 0x97, 0x94, 0x93, 0x94, 0x97, 0x9D, 0xA5, 0xFF, 0x25, 0x1D, 0x17, 0x14, 0x13, 0x14,
              0x17, 0x1D, 0x25))


class Telephone:
    """Announces `port`; answers to where packets come from, as a telephone behind a NAT has it done to it."""

    def __init__(self, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.peer = None
        self.sends = True
        self.event_type = 101
        self._tone_packets = 0
        self.sent = 0
        self.received = self.lost = self.loud = self.parts = 0
        self.longest_gap_s = 0.0
        self._sequence = self._last_s = None
        self._quiet = 1000
        self.events, self._event, self._event_timestamp = queue.SimpleQueue(), [], 0

    def aim(self, description):
        """At what the peer's session description says, rather than at where its packets come from."""
        self.peer = (re.search(r"^c=IN IP[46] (\S+)", description, re.M)[1],
                     int(re.search(r"^m=audio (\d+)", description, re.M)[1]))

    def say_tone(self, seconds):
        self._tone_packets = round(seconds / PACKET_S)

    def send_audio(self, tone):
        if self._tone_packets:
            self._tone_packets -= 1
            tone = True
        self.send(TONE * 8 if tone else bytes([SILENT]) * PACKET)

    def take(self, packet, now):
        sequence = struct.unpack_from("!H", packet, 2)[0]
        if self._sequence is not None:
            self.lost += (sequence - self._sequence - 1) & 0xFFFF
            self.longest_gap_s = max(self.longest_gap_s, now - self._last_s)
        self._sequence, self._last_s = sequence, now
        self.received += 1
        loud = any(byte not in (SILENT, 0x7F) for byte in packet[12:])
        self.loud += loud
        if loud and self._quiet > 10:
            self.parts += 1
        self._quiet = 0 if loud else self._quiet + 1

    def send(self, payload, payload_type=0, timestamp=None):
        timestamp = self.sent * PACKET if timestamp is None else timestamp
        head = struct.pack("!BBHII", 0x80, payload_type, self.sent & 0xFFFF, timestamp, self.port)
        self.socket.sendto(head + payload, self.peer)
        self.sent += 1

    def press(self, key):
        """A key for 100 ms: five packets of the event, three of its end."""
        code = "0123456789*#ABCD".index(key)
        durations = [(i + 1) * PACKET for i in range(5)]
        self.events.put([(code, 10, d) for d in durations] + [(code, 0x80 | 10, durations[-1])] * 3)

    def send_event(self):
        """The next packet of a pressed key, if there is one."""
        if not self._event:
            if self.events.empty():
                return False
            self._event, self._event_timestamp = self.events.get(), self.sent * PACKET
        self.send(struct.pack("!BBH", *self._event.pop(0)), self.event_type, self._event_timestamp)
        return True


class Telephones:
    """`count` of them; each says a tone of `tone_s` every `turn_s` from its first packet on."""

    def __init__(self, count, tone_s=1.0, turn_s=10.0, address="127.0.0.1"):
        self.all = [Telephone(address) for _ in range(count)]
        self._tone_packets, self._turn_packets = round(tone_s / PACKET_S), round(turn_s / PACKET_S)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        for phone in self.all:
            phone.socket.close()

    def _run(self):
        selector = selectors.DefaultSelector()
        for phone in self.all:
            selector.register(phone.socket, selectors.EVENT_READ, phone)
        due = time.monotonic()
        while not self._end.is_set():
            for key, _ in selector.select(max(0.0, due - time.monotonic())):
                packet, peer = key.data.socket.recvfrom(2048)
                key.data.peer = peer
                key.data.take(packet, time.monotonic())
            if time.monotonic() >= due:
                due += PACKET_S
                for phone in self.all:
                    if phone.peer and phone.sends and not phone.send_event():
                        phone.send_audio(phone.sent % self._turn_packets < self._tone_packets)
        selector.close()
