# labels: native
"""A gigabyte through a proxy that may buffer 64 KiB: whole, at the reader's pace, in flat memory."""
import threading

from support.case import SegueCase, main, smaller
from support.process import resident_kib
from support.segue import SANITIZE
from support.wire import WAIT

SIZE = smaller(1 << 30)
CHUNKED_SIZE = SIZE // 4  # reading chunks is this test's own slow part
BLOCK = bytes(range(256)) * 4096  # 1 MiB
PATTERN = BLOCK + BLOCK[:256]
SLOW_BUFFER = 16 * 1024  # of the reader's socket, so that the kernel hides little
# What may be added by a transfer: two buffers of 64 KiB, one read, and the allocator's and counters' first
# use. A body that is collected shows as hundreds of MiB. Sanitizers keep freed memory in quarantine.
GROWTH_KIB_MAX = 96 * 1024 if SANITIZE else 8 * 1024


class Bulk(SegueCase):
    def warm(self, segue, upstream):
        client = self.connect(segue)
        client.send_request("GET", "/warm")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        client.read_response()
        wire.close()
        return segue.rss_kib()

    def pump(self, wire, sent, size=SIZE, chunked=False):
        def run():
            for _ in range(size // len(BLOCK)):
                if chunked:
                    wire.send_chunk(BLOCK)
                else:
                    wire.send(BLOCK)
                sent[0] += len(BLOCK)
            if chunked:
                wire.end_chunks()
        wire.sock.settimeout(WAIT * 2)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def drain(self, wire, size):
        """Reads `size` bytes and checks them against BLOCK's pattern."""
        view, left, at = memoryview(bytearray(1 << 20)), size, 0
        if wire.buffer:
            first = wire.take(min(len(wire.buffer), left))
            self.assertEqual(first, PATTERN[:len(first)])
            left -= len(first)
            at = len(first)
        while left > 0:
            got = wire.sock.recv_into(view, min(left, len(view)))
            self.assertGreater(got, 0, f"ended with {left} bytes left")
            start = at % 256
            expected = PATTERN[start:start + got]
            self.assertTrue(view[:got] == expected, "bytes changed on the way")
            left -= got
            at += got

    def assert_flat(self, segue, before):
        growth = resident_kib(segue.pid, "VmHWM") - before
        self.assertLess(growth, GROWTH_KIB_MAX, "memory grew with the body")

    def wait_stalled(self, sent):
        """Until the writer has not got on for a while: the reader does not read, so it must stop."""
        quiet = threading.Event()
        last, same = -1, 0
        while same < 5:
            same = same + 1 if sent[0] == last else 0
            last = sent[0]
            quiet.wait(0.1)
        return last

    def test_a_download_waits_for_its_reader(self):
        segue, upstream = self.one(workers=1, timeouts={"body_idle": "120s"})
        before = self.warm(segue, upstream)
        client = self.connect(segue, receive_buffer=SLOW_BUFFER)
        client.send_request("GET", "/artifact")
        wire = upstream.accept()
        wire.read_request()
        wire.keep = client.keep = False
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        sent = [0]
        thread = self.pump(wire, sent)
        self.assertLess(self.wait_stalled(sent), SIZE // 2, "the upstream was not held back")
        self.assertEqual(client.read_head().status, 200)
        self.drain(client, SIZE)
        thread.join()
        self.assert_flat(segue, before)

    def test_a_chunked_download_is_whole(self):
        segue, upstream = self.one(workers=1)
        before = self.warm(segue, upstream)
        client = self.connect(segue)
        client.send_request("GET", "/artifact")
        wire = upstream.accept()
        wire.read_request()
        wire.keep = client.keep = False
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        thread = self.pump(wire, [0], CHUNKED_SIZE, chunked=True)
        client.read_head()
        size = 0
        while (data := client.read_chunk()) != b"":
            size += len(data)
        thread.join()
        self.assertEqual(size, CHUNKED_SIZE)
        self.assert_flat(segue, before)

    def test_an_upload_waits_for_its_reader(self):
        segue, upstream = self.one(workers=1, timeouts={"body_idle": "120s"})
        before = self.warm(segue, upstream)
        client = self.connect(segue)
        client.send(b"PUT /artifact HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % SIZE)
        wire = upstream.accept()
        wire.read_head()
        wire.keep = client.keep = False
        sent = [0]
        thread = self.pump(client, sent)
        self.assertLess(self.wait_stalled(sent), SIZE // 2, "the client was not held back")
        self.drain(wire, SIZE)
        wire.send(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        thread.join()
        self.assertEqual(client.read_response("PUT").status, 201)
        self.assert_flat(segue, before)


if __name__ == "__main__":
    main()
