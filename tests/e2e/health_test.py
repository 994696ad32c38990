"""Active checks decide who gets traffic: checking, up, starting, down, asked to drain, and what the operator says."""
import threading

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.upstream import ok

FAST = {"path": "/health", "interval": "100ms", "interval_changing": "100ms", "interval_down": "100ms",
        "timeout": "2s", "rise": 2, "fall": 3}
TCP = {"preset": "tcp", "interval": "100ms", "interval_changing": "100ms", "interval_down": "100ms"}


class Server:
    """An upstream whose health answer the test may change: bytes, or None to stay silent."""

    def __init__(self, case, answer=ok(b"fine")):
        self.health = answer
        self.silence = threading.Event()
        self.checks = []
        self.upstream = case.upstream(self.answer)
        case.addCleanup(self.silence.set)
        self.address = self.upstream.address

    def answer(self, request, wire):
        if request.head.target.startswith(b"/health"):
            self.checks.append(request)
            if self.health is None:
                self.silence.wait()
                return False
            wire.send(self.health)
            return b"close" not in self.health
        wire.send(ok(self.address.encode()))
        return True

    @property
    def traffic(self):
        return [r for r in self.upstream.requests if not r.head.target.startswith(b"/health")]


class Active(SegueCase):
    def segue_with(self, *servers, health=None, **settings):
        return self.segue(config({"old": pool(*(s.address for s in servers), health=health or FAST, **settings)}))

    def test_before_the_first_verdict_there_is_503_with_retry_after_and_then_traffic(self):
        server = Server(self, None)
        segue = self.segue_with(server)
        wait_until("the first check", lambda: server.checks)
        client = self.connect(segue)
        response = client.request()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (503, "no_endpoint"))
        self.assertTrue(response.get("Retry-After"))
        self.assertEqual(segue.endpoints("old")[server.address]["health"], "checking")
        self.assertEqual(server.traffic, [])
        server.health = ok()
        server.silence.set()
        segue.wait_endpoint("old", server.address, health="up", rotation="in")
        self.assertEqual(client.request().status, 200)

    def test_down_after_fall_and_up_after_rise(self):
        one, two = Server(self), Server(self)
        segue = self.segue_with(one, two)
        for server in (one, two):
            segue.wait_endpoint("old", server.address, health="up", rotation="in")
        one.health = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        # The entry is read in two requests, and the snapshot follows the verdict.
        entry = segue.wait_endpoint("old", one.address, health="down", rotation="out")
        self.assertIn("500", entry["last_result"])
        client = self.connect(segue)
        self.assertEqual({client.request().body.decode() for _ in range(30)}, {two.address})
        one.health = ok()
        segue.wait_endpoint("old", one.address, health="up", rotation="in")
        self.assertEqual({client.request().body.decode() for _ in range(60)}, {one.address, two.address})

    def test_a_single_failure_is_not_a_verdict(self):
        server = Server(self)
        segue = self.segue_with(server)
        flips = segue.wait_endpoint("old", server.address, health="up", rotation="in")["transitions"]
        server.health = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        seen = len(server.checks)
        wait_until("one failing check", lambda: len(server.checks) > seen)
        server.health = ok()
        seen = len(server.checks)
        wait_until("five more checks", lambda: len(server.checks) > seen + 5)
        entry = segue.endpoints("old")[server.address]
        self.assertEqual((entry["health"], entry["transitions"]), ("up", flips))

    def test_a_check_that_hangs_is_a_failure(self):
        server = Server(self)
        segue = self.segue_with(server, health={**FAST, "timeout": "100ms"})
        segue.wait_endpoint("old", server.address, health="up", rotation="in")
        server.health = None
        segue.wait_endpoint("old", server.address, health="down")

    def test_what_is_asked_and_what_is_expected_is_configured(self):
        server = Server(self, b"HTTP/1.1 200 OK\r\nX-Jenkins: 2.4\r\nContent-Length: 10\r\n\r\nall is well")
        segue = self.segue_with(server, health={**FAST, 
            "path": "/health/login?x=1", "method": "GET", "host": "ci.example.com", "headers": {"X-Probe": "segue"},
            "expect_status": ["200", "204-206"], "expect_header": "X-Jenkins", "expect_body": "is wel"})
        segue.wait_endpoint("old", server.address, health="up", rotation="in")
        check = server.checks[0]
        self.assertEqual(check.head.target, b"/health/login?x=1")
        self.assertEqual((check.get("Host"), check.get("X-Probe")), ("ci.example.com", "segue"))
        server.health = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nall is well"
        segue.wait_endpoint("old", server.address, health="down")

    def test_redirects_are_an_answer_and_not_followed(self):
        server = Server(self, b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        segue = self.segue_with(server)
        segue.wait_endpoint("old", server.address, health="up", rotation="in")
        self.assertEqual(server.traffic, [])

    def test_an_endpoint_may_ask_to_be_drained(self):
        server, other = Server(self), Server(self)
        segue = self.segue_with(server, other, health={**FAST, "drain_on": [404]})
        segue.wait_endpoint("old", other.address, health="up", rotation="in")
        segue.wait_endpoint("old", server.address, health="up", rotation="in")
        server.health = b"HTTP/1.1 404 Draining\r\nContent-Length: 0\r\n\r\n"
        segue.wait_endpoint("old", server.address, rotation="drain", cause="asked_drain")

    def test_jenkins_that_is_getting_ready_is_starting(self):
        body = b"Please wait while Jenkins is getting ready to work"
        server = Server(self, b"HTTP/1.1 503 Busy\r\nX-Jenkins: 2\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        segue = self.segue_with(server, health={**FAST, "preset": "jenkins"})
        segue.wait_endpoint("old", server.address, health="starting")
        server.health = b"HTTP/1.1 200 OK\r\nX-Jenkins: 2\r\nContent-Length: 0\r\n\r\n"
        segue.wait_endpoint("old", server.address, health="up", rotation="in")

    def test_tcp_checks_only_connect(self):
        server = Server(self)
        segue = self.segue_with(server, health=TCP)
        segue.wait_endpoint("old", server.address, health="up", rotation="in")
        self.assertEqual(server.checks, [])
        server.upstream.close()
        segue.wait_endpoint("old", server.address, health="down")

    def test_shares_follow_health_and_come_back(self):
        servers = {name: Server(self) for name in ("a", "b", "c")}
        at_once = {"stable": "0s", "steps": 1}
        segue = self.segue(config({n: pool(s.address, health=FAST, failback=at_once) for n, s in servers.items()},
                                  [route({"a": 1, "b": 1, "c": 8}, cohort="header:X-Repo")]))
        for name, server in servers.items():
            segue.wait_endpoint(name, server.address, health="up", rotation="in")
        client = self.connect(segue)
        before = [client.request(fields={"X-Repo": str(n)}).body.decode() for n in range(200)]
        servers["c"].health = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        segue.wait_endpoint("c", servers["c"].address, health="down")
        shares = {pool: row["effective_share"] for pool, row in segue.split().items()}
        self.assertEqual(shares, {"a": 0.5, "b": 0.5, "c": 0.0})
        during = [client.request(fields={"X-Repo": str(n)}).body.decode() for n in range(200)]
        for was, now in zip(before, during):
            if was != servers["c"].address:
                self.assertEqual(was, now, "a cohort of a living pool moved")
        servers["c"].health = ok()
        segue.wait_endpoint("c", servers["c"].address, health="up", rotation="in")
        wait_until("c has its cohorts back", lambda: segue.get("/v1/pools/c")["failback"]["admitted"] == 1)
        after = [client.request(fields={"X-Repo": str(n)}).body.decode() for n in range(200)]
        self.assertEqual(before, after)

    def test_the_operators_word_wins(self):
        one, two = Server(self), Server(self)
        segue = self.segue_with(one, two)
        for server in (one, two):
            segue.wait_endpoint("old", server.address, health="up", rotation="in")
        done = segue.ctl("out", f"old/{one.address}")
        self.assertEqual(done.returncode, 0, done.stderr)
        segue.wait_endpoint("old", one.address, rotation="out", cause="operator")
        client = self.connect(segue)
        self.assertEqual({client.request().body.decode() for _ in range(30)}, {two.address})
        self.assertEqual(segue.ctl("ready", f"old/{one.address}").returncode, 0)
        segue.wait_endpoint("old", one.address, rotation="in")


if __name__ == "__main__":
    main()
