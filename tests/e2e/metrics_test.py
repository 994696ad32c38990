"""/metrics: what Prometheus' own tool accepts, and numbers that are true."""
import subprocess

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.upstream import ok, refused_address


class Metrics(SegueCase):
    def test_promtool_is_content(self):
        promtool = self.need("promtool")
        sock, address = refused_address()
        self.addCleanup(sock.close)
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"new": pool(address), "old": pool(upstream.address)},
                                  [route({"new": 1, "old": 0}, fallback=["old"])]))
        client = self.connect(segue)
        for n in range(20):
            client.request("POST", f"/{n}", body=b"x")
        text = segue.admin("GET", "/metrics").body
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_the_observed_share_is_that_of_all_pools_that_served(self):
        promtool = self.need("promtool")
        sock, address = refused_address()
        self.addCleanup(sock.close)
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"new": pool(address), "old": pool(upstream.address)},
                                  [route({"new": 1}, name="ui", fallback=["old"])]))
        client = self.connect(segue)
        for n in range(20):
            client.request("GET", f"/{n}")
        wait_until("20 requests", lambda: segue.metric("segue_requests_total", route="ui") == 20)
        self.assertEqual(segue.metric("segue_split_observed_share_ratio", route="ui", pool="old"), 1)
        self.assertEqual(segue.metric("segue_split_observed_share_ratio", route="ui", pool="new"), 0)
        done = subprocess.run([promtool, "check", "metrics"], input=segue.admin("GET", "/metrics").body,
                              capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_requests_are_counted_by_route_pool_and_class(self):
        upstream = self.upstream(lambda r, w: w.send(
            b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" if r.head.target == b"/no" else ok()))
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, name="ui")]))
        client = self.connect(segue)
        for target in ("/", "/", "/", "/no"):
            client.request("GET", target)
        # A request is counted when its response is out: a moment after its client has it.
        wait_until("4 requests", lambda: segue.metric("segue_requests_total", route="ui") == 4)
        self.assertEqual(segue.metric("segue_requests_total", route="ui", pool="old", **{"class": "2xx"}), 3)
        self.assertEqual(segue.metric("segue_requests_total", route="ui", pool="old", **{"class": "4xx"}), 1)
        self.assertEqual(segue.metric("segue_request_duration_seconds_count", route="ui", pool="old"), 4)

    def test_counters_survive_a_reload(self):
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        for _ in range(5):
            client.request()
        self.assertEqual(segue.admin("POST", "/v1/reload", {}).status, 200)
        client.request()
        wait_until("6 requests", lambda: segue.metric("segue_requests_total", pool="old") == 6)

    def test_gauges_come_back_to_zero(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        self.assertEqual(segue.metric("segue_requests_in_flight"), 1)
        wire.send(ok())
        client.read_response()
        wait_until("no request in flight", lambda: segue.metric("segue_requests_in_flight") == 0)


if __name__ == "__main__":
    main()
