"""HTTP/1.1 on the wire, read by a parser that shares nothing with the one under test.

Strict where it reads (a malformed message is an exception) and free where it writes: what is sent are the
bytes that the test says.
"""
import dataclasses
import os
import socket
import struct

# How long anything may take before a test gives up, in seconds. Generous: sanitizers on a busy machine.
WAIT = float(os.environ.get("SEGUE_E2E_WAIT", "30"))


class WireError(AssertionError):
    """The peer sent something that is not HTTP/1.1, or ended in the middle."""


class Ended(WireError):
    """The peer closed before the first byte of what was expected."""


@dataclasses.dataclass
class Head:
    start: bytes
    fields: list  # of (name, value) as received, value without surrounding spaces
    raw: bytes

    def all(self, name):
        """Every value of the field, in order. The comparison folds case."""
        return [v.decode("latin-1") for n, v in self.fields if n.lower() == name.lower().encode()]

    def get(self, name, default=None):
        """The only value of the field; having two is an error of the test's subject."""
        values = self.all(name)
        if len(values) > 1:
            raise WireError(f"{len(values)} fields {name}: {values}")
        return values[0] if values else default

    def has_token(self, name, token):
        return any(token == t.strip().lower() for v in self.all(name) for t in v.split(","))

    @property
    def names(self):
        return [n.decode("latin-1") for n, _ in self.fields]

    # Requests.
    @property
    def method(self):
        return self.start.split(b" ")[0].decode("latin-1")

    @property
    def target(self):
        return self.start.split(b" ")[1]

    # Responses.
    @property
    def status(self):
        return int(self.start.split(b" ")[1])


@dataclasses.dataclass
class Message:
    head: Head
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    framing: str = "none"  # "none", "length", "chunked", "until-close"
    interim: list = dataclasses.field(default_factory=list)  # Heads of the 1xx before it

    @property
    def status(self):
        return self.head.status

    def get(self, name, default=None):
        return self.head.get(name, default)


def parse_head(raw):
    if not raw.endswith(b"\r\n\r\n"):
        raise WireError(f"head without an end: {raw!r}")
    lines = raw[:-4].split(b"\r\n")
    fields = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip() or b"\n" in line or b"\r" in line:
            raise WireError(f"malformed field {line!r}")
        fields.append((name, value.strip(b" \t")))
    if lines[0].count(b" ") < 2:
        raise WireError(f"malformed start line {lines[0]!r}")
    return Head(lines[0], fields, raw)


class Wire:
    """A connected socket with a buffer. Every read waits at most `wait` seconds."""

    def __init__(self, sock, wait=WAIT):
        self.sock = sock
        self.buffer = b""
        self.received = b""  # everything that ever arrived, for assertions on bytes
        self.keep = True
        sock.settimeout(wait)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Writing.
    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def send_chunk(self, data):
        return self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end_chunks(self, trailers=b""):
        return self.send(b"0\r\n" + trailers + b"\r\n")

    # Reading.
    def fill(self):
        """One read. False at the end of the stream; a reset is an exception (ConnectionResetError)."""
        try:
            data = self.sock.recv(1 << 18)
        except socket.timeout:
            raise WireError(f"nothing came for {self.sock.gettimeout()} s; so far {self.buffer[:200]!r}") from None
        self.buffer += data
        if self.keep:
            self.received += data
        return bool(data)

    def take(self, count):
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise WireError(f"ended after {len(self.buffer)} of {count} bytes: {self.buffer[:200]!r}")
        return self.take(count)

    def read_until(self, mark):
        """Everything up to and with `mark`."""
        start = 0
        while (at := self.buffer.find(mark, start)) < 0:
            start = max(0, len(self.buffer) - len(mark))
            if not self.fill():
                raise (WireError if self.buffer else Ended)(f"ended before {mark!r}: {self.buffer[:200]!r}")
        return self.take(at + len(mark))

    def read_some(self):
        """What is there, at least one byte; b"" at the end of the stream."""
        if not self.buffer:
            self.fill()
        return self.take(len(self.buffer))

    def read_to_end(self):
        while self.fill():
            pass
        return self.take(len(self.buffer))

    def read_head(self):
        return parse_head(self.read_until(b"\r\n\r\n"))

    def read_chunk(self):
        """The data of one chunk, b"" for the last one (whose trailers are left in the buffer)."""
        line = self.read_until(b"\r\n")
        size = int(line[:-2].split(b";")[0], 16)
        if size == 0:
            return b""
        data = self.read_exactly(size + 2)
        if data[-2:] != b"\r\n":
            raise WireError("chunk without CRLF")
        return data[:-2]

    def read_trailers(self):
        """After the last chunk."""
        fields = []
        while (line := self.read_until(b"\r\n")) != b"\r\n":
            name, _, value = line[:-2].partition(b":")
            fields.append((name, value.strip()))
        return fields

    def read_chunked(self):
        parts = []
        while (data := self.read_chunk()) != b"":
            parts.append(data)
        return b"".join(parts), self.read_trailers()

    def read_body(self, head, bodiless=False, response=False):
        """The body that belongs to `head` (RFC 9112 §6.3)."""
        encoding, lengths = head.all("Transfer-Encoding"), head.all("Content-Length")
        if encoding and lengths:
            raise WireError(f"both Transfer-Encoding and Content-Length: {head.raw!r}")
        if len(lengths) > 1 or len(encoding) > 1:
            raise WireError(f"framing said twice: {head.raw!r}")
        if bodiless:
            return Message(head)
        if encoding:
            if encoding[0].lower() != "chunked":
                raise WireError(f"Transfer-Encoding {encoding[0]!r}")
            body, trailers = self.read_chunked()
            return Message(head, body, trailers, "chunked")
        if lengths:
            return Message(head, self.read_exactly(int(lengths[0])), [], "length")
        if response:
            return Message(head, self.read_to_end(), [], "until-close")
        return Message(head)

    def read_request(self):
        return self.read_body(self.read_head())

    def read_response(self, method="GET"):
        """The final response, with the interim ones before it. 101 is final."""
        interim = []
        while True:
            head = self.read_head()
            if 100 <= head.status < 200 and head.status != 101:
                interim.append(head)
                continue
            bodiless = method == "HEAD" or head.status in (101, 204, 304)
            message = self.read_body(head, bodiless, response=True)
            message.interim = interim
            return message

    # Ends.
    def at_end(self):
        """Waits for the peer's end of stream; True when nothing was left unread before it. A reset counts."""
        if self.buffer:
            return False
        try:
            return not self.fill()
        except (ConnectionResetError, BrokenPipeError):
            return True

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Closes with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()
