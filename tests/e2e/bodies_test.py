"""Bodies in every framing, in both directions, at the same time, and cut off."""
import hashlib
import random
import threading

from support.case import SegueCase, main
from support.upstream import ok
from support.wire import WireError


class Chunked(SegueCase):
    def test_chunks_and_trailers_pass_both_ways(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
        client.send_chunk(b"hello ").send_chunk(b"world").end_chunks(b"X-Sum: 42\r\n")
        wire = upstream.accept()
        request = wire.read_request()
        self.assertEqual((request.body, request.framing), (b"hello world", "chunked"))
        self.assertEqual(request.trailers, [(b"X-Sum", b"42")])
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n")
        wire.send_chunk(b"good ").send_chunk(b"bye").end_chunks(b"X-End: yes\r\nX-More: z\r\n")
        response = client.read_response()
        self.assertEqual((response.body, response.framing), (b"good bye", "chunked"))
        self.assertEqual(response.trailers, [(b"X-End", b"yes"), (b"X-More", b"z")])

    def test_chunk_extensions_and_large_chunks(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"3;name=value;q=\"x\"\r\nabc\r\n30d40\r\n" + b"z" * 200_000 + b"\r\n0\r\n\r\n")
        wire = upstream.accept()
        self.assertEqual(wire.read_request().body, b"abc" + b"z" * 200_000)
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)

    def test_a_body_of_one_byte_chunks(self):
        segue, upstream = self.one(self.upstream(lambda r, w: w.send(ok(r.body))))
        client = self.connect(segue)
        body = bytes(range(256)) * 20
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        self.assertEqual(client.read_response().body, body)

    def test_random_bodies_in_random_pieces_arrive_whole(self):
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        segue, upstream = self.one(self.upstream(lambda r, w: w.send(ok(hashlib.sha256(r.body).hexdigest().encode()))))
        client = self.connect(segue)
        for _ in range(30):
            body = rng.randbytes(rng.choice([0, 1, 1000, 16_384, 65_536, 300_000]))
            if rng.random() < 0.5:
                wire = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            else:
                wire = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                at = 0
                while at < len(body):
                    size = rng.randint(1, 70_000)
                    piece = body[at:at + size]
                    wire += b"%X\r\n%s\r\n" % (len(piece), piece)
                    at += size
                wire += b"0\r\n\r\n"
            cuts = sorted(rng.randrange(len(wire) + 1) for _ in range(rng.randint(0, 6)))
            for start, end in zip([0] + cuts, cuts + [len(wire)]):
                client.send(wire[start:end])
            self.assertEqual(client.read_response().body.decode(), hashlib.sha256(body).hexdigest(), f"seed {seed}")

    def test_messages_arrive_whole_wherever_a_read_ends(self):
        """Heads of any length, bodies of any framing, several in one segment, to an upstream that is connected and
        to one that is not: on one connection, so that each read may be another one's consequence."""
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)

        def answer(request, wire):
            close = rng.random() < 0.2
            told = b"%s %s" % (request.head.target, hashlib.sha256(request.body).hexdigest().encode())
            wire.send(ok(told, b"Connection: close\r\n" if close else b""))
            if close:
                wire.close()
        segue, upstream = self.one(self.upstream(answer))
        client = self.connect(segue)

        def message(number):
            head = b"X-Fill: %s\r\n" % (b"f" * rng.choice([0, 100, 1900, 2048, 6000]))
            body = rng.randbytes(rng.choice([0, 1, 1500, 2048, 9000, 12_288, 14_000]))
            method = b"GET" if not body else b"POST"
            if rng.random() < 0.3:
                method, body = b"POST", body or b"x"
                head += b"Transfer-Encoding: chunked\r\n"
                wire = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            else:
                head, wire = head + (b"Content-Length: %d\r\n" % len(body) if body else b""), body
            expected = b"/%d %s" % (number, hashlib.sha256(body).hexdigest().encode())
            return b"%s /%d HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (method, number, head, wire), expected

        for round_ in range(150):
            messages = [message(10 * round_ + n) for n in range(rng.choice([1, 1, 1, 2, 3]))]
            client.send(b"".join(text for text, _ in messages))
            for _, expected in messages:
                self.assertEqual(client.read_response().body, expected, f"seed {seed}")


