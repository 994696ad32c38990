"""Two Buildbot masters behind segue: while weights move, each delivery of GitHub becomes one change on one of them."""
import asyncio
import collections
import http.client
import itertools
import json
import os
import random
import socket
import struct
import subprocess
import threading
import time
import urllib.parse

import websockets

from support import github
from support.buildbot import Buildbot
from support.case import SegueCase, main
from support.config import config, pool, route
from support.wire import WAIT

STEPS = [0, 10, 50, 100, 50, 10, 0]  # of "new"
REPOSITORIES = 36
TWICE = 2  # answers to each repository between two steps: one would say nothing about moving to and fro
SECRET = "It's a Secret to Everybody"
HOOK = "/change_hook/github"
HEALTH = {"preset": "buildbot", "interval": "1s"}
# At a kill every sender is refused at once; the usual budget lets three of them try elsewhere.
EAGER = {"budget": 1.0, "budget_min": 100}
USER = ("tester", "pencil")


def templates():
    """The examples that Buildbot makes a change of: pushes, and pull requests in which something new is proposed."""
    found = {"push": [], "pull_request": []}
    for event, payload in github.examples():
        example = json.loads(payload)
        if (event == "push" and not example["deleted"]) or (
                event == "pull_request" and example["action"] in ("opened", "reopened", "synchronize")):
            found[event].append(github.Template(event, payload))
    return found


class Delivery:
    def __init__(self, repository, revision, sent):
        self.repository, self.revision, self.sent = repository, revision, sent
        self.answered, self.status, self.problem = None, None, None


class Senders:
    """GitHub: several clients that deliver for all repositories in turn, and send nothing a second time."""

    def __init__(self, address, repositories):
        self.address, self.rng = address, random.Random()
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
                delivery.status = way(event, repository, body)
            except Exception as problem:
                delivery.problem = repr(problem)
            delivery.answered = time.monotonic()
            with self.changed:
                self.deliveries.append(delivery)
                self.changed.notify_all()

    # The ways. Each returns the status.
    def kept(self, form=False):
        """One connection for all, until segue ends it."""
        kept = http.client.HTTPConnection(self.address, timeout=github.PATIENCE)
        self.kept_connections.append(kept)
        return lambda event, repository, body: self.post(kept, event, repository, body, form)

    def fresh(self, event, repository, body):
        connection = http.client.HTTPConnection(self.address, timeout=github.PATIENCE)
        try:
            return self.post(connection, event, repository, body, more={"Connection": "close"})
        finally:
            connection.close()

    def fields(self, event, repository, body, *rest):
        return {**github.fields(event, body, SECRET, *rest), "X-Repo": repository.full_name}

    def post(self, connection, event, repository, body, form=False, more=()):
        kind = "application/json"
        if form:
            body, kind = b"payload=" + urllib.parse.quote_plus(body).encode(), "application/x-www-form-urlencoded"
        connection.request("POST", HOOK, body, {**self.fields(event, repository, body, kind), **dict(more)})
        response = connection.getresponse()
        response.read()
        return response.status

    def curl(self, event, repository, body):
        fields = [f"-H{name}: {value}" for name, value in self.fields(event, repository, body).items()]
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "-m", str(github.PATIENCE), "-o", os.devnull,
                               "-w", "%{http_code}", *fields, "--data-binary", "@-", f"http://{self.address}{HOOK}"],
                              input=body, capture_output=True, check=True)
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
            assert self.changed.wait_for(lambda: len(self.deliveries) >= count, 60), f"{len(self.deliveries)} deliveries"

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        for connection in self.kept_connections:
            connection.close()
        return self.deliveries


