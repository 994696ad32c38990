"""One request in is exactly one request out: everything ambiguous is refused and the upstream never sees it."""
from support.case import SegueCase, main
from support.upstream import ok
from support.wire import WireError

POST = b"POST /x HTTP/1.1\r\nHost: a\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

# name, bytes, expected statuses. Every one ends its connection.
REFUSED = [
    ("length and chunked", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    ("chunked and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", {400}),
    ("two lengths", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", {400}),
    ("two equal lengths", POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", {400}),
    ("a list of lengths", POST + b"Content-Length: 5, 5\r\n\r\nhello", {400}),
    ("length with sign", POST + b"Content-Length: +5\r\n\r\nhello", {400}),
    ("negative length", POST + b"Content-Length: -5\r\n\r\nhello", {400}),
    ("hexadecimal length", POST + b"Content-Length: 0x5\r\n\r\nhello", {400}),
    ("empty length", POST + b"Content-Length: \r\n\r\nhello", {400}),
    ("length with inner space", POST + b"Content-Length: 5 5\r\n\r\nhello", {400}),
    ("length beyond 64 bits", POST + b"Content-Length: 18446744073709551617\r\n\r\nh", {400}),
    ("space before the colon", POST + b"Content-Length : 5\r\n\r\nhello", {400}),
    ("chunked not last", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", {400, 501}),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("two Transfer-Encodings", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", {400, 501}),
    ("unknown coding", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("gzip, chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("quoted chunked", POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', {400, 501}),
    ("vertical tab before chunked", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("empty Transfer-Encoding", POST + b"Transfer-Encoding:\r\n\r\n", {400, 501}),
    ("chunked in HTTP/1.0", b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    ("folded field", POST + b"X-A: b\r\n c\r\n\r\n", {400}),
    ("folded Transfer-Encoding", POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    ("first field line begins with a space", b"GET /x HTTP/1.1\r\n Host: a\r\n\r\n", {400}),
    ("bare line feeds", b"GET /x HTTP/1.1\nHost: a\n\n", {400, 505}),
    ("bare carriage return", POST + b"X-A: b\rX-C: d\r\n\r\n", {400}),
    ("NUL in a value", POST + b"X-A: b\0c\r\n\r\n", {400}),
    ("control in a value", POST + b"X-A: b\x01c\r\n\r\n", {400}),
    ("NUL in a name", POST + b"X\0A: b\r\n\r\n", {400}),
    ("empty name", POST + b": b\r\n\r\n", {400}),
    ("field without colon", POST + b"nonsense\r\n\r\n", {400}),
    ("space in a name", POST + b"X A: b\r\n\r\n", {400}),
    ("length under a folded name", POST + b"Content-Length: 5\r\nContent_Length: 6\r\n\r\nhello", {400}),
    ("encoding under a folded name", POST + b"Content-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\nhello", {400}),
    ("fields that fold together", b"GET /x HTTP/1.1\r\nHost: a\r\nX-User: alice\r\nX_User: mallory\r\n\r\n", {400}),
    ("no Host", b"GET /x HTTP/1.1\r\n\r\n", {400}),
    ("two Hosts", b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    ("two equal Hosts", b"GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", {400}),
    ("Host with a path", b"GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}),
    ("Host with user", b"GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n", {400}),
    ("Host with a space", b"GET /x HTTP/1.1\r\nHost: a b\r\n\r\n", {400}),
    ("Host list", b"GET /x HTTP/1.1\r\nHost: a, b\r\n\r\n", {400}),
    ("no version", b"GET /x\r\n\r\n", {400, 505}),
    ("HTTP/2.0", b"GET /x HTTP/2.0\r\nHost: a\r\n\r\n", {400, 505}),
    ("HTTP/0.9", b"GET /x HTTP/0.9\r\nHost: a\r\n\r\n", {400, 505}),
    ("HTTP/1.10", b"GET /x HTTP/1.10\r\nHost: a\r\n\r\n", {400, 505}),
    ("lower-case version", b"GET /x http/1.1\r\nHost: a\r\n\r\n", {400, 505}),
    ("two spaces in the request line", b"GET  /x HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("space in the target", b"GET /x y HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("tab in the request line", b"GET\t/x HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("control in the target", b"GET /\x01x HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("target without a slash", b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("star without OPTIONS", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("authority target without CONNECT", b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("a scheme that is not ours", b"GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("absolute target that differs from Host", b"GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", {400}),
    ("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, {400}),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    ("garbage", b"\xff\xfe\xfd\r\n\r\n", {400}),
]

# Their heads are fine and are forwarded; the body must never be completed upstream.
BROKEN_CHUNKS = [
    ("size that overflows", b"fffffffffffffffff\r\nx"),
    ("negative size", b"-1\r\nx"),
    ("hexadecimal prefix", b"0x5\r\nhello\r\n0\r\n\r\n"),
    ("no size", b"\r\nhello\r\n0\r\n\r\n"),
    ("space before the size", b" 5\r\nhello\r\n0\r\n\r\n"),
    ("data longer than said", b"3\r\nhello\r\n0\r\n\r\n"),
    ("bare line feed after the size", b"5\nhello\r\n0\r\n\r\n"),
    ("bare line feed after the data", b"5\r\nhello\n0\r\n\r\n"),
    ("bare line feed in an extension", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    ("bare line feeds at the end", b"5\r\nhello\r\n0\n\n"),
    ("not hexadecimal", b"5g\r\nhello\r\n0\r\n\r\n"),
    ("malformed trailer", b"5\r\nhello\r\n0\r\nX A: b\r\n\r\n"),
]

BAD_RESPONSES = [
    ("length and chunked", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    ("negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"),
    ("space before the colon", b"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello"),
    ("status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    ("status that is no number", b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
    ("not HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ("folded field", b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
    ("NUL in a value", b"HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 0\r\n\r\n"),
    ("head without end", b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 70_000),
]


class Refused(SegueCase):
    def test_ambiguous_requests(self):
        segue, upstream = self.one()
        for name, wire, statuses in REFUSED:
            with self.subTest(name):
                client = self.connect(segue)
                client.send(wire + SMUGGLED)
                response = client.read_response()
                self.assertIn(response.status, statuses)
                try:
                    self.assertEqual(client.read_to_end(), b"", "something was answered after the refusal")
                except ConnectionResetError:
                    pass
                client.close()
        self.assert_sees_nothing(upstream)

    def test_an_ambiguous_request_behind_a_good_one(self):
        name, bad, statuses = REFUSED[0]
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"GET /good HTTP/1.1\r\nHost: a\r\n\r\n" + bad + SMUGGLED)
        wire = upstream.accept()
        self.assertEqual(wire.read_request().head.target, b"/good")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)
        self.assertIn(client.read_response().status, statuses, name)
        self.assertTrue(client.at_end())
        self.assert_sees_nothing(upstream)

    def test_broken_chunks_never_complete_a_request_upstream(self):
        for name, body in BROKEN_CHUNKS:
            with self.subTest(name):
                segue, upstream = self.one(retry={"attempts": 0})
                client = self.connect(segue)
                client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED)
                answered = client.read_to_end()
                self.assertTrue(answered == b"" or answered.startswith(b"HTTP/1.1 400"), answered)
                if upstream.pending():
                    wire = upstream.wires[-1]
                    with self.assertRaises((WireError, ConnectionResetError)):
                        wire.read_request()
                    self.assertNotIn(b"/smuggled", wire.received)
                segue.stop()

    def test_an_empty_chunked_body_does_not_swallow_what_follows(self):
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual([client.read_response().status for _ in range(2)], [200, 200])
        self.assertEqual([r.head.target for r in upstream.requests], [b"/x", b"/next"])

    def test_a_get_with_a_body_keeps_its_framing(self):
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        client.send(b"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\n" + SMUGGLED.ljust(36, b"x")[:36]
                    + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual([client.read_response().status for _ in range(2)], [200, 200])
        self.assertEqual([(r.head.target, len(r.body)) for r in upstream.requests], [(b"/x", 36), (b"/next", 0)])


class BadResponses(SegueCase):
    def test_an_upstream_that_is_not_understood_is_a_502(self):
        for name, answer in BAD_RESPONSES:
            with self.subTest(name):
                segue, upstream = self.one(retry={"attempts": 0})
                client = self.connect(segue)
                client.send_request("POST", "/", body=b"x")
                wire = upstream.accept()
                wire.read_request()
                wire.send(answer)
                self.assertEqual(client.read_response().status, 502)
                self.assertTrue(wire.at_end(), "such a connection is never used again")
                segue.stop()

    def test_bytes_behind_a_response_poison_nobody(self):
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send_request("GET", "/1")
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok(b"one") + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        self.assertEqual(client.read_response().body, b"one")
        client.send_request("GET", "/2")
        wire = upstream.accept()  # a new connection: the poisoned one is closed
        wire.read_request()
        wire.send(ok(b"two"))
        self.assertEqual(client.read_response().body, b"two")


if __name__ == "__main__":
    main()
