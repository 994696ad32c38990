"""Responses without a body, interim responses, and what a client may expect before it sends its own."""
from support.case import SegueCase, main
from support.upstream import ok


class Bodiless(SegueCase):
    def bodiless(self, method, answer):
        """Sends `method`, answers, and proves with a second request that nothing was left on either connection."""
        segue, upstream = self.one(workers=1)
        client = self.connect(segue)
        client.send_request(method, "/first")
        wire = upstream.accept()
        self.assertEqual(wire.read_request().head.method, method)
        wire.send(answer)
        response = client.read_response(method)
        client.send_request("GET", "/second")
        self.assertEqual(wire.read_request().head.target, b"/second")
        wire.send(ok(b"second"))
        self.assertEqual(client.read_response().body, b"second")
        return response

    def test_head_keeps_the_length_and_has_no_body(self):
        response = self.bodiless("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")
        self.assertEqual(response.get("Content-Length"), "12345")

    def test_head_of_a_chunked_resource(self):
        response = self.bodiless("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.assertEqual((response.status, response.body), (200, b""))

    def test_204(self):
        response = self.bodiless("GET", b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n")
        self.assertEqual((response.status, response.get("X-A")), (204, "b"))
        self.assertIsNone(response.get("Transfer-Encoding"))
        self.assertIsNone(response.get("Content-Length"))  # RFC 9110 §8.6

    def test_304_with_the_length_of_what_was_not_sent(self):
        response = self.bodiless("GET", b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n')
        self.assertEqual((response.status, response.get("ETag")), (304, '"x"'))

    def test_200_with_length_zero(self):
        self.assertEqual(self.bodiless("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").get("Content-Length"), "0")

    def test_an_unknown_status_and_an_empty_reason_pass(self):
        response = self.bodiless("GET", b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(response.status, 299)

    def test_a_reason_phrase_is_kept(self):
        response = self.bodiless("GET", b"HTTP/1.1 200 All Is Well\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(response.head.start, b"HTTP/1.1 200 All Is Well")

    def test_an_unusual_method_passes(self):
        response = self.bodiless("PROPFIND", b"HTTP/1.1 207 Multi-Status\r\nContent-Length: 2\r\n\r\nok")
        self.assertEqual(response.status, 207)


class Interim(SegueCase):
    def test_early_hints_are_relayed_before_the_final_response(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
        hints = client.read_head()  # now, not with the final response
        self.assertEqual((hints.status, hints.get("Link")), (103, "</style.css>; rel=preload"))
        wire.send(b"HTTP/1.1 102 Processing\r\n\r\n" + ok(b"done"))
        response = client.read_response()
        self.assertEqual([head.status for head in response.interim], [102])
        self.assertEqual(response.body, b"done")

    def test_100_continue_is_asked_of_the_upstream_and_passed_on(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        wire = upstream.accept()
        head = wire.read_head()
        self.assertEqual(head.get("Expect").lower(), "100-continue")
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertEqual(client.read_head().status, 100)
        client.send(b"body")
        self.assertEqual(wire.read_body(head).body, b"body")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_a_refusal_comes_instead_of_100_and_the_body_is_never_sent(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n")
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
        response = client.read_response()
        self.assertEqual((response.status, response.body, response.interim), (401, b"no", []))

    def test_a_client_that_does_not_wait_for_100_is_served_too(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody")
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, b"body")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)


if __name__ == "__main__":
    main()
