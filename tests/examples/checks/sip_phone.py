"""A telephone that says on the wire exactly what a test wants, right or wrong."""
import re
import socket

from programs import Failed

OFFER = ("v=0\r\no=- {version} {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN {kind} {address}\r\nt=0 0\r\n"
         "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n{lines}")


class Reply:
    def __init__(self, text):
        self.text = text
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.strip().lower(), value.strip())
        match = re.match(r"SIP/2\.0 (\d+)", self.first)
        self.status = int(match[1]) if match else 0
        self.method = None if match else self.first.split()[0]


class SipPhone:
    """One dialog at a time, over UDP. `audio_port` stands in its offers."""

    count = 0

    def __init__(self, port, audio_port=40000, number="bot", address="127.0.0.1"):
        SipPhone.count += 1
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.own_port = self.socket.getsockname()[1]
        self.agent = (address, port)
        self.audio_port, self.number, self.address = audio_port, number, address
        self.host = f"[{address}]" if ":" in address else address
        self.call_id = f"{SipPhone.count}-{self.own_port}@test"
        self.to_tag, self.sequence, self.target = "", 0, f"sip:{number}@{self.host}:{port}"

    def offer(self, lines="", address=None):
        address = address or self.address
        return OFFER.format(version=self.sequence + 1, kind="IP6" if ":" in address else "IP4", address=address,
                            port=self.audio_port, lines=lines)

    def request(self, method, body="", kind="application/sdp", sequence=None, extra=""):
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        branch_of = sequence if method in ("CANCEL", "INVITE") else f"{sequence}{method}"
        headers = [f"{method} {self.target} SIP/2.0",
                   f"Via: SIP/2.0/UDP {self.host}:{self.own_port};branch=z9hG4bK{self.own_port}x{branch_of};rport",
                   f"From: <sip:tester@127.0.0.1>;tag=t{self.own_port}",
                   f"To: <sip:{self.number}@127.0.0.1>{self.to_tag}", f"Call-ID: {self.call_id}",
                   f"CSeq: {sequence} {method}", "Max-Forwards: 70",
                   f"Contact: <sip:tester@{self.host}:{self.own_port}>"]
        if body:
            headers.append(f"Content-Type: {kind}")
        return "\r\n".join(headers) + "\r\n" + extra + f"Content-Length: {len(body)}\r\n\r\n" + body

    def send(self, text):
        self.socket.sendto(text.encode(), self.agent)

    def receive(self, timeout=10):
        self.socket.settimeout(timeout)
        try:
            return Reply(self.socket.recv(65536).decode(errors="replace"))
        except TimeoutError:
            raise Failed(f"no SIP message came within {timeout} s") from None

    def final(self, method, timeout=10):
        """The final answer to the latest request of that method; it is acknowledged when that is due."""
        while True:
            reply = self.receive(timeout)
            if reply.status < 200 or not reply.headers["cseq"].endswith(method):
                continue
            if method == "INVITE":
                if match := re.search(r";tag=[^;>\s]+", reply.headers["to"]):
                    self.to_tag = match[0]
                if reply.status < 300 and (match := re.search(r"<([^>]+)>", reply.headers.get("contact", ""))):
                    self.target = match[1]
            return reply

    def ack(self, body=""):
        self.send(self.request("ACK", body, sequence=self.sequence))

    def invite(self, body=None, acknowledge=True, **kind):
        self.send(self.request("INVITE", self.offer() if body is None else body, **kind))
        reply = self.final("INVITE")
        if acknowledge:
            self.ack()
        return reply

    def must(self, status, reply):
        if reply.status != status:
            raise Failed(f"{reply.first}, not {status}")
        return reply

    def bye(self):
        self.send(self.request("BYE"))
        return self.must(200, self.final("BYE"))

    def wait_for_bye(self, timeout=60):
        while True:
            request = self.receive(timeout)
            if request.method != "BYE":
                continue
            head = [f"{name}: {request.headers[name.lower()]}" for name in ("Via", "From", "To", "Call-ID", "CSeq")]
            self.send("SIP/2.0 200 OK\r\n" + "\r\n".join(head) + "\r\nContent-Length: 0\r\n\r\n")
            return request

    def close(self):
        self.socket.close()
