"""Corners where somebody waits: ahead of a switch, in a queue, half-way through a body, behind a slow reader."""
import threading
import time

from support.case import SegueCase, main
from support.upstream import ok

UPGRADE = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"


class Pressure(SegueCase):
    def test_what_a_client_sends_ahead_of_the_switch_arrives_whole(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        ahead = bytes(range(256)) * 160  # more than the buffer that a head is read into
        client.send(UPGRADE + ahead)
        wire = upstream.accept()
        wire.read_head()
        wire.send(SWITCH)
        self.assertEqual(wire.read_exactly(len(ahead)), ahead)

    def test_a_101_for_a_protocol_nobody_offered_is_no_tunnel(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(UPGRADE)
        wire = upstream.accept()
        wire.read_head()
        wire.send(SWITCH.replace(b"Upgrade: echo", b"Upgrade: other"))
        self.assertEqual(client.read_response().status, 502)

    def test_a_slow_reader_that_reads_is_not_cut_off_at_the_keep_alive_deadline(self):
        # All of it is queued in segue at once; only what the kernels' buffers take has left by then.
        body = b"x" * 8_000_000
        segue, _ = self.one(self.upstream(answer=lambda _, wire: wire.send(ok(body))), limits={"buffer_high": "16MiB"},
                            timeouts={"keep_alive": "1s", "body_idle": "1s"})
        client = self.connect(segue, receive_buffer=256 * 1024)
        client.send_request()
        head = client.read_head()
        self.assertEqual(head.get("Content-Length"), str(len(body)))
        began, taken = time.monotonic(), 0
        while taken < len(body):  # steadily, over several of the deadlines
            taken += len(client.read_exactly(min(100_000, len(body) - taken)))
            time.sleep(0.04)
        self.assertEqual(taken, len(body))
        self.assertGreater(time.monotonic() - began, 3)

    def test_who_queues_is_served_before_who_comes_later(self):
        segue, upstream = self.one(pool_settings={"in_flight_max": 1, "queue_timeout": "30s"}, workers=1)
        crowd = self.connect(segue)
        crowd.send(b"".join(b"GET /crowd/%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(50)))
        wire = upstream.accept()
        wire.read_request()
        victim = self.connect(segue)
        victim.send_request("GET", "/victim")
        upstream_sees = []

        def serve():
            for _ in range(6):
                wire.send(ok())
                upstream_sees.append(wire.read_request().head.target)

        segue.wait_endpoint("old", upstream.address, in_flight=1)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        thread.join(30)
        self.assertIn(b"/victim", upstream_sees, upstream_sees)

    def test_a_body_is_held_while_its_request_waits_to_be_sent_again(self):
        segue, upstream = self.one(retry={"backoff_min": "700ms", "backoff_max": "700ms"})
        client = self.connect(segue)
        client.send(b"PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        wire = upstream.accept()
        wire.read_head()
        self.assertEqual(wire.read_chunk(), b"first")
        wire.reset()
        time.sleep(0.2)  # within the pause before the next attempt
        client.send(b"6\r\nsecond\r\n0\r\n\r\n")
        again = upstream.accept()
        self.assertEqual(again.read_request().body, b"firstsecond")
        again.send(ok())
        self.assertEqual(client.read_response().status, 200)


if __name__ == "__main__":
    main()
