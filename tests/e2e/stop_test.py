"""SIGTERM drains: what runs finishes, what is new is refused, what is idle leaves politely."""
import errno
import select
import socket
import time

from support.case import SegueCase, main
from support.client import connect
from support.process import wait_until
from support.upstream import ok
from support.wire import WAIT


class Stop(SegueCase):
    def until_refusing(self, address):
        """Until nobody listens there any more."""
        host, _, port = address.rpartition(":")

        def refused():
            with socket.socket() as sock:
                return sock.connect_ex((host, int(port))) == errno.ECONNREFUSED
        wait_until("the listener's end", refused)

    def test_a_request_in_flight_finishes_and_the_process_ends(self):
        segue, upstream = self.one()
        address = segue.address()
        client = self.connect(segue)
        client.send_request("GET", "/slow")
        wire = upstream.accept()
        wire.read_request()
        segue.terminate()
        self.until_refusing(address)
        wire.send(ok(b"in time"))
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"in time"))
        self.assertTrue(response.head.has_token("Connection", "close"))
        self.assertTrue(client.at_end())
        self.assertEqual(segue.process.wait(30), 0)

    def test_an_upload_in_flight_finishes(self):
        segue, upstream = self.one()
        address = segue.address()
        client = self.connect(segue)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
        wire = upstream.accept()
        head = wire.read_head()
        segue.terminate()
        self.until_refusing(address)
        client.send(b"world")
        self.assertEqual(wire.read_body(head).body, b"helloworld")
        wire.send(ok())
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(segue.process.wait(30), 0)

    def test_idle_connections_are_closed(self):
        segue, upstream = self.one(self.upstream(serve=True))
        client = self.connect(segue)
        self.assertEqual(client.request().status, 200)
        fresh = self.connect(segue)
        segue.terminate()
        self.assertTrue(client.at_end())
        self.assertTrue(fresh.at_end())
        self.assertEqual(segue.process.wait(30), 0)

    def test_readiness_ends_before_the_process_does(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        segue.terminate()
        wait_until("not ready", lambda: segue.admin("GET", "/ready").status == 503)
        self.assertEqual(segue.admin("GET", "/live").status, 200)
        wire.send(ok())
        client.read_response()
        self.assertEqual(segue.process.wait(30), 0)

    def test_what_does_not_finish_is_cut_off(self):
        segue, upstream = self.one(timeouts={"drain_requests": "500ms"})
        client = self.connect(segue)
        client.send_request()
        wire = upstream.accept()
        wire.read_request()
        segue.terminate()
        self.assertEqual(segue.process.wait(30), 0)
        self.assertTrue(wire.at_end())
        client.read_to_end()

    def test_tunnels_get_their_own_time(self):
        segue, upstream = self.one(timeouts={"drain_requests": "300ms", "drain_tunnels": "2s"})
        address = segue.address()
        client = self.connect(segue)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        client.read_head()
        segue.terminate()
        self.until_refusing(address)
        client.send(b"still talking")
        self.assertEqual(wire.read_exactly(13), b"still talking")
        self.assertEqual(segue.process.wait(30), 0)

    def test_tunnels_end_one_after_the_other_and_politely(self):
        segue, upstream = self.one(timeouts={"drain_requests": "100ms", "drain_tunnels": "2s"})
        clients = {}
        for _ in range(40):
            client = self.connect(segue)
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            wire = upstream.accept()
            wire.read_head()
            wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            self.assertEqual(client.read_head().status, 101)
            clients[client.sock] = client
        segue.terminate()
        ends = []
        while clients:
            readable, _, _ = select.select(list(clients), [], [], WAIT)
            self.assertTrue(readable, "a tunnel stays open")
            for sock in readable:
                self.assertEqual(sock.recv(1), b"")  # a reset would raise
                clients.pop(sock).close()
                ends.append(time.monotonic())
        # Uniform over two seconds; that forty lie within one has a chance of 1 in 10 to the 10th.
        self.assertGreater(max(ends) - min(ends), 1)
        self.assertEqual(segue.process.wait(30), 0)

    def test_a_second_signal_ends_it_at_once(self):
        segue, upstream = self.one(timeouts={"drain_requests": "60s"})
        address = segue.address()
        client = self.connect(segue)
        client.send_request()
        upstream.accept().read_request()
        segue.terminate()
        self.until_refusing(address)
        segue.terminate()
        segue.process.wait(30)

    def test_the_admin_socket_file_is_gone(self):
        segue, _ = self.one()
        segue.terminate()
        self.assertEqual(segue.process.wait(30), 0)
        with self.assertRaises(FileNotFoundError):
            connect(f"unix:{segue.admin_path}")

    def test_nothing_is_left_open_after_much_use(self):
        segue, upstream = self.one(self.upstream(serve=True), pool_settings={"idle_timeout": "100ms"})
        idle = segue.open_files()
        for round_ in range(3):
            clients = [self.connect(segue) for _ in range(100)]
            for client in clients:
                client.send_request("POST", "/", body=b"x" * 10_000)
            for n, client in enumerate(clients):
                if n % 3:
                    client.read_response()
                client.close() if n % 2 else client.reset()
        wait_until("the descriptors to go back", lambda: segue.open_files() <= idle + 2)


if __name__ == "__main__":
    main()
