"""GitHub's senders under load: several clients of several kinds, patient for 10 s, who send nothing a second time."""
import collections
import http.client
import itertools
import os
import random
import subprocess
import threading
import time
import urllib.parse

from support.github import PATIENCE, fields, templates


class Delivery:
    def __init__(self, repository, revision, sent):
        self.repository, self.revision, self.sent = repository, revision, sent
        self.answered, self.status, self.problem = None, None, None


class Senders:
    """They deliver for all repositories in turn, until they are stopped."""

    def __init__(self, address, path, secret, repositories):
        self.address, self.path, self.secret, self.rng = address, path, secret, random.Random()
        self.templates = templates()
        self.turns = itertools.cycle(repositories)
        self.changed = threading.Condition()
        self.stopping, self.deliveries, self.kept_connections = False, [], []
        ways = [self.kept(), self.kept(), self.kept(form=True), self.fresh, self.fresh, self.curl]
        self.threads = [threading.Thread(target=self.run, args=(way,), daemon=True) for way in ways]
        for thread in self.threads:
            thread.start()

    def run(self, way):
        while not self.stopping:
            with self.changed:
                repository, revision = next(self.turns), self.rng.randbytes(20).hex()
                event = self.rng.choice(["push", "push", "push", "pull_request"])
                template = self.rng.choice(self.templates[event])
            body = template.make(repository, revision)
            delivery = Delivery(repository, revision, time.monotonic())
            try:
                delivery.status = way(event, body)
            except Exception as problem:
                delivery.problem = repr(problem)
            delivery.answered = time.monotonic()
            with self.changed:
                self.deliveries.append(delivery)
                self.changed.notify_all()

    # The ways. Each returns the status.
    def kept(self, form=False):
        """One connection for all, until segue ends it."""
        kept = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        self.kept_connections.append(kept)
        return lambda event, body: self.post(kept, event, body, form)

    def fresh(self, event, body):
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        try:
            return self.post(connection, event, body, more={"Connection": "close"})
        finally:
            connection.close()

    def post(self, connection, event, body, form=False, more=()):
        kind = "application/json"
        if form:
            body, kind = b"payload=" + urllib.parse.quote_plus(body).encode(), "application/x-www-form-urlencoded"
        connection.request("POST", self.path, body, {**fields(event, body, self.secret, kind), **dict(more)})
        response = connection.getresponse()
        response.read()
        return response.status

    def curl(self, event, body):
        lines = [f"-H{name}: {value}" for name, value in fields(event, body, self.secret).items()]
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "-m", str(PATIENCE), "-o", os.devnull,
                               "-w", "%{http_code}", *lines, "--data-binary", "@-",
                               f"http://{self.address}{self.path}"], input=body, capture_output=True, check=True)
        return int(done.stdout)

    def between(self, begin, end):
        """What was sent and answered in that time."""
        with self.changed:
            return [d for d in self.deliveries if d.sent >= begin and d.answered <= end]

    def wait_round(self, begin, repositories, times):
        """Waits until each repository was answered that often since `begin`."""
        def there():
            seen = collections.Counter(d.repository for d in self.deliveries if d.sent >= begin)
            return all(seen[r] >= times for r in repositories)
        with self.changed:
            assert self.changed.wait_for(there, 60), f"{len(self.deliveries)} deliveries"

    def wait_answers(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.deliveries) >= count, 60), f"only {len(self.deliveries)}"

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        for connection in self.kept_connections:
            connection.close()
        return self.deliveries