class Ends(SegueCase):
    def test_a_response_until_close_ends_where_it_ends(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst ")
        wire.send(b"second")
        wire.close()
        self.assertEqual(client.read_response().body, b"first second")

    def test_a_cut_off_response_never_looks_complete(self):
        for head, part in ((b"Content-Length: 100\r\n", b"only this"),
                           (b"Transfer-Encoding: chunked\r\n", b"9\r\nonly this\r\n")):
            with self.subTest(head):
                segue, upstream = self.one()
                client = self.connect(segue)
                client.send_request("POST", "/", body=b"x")
                wire = upstream.accept()
                wire.read_request()
                wire.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + part)
                head = client.read_head()
                self.assertEqual(head.status, 200)
                wire.close()
                with self.assertRaises((WireError, ConnectionResetError)):
                    client.read_body(head, response=True)

    def test_a_reset_in_a_response_until_close_is_not_its_end(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\n\r\npart")
        head = client.read_head()
        self.assertEqual(client.read_chunk() if head.get("Transfer-Encoding") else client.read_exactly(4), b"part")
        wire.reset()
        with self.assertRaises((WireError, ConnectionResetError)):  # neither last chunk nor FIN
            if head.get("Transfer-Encoding"):
                client.read_chunk()
            else:
                client.read_to_end()
                raise AssertionError("a reset upstream looked like a clean end")

    def test_a_client_may_close_its_sending_half_after_the_request(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/half")
        client.half_close()
        wire = upstream.accept()
        wire.read_request()
        wire.send(ok(b"still here"))
        self.assertEqual(client.read_response().body, b"still here")
        self.assertTrue(client.at_end())

    def test_an_upload_that_breaks_off_is_never_completed_upstream(self):
        for how in ("half_close", "reset"):
            with self.subTest(how):
                segue, upstream = self.one()
                client = self.connect(segue)
                client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this")
                wire = upstream.accept()
                head = wire.read_head()
                self.assertEqual(wire.read_exactly(9), b"only this")
                getattr(client, how)()
                self.assertTrue(wire.at_end(), "the upstream was left waiting")

    def test_a_client_that_leaves_frees_the_upstream(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/slow")
        wire = upstream.accept()
        wire.read_request()
        client.reset()
        self.assertTrue(wire.at_end())


class BothWays(SegueCase):
    def test_full_duplex(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /chat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send_chunk(b"one")
        wire = upstream.accept()
        wire.read_head()
        self.assertEqual(wire.read_chunk(), b"one")
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").send_chunk(b"ONE")
        self.assertEqual(client.read_head().status, 200)
        self.assertEqual(client.read_chunk(), b"ONE")
        for word in (b"two", b"three", b"four"):
            client.send_chunk(word)
            self.assertEqual(wire.read_chunk(), word)
            wire.send_chunk(word.upper())
            self.assertEqual(client.read_chunk(), word.upper())
        client.end_chunks()
        self.assertEqual(wire.read_chunked(), (b"", []))
        wire.end_chunks()
        self.assertEqual(client.read_chunked(), (b"", []))

    def test_large_bodies_in_both_directions_at_once(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        size = 8 << 20
        block = bytes(range(256)) * 256
        client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        wire.keep = client.keep = False

        def echo():
            left = size
            while left > 0:
                piece = wire.read_some()
                wire.send(piece)
                left -= len(piece)

        def upload():
            for _ in range(size // len(block)):
                client.send(block)
        threads = [threading.Thread(target=f, daemon=True) for f in (echo, upload)]
        for thread in threads:
            thread.start()
        self.assertEqual(client.read_head().status, 200)
        digest, left = hashlib.sha256(), size
        while left > 0:
            piece = client.read_some()
            self.assertNotEqual(piece, b"")
            digest.update(piece)
            left -= len(piece)
        for thread in threads:
            thread.join()
        self.assertEqual(digest.hexdigest(), hashlib.sha256(block * (size // len(block))).hexdigest())

    def test_an_early_answer_reaches_a_client_that_still_uploads(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 1000)
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        wire.close()
        response = client.read_response()
        self.assertEqual((response.status, response.body), (403, b"no"))
        self.assertTrue(client.at_end(), "100 MB that nobody wants must not be waited for")

    def test_an_early_answer_with_the_rest_within_the_linger_limit(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + b"x" * 10)
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        response = client.read_response()
        self.assertEqual((response.status, response.body), (403, b"no"))
        self.assertTrue(response.head.has_token("Connection", "close"))
        client.send(b"x" * 19_990)  # not answered with a reset that would have destroyed the 403
        self.assertTrue(client.at_end())


if __name__ == "__main__":
    main()
