"""The proxy's own answers: a status, a reason for machines, a page for people or JSON for programs."""
import json

from support.case import SegueCase, main
from support.config import config, pool, route
from support.upstream import refused_address


class Replies(SegueCase):
    def refusing(self, **settings):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        return self.segue(config({"old": pool(address, passive={"enabled": False}, **settings)}))

    def test_a_refused_connection_is_502_with_a_reason(self):
        client = self.connect(self.refusing())
        response = client.request()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (502, "connect_failed"))
        self.assertIn("text/", response.get("Content-Type"))
        self.assertIn(b"502", response.body)

    def test_a_program_gets_json(self):
        client = self.connect(self.refusing())
        response = client.request(fields={"Accept": "application/json"})
        self.assertEqual(response.status, 502)
        self.assertIn("json", response.get("Content-Type"))
        answer = json.loads(response.body)
        self.assertEqual(answer["status"], 502)
        self.assertIn("connect_failed", json.dumps(answer))

    def test_head_gets_no_body(self):
        client = self.connect(self.refusing())
        self.assertEqual(client.request("HEAD").status, 502)
        self.assertEqual(client.request("GET").status, 502)

    def test_the_connection_stays_usable(self):
        client = self.connect(self.refusing())
        for _ in range(5):
            self.assertEqual(client.request().status, 502)

    def test_the_page_names_the_request(self):
        client = self.connect(self.refusing())
        response = client.request()
        request_id = response.get("X-Request-Id")
        if request_id:
            self.assertIn(request_id.encode(), response.body)

    def test_no_route_is_404(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, match={"path_prefix": "/ci"})]))
        response = self.connect(segue).request("GET", "/elsewhere")
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (404, "no_route"))
        self.assert_sees_nothing(upstream)

    def test_an_upstream_that_hangs_up_is_502(self):
        segue, upstream = self.one(retry={"attempts": 0})
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.close()
        response = client.read_response()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (502, "closed_early"))

    def test_an_upstream_that_resets_is_502(self):
        segue, upstream = self.one(retry={"attempts": 0})
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.reset()
        response = client.read_response()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (502, "reset"))

    def test_a_pool_without_eligible_endpoint_is_503_with_retry_after(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        health = {"preset": "tcp", "interval": "100ms", "interval_changing": "100ms", "fall": 1}
        segue = self.segue(config({"old": pool(address, health=health)}))
        segue.wait_endpoint("old", address, health="down")
        response = self.connect(segue).request()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (503, "no_endpoint"))
        self.assertGreaterEqual(int(response.get("Retry-After")), 1)

    def test_an_upstreams_own_error_page_is_untouched(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\ntheir own")
        response = client.read_response()
        self.assertEqual((response.status, response.body), (502, b"their own"))
        self.assertIsNone(response.get("X-Segue-Reason"))


    def test_a_refusal_names_the_rule_in_page_and_log(self):
        segue, upstream = self.one(self.upstream(serve=True))
        cases = [(b"GET / HTTP/1.1\r\n\r\n", "host_missing"),
                 (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "host_repeated"),
                 (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "host_invalid"),
                 (b"GET http://b/?token=secret HTTP/1.1\r\nHost: a\r\n\r\n", "host_differs"),
                 (b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "request_line"),
                 (b"G\xc3T / HTTP/1.1\r\nHost: a\r\n\r\n", "method"),
                 (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", "length_invalid"),
                 (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "length_repeated"),
                 (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "coding_and_length"),
                 (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "coding_unknown"),
                 (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "coding_in_old_http"),
                 (b"GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 1\r\n\r\n", "name_collision"),
                 (b"GET / HTTP/1.1\nHost: a\n\n", "line_end"),
                 (b"POST / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n", "chunk")]
        for request, rule in cases:
            client = self.connect(segue)
            client.send(request)
            response = client.read_response()
            self.assertEqual((response.status, response.get("X-Segue-Reason")), (400, "bad_message"), request)
            self.assertIn(b"(RFC 9" if rule != "name_collision" else b"differ only by", response.body, request)
        lines = segue.access_lines(len(cases))
        self.assertEqual(sorted(line.get("rule") for line in lines), sorted(rule for _, rule in cases))
        self.assertNotIn("secret", json.dumps(lines))
        page = json.loads(response.body)
        self.assertEqual(page["rule"], "chunk")

    def test_a_page_about_a_bad_upstream_tells_strangers_no_rule(self):
        segue, upstream = self.one(retry={"attempts": 0})
        client = self.connect(segue)
        client.send_request(fields={"Accept": "application/json"})
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
        response = client.read_response()
        self.assertEqual(response.status, 502)
        self.assertNotIn("rule", json.loads(response.body))
        self.assertEqual(segue.access_lines(1)[0]["rule"], "length_repeated")

if __name__ == "__main__":
    main()
