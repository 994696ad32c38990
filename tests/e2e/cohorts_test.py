"""Cohorts that only bodies name: one repository, one pool; and bodies arrive as they were sent."""
import json
import os
import random
import threading
import time
import urllib.parse

from support.case import SegueCase, main, smaller
from support.client import RawClient
from support.config import config, pool, route
from support.process import wait_until
from support.segue import BIN
from support.upstream import ok, refused_address

SOURCE = os.environ.get("SEGUE_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
EXAMPLES = os.path.join(SOURCE, "tests/node_modules/@octokit/webhooks-examples/api.github.com/index.json")
HOOK = {"path": "/hook", "methods": ["POST"]}
KIB = 1024
PATIENT = {"total_timeout": "60s", "response_timeout": "60s"}  # tests may be slower than webhooks may


def compact(thing):
    return json.dumps(thing, separators=(",", ":"), ensure_ascii=False).encode()


def push(number, padding=0, late=False):
    """A push to repository `number`; `padding` bytes of commit message before or, unless `late`, behind it."""
    repository = {"id": number, "name": f"app{number}", "full_name": f"Org/App{number}"}
    commits = [{"message": "x" * padding}]
    if late:
        return compact({"ref": "refs/heads/main", "commits": commits, "repository": repository})
    return compact({"ref": "refs/heads/main", "repository": repository, "commits": commits})


def form(body):
    return b"payload=" + urllib.parse.quote_plus(body).encode()


def github(**more):
    return {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in more.items()}}


def head(fields, framing, target="/hook", version="1.1"):
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {target} HTTP/{version}\r\nHost: ci.example.com\r\n{lines}{framing}\r\n\r\n".encode()


def chunked(body, sizes):
    out, at = b"", 0
    while at < len(body):
        piece = body[at:at + next(sizes)]
        out += b"%x\r\n%s\r\n" % (len(piece), piece)
        at += len(piece)
    return out + b"0\r\n\r\n"


def forever(number):
    while True:
        yield number


