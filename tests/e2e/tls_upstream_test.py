"""TLS to upstreams: who is trusted, by which name, as whom; and what an end without goodbye means."""
import shutil
import socket

from support.case import SegueCase, main, smaller
from support.config import config, pool
from support.pki import Pki, TlsUpstream
from support.upstream import ok


class TlsToUpstream(SegueCase):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki()
        cls.here = cls.pki.issue("here", ["ci.internal"], ["127.0.0.1"])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.pki.dir, ignore_errors=True)

    def tls_upstream(self, cert=None, answer=None, serve=True, **options):
        upstream = TlsUpstream(self.pki.server_context(*(cert or self.here), **options))
        self.upstreams.append(upstream)
        self.addCleanup(upstream.close)
        return upstream.serve(answer) if serve else upstream

    def proxy(self, upstream, tls, **settings):
        return self.segue(config({"old": pool(upstream.address, tls=tls, **settings)}, workers=1), wait_ready=False)

    def ask(self, segue, *args, **kwargs):
        return self.connect(segue).request(*args, **kwargs)

    def test_a_verified_upstream_is_spoken_to_and_kept(self):
        upstream = self.tls_upstream()
        segue = self.proxy(upstream, {"ca": self.pki.ca})
        for n in range(5):
            self.assertEqual(self.ask(segue, "GET", f"/{n}").body, b"ok")
        self.assertEqual(len(upstream.handshakes), 1)
        self.assertEqual(self.ask(segue, "POST", "/", body=b"x" * 100_000).status, 200)
        self.assertEqual(upstream.wait_requests(6)[5].body, b"x" * 100_000)

    def test_sessions_are_resumed(self):
        upstream = self.tls_upstream(answer=lambda r, w: w.send(ok()) and False)
        segue = self.proxy(upstream, {"ca": self.pki.ca})
        for n in range(4):
            self.assertEqual(self.ask(segue).status, 200)
        self.assertEqual([reused for reused, _ in upstream.handshakes], [False, True, True, True])

    def test_the_name_is_sent_and_expected(self):
        upstream = self.tls_upstream()
        segue = self.proxy(upstream, {"ca": self.pki.ca, "server_name": "ci.internal"})
        self.assertEqual(self.ask(segue).status, 200)
        self.assertEqual(upstream.handshakes, [(False, "ci.internal")])
        wrong = self.proxy(upstream, {"ca": self.pki.ca, "server_name": "elsewhere.internal"})
        response = self.ask(wrong)
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (502, "tls_failed"))

    def test_strangers_are_refused(self):
        stranger = Pki()
        self.addCleanup(shutil.rmtree, stranger.dir)
        other = self.pki.issue("other", ["other.internal"])
        expired = self.pki.issue("expired", [], ["127.0.0.1"], days=-1)
        for cert, tls in (((stranger.issue("x", [], ["127.0.0.1"])), {"ca": self.pki.ca}),
                          (other, {"ca": self.pki.ca}), (expired, {"ca": self.pki.ca}), (self.here, True)):
            upstream = self.tls_upstream(cert)
            segue = self.proxy(upstream, tls)
            response = self.ask(segue, "POST", "/hook", body=b"payload")
            self.assertEqual((response.status, response.get("X-Segue-Reason")), (502, "tls_failed"))
            self.assertEqual(upstream.requests, [])
            self.assertEqual(self.ask(self.proxy(upstream, {"verify": False})).status, 200)

    def test_a_plain_upstream_is_no_tls_upstream(self):
        upstream = self.upstream()
        segue, _ = self.one(upstream, {"tls": {"ca": self.pki.ca}}, retry={"attempts": 0})
        client = self.connect(segue)
        client.send_request()
        upstream.accept().send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        response = client.read_response()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (502, "tls_failed"))

    def test_a_silent_upstream_is_given_up_in_time(self):
        upstream = self.upstream()
        response = self.ask(self.proxy(upstream, {"ca": self.pki.ca}, connect_timeout="300ms"))
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (504, "connect_timeout"))

    def test_it_shows_its_own_certificate(self):
        me = self.pki.issue("segue")
        upstream = self.tls_upstream(ask_clients=True)
        segue = self.proxy(upstream, {"ca": self.pki.ca, "cert": me[0], "key": me[1]})
        self.assertEqual(self.ask(segue).status, 200)
        self.assertEqual(upstream.wires[0].sock.getpeercert()["subject"][0][0][1], "segue")
        self.assertIn(self.ask(self.proxy(upstream, {"ca": self.pki.ca})).status, (502, 504))

    def test_health_checks_speak_tls_too(self):
        upstream = self.tls_upstream()
        checked = {"path": "/", "interval": "100ms", "interval_changing": "100ms", "rise": 1}
        segue = self.segue(config({"old": pool(upstream.address, tls={"ca": self.pki.ca}, health=checked)}))
        segue.wait_endpoint("old", upstream.address, health="up")
        wrong = self.segue(config({"old": pool(upstream.address, tls={"ca": self.pki.ca, "server_name": "x.internal"},
                                               health=checked)}), wait_ready=False)
        wrong.wait_endpoint("old", upstream.address, health="down")
        self.assertIn("hostname mismatch", wrong.endpoints("old")[upstream.address]["last_result"])

    def test_an_end_without_goodbye_is_a_cut(self):
        def cut(request, wire):
            wire.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it")
            raw = socket.socket(fileno=wire.sock.detach())  # FIN without close_notify
            raw.close()
            return False
        segue = self.proxy(self.tls_upstream(answer=cut), {"ca": self.pki.ca})
        client = self.connect(segue)
        client.send_request()
        with self.assertRaises((AssertionError, ConnectionResetError)):
            client.read_response()

    def test_an_end_with_goodbye_is_one(self):
        def whole(request, wire):
            wire.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
            wire.sock = wire.sock.unwrap()
            return False
        segue = self.proxy(self.tls_upstream(answer=whole), {"ca": self.pki.ca})
        self.assertEqual(self.ask(segue).body, b"all of it")

    def test_bodies_pass_whole(self):
        size = smaller(20_000_000)
        body = bytes(range(256)) * (size // 256)
        segue = self.proxy(self.tls_upstream(answer=lambda r, w: w.send(ok(r.body))), {"ca": self.pki.ca})
        self.assertEqual(self.ask(segue, "PUT", "/", body=body).body, body)

    def test_a_reload_that_changes_whom_to_trust_leaves_no_connection_behind(self):
        upstream = self.tls_upstream()
        segue = self.proxy(upstream, {"ca": self.pki.ca})
        self.assertEqual(self.ask(segue).status, 200)
        segue.write_config(config({"old": pool(upstream.address, tls={"ca": self.pki.ca, "server_name": "x.internal"})},
                                  workers=1))
        self.assertEqual(segue.admin("POST", "/v1/reload").status, 200)
        self.assertEqual(self.ask(segue).status, 502)
        self.assertEqual(len(upstream.requests), 1)

    def test_a_proxy_header_goes_before_the_handshake(self):
        upstream = self.upstream()
        segue = self.proxy(upstream, {"ca": self.pki.ca}, proxy_protocol="v1")
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        self.assertTrue(wire.read_until(b"\r\n").startswith(b"PROXY TCP4 127.0.0.1 "))
        self.assertEqual(wire.read_exactly(1), b"\x16")
        self.assertEqual(wire.buffer.count(b"PROXY"), 0)


if __name__ == "__main__":
    main()
