"""Connections outlive requests on both sides, pipelined requests wait their turn, HTTP/1.0 gets what it knows."""
from support.case import SegueCase, main
from support.config import config, pool
from support.upstream import ok


class KeepAlive(SegueCase):
    def test_both_connections_are_used_again(self):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send_request("GET", "/0")
        wire = upstream.accept()
        for n in range(5):
            self.assertEqual(wire.read_request().head.target, b"/%d" % n)
            wire.send(ok(b"answer %d" % n))
            self.assertEqual(client.read_response().body, b"answer %d" % n)
            if n < 4:
                client.send_request("GET", f"/{n + 1}")
        self.assertFalse(upstream.pending())

    def test_the_newest_idle_connection_is_taken_first(self):
        segue, upstream = self.one(workers=1)
        clients = [self.connect(segue) for _ in range(2)]
        wires = []
        for n, client in enumerate(clients):
            client.send_request("GET", f"/{n}")
            wires.append(upstream.accept())
            wires[n].read_request()
        for n in (0, 1):  # the connection of /1 is returned last
            wires[n].send(ok())
            clients[n].read_response()
        clients[0].send_request("GET", "/again")
        self.assertEqual(wires[1].read_request().head.target, b"/again")
        wires[1].send(ok())
        clients[0].read_response()

    def test_pipelined_requests_are_answered_in_order_and_forwarded_one_at_a_time(self):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                    b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                    b"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                    b"GET /4 HTTP/1.1\r\nHost: a\r\n\r\n")
        wire = upstream.accept()
        for target, body in ((b"/1", b""), (b"/2", b"hello"), (b"/3", b"abc"), (b"/4", b"")):
            request = wire.read_request()
            self.assertEqual((request.head.target, request.body), (target, body))
            self.assertEqual(wire.buffer, b"", "the next request came before its turn")
            wire.send(ok(target))
            self.assertEqual(client.read_response().body, target)
        self.assertFalse(upstream.pending())

    def test_many_pipelined_requests_in_one_segment(self):
        segue, upstream = self.one(self.upstream(lambda r, w: w.send(ok(r.head.target))))
        client = self.connect(segue)
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(200)))
        for n in range(200):
            self.assertEqual(client.read_response().body, b"/%d" % n)

    def test_a_request_cut_at_every_byte_is_the_same_request(self):
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        whole = b"POST /cut HTTP/1.1\r\nHost: a\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        for at in range(1, len(whole)):
            client.send(whole[:at])
            client.send(whole[at:])
            self.assertEqual(client.read_response().status, 200)
        for request in upstream.wait_requests(len(whole) - 1):
            self.assertEqual((request.head.target, request.body, request.get("X-A")), (b"/cut", b"abc", "b"))

    def test_a_client_that_asks_to_close_is_closed_and_the_upstream_stays(self):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send_request("GET", "/", {"Connection": "close"})
        wire = upstream.accept()
        self.assertFalse(wire.read_request().head.has_token("Connection", "close"))
        wire.send(ok())
        response = client.read_response()
        self.assertTrue(response.head.has_token("Connection", "close"))
        self.assertTrue(client.at_end())
        again = self.connect(segue)
        again.send_request("GET", "/2")
        self.assertEqual(wire.read_request().head.target, b"/2")
        wire.send(ok())
        again.read_response()

    def test_an_upstream_that_closes_does_not_close_the_client(self):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        for n in range(3):
            client.send_request("GET", f"/{n}")
            wire = upstream.accept()
            wire.read_request()
            wire.send(ok(fields=b"Connection: close\r\n"))
            wire.close()
            response = client.read_response()
            self.assertEqual(response.status, 200)
            self.assertFalse(response.head.has_token("Connection", "close"))

    def test_the_last_request_a_connection_may_carry_is_announced(self):
        segue, upstream = self.one(self.upstream(serve=True),
                                   listeners={"edge": {"address": "127.0.0.1:0", "keep_alive_requests": 3}})
        client = self.connect(segue)
        closes = []
        for n in range(3):
            closes.append(client.request("GET", f"/{n}").head.has_token("Connection", "close"))
        self.assertEqual(closes, [False, False, True])
        self.assertTrue(client.at_end())

    def test_empty_lines_before_a_request_are_skipped(self):  # RFC 9112 §2.2
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        client.send(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(client.read_response().status, 200)

    def test_a_unix_socket_listens_and_is_forwarded_to(self):
        path = self.temporary() + "/edge.sock"
        segue, upstream = self.one(self.upstream(serve=True), listeners={"edge": {"address": f"unix:{path}"}})
        client = self.connect(segue)
        self.assertEqual(client.request("GET", "/").status, 200)


class Http10(SegueCase):
    def exchange(self, request, answer, keep=False):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send(request)
        wire = upstream.accept()
        seen = wire.read_request()
        wire.send(answer)
        if not keep:
            wire.close()
        return client, seen

    def test_a_1_0_client_is_closed_after_its_answer_and_the_upstream_sees_1_1(self):
        client, seen = self.exchange(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", ok(b"old"), keep=True)
        self.assertTrue(seen.head.start.endswith(b"HTTP/1.1"))
        self.assertEqual(client.read_response().body, b"old")
        self.assertTrue(client.at_end())

    def test_a_1_0_client_without_host_is_served(self):  # RFC 9112 §3.2 asks Host of 1.1 only
        client, seen = self.exchange(b"GET / HTTP/1.0\r\n\r\n", ok(), keep=True)
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(len(seen.head.all("Host")), 1, "a 1.1 request needs a Host")

    def test_a_1_0_client_may_ask_to_stay(self):
        client, _ = self.exchange(b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", ok(), keep=True)
        response = client.read_response()
        self.assertTrue(response.head.has_token("Connection", "keep-alive"))

    def test_a_chunked_answer_reaches_a_1_0_client_without_chunks(self):
        client, _ = self.exchange(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
                                  b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                                  keep=True)
        response = client.read_response()
        self.assertIsNone(response.get("Transfer-Encoding"))
        self.assertEqual(response.body, b"abcde")

    def test_a_1_0_client_gets_no_interim_response(self):  # RFC 9110 §15.2
        client, _ = self.exchange(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
                                  b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok(), keep=True)
        self.assertEqual(client.read_response().interim, [])

    def test_a_1_0_upstream_that_ends_by_closing_gives_a_whole_body(self):
        client, _ = self.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                  b"HTTP/1.0 200 OK\r\nX-Old: yes\r\n\r\n" + b"x" * 70_000)
        response = client.read_response()
        self.assertEqual((len(response.body), response.get("X-Old")), (70_000, "yes"))
        self.assertTrue(response.head.start.startswith(b"HTTP/1.1 "), "the version is the proxy's own")


if __name__ == "__main__":
    main()
