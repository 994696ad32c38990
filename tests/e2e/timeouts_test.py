"""Whoever stands still is told so, and only then."""
import socket
import time

from support.case import SegueCase, main
from support.config import config, pool, route
from support.upstream import ok
from support.wire import WireError

SHORT = "300ms"
SHORT_SECONDS = 0.3


class Timeouts(SegueCase):
    def assert_reason(self, response, status, reason):
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (status, reason))

    def test_a_head_that_never_ends_is_408(self):
        segue, upstream = self.one(timeouts={"head": SHORT})
        client = self.connect(segue)
        begun = time.monotonic()
        client.send(b"GET / HTTP/1.1\r\nHost:")
        self.assert_reason(client.read_response(), 408, "head_timeout")
        self.assertGreaterEqual(time.monotonic() - begun, SHORT_SECONDS * 0.9)
        self.assertTrue(client.at_end())
        self.assert_sees_nothing(upstream)

    def test_a_head_in_drops_is_408_as_well(self):
        segue, _ = self.one(timeouts={"head": "500ms"})
        client = self.connect(segue)
        client.send(b"GET / HTTP/1.1\r\n")
        client.sock.settimeout(0.05)
        for _ in range(200):  # a drop every 50 ms: each restarts an idle timer, none the head's
            try:
                client.send(b"X-A: b\r\n")
                client.fill()
            except (WireError, ConnectionError):
                pass
            if client.buffer:
                break
        self.assertTrue(client.buffer.startswith(b"HTTP/1.1 408"), client.buffer)

    def test_a_request_body_that_stands_still_is_408(self):
        segue, upstream = self.one(timeouts={"body_idle": SHORT})
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        wire = upstream.accept()
        wire.read_head()
        self.assert_reason(client.read_response(), 408, "body_timeout")
        self.assertEqual(wire.read_to_end(), b"half")

    def test_a_slow_body_that_moves_is_not_a_timeout(self):
        segue, upstream = self.one(timeouts={"body_idle": "1s"})
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
        wire = upstream.accept()
        head = wire.read_head()
        for byte in b"12345678":  # 8 × 0.25 s: twice the idle time in all
            time.sleep(0.25)      # the one thing under test is the passing of time
            client.send(bytes([byte]))
        self.assertEqual(wire.read_body(head).body, b"12345678")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_no_response_head_is_504(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, response_timeout=SHORT)],
                                  retry={"attempts": 0}))
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        self.assert_reason(client.read_response(), 504, "first_byte_timeout")
        self.assertTrue(wire.at_end())

    def test_an_upload_may_take_longer_than_the_response_timeout(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, response_timeout="500ms")]))
        client = self.connect(segue)
        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
        wire = upstream.accept()
        head = wire.read_head()
        for byte in b"slow":
            time.sleep(0.3)
            client.send(bytes([byte]))
        self.assertEqual(wire.read_body(head).body, b"slow")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_everything_including_retries_may_have_a_limit(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address)},
                                  [route({"old": 1}, total_timeout=SHORT, response_timeout="10s")]))
        client = self.connect(segue)
        begun = time.monotonic()
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        self.assertEqual(client.read_response().status, 504)
        self.assertLess(time.monotonic() - begun, 5)

    def test_connecting_takes_too_long_is_504(self):
        # A listener with a full backlog: the kernel drops further connection requests.
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = "%s:%d" % listener.getsockname()
        fillers = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            fillers.append(sock)
            self.addCleanup(sock.close)
        segue = self.segue(config({"old": pool(address, connect_timeout=SHORT)}, retry={"attempts": 0}))
        client = self.connect(segue)
        client.send_request()
        self.assert_reason(client.read_response(), 504, "connect_timeout")

    def test_a_response_that_stands_still_is_cut_off(self):
        for head, part in ((b"Content-Length: 100\r\n", b"part"), (b"Transfer-Encoding: chunked\r\n", b"4\r\npart\r\n")):
            with self.subTest(head):
                segue, upstream = self.one(timeouts={"body_idle": SHORT, "stream_idle": SHORT})
                client = self.connect(segue)
                client.send_request("POST", "/", body=b"x")
                wire = upstream.accept()
                wire.read_request()
                wire.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + part)
                head = client.read_head()
                with self.assertRaises((WireError, ConnectionResetError)) as caught:
                    client.read_body(head, response=True)
                self.assertNotIn("nothing came", str(caught.exception))
                self.assertTrue(wire.at_end())

    def test_an_idle_client_is_closed_without_a_word(self):
        segue, upstream = self.one(self.upstream(serve=True), timeouts={"keep_alive": SHORT})
        client = self.connect(segue)
        self.assertEqual(client.request().status, 200)
        self.assertEqual(client.read_to_end(), b"")

    def test_a_client_that_never_speaks_is_closed(self):
        segue, _ = self.one(timeouts={"keep_alive": SHORT, "head": SHORT})
        client = self.connect(segue)
        self.assertTrue(client.read_to_end() in (b"",) or b" 408 " in client.received)

    def test_an_idle_upstream_connection_is_closed(self):
        segue, upstream = self.one(pool_settings={"idle_timeout": SHORT})
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok())
        client.read_response()
        self.assertTrue(wire.at_end())

    def test_the_upstreams_keep_alive_hint_shortens_it(self):
        segue, upstream = self.one(pool_settings={"idle_timeout": "60s"})
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok(fields=b"Keep-Alive: timeout=2\r\n"))
        client.read_response()
        wire.sock.settimeout(10)
        self.assertTrue(wire.at_end())

    def test_a_reader_that_stands_still_is_cut_off(self):
        segue, upstream = self.one(timeouts={"body_idle": SHORT, "stream_idle": SHORT})
        client = self.connect(segue, receive_buffer=4096)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        with self.assertRaises(ConnectionError):  # segue gives the upstream up as well
            while True:
                wire.send(b"x" * 65_536)


if __name__ == "__main__":
    main()
