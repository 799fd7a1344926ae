"""A SIP registrar with one user, who must prove by digest that the password is known."""
import hashlib
import re
import socket
import threading

REALM, NONCE = "test", "0123456789abcdef"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Registrar:
    def __init__(self, user, password):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.secret = md5(f"{user}:{REALM}:{password}")
        self.contact = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self.socket.close()

    def _run(self):
        while True:
            data, peer = self.socket.recvfrom(65536)
            if not data:
                return
            if data.startswith(b"REGISTER"):
                self.socket.sendto(self._answer(data.decode()).encode(), peer)

    def _knows_password(self, request):
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', (re.search(r"^Authorization: Digest (.*?)\r?$", request, re.M)
                                                       or [None, ""])[1]))
        if given.get("nonce") != NONCE:
            return None
        method_hash = md5(f"REGISTER:{given['uri']}")
        middle = f"{NONCE}:{given['nc']}:{given['cnonce']}:{given['qop']}" if "qop" in given else NONCE
        return given.get("response") == md5(f"{self.secret}:{middle}:{method_hash}")

    def _answer(self, request):
        def header(name):
            return re.search(rf"^{name}:\s*(.*?)\r?$", request, re.M | re.I)
        known = self._knows_password(request)
        lines = [f"{name}: {header(name)[1]}" for name in ("Via", "From", "Call-ID", "CSeq")]
        lines.append(f"To: {header('To')[1]};tag=registrar")
        if not known:
            lines.append(f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5, qop="auth"')
            first = "SIP/2.0 401 Unauthorized"
        else:
            contact, expires = header("Contact")[1], header("Expires")
            ends = re.search(r"expires=0\b", contact) or (expires and expires[1].strip() == "0")
            self.contact = None if ends else contact
            if self.contact:
                lines.append(f"Contact: {contact};expires=300" if "expires=" not in contact else f"Contact: {contact}")
            first = "SIP/2.0 200 OK"
        return "\r\n".join([first, *lines, "Content-Length: 0", "", ""])
