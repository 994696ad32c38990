"""A pool lets go: what lasts on it is counted and waited for, and tunnels end one after the other."""
import asyncio
import time

import websockets

from support.case import SegueCase, main
from support.config import config, pool, route
from support.echo import EchoServer
from support.process import wait_until
from support.upstream import ok
from support.wire import WAIT

UPGRADE = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"


class Drain(SegueCase):
    def lasting(self, segue):
        lasting = segue.get("/v1/pools/old")["lasting"]
        return lasting["in_flight"], lasting["streams"], lasting["tunnels"]

    def wait_lasting(self, segue, *wanted):
        wait_until(f"requests, streams and tunnels {wanted}", lambda: self.lasting(segue) == wanted)

    def begin(self, segue, upstream, request, answer):
        client = self.connect(segue)
        client.send(request)
        wire = upstream.accept()
        wire.read_head()
        wire.send(answer)
        if answer:
            client.read_head()
        return client, wire

    def test_requests_streams_and_tunnels_are_counted_and_waited_for(self):
        segue, upstream = self.one()
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        plain, plain_wire = self.begin(segue, upstream, request, b"")
        stream, stream_wire = self.begin(
            segue, upstream, request,
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        tunnel, tunnel_wire = self.begin(segue, upstream, UPGRADE, SWITCH)
        self.wait_lasting(segue, 3, 1, 1)
        self.assertEqual(segue.metric("segue_pool_streams", pool="old"), 1)
        self.assertEqual(segue.metric("segue_pool_tunnels", pool="old"), 1)
        answer = segue.get("/v1/pools/old/drained")
        self.assertFalse(answer["drained"])
        self.assertEqual(len(answer["still_taking"]), 1)

        self.assertEqual(segue.ctl("drain", "old").returncode, 0)
        self.assertEqual(segue.get("/v1/pools/old/drained")["still_taking"], [])
        waiting = segue.ctl("wait", "drained", "old", "--timeout", "100ms")
        self.assertEqual(waiting.returncode, 3)
        self.assertEqual(waiting.stdout,
                         "still waiting: pool old has 3 requests, of which 1 stream and 1 tunnel\n")

        plain_wire.send(ok())
        self.assertEqual(plain.read_response().status, 200)
        self.wait_lasting(segue, 2, 1, 1)
        stream_wire.send(b"0\r\n\r\n")
        self.wait_lasting(segue, 1, 0, 1)
        tunnel.close()
        tunnel_wire.close()
        waiting = segue.ctl("wait", "drained", "old", "--timeout", "20s")
        self.assertEqual((waiting.returncode, waiting.stdout),
                         (0, "drained: nothing runs on pool old, nothing new comes\n"))
        self.assertEqual(self.lasting(segue), (0, 0, 0))

    def test_a_stream_that_its_client_leaves_is_counted_no_more(self):
        segue, upstream = self.one()
        client, wire = self.begin(segue, upstream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                  b"HTTP/1.1 200 OK\r\n\r\n")
        self.wait_lasting(segue, 1, 1, 0)
        client.reset()
        self.wait_lasting(segue, 0, 0, 0)
        client, wire = self.begin(segue, upstream, UPGRADE, SWITCH)
        self.wait_lasting(segue, 1, 0, 1)
        wire.reset()
        self.wait_lasting(segue, 0, 0, 0)

    def test_websockets_end_one_after_the_other_and_come_back_elsewhere(self):
        servers = {name: EchoServer(name) for name in ("old", "new")}
        for server in servers.values():
            self.addCleanup(server.close)
        segue = self.segue(config({name: pool(server.address) for name, server in servers.items()},
                                  [route({"old": 100, "new": 0}, fallback=["new"])]))
        url = f"ws://{segue.address()}/console"
        ends, landed = [], []

        async def one():
            async with websockets.connect(url) as ws:
                self.assertEqual(await asyncio.wait_for(ws.recv(), WAIT), "old")
                opened.release()
                try:
                    await asyncio.wait_for(ws.recv(), WAIT)
                    self.fail("nobody sends anything")
                except websockets.ConnectionClosedError:
                    ends.append(time.monotonic())
            async with websockets.connect(url) as ws:
                landed.append(await asyncio.wait_for(ws.recv(), WAIT))

        async def talk():
            tasks = [asyncio.create_task(one()) for _ in range(40)]
            for _ in tasks:
                await asyncio.wait_for(opened.acquire(), WAIT)
            tunnels = segue.get("/v1/pools/old")["lasting"]["tunnels"]
            done = await asyncio.to_thread(segue.ctl, "drain", "old", "--tunnels", "--over", "2s")
            await asyncio.gather(*tasks)
            return tunnels, done
        opened = asyncio.Semaphore(0)
        tunnels, done = asyncio.run(talk())
        self.assertEqual(tunnels, 40)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("40 tunnels of pool old end within 2s\n", done.stdout)
        self.assertEqual(landed, ["new"] * 40)
        # Uniform over two seconds; that forty lie within one has a chance of 1 in 10 to the 10th.
        self.assertGreater(max(ends) - min(ends), 1)
        self.assertIn("tunnels.closed", [e["name"] for e in segue.get("/v1/events")["events"]])

    def test_tunnels_of_another_pool_stay(self):
        upstreams = {name: self.upstream() for name in ("old", "new")}
        segue = self.segue(config({name: pool(u.address) for name, u in upstreams.items()},
                                  [route({"old": 1, "new": 0}, "old", {"path": "/ws"}),
                                   route({"old": 0, "new": 1}, "new")]))
        client, wire = self.begin(segue, upstreams["old"], UPGRADE, SWITCH)
        other, other_wire = self.begin(segue, upstreams["new"], UPGRADE.replace(b"/ws", b"/b"), SWITCH)
        answer = segue.admin("POST", "/v1/pools/old/close-tunnels", {"over": "0s"})
        self.assertEqual((answer.status, answer.json()["tunnels"]), (200, 1))
        self.assertTrue(client.at_end())
        self.assertTrue(wire.at_end())
        other.send(b"still here")
        self.assertEqual(other_wire.read_exactly(10), b"still here")


if __name__ == "__main__":
    main()