class Cohorts(SegueCase):
    def two(self, cohort="repository", answer=None, settings=None, pools=None, **sections):
        """segue with pools "old" and "new" of one upstream each, 50/50, and those upstreams."""
        self.old, self.new = self.upstream(answer, serve=True), self.upstream(answer, serve=True)
        pools = pools or {"old": pool(self.old.address), "new": pool(self.new.address)}
        sections = {"workers": 1, **sections}
        return self.segue(config(pools, [
            route({"old": 50, "new": 50}, name="hooks", match=HOOK, cohort=cohort, **(settings or {})),
            route({"old": 1}, name="rest")], **sections))

    def single(self, cohort="repository", settings=None, **sections):
        """segue with one pool of one upstream that does what the test says."""
        upstream = self.upstream()
        sections = {"workers": 1, **sections}
        segue = self.segue(config({"old": pool(upstream.address)}, [
            route({"old": 1}, name="hooks", match=HOOK, cohort=cohort, **(settings or {}))], **sections))
        return segue, upstream

    def barrier(self, segue):
        """The one worker answers this by itself, after everything that was sent before it."""
        client = self.connect(segue)
        client.send(b"TRACE /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(client.read_response().status, 404)

    def where(self):
        """By repository, what arrived at which pool."""
        found = {}
        for name, server in (("old", self.old), ("new", self.new)):
            for request in server.requests:
                found.setdefault(request.get("X-Repository"), set()).add(name)
        return found


class Placing(Cohorts):
    def test_a_repository_is_at_one_pool_whatever_its_payloads_and_their_framing(self):
        if not os.path.exists(EXAMPLES):
            self.skipTest("tests/node_modules is not there; scripts/setup --tests installs it")
        with open(EXAMPLES) as file:
            events = json.load(file)
        segue = self.two()
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        client, sent, strangers = self.connect(segue), {}, 0
        for event in events:
            for number, example in enumerate(event["examples"]):
                body = compact(example)
                repository = str((example.get("repository") or {}).get("id", "none"))
                how = ("length", "form", "chunked")[number % 3]
                delivery = f"{event['name']}-{number}"
                fields = github(X_Repository=repository, X_GitHub_Delivery=delivery)
                if how == "form":
                    body = form(body)
                    fields["Content-Type"] = "application/x-www-form-urlencoded"
                sent[delivery] = body
                strangers += repository == "none"
                if how == "chunked":
                    sizes = iter(lambda: rng.randint(1, 9000), 0)
                    client.send(head(fields, "Transfer-Encoding: chunked") + chunked(body, sizes))
                else:
                    client.send(head(fields, f"Content-Length: {len(body)}") + body)
                self.assertEqual(client.read_response().status, 200)
        for request in self.old.requests + self.new.requests:
            self.assertEqual(request.body, sent.pop(request.get("X-GitHub-Delivery")), f"seed {seed}")
        self.assertEqual(sent, {})
        where = self.where()
        self.assertEqual(where.pop("none"), {"old"}, "without a repository: the unknown pool, the first")
        self.assertGreater(len(where), 5)
        for repository, pools in where.items():
            self.assertEqual(len(pools), 1, f"repository {repository} at {pools}")
        self.assertEqual({next(iter(p)) for p in where.values()}, {"old", "new"}, "one pool got none of a 50/50 split")
        self.assertEqual(segue.metric("segue_unknown_cohorts_total", route="hooks"), strangers)

    def test_names_in_heads_and_paths_are_the_same_cohort_as_names_in_bodies(self):
        segue = self.two(["header:X-Repo", "json:/repository/full_name"])
        client = self.connect(segue)
        for number in range(40):
            for fields, body in ((github(), push(number)), ({"X-Repo": f"org/app{number}"}, b"{}")):
                fields["X-Repository"] = str(number)
                self.assertEqual(client.request("POST", "/hook", fields, body).status, 200)
        where = self.where()
        self.assertEqual(len(where), 40)
        self.assertTrue(all(len(pools) == 1 for pools in where.values()), where)

    def test_what_has_no_key_goes_to_the_unknown_pool_untouched(self):
        segue = self.two()
        client = self.connect(segue)
        bodies = [b"", b"{", b"no JSON at all", b"[]", b"\xff\x00", compact({"repository": {"id": None}}),
                  b'{"repository":{"id":[1]}}', b"{" * 200]
        for body in bodies:
            self.assertEqual(client.request("POST", "/hook", github(), body).status, 200)
        for fields in (github(Content_Encoding="gzip"), github(Content_Type="text/plain"),
                       github(Content_Type="multipart/form-data; boundary=x")):
            self.assertEqual(client.request("POST", "/hook", fields, push(1)).status, 200)
        self.assertEqual([r.body for r in self.old.requests], bodies + 3 * [push(1)])
        self.assertEqual(self.new.requests, [])
        self.assertEqual(segue.metric("segue_unknown_cohorts_total", route="hooks"), len(bodies) + 3)

    def test_delivery_and_event_are_in_the_access_log(self):
        segue = self.two()
        client = self.connect(segue)
        client.request("POST", "/hook", github(X_GitHub_Delivery="72d3162e"), push(1))
        client.request("POST", "/hook", {"X-Gitlab-Event": "Push Hook", "Idempotency-Key": "7",
                                         "Content-Type": "application/json"}, b'{"project_id":5}')
        client.request("GET", "/", {"X-GitHub-Event": "push"})
        first, second, third = segue.access_lines(3)
        self.assertEqual((first["delivery"], first["event"]), ("72d3162e", "push"))
        self.assertEqual((second["delivery"], second["event"]), ("7", "Push Hook"))
        self.assertIsNotNone(first["cohort"])
        self.assertNotIn("event", third)

    def test_explain_says_the_same_offline(self):
        segue = self.two()
        client = self.connect(segue)
        for number in (1, 2, 3, 4):
            body = os.path.join(segue.dir, "body")
            with open(body, "wb") as file:
                file.write(push(number))
            client.request("POST", "/hook", github(X_Repository=str(number)), push(number))
            out = json.loads(self.run_tool(
                BIN, "explain", "-c", segue.config_path, "--json", "--body", body, "-H", "X-GitHub-Event: push",
                "-H", "Content-Type: application/json", "POST", "http://ci.example.com/hook"))
            self.assertEqual(out["cohort"]["key"], f"github:{number}")
            self.assertEqual(out["cohort"]["source"], "repository")
            self.assertEqual(self.where()[str(number)], {out["pool"]})


class Reading(Cohorts):
    def test_every_cut_arrives_whole(self):
        segue = self.two()
        client = self.connect(segue)
        body = push(7, padding=40)
        encoded = form(body)
        wires = [(body, head(github(), f"Content-Length: {len(body)}") + body),
                 (body, head(github(), "Transfer-Encoding: chunked") + chunked(body, forever(1))),
                 (encoded, head(github(Content_Type="application/x-www-form-urlencoded"),
                                f"Content-Length: {len(encoded)}") + encoded)]
        for expected, wire in wires:
            start = wire.index(b"\r\n\r\n")
            for byte in range(len(wire)):  # TCP_NODELAY: each send is a segment
                if byte < start:
                    continue
                client.send(wire[:start] if byte == start else b"")
                client.send(wire[byte:byte + 1])
            self.assertEqual(client.read_response().status, 200)
        arrived = self.old.requests + self.new.requests
        self.assertEqual(sorted(r.body for r in arrived), sorted(e for e, _ in wires))
        self.assertEqual(min(len(self.old.requests), len(self.new.requests)), 0, "one repository, one pool")

    def test_framing_stays_and_trailers_pass(self):
        for late in (False, True):
            segue, upstream = self.single()
            client = self.connect(segue)
            body = push(1, padding=100, late=late)
            client.send(head(github(Trailer="X-Sum"), "Transfer-Encoding: chunked"))
            client.send_chunk(body[:20]).send_chunk(body[20:]).end_chunks(b"X-Sum: 42\r\n")
            wire = upstream.accept()
            request = wire.read_request()
            self.assertEqual((request.body, request.framing), (body, "chunked"))
            self.assertEqual(request.trailers, [(b"X-Sum", b"42")])
            wire.send(ok())
            client.read_response()
            client.send_request("POST", "/hook", github(), body)
            request = wire.read_request()
            self.assertEqual((request.body, request.framing), (body, "length"))
            wire.send(ok())
            self.assertEqual(client.read_response().status, 200)

    def test_nothing_is_sent_before_the_key_and_everything_as_soon_as_it_is_known(self):
        segue, upstream = self.single()
        client = self.connect(segue)
        body = push(1, padding=100_000)
        key = body.index(b'"commits"')
        client.send(head(github(), f"Content-Length: {len(body)}") + body[:20])
        self.barrier(segue)
        self.assertFalse(upstream.pending(), "a connection came before the key")
        client.send(body[20:key])
        wire = upstream.accept()
        request = wire.read_head()
        self.assertEqual(wire.read_exactly(key), body[:key])
        client.send(body[key:])
        self.assertEqual(wire.read_exactly(len(body) - key), body[key:])
        self.assertEqual(int(request.get("Content-Length")), len(body))
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_a_key_that_the_head_has_makes_the_body_uninteresting(self):
        segue, upstream = self.single(["header:X-Repo", "repository"])
        client = self.connect(segue)
        client.send(head(github(X_Repo="a/b"), "Content-Length: 10") + b"{")
        wire = upstream.accept()
        wire.read_head()
        self.assertEqual(wire.read_exactly(1), b"{")
        client.send(b"123456789")
        wire.read_exactly(9)
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_large_bodies_with_their_key_at_the_end(self):
        segue = self.two(answer=lambda r, w: w.send(ok(str(len(r.body)).encode())), settings=PATIENT)
        client = self.connect(segue)
        size = smaller(4 * KIB * KIB)
        for number in range(3):
            body = push(number, padding=size + number, late=True)
            response = client.request("POST", "/hook", github(), body)
            self.assertEqual((response.status, response.body), (200, str(len(body)).encode()))
            client.send(head(github(), "Transfer-Encoding: chunked") + chunked(body, forever(100_000)))
            self.assertEqual(client.read_response().body, str(len(body)).encode())
        bodies = [r.body for r in self.old.requests + self.new.requests]
        for number in range(3):
            self.assertEqual(bodies.count(push(number, padding=size + number, late=True)), 2)

    def test_a_body_as_long_as_the_limit(self):
        segue = self.two(answer=lambda r, w: w.send(ok(str(len(r.body)).encode())), settings=PATIENT)
        client = self.connect(segue)
        body = push(1, padding=32 * KIB * KIB - len(push(1)), late=True)
        response = client.request("POST", "/hook", github(), body)
        self.assertEqual((response.status, response.body), (200, b"%d" % (32 * KIB * KIB)))
        self.assertEqual([r.body == body for r in self.old.requests + self.new.requests], [True])

    def test_an_upstream_that_reads_slowly_gets_all_of_a_held_body(self):
        segue, upstream = self.single(settings=PATIENT)
        client = self.connect(segue)
        body = push(1, padding=16 * KIB * KIB, late=True)  # more than both sockets take
        client.send_request("POST", "/hook", github(), body)
        wire = upstream.accept()
        self.barrier(segue)  # it sends what the kernel takes, and goes on with others
        wire.keep = False
        self.assertEqual(wire.read_request().body, body)
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_an_answer_before_the_held_body_was_sent(self):
        segue, upstream = self.single(settings=PATIENT)
        client = self.connect(segue)
        body = push(1, padding=16 * KIB * KIB, late=True)
        client.send_request("POST", "/hook", github(), body)
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        response = client.read_response()
        self.assertEqual((response.status, response.body), (403, b"no"))
        client.again().send_request("POST", "/hook", github(), push(2))
        second = upstream.accept()  # the first has the rest of a body on it
        self.assertEqual(second.read_request().body, push(2))
        second.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_pipelined_requests_are_read_one_after_the_other(self):
        segue = self.two(answer=lambda r, w: w.send(ok(r.body)))
        client = self.connect(segue)
        bodies = [push(number, padding=number * 10) for number in range(20)]
        wire = b""
        for number, body in enumerate(bodies):
            if number % 2:
                wire += head(github(), "Transfer-Encoding: chunked") + chunked(body, forever(100))
            else:
                wire += head(github(), f"Content-Length: {len(body)}") + body
        client.send(wire)
        for body in bodies:
            self.assertEqual(client.read_response().body, body)

    def test_http_1_0(self):
        segue = self.two(answer=lambda r, w: w.send(ok(r.body)))
        client = self.connect(segue)
        client.send(head(github(Expect="100-continue"), f"Content-Length: {len(push(1))}", version="1.0") + push(1))
        response = client.read_response()
        self.assertEqual((response.status, response.body, response.interim), (200, push(1), []))


class Expect(Cohorts):
    def test_who_needs_the_body_asks_for_it_and_nobody_else_does(self):
        segue, upstream = self.single()
        client = self.connect(segue)
        body = push(1)
        client.send(head(github(Expect="100-continue"), f"Content-Length: {len(body)}"))
        self.assertEqual(client.read_head().status, 100)
        self.assertFalse(upstream.pending(), "a connection came before the key")
        client.send(body)
        wire = upstream.accept()
        request = wire.read_request()
        self.assertEqual(request.head.all("Expect"), [])
        self.assertEqual(request.body, body)
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")
        wire.send(ok())
        response = client.read_response()
        self.assertEqual((response.status, [h.status for h in response.interim]), (200, [103]))

    def test_where_the_head_has_the_key_it_is_passed_on(self):
        segue, upstream = self.single(["header:X-Repo", "repository"])
        client = self.connect(segue)
        body = push(1)
        client.send(head(github(Expect="100-continue", X_Repo="a/b"), f"Content-Length: {len(body)}"))
        wire = upstream.accept()
        self.assertEqual(wire.read_head().get("Expect"), "100-continue")
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertEqual(client.read_head().status, 100)
        client.send(body)
        self.assertEqual(wire.read_exactly(len(body)), body)
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)


