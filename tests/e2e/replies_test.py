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


if __name__ == "__main__":
    main()
