"""An upstream that does exactly what the test says, byte by byte.

Two ways of use. Step by step: `accept()` gives a Wire, on which the test reads what arrived and sends what it
likes; nothing happens in between. Or `serve(answer)`: a thread per connection reads requests, records them
and lets `answer(request, wire)` send the response.
"""
import socket
import threading

from support.wire import WAIT, Ended, Wire, WireError


def ok(body=b"ok", fields=b""):
    """A complete 200."""
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (fields, len(body), body)


class ScriptedUpstream:
    def __init__(self, backlog=128, host="127.0.0.1", port=0):
        self.listener = socket.socket(socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(backlog)
        self.address = "%s:%d" % self.listener.getsockname()
        self.wires = []  # every connection ever accepted, oldest first
        self.requests = []  # what serve() read, in the order in which it was complete
        self.changed = threading.Condition()
        self.stopping = False
        self.thread = None

    # Step by step.
    def accept(self, wait=WAIT):
        self.listener.settimeout(wait)
        try:
            sock, _ = self.listener.accept()
        except socket.timeout:
            raise WireError(f"no connection to {self.address} within {wait} s") from None
        wire = Wire(sock)
        self.wires.append(wire)
        return wire

    def pending(self):
        """Whether a connection waits to be accepted now."""
        self.listener.settimeout(0)
        try:
            sock, _ = self.listener.accept()
        except BlockingIOError:
            return False
        self.wires.append(Wire(sock))
        return True

    def refuse(self):
        """From now on connections are refused."""
        self.listener.close()

    # By itself.
    def serve(self, answer=None):
        """`answer(request, wire)` sends the response; None answers 200 "ok". What it raises ends the connection."""
        answer = answer or (lambda request, wire: wire.send(ok()))
        self.thread = threading.Thread(target=self._accept_all, args=(answer,), daemon=True)
        self.thread.start()
        return self

    def _accept_all(self, answer):
        while not self.stopping:
            try:
                wire = self.accept(wait=0.2)
            except WireError:
                continue
            except (OSError, ValueError):
                return
            threading.Thread(target=self._serve, args=(wire, answer), daemon=True).start()

    def _serve(self, wire, answer):
        try:
            wire.sock.settimeout(None)
            while True:
                head = wire.read_head()
                if head.get("Expect", "").lower() == "100-continue":
                    wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                request = wire.read_body(head)
                with self.changed:
                    self.requests.append(request)
                    self.changed.notify_all()
                if answer(request, wire) is False:
                    break
        except (Ended, OSError, ValueError, WireError):
            pass
        wire.close()

    def wait_requests(self, count):
        """Waits until serve() has read `count` requests."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.requests) >= count, WAIT):
                raise WireError(f"{len(self.requests)} of {count} requests arrived at {self.address}")
            return list(self.requests)

    def hang_up(self):
        """Ends every connection; new ones are still taken."""
        for wire in list(self.wires):
            try:
                wire.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.stopping = True
        if self.thread:
            self.thread.join(WAIT)
        self.listener.close()
        for wire in self.wires:
            wire.close()


def refused_address():
    """An address on which nothing listens: bound, never listening, so that nobody else gets it."""
    sock = socket.socket(socket.AF_INET)
    sock.bind(("127.0.0.1", 0))
    return sock, "%s:%d" % sock.getsockname()
