"""Every limit has a name, an answer, and does not harm the neighbour."""
import contextlib
import threading

from support.case import SegueCase, main
from support.config import config, pool
from support.upstream import ok
from support.wire import WireError


class Limits(SegueCase):
    def refused(self, request, status, **sections):
        segue, upstream = self.one(**sections)
        client = self.connect(segue)
        client.send(request)
        response = client.read_response()
        self.assertEqual(response.status, status)
        self.assertTrue(response.get("X-Segue-Reason"))
        self.assert_sees_nothing(upstream)
        return response

    def accepted(self, request, **sections):
        segue, upstream = self.one(self.upstream(serve=True), **sections)
        client = self.connect(segue)
        client.send(request)
        self.assertEqual(client.read_response().status, 200)
        return upstream.requests[0]

    def test_a_request_line_over_8_kib_is_414(self):
        response = self.refused(b"GET /" + b"x" * 8200 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414)
        self.assertEqual(response.get("X-Segue-Reason"), "target_too_long")

    def test_a_request_line_just_under_8_kib_passes(self):
        target = b"/" + b"x" * 8000
        self.assertEqual(self.accepted(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n").head.target, target)

    def test_an_endless_request_line_is_414_before_it_ends(self):
        self.refused(b"GET /" + b"x" * 100_000, 414)

    def test_a_head_over_32_kib_is_431(self):
        fields = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 4000) for n in range(9))
        response = self.refused(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n", 431)
        self.assertEqual(response.get("X-Segue-Reason"), "head_too_large")

    def test_one_field_of_30_kib_passes(self):
        request = self.accepted(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"c" * 30_000 + b"\r\n\r\n")
        self.assertEqual(len(request.get("Cookie")), 30_000)

    def test_an_endless_head_is_431_before_it_ends(self):
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"x" * 100_000, 431)

    def test_more_than_100_fields_are_431(self):
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 100 + b"\r\n", 431)

    def test_100_fields_pass(self):
        request = self.accepted(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 99 + b"\r\n")
        self.assertEqual(len(request.head.all("X-A")), 99)

    def test_the_limits_are_configured(self):
        limits = {"request_line": 256, "head": 1024, "fields": 10}
        self.refused(b"GET /" + b"x" * 300 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, limits=limits)
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"x" * 1100 + b"\r\n\r\n", 431, limits=limits)
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 10 + b"\r\n", 431, limits=limits)

    def test_a_body_has_no_limit(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"PUT /huge HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000000\r\n\r\nbegin")
        wire = upstream.accept()
        self.assertEqual(wire.read_head().get("Content-Length"), "10000000000000")
        self.assertEqual(wire.read_exactly(5), b"begin")

    def test_a_body_over_a_configured_limit_is_413(self):
        segue, upstream = self.one(self.upstream(serve=True), limits={"body": "10KiB"})
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10241\r\n\r\n")  # not a byte of it is waited for
        response = client.read_response()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (413, "body_too_large"))
        self.assert_sees_nothing(upstream)
        self.assertEqual(self.connect(segue).request("POST", body=b"x" * 10240).status, 200)
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(10):
            client.send_chunk(b"x" * 1024)
        client.send_chunk(b"y")
        self.assertEqual(client.read_response().status, 413)
        self.assertEqual(self.connect(segue).request("POST", body=b"x" * 10240).status, 200)
        self.assertEqual(len(upstream.requests), 2)

    def test_a_body_over_the_limit_behind_the_head_of_its_answer_breaks_off(self):
        """While its parser is at work, and with as many free ones as a worker keeps: under AddressSanitizer this says
        whether the parser outlives what it is told."""
        segue, upstream = self.one(workers=1, limits={"body": "10KiB"})
        uploader = self.connect(segue)
        uploader.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").send_chunk(b"x" * 1024)
        taker = upstream.accept()
        taker.read_head()
        taker.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
        self.assertIn(b" 200 ", uploader.read_until(b"\r\n\r\n"))
        clients, wires = [self.connect(segue) for _ in range(260)], []
        for client in clients:
            client.send_request()
            wires.append(upstream.accept())
            wires[-1].read_request()
        for client, wire in zip(clients, wires):
            wire.send(ok())
            client.read_response()
        uploader.send(b"".join(b"400\r\n%s\r\n" % (b"x" * 1024) for _ in range(10)))
        with self.assertRaises((WireError, ConnectionResetError)):
            uploader.read_exactly(100)

    def test_chunks_over_the_limit_on_their_way_past_memory_are_413(self):
        segue, upstream = self.one(limits={"body": "1MiB"})
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire = upstream.accept()
        whole = []

        def read():
            with contextlib.suppress(WireError, ConnectionResetError):  # it breaks off
                whole.append(wire.read_request())
        reader = threading.Thread(target=read)
        reader.start()
        with contextlib.suppress(ConnectionError):  # once it has been refused
            for _ in range(40):
                client.send_chunk(b"x" * 65536)
        self.assertEqual(client.read_response().status, 413)
        reader.join()
        self.assertEqual(whole, [])

    def test_a_response_head_over_the_limit_is_502(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 40_000 + b"\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(client.read_response().status, 502)


class Connections(SegueCase):
    def test_connections_over_the_limit_do_not_hang(self):
        segue, upstream = self.one(self.upstream(serve=True),
                                   listeners={"edge": {"address": "127.0.0.1:0", "connections_max": 4}})
        held = [self.connect(segue) for _ in range(4)]
        for client in held:
            self.assertEqual(client.request().status, 200)
        extra = self.connect(segue)
        try:
            extra.send_request()
            self.assertEqual(extra.read_response().status, 503)
        except (ConnectionError, AssertionError) as problem:  # closed without a word is an answer as well
            self.assertNotIn("nothing came", str(problem))
        self.assertEqual(held[0].request().status, 200)
        held[1].close()
        self.assertTrue(self.served_again(segue), "a place that became free was not given out")

    def served_again(self, segue):
        for _ in range(200):
            try:
                client = self.connect(segue)
                if client.request().status == 200:
                    return True
            except (ConnectionError, AssertionError):
                pass
            client.close()
        return False

    def test_requests_over_the_limit_of_an_endpoint_wait_their_turn(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address, in_flight_max=1)}, workers=1))
        first, second = self.connect(segue), self.connect(segue)
        first.send_request("GET", "/1")
        wire = upstream.accept()
        wire.read_request()
        second.send_request("GET", "/2")
        third = self.connect(segue)  # proof that /2 was seen: the queue of one worker is first come, first served
        third.send_request("GET", "/3")
        self.assertFalse(upstream.pending())
        for client, target in ((first, b"/2"), (second, b"/3"), (third, None)):
            wire.send(ok())
            self.assertEqual(client.read_response().status, 200)
            if target:
                self.assertEqual(wire.read_request().head.target, target)

    def test_a_full_queue_is_503_with_retry_after(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address, in_flight_max=1, queue_max=1)}, workers=1))
        clients = [self.connect(segue) for _ in range(3)]
        for n, client in enumerate(clients):
            client.send_request("GET", f"/{n}")
            if n == 0:
                wire = upstream.accept()
                wire.read_request()
        # Of /1 and /2 one waits and the other, whichever came later, is told to go away.
        segue.access_lines(1)
        answers = []
        for client in clients[1:]:
            client.sock.setblocking(False)
            try:
                client.buffer = client.sock.recv(65_536)
            except BlockingIOError:
                continue
            client.sock.settimeout(30)
            answers.append(client.read_response())
        self.assertEqual([a.status for a in answers], [503])
        self.assertEqual(answers[0].get("X-Segue-Reason"), "queue_full")
        self.assertTrue(answers[0].get("Retry-After"))

    def test_waiting_too_long_in_the_queue_is_503(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address, in_flight_max=1, queue_timeout="300ms")}, workers=1))
        first, second = self.connect(segue), self.connect(segue)
        first.send_request("GET", "/1")
        wire = upstream.accept()
        wire.read_request()
        second.send_request("GET", "/2")
        response = second.read_response()
        self.assertEqual((response.status, response.get("X-Segue-Reason")), (503, "queue_timeout"))
        wire.send(ok())
        self.assertEqual(first.read_response().status, 200)


if __name__ == "__main__":
    main()
