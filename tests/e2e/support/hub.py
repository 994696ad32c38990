"""Clients and an upstream in one thread, around a segue with one worker: what was seen, and in which order, is certain.

A barrier is a request that the worker answers by itself. It handles what is readable in order of arrival, so an
answer to the barrier says that everything sent before it was read; with that a wire is cut without a sleep.
"""
import selectors
import socket
import struct
import time

from support.config import config, pool, route
from support.wire import WAIT, Ended, Wire, WireError

ACCEPTED_AT_ONCE = 32  # connections that a worker accepts in one turn of its loop
BATCH = 120  # clients at once

BARRIER = b"TRACE /barrier HTTP/1.1\r\nHost: barrier\r\n\r\n"  # the only method without a route
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "SOURCE"]

# Nothing here waits for time, and no client loses an answer because segue stops reading what follows it.
SETTINGS = {
    "workers": 1,
    "timeouts": {"head": "10m", "keep_alive": "10m", "body_idle": "10m", "linger": "5m"},
    "limits": {"linger": "16MiB"},
    "retry": {"attempts": 0},
}


class Incomplete(Exception):
    """More bytes are needed."""


class Text(Wire):
    """A Wire over bytes that are there already."""

    def __init__(self, data):
        self.buffer, self.received, self.keep = data, b"", False

    def fill(self):
        raise Incomplete


class Link:
    """One end of a connection: what came, and how it ended ("", "end", "reset")."""

    def __init__(self, hub, sock):
        self.hub, self.sock, self.data, self.ended = hub, sock, b"", ""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(WAIT)
        hub.selector.register(sock, selectors.EVENT_READ, self)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass  # the peer's end is read, not written

    def read(self):
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionResetError:
            self.ended = "reset"
        else:
            self.data += data
            self.ended = "" if data else "end"
        if self.ended:
            self.hub.selector.unregister(self.sock)

    def finish(self):
        """The end of what is sent."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self, reset=True):
        """By default with a reset, so that thousands of connections leave no TIME_WAIT behind."""
        if self.sock.fileno() < 0:
            return
        if not self.ended:
            self.hub.selector.unregister(self.sock)
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Hub:
    """`on_upstream(link)` is called whenever something came to a connection of the upstream."""

    def __init__(self, case, on_upstream):
        self.selector = selectors.DefaultSelector()
        self.on_upstream = on_upstream
        self.upstreams = []  # connections that segue has open to us, oldest first
        self.accepted = 0
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1024)
        self.listener.setblocking(False)
        case.addCleanup(self.listener.close)
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        endpoint = "%s:%d" % self.listener.getsockname()
        whole = config({"old": pool(endpoint, passive=False, idle_timeout="1h", idle_connections_max=1000)},
                       [route({"old": 100}, match={"methods": METHODS})], **SETTINGS)
        whole["listeners"]["edge"]["keep_alive_requests"] = 1_000_000
        self.segue = case.segue(whole)
        host, _, port = self.segue.address().rpartition(":")
        self.address = (host, int(port))
        self.barrier_link = self.client()
        case.addCleanup(self.close)

    def client(self):
        return Link(self, socket.create_connection(self.address, WAIT))

    def pump(self, what, done, missing=lambda: ""):
        """Reads whatever comes until `done()`. `missing()` tells what is not there when that takes too long."""
        end = time.monotonic() + WAIT
        while not done():
            for key, _ in self.selector.select(max(0, end - time.monotonic())):
                if key.data is None:
                    self._accept()
                    continue
                key.data.read()
                if key.data in self.upstreams:
                    self.on_upstream(key.data)
            if time.monotonic() > end:
                raise WireError(f"waited {WAIT} s in vain for {what}: {missing()}")

    def _accept(self):
        sock, _ = self.listener.accept()
        self.accepted += 1
        self.upstreams.append(Link(self, sock))

    def barrier(self):
        link = self.barrier_link
        link.send(BARRIER)
        self.pump("the barrier", lambda: link.ended or complete(link, "TRACE"))
        answer = complete(link, "TRACE")
        if answer is None or answer.status != 404:
            raise WireError(f"the barrier was answered with {link.data!r}")
        link.data = b""

    def send_in_pieces(self, pairs):
        """`pairs` of (link, pieces), in rounds; before the next round everything sent was read."""
        for i in range(max(len(pieces) for _, pieces in pairs)):
            for link, pieces in pairs:
                if i < len(pieces) and pieces[i]:
                    link.send(pieces[i])
            # A connection is read in the turn after the one in which it is accepted.
            for _ in range(1 if i > 0 else 2 + len(pairs) // ACCEPTED_AT_ONCE):
                self.barrier()

    def forget_closed(self):
        for link in [link for link in self.upstreams if link.ended or link.sock.fileno() < 0]:
            link.close()
            self.upstreams.remove(link)

    def start_over(self):
        """After a failure: nothing of it may show in the next case."""
        for link in list(self.upstreams) + [self.barrier_link]:
            link.close()
        self.upstreams = []
        self.barrier_link = self.client()
        self.barrier()

    def close(self):
        for link in list(self.upstreams) + [self.barrier_link]:
            link.close()
        self.selector.close()


def complete(link, method="GET"):
    """The final response at the head of what came, if it is complete; the interim ones are with it."""
    try:
        return take(link.data, link.ended, method)[0]
    except (Incomplete, Ended):
        return None


def take(data, ended, method):
    """That response, and what lies behind it. Raises Incomplete."""
    text = Text(data)
    if ended == "end":
        text.fill = lambda: False
    try:
        response = text.read_response(method)
    except WireError:
        if ended == "end" and not isinstance(_without_end(data, method), Incomplete):
            raise
        raise Incomplete from None
    return response, text.buffer


def _without_end(data, method):
    try:
        return Text(data).read_response(method)
    except (Incomplete, WireError) as error:
        return error
