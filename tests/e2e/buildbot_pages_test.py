"""Pages of two Buildbot masters behind segue: those of the chosen one, live ones, and people who are logged in."""
import asyncio
import base64
import http.client
import json
import os
import re
import socket
import struct
import urllib.request

import websockets

from support import github
from support.buildbot import HOOK, SECRET, USER, Masters
from support.case import main
from support.wire import WAIT


class Direct(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: Buildbot's name another host."""

    def http_error_302(self, request, answer, code, message, fields):
        return answer


class Pages(Masters):
    def test_pages_and_refusals_are_those_of_the_chosen_master(self):
        segue = self.proxy()
        body = b'{"action":"created"}'
        asked = [("GET", "/"), ("GET", "/api/v2/masters?field=name"), ("GET", "/api/v2/no-such-thing"), ("HEAD", "/"),
                 ("POST", HOOK, body, github.fields("star", body, SECRET)),
                 ("POST", HOOK, body, github.fields("ping", body, "another secret")),
                 ("POST", HOOK, body, github.fields("ping", body, SECRET))]
        for name, master in self.masters.items():
            for which in ("ui", "webhooks"):
                segue.weights(which, **{n: 100 * (n == name) for n in self.masters})
            for request in asked:
                self.assertEqual(self.ask(segue.address(), *request), self.ask(master.address, *request), request)
            page = self.ask(segue.address(), "GET", "/")[3]
            self.assertIn(f'"title": "{name}"'.encode(), page)
            masters = json.loads(self.ask(segue.address(), "GET", "/api/v2/masters")[3])["masters"]
            self.assertEqual([m["name"] for m in masters], [master.identity()])


    def test_people_stay_logged_in_on_both_masters(self):
        segue = self.proxy(cohort="session", isolate_cookies=True)
        browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(), Direct())

        def page():
            """The master that a page comes from, and whom it greets."""
            with browser.open(f"http://{segue.address()}/", timeout=WAIT) as answer:
                told = json.loads(re.search(rb"<script [^>]*>(.*)</script>", answer.read())[1])
            return told["title"], told["user"].get("username", "nobody")

        def log_in():
            basic = base64.b64encode(":".join(USER).encode()).decode()
            with browser.open(urllib.request.Request(f"http://{segue.address()}/auth/login", headers={
                    "Authorization": "Basic " + basic}), timeout=WAIT) as answer:
                self.assertEqual(answer.status, 302)

        segue.weights("ui", old=100, new=0)
        self.assertEqual(page(), ("old", "nobody"))
        log_in()
        self.assertEqual(page(), ("old", USER[0]))
        segue.weights("ui", old=0, new=100)
        self.assertEqual(page(), ("old", USER[0]), "a session moved with the weights")
        self.assertEqual(segue.ctl("rebalance", "ui").returncode, 0)
        self.assertEqual(page(), ("new", "nobody"))
        log_in()
        self.assertEqual(page(), ("new", USER[0]))
        self.assertEqual(segue.ctl("abort", "ui", "--to", "old").returncode, 0)
        self.assertEqual(page(), ("old", USER[0]), "logged out on old by new")


    def test_live_pages_stay_with_their_master_when_the_weights_move(self):
        segue = self.proxy()
        segue.weights("webhooks", old=100, new=0)
        segue.weights("ui", old=100, new=0)
        events = http.client.HTTPConnection(segue.address(), timeout=WAIT)
        self.addCleanup(events.close)
        events.connect()  # its end is a reset: after a FIN alone the stream would still have a reader
        events.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        events.request("GET", "/sse/listen/changes/*/*")
        stream = events.getresponse()
        self.addCleanup(stream.close)

        def event():
            """The next server-sent event's data."""
            while not (line := stream.readline()).startswith(b"data: "):
                self.assertTrue(line, "the stream ended")
            return line[6:].decode()

        async def story():
            async with websockets.connect(f"ws://{segue.address()}/ws") as ws:
                await ws.send(json.dumps({"cmd": "startConsuming", "path": "changes/*/*", "_id": 1}))
                self.assertEqual(json.loads(await asyncio.wait_for(ws.recv(), WAIT))["code"], 200)
                event()  # its handshake
                segue.weights("ui", old=0, new=100)
                revision, repository = os.urandom(20).hex(), github.Repository(1)
                body = github.templates()["push"][0].make(repository, revision)
                fields = github.fields("push", body, SECRET)
                self.assertEqual(self.ask(segue.address(), "POST", HOOK, body, fields)[0], 200)
                told = json.loads(await asyncio.wait_for(ws.recv(), WAIT))
                self.assertEqual(told["m"]["revision"], revision)
                self.assertEqual(json.loads(event())["message"]["revision"], revision)
        asyncio.run(story())
        masters = json.loads(self.ask(segue.address(), "GET", "/api/v2/masters")[3])["masters"]
        self.assertEqual([m["name"] for m in masters], [self.masters["new"].identity()])


if __name__ == "__main__":
    main()