class Limits(Cohorts):
    def test_a_body_longer_than_the_limit_gets_413(self):
        segue, upstream = self.single(settings={"cohort_body_max": "4KiB"})
        client = self.connect(segue)
        client.send(head(github(Expect="100-continue"), "Content-Length: 4097"))
        response = client.read_response()
        self.assertEqual((response.status, response.interim), (413, []))
        client = self.connect(segue)
        client.send(head(github(), "Transfer-Encoding: chunked")).send_chunk(b"[" + b" " * 3000).send_chunk(b" " * 2000)
        self.assertEqual(client.read_response().status, 413)
        self.assertFalse(upstream.pending(), "a connection came")
        body = push(1, padding=4 * KIB - len(push(1)), late=True)
        self.assertEqual(len(body), 4 * KIB)
        client = self.connect(segue)
        client.send_request("POST", "/hook", github(), body)
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, body)
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual([line["fault"] for line in segue.access_lines(3)[:2]], 2 * ["body_too_large"])

    def test_bodies_held_at_once_have_a_limit(self):
        segue, upstream = self.single(limits={"cohort_bodies": "1MiB"})
        holder, other = self.connect(segue), self.connect(segue)
        held = push(1, padding=900 * KIB, late=True)
        holder.send(head(github(), f"Content-Length: {len(held)}") + held[:-100])
        for _ in range(40):  # in each turn of its loop the worker reads some of it
            self.barrier(segue)
        other.send_request("POST", "/hook", github(), push(2, padding=300 * KIB, late=True))
        response = other.read_response()
        self.assertEqual((response.status, response.get("Retry-After") is not None), (503, True))
        holder.send(held[-100:])
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, held)
        wire.send(ok())
        self.assertEqual(holder.read_response().status, 200)
        # And what was held is free again.
        again = self.connect(segue)
        again.send_request("POST", "/hook", github(), held)
        self.assertEqual(wire.read_request().body, held)
        wire.send(ok())
        self.assertEqual(again.read_response().status, 200)

    def test_a_body_that_stands_still_gets_408(self):
        segue, upstream = self.single(timeouts={"body_idle": "200ms"})
        client = self.connect(segue)
        client.send(head(github(), "Content-Length: 100") + b"{")
        self.assertEqual(client.read_response().status, 408)
        line = segue.access_lines(1)[0]
        self.assertEqual((line["fault"], line["ended_by"], line["phase"]), ("body_timeout", "client", "routing"))
        self.assertFalse(upstream.pending(), "a connection came")

    def test_the_time_for_everything_holds_while_a_body_trickles_in(self):
        segue, upstream = self.single(settings={"total_timeout": "500ms"}, timeouts={"body_idle": "10s"})
        client = self.connect(segue)
        client.send(head(github(), "Content-Length: 100000"))
        stop = threading.Event()

        def trickle():
            try:
                while not stop.is_set():
                    client.send(b" ")
                    time.sleep(0.02)
            except OSError:
                pass
        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            self.assertEqual(client.read_response().status, 408)
        finally:
            stop.set()
            thread.join()

    def test_a_client_that_leaves_takes_its_request_along(self):
        segue, upstream = self.single()
        for leave in ("close", "reset"):
            client = self.connect(segue)
            client.send(head(github(), "Content-Length: 100") + b"{")
            self.barrier(segue)
            getattr(client, leave)()
        lines = [line for line in segue.access_lines(4) if line["method"] == "POST"]
        self.assertEqual([line["ended_by"] for line in lines], 2 * ["client"])
        self.assertFalse(upstream.pending(), "a connection came")

    def test_bad_chunks_are_the_clients_fault(self):
        segue, upstream = self.single()
        client = self.connect(segue)
        client.send(head(github(), "Transfer-Encoding: chunked") + b"1\r\n{\r\nzz\r\n")
        self.assertEqual(client.read_response().status, 400)
        self.assertFalse(upstream.pending(), "a connection came")

    def test_a_stop_waits_for_a_body_that_is_being_read(self):
        segue, upstream = self.single()
        client = self.connect(segue)
        body = push(1)
        client.send(head(github(), f"Content-Length: {len(body)}") + body[:10])
        self.barrier(segue)
        address = segue.address()
        segue.terminate()

        def refused():
            try:
                RawClient(address).close()
            except ConnectionRefusedError:
                return True
            return False
        wait_until("every worker has begun to stop", refused)
        client.send(body[10:])
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, body)
        wire.send(ok())
        response = client.read_response()
        self.assertEqual((response.status, response.head.has_token("Connection", "close")), (200, True))


