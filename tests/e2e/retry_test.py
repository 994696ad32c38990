"""A request is sent again on proof only, and the proof is told."""
from support.case import SegueCase, main
from support.config import config, pool, route
from support.upstream import ok, refused_address
from support.wire import WireError

NO_EJECTION = {"enabled": False}


class Retry(SegueCase):
    def refused(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        return address

    def stale(self, method, **route_settings):
        """A connection that was used once and dies on the second request before any byte of an answer."""
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, **route_settings)], workers=1))
        client = self.connect(segue)
        client.send_request("GET", "/first")
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok())
        client.read_response()
        client.send_request(method, "/second", body=b"data" if method == "POST" else None)
        self.assertEqual(wire.read_request().head.target, b"/second")
        wire.close()
        return segue, upstream, client

    def test_a_refused_connection_proves_that_nothing_was_sent(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(self.refused(), upstream.address, passive=NO_EJECTION)}))
        client = self.connect(segue)
        for n in range(30):
            method = ("GET", "POST", "PATCH")[n % 3]
            response = client.request(method, f"/{n}", body=b"x" * 100 if method != "GET" else None)
            self.assertEqual(response.status, 200)
        self.assertEqual([r.head.target for r in upstream.requests], [b"/%d" % n for n in range(30)])
        self.assertGreater(segue.metric("segue_retries_total", proof="unsent"), 0)

    def test_an_upload_is_not_lost_by_a_refused_connection(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(self.refused(), upstream.address, passive=NO_EJECTION)}))
        body = bytes(range(256)) * 2000  # far beyond the replay buffer
        for _ in range(10):
            client = self.connect(segue)
            self.assertEqual(client.request("POST", "/", body=body).status, 200)
        self.assertTrue(all(r.body == body for r in upstream.requests))

    def test_get_on_a_stale_connection_is_sent_again(self):
        segue, upstream, client = self.stale("GET")
        wire = upstream.accept()
        self.assertEqual(wire.read_request().head.target, b"/second")
        wire.send(ok(b"again"))
        self.assertEqual(client.read_response().body, b"again")
        self.assertEqual(segue.metric("segue_retries_total", proof="reused_connection"), 1)

    def test_post_on_a_stale_connection_is_not(self):
        _, upstream, client = self.stale("POST")
        self.assertEqual(client.read_response().status, 502)
        self.assert_sees_nothing(upstream)

    def test_post_on_a_stale_connection_is_when_the_route_says_so(self):
        _, upstream, client = self.stale("POST", retry_stale_post=True)
        wire = upstream.accept()
        request = wire.read_request()
        self.assertEqual((request.head.target, request.body), (b"/second", b"data"))
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_a_connection_that_closed_while_idle_is_not_used(self):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send_request("GET", "/1")
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok())
        client.read_response()
        wire.half_close()
        self.assertTrue(wire.at_end())  # segue noticed and closed as well
        client.send_request("POST", "/2", body=b"x")
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, b"x")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(segue.metric("segue_retries_total"), 0)

    def test_an_idempotent_request_on_a_new_connection_is_sent_once_more(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("PUT", "/", body=b"whole")
        wire = upstream.accept()
        wire.read_request()
        wire.reset()
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, b"whole")
        wire.reset()  # one more, not two
        self.assertEqual(client.read_response().status, 502)
        self.assert_sees_nothing(upstream)

    def test_a_post_that_was_sent_is_never_sent_again(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"once")
        wire = upstream.accept()
        wire.read_request()
        wire.reset()
        self.assertEqual(client.read_response().status, 502)
        self.assert_sees_nothing(upstream)

    def test_an_idempotent_body_beyond_the_replay_buffer_is_not_sent_again(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("PUT", "/", body=b"x" * 200_000)
        wire = upstream.accept()
        wire.read_request()
        wire.reset()
        self.assertEqual(client.read_response().status, 502)
        self.assert_sees_nothing(upstream)

    def test_the_budget_bounds_what_is_repeated_at_once(self):
        segue, upstream = self.one(pool_settings={"passive": NO_EJECTION}, workers=1,
                                   retry={"attempts": 1, "budget": 0.0, "budget_min": 1})
        first, second = self.connect(segue), self.connect(segue)

        def fails(client):
            client.send_request("GET", "/")
            wire = upstream.accept()
            wire.read_request()
            wire.reset()
        fails(first)
        repeated = upstream.accept()  # the first is repeated, and holds the only place until it ends
        repeated.read_request()
        fails(second)
        self.assertEqual(second.read_response().status, 502)
        self.assertFalse(upstream.pending(), "it was repeated")
        self.assertEqual(segue.metric("segue_retry_budget_exhausted_total"), 1)
        repeated.send(ok(b"late"))
        self.assertEqual(first.read_response().body, b"late")
        first.send_request("GET", "/")  # the place is free again
        repeated.read_request()
        repeated.reset()
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok(b"again"))
        self.assertEqual(first.read_response().body, b"again")

    def test_nothing_is_sent_again_after_a_response_head(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        head = client.read_head()
        wire.reset()
        with self.assertRaises((WireError, ConnectionResetError)):
            client.read_body(head, response=True)
        self.assert_sees_nothing(upstream)

    def test_an_interim_response_is_not_the_end_of_the_world(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        self.assertEqual(client.read_head().status, 103)
        wire.reset()
        self.assertEqual(client.read_response().status, 502)


class Fallback(SegueCase):
    def test_a_pool_that_refuses_falls_back_without_the_client_noticing(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        fallback = self.upstream(serve=True)
        segue = self.segue(config({"new": pool(address, passive=NO_EJECTION), "old": pool(fallback.address)},
                                  [route({"new": 1}, fallback=["old"])]))
        client = self.connect(segue)
        for n in range(10):
            self.assertEqual(client.request("POST", f"/{n}", body=b"x").status, 200)
        self.assertEqual(len(fallback.requests), 10)
        self.assertGreaterEqual(segue.metric("segue_fallbacks_total"), 10)

    def test_a_pool_that_is_down_falls_back(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        fallback = self.upstream(serve=True)
        health = {"preset": "tcp", "interval": "100ms", "interval_changing": "100ms", "fall": 1}
        segue = self.segue(config({"new": pool(address, health=health), "old": pool(fallback.address)},
                                  [route({"new": 1}, fallback=["old"])]))
        segue.wait_endpoint("new", address, health="down")
        self.assertEqual(self.connect(segue).request("POST", "/", body=b"x").status, 200)

    def test_without_fallback_the_pool_is_alone(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        other = self.upstream()
        segue = self.segue(config({"new": pool(address, passive=NO_EJECTION), "old": pool(other.address)},
                                  [route({"new": 1})]))
        self.assertEqual(self.connect(segue).request().status, 502)
        self.assert_sees_nothing(other)


if __name__ == "__main__":
    main()