class BuildbotMasters(SegueCase):
    masters = {}

    def setUp(self):
        binary = self.need("buildbot")
        self.need("curl")
        if not os.path.exists(github.EXAMPLES):
            self.skipTest("tests/node_modules is not there; scripts/setup --tests installs it")
        if not self.masters:  # both for all tests: each takes seconds to start
            type(self).api = github.Api()
            self.masters.update((name, Buildbot(binary, name, SECRET, self.api.url, [USER])) for name in ("old", "new"))
            for master in self.masters.values():
                master.wait_ready()

    @classmethod
    def tearDownClass(cls):
        for master in cls.masters.values():
            master.stop()
        if cls.masters:
            cls.api.close()

    def proxy(self):
        """Both masters are in use. No test begins with these weights: the first it sets are a change, and served
        when they are answered."""
        segue = self.segue(config({name: pool(m.address, health=HEALTH) for name, m in self.masters.items()}, [
            route({"old": 50, "new": 50}, name="webhooks", match={"path": HOOK, "methods": ["POST"]},
                  fallback=["old", "new"], cohort="header:X-Repo", response_timeout="9s"),
            route({"old": 50, "new": 50}, name="ui", match={"path_prefix": "/"})], retry=EAGER))
        for name, master in self.masters.items():
            segue.wait_endpoint(name, master.address, rotation="in")
        return segue

    def changes(self):
        """Revision -> the masters that have a change of it, one entry for each change."""
        where = collections.defaultdict(list)
        for name, master in self.masters.items():
            for change in master.changes():
                where[change["revision"]].append(name)
        return where

    def test_each_delivery_is_one_change_on_one_master(self):
        repositories = [github.Repository(n) for n in range(REPOSITORIES)]
        segue = self.proxy()
        before = self.changes()
        senders = Senders(segue.address(), repositories)
        self.addCleanup(senders.stop)
        windows = []
        for new in STEPS:
            segue.weights("webhooks", old=100 - new, new=new)
            begin = time.monotonic()
            senders.wait_round(begin, repositories, TWICE)
            windows.append((new, senders.between(begin, time.monotonic())))
        deliveries = senders.stop()

        lost = [(d.repository.full_name, d.status, d.problem) for d in deliveries if d.status not in (200, 202)]
        self.assertEqual(lost, [], f"of {len(deliveries)}")
        changes = {revision: at for revision, at in self.changes().items() if revision not in before}
        self.assertEqual(set(changes), {d.revision for d in deliveries})
        self.assertEqual({r: at for r, at in changes.items() if len(at) != 1}, {}, "more than one change")
        for name, row in segue.split("webhooks").items():
            self.assertEqual(row["requests"], sum(at == [name] for at in changes.values()), name)

        on_new = []  # at each step: the repositories that were there
        for new, window in windows:
            masters = collections.defaultdict(set)
            for delivery in window:
                masters[delivery.repository].add(changes[delivery.revision][0])
            self.assertEqual(set(masters), set(repositories))
            both = [r.full_name for r, names in masters.items() if len(names) > 1]
            self.assertEqual(both, [], f"on both masters at weight {new}")
            on_new.append({r for r, names in masters.items() if names == {"new"}})
        self.assertEqual([len(on_new[STEPS.index(0)]), len(on_new[STEPS.index(100)])], [0, REPOSITORIES])
        for earlier, later in zip(range(3), range(1, 4)):
            self.assertLessEqual(on_new[earlier], on_new[later], "a repository moved against the weights")
        self.assertEqual(on_new, on_new[::-1], "the same weights, but another division")
        self.assertTrue(0 < len(on_new[STEPS.index(50)]) < REPOSITORIES)
        print(f"{len(deliveries)} deliveries, repositories on new: {[len(s) for s in on_new]}")

    def test_a_killed_master_loses_and_doubles_nothing_that_was_answered(self):
        repositories = [github.Repository(n) for n in range(REPOSITORIES)]
        segue = self.proxy()
        segue.weights("webhooks", old=100, new=0)
        senders = Senders(segue.address(), repositories)
        self.addCleanup(senders.stop)
        senders.wait_answers(REPOSITORIES)
        self.masters["old"].kill()
        killed = time.monotonic()
        senders.wait_round(killed, repositories, 1)
        deliveries = senders.stop()
        self.masters["old"].start().wait_ready()
        changes = self.changes()
        self.assertEqual({r: at for r, at in changes.items() if len(at) != 1}, {}, "more than one change")
        answered = {d.revision for d in deliveries if d.status in (200, 202)}
        self.assertEqual(answered - set(changes), set(), "answered, but no change")
        failed = [d for d in deliveries if d.revision not in answered]
        self.assertEqual({d.status for d in failed} - {502}, set(), [d.problem for d in failed])
        # Those had been written to the dying master, and nobody can know what it did with them.
        faults = [line["attempts"][-1]["fault"] for line in segue.access_lines(len(deliveries)) if line["status"] == 502]
        self.assertEqual(len(faults), len(failed))
        self.assertEqual(set(faults) - {"reset", "closed_early"}, set())
        after = [d for d in deliveries if d.sent > killed]
        self.assertEqual({changes[d.revision][0] for d in after if d.status in (200, 202)}, {"new"})
        print(f"{len(deliveries)} deliveries, {len(failed)} failed, {len(after)} after the kill")

    def ask(self, address, method, path, body=None, fields=()):
        """(status, reason, what does not differ from one answer to the next, body)"""
        connection = http.client.HTTPConnection(address, timeout=github.PATIENCE)
        try:
            connection.request(method, path, body, dict(fields))
            response = connection.getresponse()
            kept = [(n, v) for n, v in response.getheaders() if n not in ("Date", "Set-Cookie")]
            return response.status, response.reason, sorted(kept), response.read()
        finally:
            connection.close()

    def test_pages_and_refusals_are_those_of_the_chosen_master(self):
        segue = self.proxy()
        body = b'{"action":"created"}'
        asked = [("GET", "/"), ("GET", "/api/v2/masters?field=name"), ("GET", "/api/v2/no-such-thing"), ("HEAD", "/"),
                 ("POST", HOOK, body, github.fields("star", body, SECRET)),
                 ("POST", HOOK, body, {**github.fields("ping", body, "another secret"), "X-Repo": "a/b"}),
                 ("POST", HOOK, body, github.fields("ping", body, SECRET))]
        for name, master in self.masters.items():
            for which in ("ui", "webhooks"):
                segue.weights(which, **{n: 100 * (n == name) for n in self.masters})
            for request in asked:
                self.assertEqual(self.ask(segue.address(), *request), self.ask(master.address, *request), request)
            page = self.ask(segue.address(), "GET", "/")[3]
            self.assertIn(f'"title": "{name}"'.encode(), page)
            masters = json.loads(self.ask(segue.address(), "GET", "/api/v2/masters")[3])["masters"]
            self.assertEqual([m["name"] for m in masters], [master.identity()])

    def test_live_pages_stay_with_their_master_when_the_weights_move(self):
        segue = self.proxy()
        segue.weights("webhooks", old=100, new=0)
        segue.weights("ui", old=100, new=0)
        events = http.client.HTTPConnection(segue.address(), timeout=WAIT)
        self.addCleanup(events.close)
        events.connect()  # its end is a reset: after a FIN alone the stream would still have a reader
        events.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        events.request("GET", "/sse/listen/changes/*/*")
        stream = events.getresponse()
        self.addCleanup(stream.close)

        def event():
            """The next server-sent event's data."""
            while not (line := stream.readline()).startswith(b"data: "):
                self.assertTrue(line, "the stream ended")
            return line[6:].decode()

        async def story():
            async with websockets.connect(f"ws://{segue.address()}/ws") as ws:
                await ws.send(json.dumps({"cmd": "startConsuming", "path": "changes/*/*", "_id": 1}))
                self.assertEqual(json.loads(await asyncio.wait_for(ws.recv(), WAIT))["code"], 200)
                event()  # its handshake
                segue.weights("ui", old=0, new=100)
                revision, repository = os.urandom(20).hex(), github.Repository(1)
                body = templates()["push"][0].make(repository, revision)
                fields = {**github.fields("push", body, SECRET), "X-Repo": repository.full_name}
                self.assertEqual(self.ask(segue.address(), "POST", HOOK, body, fields)[0], 200)
                told = json.loads(await asyncio.wait_for(ws.recv(), WAIT))
                self.assertEqual(told["m"]["revision"], revision)
                self.assertEqual(json.loads(event())["message"]["revision"], revision)
        asyncio.run(story())
        masters = json.loads(self.ask(segue.address(), "GET", "/api/v2/masters")[3])["masters"]
        self.assertEqual([m["name"] for m in masters], [self.masters["new"].identity()])


if __name__ == "__main__":
    main()
