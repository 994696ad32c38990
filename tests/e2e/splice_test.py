"""Long bodies that go past the proxy's memory: byte for byte, framed, and never into another connection."""
import os
import random
import threading

from support.case import SegueCase, main
from support.wire import WAIT

SIZE = 12 << 20
DATA = random.Random(20261123).randbytes(SIZE)
# Chunks that are copied, that are spliced, and those at the edges of either.
CHUNK_SIZES = [1, 15, 4096, 32767, 32768, 65535, 65536, 65537, 262144, 300_000, 1 << 20]


def chunks_of(data, seed=1):
    chooser, at = random.Random(seed), 0
    while at < len(data):
        size = chooser.choice(CHUNK_SIZES)
        yield data[at:at + size]
        at += size


def pipes_of(segue):
    folder = f"/proc/{segue.pid}/fd"
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("pipe:")
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


class Splice(SegueCase):
    def begin(self, request, receive_buffer=None):
        """(segue, the client's wire, the upstream's) behind a request head that has arrived."""
        segue, upstream = self.one(workers=1, timeouts={"body_idle": "120s"})
        self.pipes_before = pipes_of(segue)
        client, wire = self.exchange(segue, upstream, request, receive_buffer)
        return segue, upstream, client, wire

    def exchange(self, segue, upstream, request, receive_buffer=None):
        options = {"receive_buffer": receive_buffer} if receive_buffer else {}
        client = self.connect(segue, **options)
        client.send(request)
        wire = upstream.accept()
        wire.read_head()
        wire.keep = client.keep = False
        for end in (client, wire):
            end.sock.settimeout(WAIT * 2)
        return client, wire

    def beside(self, work):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.addCleanup(thread.join, WAIT)
        return thread

    def write_chunks(self, wire, data):
        for chunk in chunks_of(data):
            wire.send_chunk(chunk)
        wire.end_chunks()

    def read_chunks(self, wire):
        parts = []
        while (data := wire.read_chunk()) != b"":
            parts.append(data)
        wire.read_trailers()
        return b"".join(parts)

    def assert_same(self, got):
        self.assertEqual(len(got), SIZE)
        self.assertTrue(got == DATA, "bytes changed on the way")

    def assert_spliced(self, segue):
        self.assertEqual(pipes_of(segue), self.pipes_before + 2, "nothing went through a pipe")

    def test_a_download_with_a_length(self):
        segue, _, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        self.beside(lambda: wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE + DATA))
        client.read_head()
        self.assert_same(client.read_exactly(SIZE))
        self.assert_spliced(segue)
        client.send(b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")  # both connections are fit for the next one
        self.assertIn(b"GET /b", wire.read_until(b"\r\n\r\n"))
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.assertEqual(client.read_response().body, b"ok")

    def test_a_download_in_chunks(self):
        segue, _, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.beside(lambda: self.write_chunks(wire, DATA))
        client.read_head()
        self.assert_same(self.read_chunks(client))
        self.assert_spliced(segue)

    def test_a_download_until_the_end(self):
        segue, _, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")

        def write():
            wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + DATA)
            wire.close()
        self.beside(write)
        client.read_head()
        self.assert_same(self.read_chunks(client))
        self.assert_spliced(segue)

    def test_a_reader_that_takes_its_time(self):
        _, _, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", receive_buffer=16 * 1024)
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.beside(lambda: self.write_chunks(wire, DATA))
        client.read_head()
        self.assert_same(self.read_chunks(client))

    def test_an_upload_with_a_length(self):
        segue, _, client, wire = self.begin(b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % SIZE)
        self.beside(lambda: client.send(DATA))
        self.assert_same(wire.read_exactly(SIZE))
        self.assert_spliced(segue)
        wire.send(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(client.read_response("PUT").status, 201)

    def test_an_upload_in_chunks_with_another_request_behind_it(self):
        segue, _, client, wire = self.begin(b"PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")

        def write():
            self.write_chunks(client, DATA)
            client.send(b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
        self.beside(write)
        self.assert_same(self.read_chunks(wire))
        self.assert_spliced(segue)
        wire.send(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(client.read_response("PUT").status, 201)
        self.assertIn(b"GET /b", wire.read_until(b"\r\n\r\n"))
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.assertEqual(client.read_response().body, b"ok")

    def test_a_tunnel_both_ways_at_once(self):
        segue, _, client, wire = self.begin(
            b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        client.read_head()
        there = DATA[::-1]
        self.beside(lambda: client.send(there))
        self.beside(lambda: wire.send(DATA))
        arrived = []
        reading = self.beside(lambda: arrived.append(wire.read_exactly(SIZE)))
        self.assert_same(client.read_exactly(SIZE))
        reading.join()
        self.assertTrue(arrived[0] == there, "bytes changed on the way")
        self.assert_spliced(segue)

    def test_a_body_that_breaks_off_does_not_look_complete(self):
        for head in (b"Content-Length: %d" % (2 * SIZE), b"Transfer-Encoding: chunked"):
            with self.subTest(head):
                segue, _, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")

                def write():
                    wire.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
                    if b"chunked" in head:
                        wire.send(b"%x\r\n" % (2 * SIZE))
                    wire.send(DATA)
                    wire.close()
                self.beside(write)
                client.read_head()
                with self.assertRaises((ConnectionResetError, AssertionError)):
                    self.read_chunks(client) if b"chunked" in head else client.read_exactly(2 * SIZE)
                self.assert_spliced(segue)

    def test_a_body_that_breaks_off_within_a_row_of_chunks_does_not_look_complete(self):
        size = 64 * 1024
        for rest in (b"", b"\r\n", b"\r\n10000\r\n", b"\r\n10000\r\n" + DATA[:1000]):
            with self.subTest(rest[:9]):
                segue, _, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")

                def write():
                    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    wire.send(b"".join(b"%x\r\n%s\r\n" % (size, DATA[at:at + size])
                                       for at in range(0, SIZE, size))[:-2] + rest)
                    wire.close()
                self.beside(write)
                client.read_head()
                with self.assertRaises((ConnectionResetError, AssertionError)):
                    self.read_chunks(client)
                self.assert_spliced(segue)

    def test_a_download_in_chunks_for_a_client_that_knows_none(self):
        segue, _, client, wire = self.begin(b"GET /a HTTP/1.0\r\nHost: a\r\n\r\n")
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.beside(lambda: self.write_chunks(wire, DATA))
        client.read_head()
        self.assert_same(client.read_to_end())
        self.assert_spliced(segue)

    def test_what_a_client_left_behind_goes_to_nobody_else(self):
        segue, upstream, client, wire = self.begin(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")

        def write():
            try:
                wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE + b"?" * SIZE)
            except OSError:
                pass  # the proxy has closed: nobody wants it
        self.beside(write)
        client.read_exactly(2 << 20)
        client.reset()
        other, wire = self.exchange(segue, upstream, b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
        self.beside(lambda: wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE + DATA))
        other.read_head()
        self.assert_same(other.read_exactly(SIZE))
        self.assert_spliced(segue)


if __name__ == "__main__":
    main()
