"""segue's admin API over its UNIX socket, as far as measurements need it."""
import http.client
import json
import socket
import threading
import time

TIMEOUT_SECONDS = 30


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("segue", timeout=TIMEOUT_SECONDS)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self.path)


class Admin:
    """One connection that is kept."""

    def __init__(self, path):
        self.connection = Connection(path)

    def ask(self, method, path, body=None):
        """The answer's text; RuntimeError when it is not 200."""
        content = None if body is None else json.dumps(body)
        self.connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"segue answered {answer.status} to {method} {path}: {text.strip()[:300]}")
        return text

    def close(self):
        self.connection.close()


class Every:
    """Calls `work(number)` in a thread every `seconds`, from `with` to its end, by the clock: one that takes too
    long delays the next ones, which are then made up for. The durations, in seconds, are in `took`."""

    def __init__(self, seconds, work, prepare=lambda: None):
        self.seconds, self.work, self.prepare = seconds, work, prepare
        self.took, self.error = [], None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        self.prepare()
        begun = time.monotonic()
        try:
            while not self.over.wait(max(0.0, begun + len(self.took) * self.seconds - time.monotonic())):
                started = time.monotonic()
                self.work(len(self.took))
                self.took.append(time.monotonic() - started)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(TIMEOUT_SECONDS)
        if self.error:
            raise RuntimeError(f"the admin API failed under load: {self.error}")
