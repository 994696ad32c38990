"""One line per exchange, with what a person needs to find out what happened, and no secret."""
from support.case import SegueCase, main
from support.config import config, pool, route
from support.upstream import ok, refused_address

SECRET = "hunter2"


class AccessLog(SegueCase):
    def test_a_line_says_who_where_and_how_long(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, name="ui", cohort="header:X-Repo")]))
        client = self.connect(segue)
        body = b"x" * 1000
        client.request("POST", f"/login?token={SECRET}",
                       {"X-Repo": "org/app", "Cookie": f"session={SECRET}", "Authorization": f"Bearer {SECRET}"}, body)
        line = segue.access_lines(1)[0]
        expected = {"client": "127.0.0.1", "listener": "edge", "method": "POST", "host": "ci.example.com", "path": "/login",
                    "http": "1.1", "route": "ui", "pool": "old", "endpoint": upstream.address, "status": 200,
                    "ended_by": "none", "fault": "none", "phase": "done"}
        self.assertEqual({key: line.get(key) for key in expected}, expected)
        self.assertGreater(line["bytes_in"], 1000)
        self.assertGreater(line["bytes_out"], 20)
        self.assertGreaterEqual(line["total_us"], line["first_byte_us"])
        self.assertEqual(line["request_id"], upstream.requests[0].get("X-Request-Id"))
        self.assertTrue(line["cohort"])
        self.assertEqual(len(line["attempts"]), 1)
        with open(segue.access_path) as log:
            self.assertNotIn(SECRET, log.read())
        self.assertNotIn(SECRET, segue.errors())

    def test_every_line_counts_its_own_bytes(self):
        upstream = self.upstream(answer=lambda request, wire: wire.send(ok(b"x" * 100)))
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1})]))
        client = self.connect(segue)
        client.send(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/9.9\r\n\r\n")
        got = client.read_to_end()
        lines = segue.access_lines(3)
        self.assertEqual([line["status"] for line in lines], [200, 200, 505])
        self.assertEqual(sum(line["bytes_out"] for line in lines), len(got))
        second = got.index(b"HTTP/1.1", 1)
        self.assertEqual(lines[0]["bytes_out"], second)
        self.assertEqual(lines[1]["bytes_out"], got.index(b"HTTP/1.1", second + 1) - second)

    def test_retries_are_told_with_their_proof(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"new": pool(address), "old": pool(upstream.address)},
                                  [route({"new": 1}, fallback=["old"])]))
        self.connect(segue).request()
        line = segue.access_lines(1)[0]
        self.assertEqual([(a["pool"], a["fault"]) for a in line["attempts"]][-1], ("old", "none"))
        self.assertEqual(line["attempts"][0]["fault"], "connect_failed")
        self.assertEqual(line["attempts"][-1]["proof"], "unsent")
        self.assertEqual((line["pool"], line["status"]), ("old", 200))

    def test_refusals_aborts_and_failures_name_the_guilty(self):
        segue, upstream = self.one()
        bad = self.connect(segue)
        bad.send(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(bad.read_response().status, 400)
        leaver = self.connect(segue)
        leaver.send_request("GET", "/leaver")
        wire = upstream.accept()
        wire.read_request()
        leaver.reset()
        self.assertTrue(wire.at_end())
        victim = self.connect(segue)
        victim.send_request("POST", "/victim", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.reset()
        self.assertEqual(victim.read_response().status, 502)
        by_path = {line["path"]: line for line in segue.access_lines(3)}
        self.assertEqual(by_path["/leaver"]["ended_by"], "client")
        self.assertEqual(by_path["/victim"]["ended_by"], "upstream")
        self.assertEqual([l["status"] for l in by_path.values() if l["ended_by"] == "client" and l["status"] == 400], [400])

    def test_strange_bytes_stay_one_valid_line(self):
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        for target in (b'/"quoted"', b"/back\\slash", b"/%0a%0d", b"/~tilde"):
            client.send(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
            client.read_response()
        self.assertEqual([line["path"] for line in segue.access_lines(4)],
                         ['/"quoted"', "/back\\slash", "/%0a%0d", "/~tilde"])

    def test_logfmt(self):
        segue, upstream = self.one(self.upstream(serve=True), log={"access": {"format": "logfmt"}})
        self.connect(segue).request("GET", "/x")
        lines = segue.access_text(1)
        self.assertIn(" path=/x ", lines[0])
        self.assertIn(" status=200 ", lines[0])

    def test_every_request_has_exactly_one_line(self):
        segue, upstream = self.one(self.upstream(serve=True))
        clients = [self.connect(segue) for _ in range(10)]
        for n in range(50):
            for client in clients:
                client.send_request("GET", f"/{n}")
            for client in clients:
                client.read_response()
        self.assertEqual(len(segue.access_lines(500)), 500)


if __name__ == "__main__":
    main()
