"""Nothing waits: events leave as they come, a long poll may take its time."""
import time

from support.case import SegueCase, main
from support.upstream import ok

EVENTS = 50
# An event that waits for a buffer, a timer or Nagle's algorithm takes 40 ms and more; the median must not.
MEDIAN_MAX = 0.040


class Streaming(SegueCase):
    def test_server_sent_events_arrive_one_by_one(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/events", {"Accept": "text/event-stream"})
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.assertEqual(client.read_head().get("Content-Type"), "text/event-stream")
        delays = []
        for n in range(EVENTS):
            sent = time.monotonic()
            wire.send_chunk(b"data: %d\n\n" % n)
            self.assertEqual(client.read_chunk(), b"data: %d\n\n" % n)
            delays.append(time.monotonic() - sent)
        self.assertLess(sorted(delays)[EVENTS // 2], MEDIAN_MAX)

    def test_events_until_close_arrive_one_by_one(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/events")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        head = client.read_head()
        chunked = head.get("Transfer-Encoding") is not None
        for n in range(EVENTS):
            event = b"data: %d\n\n" % n
            wire.send(event)
            self.assertEqual(client.read_chunk() if chunked else client.read_exactly(len(event)), event)
        wire.close()
        self.assertEqual(client.read_chunked()[0] if chunked else client.read_to_end(), b"")

    def test_a_console_log_of_single_bytes(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/job/1/logText/progressiveText")
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.read_head()
        for byte in b"Started by user":
            wire.send_chunk(bytes([byte]))
            self.assertEqual(client.read_chunk(), bytes([byte]))

    def test_the_head_alone_leaves_at_once(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(client.read_head().status, 200)
        wire.send(b"later")
        self.assertEqual(client.read_exactly(5), b"later")

    def test_an_upload_leaves_as_it_comes(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"POST /log HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire = upstream.accept()
        wire.read_head()
        for n in range(EVENTS):
            client.send_chunk(b"line %d" % n)
            self.assertEqual(wire.read_chunk(), b"line %d" % n)

    def test_a_long_poll_is_answered_when_the_upstream_has_something_to_say(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/poll")
        wire = upstream.accept()
        wire.read_request()
        for n in range(3):  # others pass meanwhile
            other = self.connect(segue)
            other.send_request("GET", f"/{n}")
            beside = upstream.accept()
            beside.read_request()
            beside.send(ok(fields=b"Connection: close\r\n"))
            self.assertEqual(other.read_response().status, 200)
        wire.send(ok(b"news"))
        self.assertEqual(client.read_response().body, b"news")


if __name__ == "__main__":
    main()
