"""Deep links: what one pool answers with 404 is asked at the others."""
import threading

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.upstream import ok, refused_address


def status(code, body=b"", fields=b""):
    return b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s" % (code, fields, len(body), body)


class Lookup(SegueCase):
    """Pools old and new, and spare as fallback; each has the pages of its set. All cohorts are at new."""

    def world(self, has=None, answers=None, sections=None, pools=("old", "new", "spare"), dead=(), **settings):
        has = {"old": ("/old", "/both"), "new": ("/new", "/both"), "spare": ("/spare",), **(has or {})}
        self.servers, addresses = {}, {}
        for name in pools:
            def answer(request, wire, name=name):
                page = request.head.target.decode().partition("?")[0]
                head = request.head.method == "HEAD"
                body = b"" if head else name.encode()
                if page in has[name]:
                    wire.send(ok(body))
                else:
                    wire.send(status(404, b"" if head else b"none at " + body))
            if name in dead:
                sock, addresses[name] = refused_address()
                self.addCleanup(sock.close)
                continue
            self.servers[name] = self.upstream((answers or {}).get(name, answer))
            addresses[name] = self.servers[name].address
        split = {name: weight for name, weight in (("old", 0), ("new", 100)) if name in pools}
        settings = {"lookup_on": [404], **({"fallback": ["spare"]} if "spare" in pools else {}), **settings}
        self.segue_ = self.segue(config({n: pool(a, passive=False) for n, a in addresses.items()},
                                        [route(split, **settings)],
                                        **{"workers": 1, "retry": {"attempts": 0}, **(sections or {})}))
        return self.segue_

    def asked(self):
        return {name: len(server.requests) for name, server in self.servers.items()}

    def test_the_first_other_answer_wins_in_the_splits_order(self):
        segue = self.world()
        client = self.connect(segue)
        for target, body in (("/new", b"new"), ("/old", b"old"), ("/both", b"new"), ("/spare?q=1", b"spare")):
            response = client.request("GET", target)
            self.assertEqual((response.status, response.body), (200, body))
        self.assertEqual(self.asked(), {"new": 4, "old": 2, "spare": 1})
        self.assertEqual(self.servers["spare"].requests[0].head.target, b"/spare?q=1")

    def test_when_nobody_has_it_the_last_answer_is_passed_on(self):
        segue = self.world()
        response = self.connect(segue).request("GET", "/nowhere")
        self.assertEqual((response.status, response.body), (404, b"none at spare"))
        self.assertEqual(self.asked(), {"new": 1, "old": 1, "spare": 1})

    def test_a_head_is_looked_up_and_a_post_or_a_body_is_not(self):
        segue = self.world()
        client = self.connect(segue)
        self.assertEqual(client.request("HEAD", "/old").status, 200)
        self.assertEqual(client.request("POST", "/old", body=b"x").status, 404)
        self.assertEqual(client.request("DELETE", "/old").status, 404)
        self.assertEqual(client.request("GET", "/old", body=b"x").status, 404)
        self.assertEqual(client.request("OPTIONS", "/old").status, 404)
        self.assertEqual(self.asked()["old"], 1)

    def test_only_the_statuses_that_are_listed(self):
        gone = {"new": lambda request, wire: wire.send(status(int(request.head.target[1:]), b"no"))}
        segue = self.world(answers=gone, lookup_on=[404, 410], has={"old": ("/404", "/410", "/403")})
        client = self.connect(segue)
        self.assertEqual([client.request("GET", f"/{code}").status for code in (404, 410, 403)], [200, 200, 403])

    def test_without_it_a_404_is_final(self):
        segue = self.world(lookup_on=[])
        self.assertEqual(self.connect(segue).request("GET", "/old").body, b"none at new")

    def test_a_pool_that_fails_does_not_turn_the_404_into_its_own_failure(self):
        cases = {"refuses": (None, ("old",)),
                 "hangs up": (lambda request, wire: False, ()),
                 "answers 502": (lambda request, wire: wire.send(status(502, b"broken")), ()),
                 "answers 503": (lambda request, wire: wire.send(status(503, b"broken")), ())}
        for name, (answer, dead) in cases.items():
            with self.subTest(name):
                segue = self.world(answers={"old": answer} if answer else {}, dead=dead, pools=("old", "new"))
                response = self.connect(segue).request("GET", "/old")
                self.assertEqual(response.status, 404)
                self.assertEqual(response.get("X-Segue-Reason"), "lookup_failed")
                segue = self.world(answers={"old": answer} if answer else {}, dead=dead)
                response = self.connect(segue).request("GET", "/spare")
                self.assertEqual((response.status, response.body), (200, b"spare"))

    def test_pools_that_are_out_are_not_asked(self):
        segue = self.world(pools=("old", "new"))
        address = self.servers["old"].address
        segue.admin("PUT", f"/v1/pools/old/endpoints/{address}", {"state": "out"})
        segue.wait_endpoint("old", address, rotation="out")
        self.assertEqual(self.connect(segue).request("GET", "/old").body, b"none at new")

    def test_what_is_small_is_read_and_the_connection_serves_on(self):
        segue = self.world(pools=("old", "new"))
        client = self.connect(segue)
        for _ in range(5):
            self.assertEqual(client.request("GET", "/old").body, b"old")
        self.assertEqual(len(self.servers["new"].wires), 1)
        self.assertEqual(len(self.servers["old"].wires), 1)

    def test_bodies_that_come_late_or_in_chunks_are_read_too(self):
        go = threading.Event()

        def chunked(request, wire):
            wire.send(b"HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n")
            go.wait(20)
            wire.send_chunk(b"x" * 1000)
            wire.end_chunks()
        segue = self.world(answers={"new": chunked}, pools=("old", "new"))
        client = self.connect(segue)
        self.assertEqual(client.request("GET", "/old").body, b"old")  # before the other's body is there
        go.set()
        # The connection is back when its body was read: only then is it taken again.
        address = self.servers["new"].address
        wait_until("an idle connection", lambda: segue.endpoints("new")[address]["idle"] == 1)
        self.assertEqual(client.request("GET", "/old").body, b"old")
        self.assertEqual(len(self.servers["new"].wires), 1)

    def test_a_long_body_costs_its_connection(self):
        answers = {"new": lambda request, wire: wire.send(status(404, b"x" * 1_000_000))}
        segue = self.world(answers=answers, pools=("old", "new"))
        client = self.connect(segue)
        for _ in range(3):
            self.assertEqual(client.request("GET", "/old").body, b"old")
        self.assertEqual(len(self.servers["new"].requests), 3)

    def test_an_endless_body_is_not_waited_for(self):
        def endless(request, wire):
            wire.send(b"HTTP/1.1 404 X\r\n\r\nand so on")
            wire.at_end()
            return False
        segue = self.world(answers={"new": endless}, pools=("old", "new"))
        client = self.connect(segue)
        for _ in range(3):
            self.assertEqual(client.request("GET", "/old").body, b"old")

    def test_a_client_may_leave_in_the_middle_of_it(self):
        asked, go = threading.Event(), threading.Event()

        def slow(request, wire):
            asked.set()
            go.wait(20)
            wire.send(ok(b"old"))

        def late(request, wire):  # its body is still awaited when the client leaves
            wire.send(b"HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\n")
            go.wait(20)
            wire.send(b"none")
        segue = self.world(answers={"old": slow, "new": late}, pools=("old", "new"))
        client = self.connect(segue)
        client.send_request("GET", "/old")
        self.assertTrue(asked.wait(20))
        client.reset()
        (line,) = segue.access_lines(1)
        self.assertEqual((line["ended_by"], line["pool"], line["phase"]), ("client", "old", "wait"))
        go.set()
        self.assertEqual(self.connect(segue).request("GET", "/old").body, b"old")

    def test_pipelined_requests_are_answered_in_order(self):
        segue = self.world(pools=("old", "new"))
        client = self.connect(segue)
        targets = ["/old", "/new", "/x", "/both", "/old"] * 6
        client.send("".join(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n" for target in targets))
        wanted = {"/old": b"old", "/new": b"new", "/x": b"none at old", "/both": b"new"}
        for target in targets:
            self.assertEqual(client.read_response().body, wanted[target], target)

    def test_a_session_stays_with_the_pool_that_it_was_given(self):
        segue = self.world(cohort="session", sections={"sessions": {"secret": "sixteen bytes or more"}}, pools=("old", "new"))
        client = self.connect(segue)
        response = client.request("GET", "/old")
        self.assertEqual(response.body, b"old")
        cookie = response.get("Set-Cookie").partition(";")[0]
        self.assertEqual(client.request("GET", "/both", {"Cookie": cookie}).body, b"new")
        again = client.request("GET", "/old", {"Cookie": cookie})
        self.assertEqual((again.body, again.head.all("Set-Cookie")), (b"old", []))

    def test_each_pool_gets_its_own_cookies(self):
        segue = self.world(isolate_cookies=True, pools=("old", "new"))
        self.connect(segue).request("GET", "/old", {"Cookie": "segue.old.a=1; segue.new.a=2; b=3"})
        self.assertEqual(self.servers["new"].requests[0].get("Cookie"), "a=2; b=3")
        self.assertEqual(self.servers["old"].requests[0].get("Cookie"), "a=1; b=3")

    def test_a_tester_sees_what_the_chosen_pool_says(self):
        segue = self.world(override={"header": "X-Pool"})
        response = self.connect(segue).request("GET", "/old", {"X-Pool": "new"})
        self.assertEqual((response.status, response.body), (404, b"none at new"))

    def test_log_and_metrics_tell_of_it(self):
        segue = self.world()
        self.connect(segue).request("GET", "/old")
        (line,) = segue.access_lines(1)
        self.assertEqual([(a["pool"], a["proof"], a["fault"]) for a in line["attempts"]],
                         [("new", None, "none"), ("old", "lookup", "none")])
        self.assertEqual((line["pool"], line["status"]), ("old", 200))
        self.assertEqual(segue.metric("segue_retries_total", proof="lookup", pool="old"), 1)


if __name__ == "__main__":
    main()
