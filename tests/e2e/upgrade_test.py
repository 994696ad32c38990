"""Upgraded connections are tunnels: a real WebSocket library on both ends, and raw bytes for the corners."""
import asyncio
import socket

import websockets

from support.case import SegueCase, main
from support.echo import Address, EchoServer
from support.upstream import ok
from support.wire import WAIT

UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"


class WebSockets(SegueCase):
    def setUp(self):
        self.server = EchoServer()
        self.addCleanup(self.server.close)
        self.segue_, _ = self.one(Address(self.server.address))
        self.url = f"ws://{self.segue_.address()}/job/console"

    def test_messages_of_every_size_come_back(self):
        async def talk():
            async with websockets.connect(self.url, max_size=None) as ws:
                for size in (0, 1, 125, 126, 65_535, 65_536, 1 << 20):
                    await ws.send(b"x" * size)
                    self.assertEqual(len(await asyncio.wait_for(ws.recv(), WAIT)), size)
                await ws.send("text as well: ж")
                self.assertEqual(await asyncio.wait_for(ws.recv(), WAIT), "text as well: ж")
        asyncio.run(talk())

    def test_many_tunnels_at_once(self):
        async def one(n):
            async with websockets.connect(self.url) as ws:
                for k in range(20):
                    await ws.send(f"{n}/{k}")
                    self.assertEqual(await asyncio.wait_for(ws.recv(), WAIT), f"{n}/{k}")

        async def talk():
            await asyncio.gather(*(one(n) for n in range(50)))
        asyncio.run(talk())

    def test_the_closing_handshake_passes(self):
        async def talk():
            ws = await websockets.connect(self.url)
            await ws.close(1000, "done")
            self.assertEqual(ws.close_code, 1000)
        asyncio.run(talk())


class Tunnel(SegueCase):
    def tunnel(self, **sections):
        segue, upstream = self.one(**sections)
        client = self.connect(segue)
        client.send(UPGRADE)
        wire = upstream.accept()
        head = wire.read_head()
        self.assertTrue(head.has_token("Connection", "upgrade"))
        self.assertEqual(head.get("Upgrade"), "echo")
        wire.send(SWITCH)
        response = client.read_head()
        self.assertEqual((response.status, response.get("Upgrade")), (101, "echo"))
        self.assertTrue(response.has_token("Connection", "upgrade"))
        return segue, client, wire

    def test_what_a_client_sends_last_arrives_behind_an_upstream_that_only_reads(self):
        # All of it is queued when the client ends.
        _, client, wire = self.tunnel(limits={"buffer_high": "64MiB", "buffer_low": "16MiB"})
        wire.half_close()
        self.assertEqual(client.read_to_end(), b"")
        data = bytes(range(256)) * 65_536
        client.send(data).half_close()
        self.assertEqual(wire.read_to_end(), data)

    def test_bytes_pass_in_both_directions_unchanged(self):
        _, client, wire = self.tunnel()
        everything = bytes(range(256)) + b"GET / HTTP/1.1\r\n\r\n"
        client.send(everything)
        self.assertEqual(wire.read_exactly(len(everything)), everything)
        wire.send(everything[::-1])
        self.assertEqual(client.read_exactly(len(everything)), everything[::-1])

    def test_bytes_that_came_with_the_101_are_not_lost(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(UPGRADE)
        wire = upstream.accept()
        wire.read_head()
        wire.send(SWITCH + b"welcome")
        self.assertEqual(client.read_head().status, 101)
        self.assertEqual(client.read_exactly(7), b"welcome")

    def test_half_close_of_the_client_passes(self):
        _, client, wire = self.tunnel()
        client.send(b"last words").half_close()
        self.assertEqual(wire.read_to_end(), b"last words")
        wire.send(b"heard")
        self.assertEqual(client.read_exactly(5), b"heard")
        wire.close()
        self.assertTrue(client.at_end())

    def test_half_close_of_the_upstream_passes(self):
        _, client, wire = self.tunnel()
        wire.send(b"bye").half_close()
        self.assertEqual(client.read_to_end(), b"bye")
        client.send(b"answer")
        self.assertEqual(wire.read_exactly(6), b"answer")
        client.close()
        self.assertTrue(wire.at_end())

    def test_a_reset_on_one_side_ends_the_other(self):
        for side in ("client", "upstream"):
            with self.subTest(side):
                _, client, wire = self.tunnel()
                ending, other = (client, wire) if side == "client" else (wire, client)
                ending.reset()
                self.assertTrue(other.at_end())

    def test_a_slow_end_holds_the_other_back(self):
        _, client, wire = self.tunnel()
        wire.sock.settimeout(0.5)
        sent = 0
        try:
            while sent < 256 << 20:
                sent += wire.sock.send(b"x" * 65_536)
        except socket.timeout:
            pass
        self.assertLess(sent, 64 << 20, "a tunnel must not buffer without bound")
        client.keep = False
        while sent > 0:
            piece = client.read_some()
            self.assertNotEqual(piece, b"")
            sent -= len(piece)

    def test_a_refused_upgrade_is_an_ordinary_response(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(UPGRADE)
        wire = upstream.accept()
        wire.read_head()
        wire.send(ok(b"no sockets here"))
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"no sockets here"))

    def test_an_upgrade_nobody_asked_for_is_the_upstreams_fault(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("POST", "/", body=b"x")
        wire = upstream.accept()
        wire.read_request()
        wire.send(SWITCH)
        self.assertEqual(client.read_response().status, 502)
        self.assertTrue(wire.at_end())

    def test_connect_is_refused(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        self.assertEqual(client.read_response().status, 405)
        self.assert_sees_nothing(upstream)

    def test_an_idle_tunnel_is_closed(self):
        _, client, wire = self.tunnel(timeouts={"tunnel_idle": "1s"})
        self.assertTrue(client.at_end())
        self.assertTrue(wire.at_end())


if __name__ == "__main__":
    main()