class Again(Cohorts):
    def test_a_held_body_goes_to_the_fallback_whole(self):
        taken, address = refused_address()
        self.addCleanup(taken.close)
        alive = self.upstream(lambda r, w: w.send(ok(r.body)))
        segue = self.segue(config({"old": pool(address, passive=False), "new": pool(alive.address)}, [
            route({"old": 100, "new": 0}, name="hooks", match=HOOK, cohort="repository", fallback=["new"])], workers=1))
        client = self.connect(segue)
        for padding in (0, 20_000, 300_000):
            for late in (False, True):
                body = push(1, padding=padding, late=late)
                response = client.request("POST", "/hook", github(), body)
                self.assertEqual((response.status, response.body == body), (200, True))
                client.send(head(github(), "Transfer-Encoding: chunked") + chunked(body, forever(7000)))
                self.assertEqual(client.read_response().body, body)
        for line in segue.access_lines(12):
            self.assertEqual([a["pool"] for a in line["attempts"]], ["old", "new"])
            self.assertEqual(line["attempts"][1]["proof"], "unsent")

    def test_a_queue_holds_the_body(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address, in_flight_max=1)}, [
            route({"old": 1}, name="hooks", match=HOOK, cohort="repository")], workers=1))
        first, second = self.connect(segue), self.connect(segue)
        first.send_request("POST", "/hook", github(), push(1))
        wire = upstream.accept()
        wire.read_request()
        body = push(2, padding=200_000)
        second.send_request("POST", "/hook", github(), body)
        self.barrier(segue)
        wire.send(ok())
        first.read_response()
        self.assertEqual(wire.read_request().body, body)
        wire.send(ok())
        self.assertEqual(second.read_response().status, 200)


if __name__ == "__main__":
    main()
