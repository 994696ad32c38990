"""The raw client: bytes to a listener, messages back."""
import socket

from support.wire import WAIT, Wire


def connect(address, receive_buffer=None, source=None):
    """`address` is "127.0.0.1:8080" or "unix:/path". A small `receive_buffer` makes a slow reader slow at once."""
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(WAIT)
        sock.connect(address[5:])
        return sock
    host, _, port = address.rpartition(":")
    sock = socket.socket(socket.AF_INET)
    sock.settimeout(WAIT)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source:
        sock.bind((source, 0))
    sock.connect((host, int(port)))
    return sock


class RawClient(Wire):
    """`wrap(socket)`, where given, puts TLS over each connection."""

    def __init__(self, address, wrap=lambda sock: sock, **options):
        super().__init__(wrap(connect(address, **options)))
        self.wrap = wrap
        self.address, self.options = address, options
        self.ended = False

    def send_request(self, method="GET", target="/", fields=(), body=None, host="ci.example.com", version="1.1"):
        """A well-formed request; for anything else there is send()."""
        lines = [f"{method} {target} HTTP/{version}"]
        if host is not None:
            lines.append(f"Host: {host}")
        lines += [f"{name}: {value}" for name, value in dict(fields).items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def request(self, method="GET", target="/", fields=(), body=None, **options):
        """A whole exchange; when the response announces the end of the connection, the next gets a new one."""
        self.send_request(method, target, fields, body, **options)
        response = self.read_response(method)
        if response.head.has_token("Connection", "close"):
            self.ended = True
        return response

    def again(self):
        """A new connection to the same address when the last response ended this one."""
        if self.ended:
            self.close()
            super().__init__(self.wrap(connect(self.address, **self.options)))
            self.ended = False
        return self
