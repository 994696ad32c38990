"""A WebSocket server of a real library."""
import asyncio
import threading

import websockets

from support.wire import WAIT


class EchoServer:
    """websockets' echo in an event loop of its own. With a `name`, each connection is greeted with it first."""

    def __init__(self, name=""):
        self.name = name
        self.started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)
        self.thread.start()
        assert self.started.wait(WAIT)

    async def run(self):
        self.loop, self.done = asyncio.get_running_loop(), asyncio.Event()

        async def echo(socket):
            if self.name:
                await socket.send(self.name)
            try:
                async for message in socket:
                    await socket.send(message)
            except websockets.ConnectionClosed:
                pass  # without a closing handshake: some tests mean that
        async with websockets.serve(echo, "127.0.0.1", 0, max_size=None) as server:
            self.address = "%s:%d" % server.sockets[0].getsockname()
            self.started.set()
            await self.done.wait()

    def close(self):
        self.loop.call_soon_threadsafe(self.done.set)
        self.thread.join(WAIT)


class Address:
    def __init__(self, address):
        self.address = address
