"""GitHub's example payloads arrive byte for byte, each exactly once, however they are framed."""
import hashlib
import os
import random
import urllib.parse

from support import github
from support.case import SegueCase, main
from support.config import config, pool, route

PAYLOADS = 329  # of the version that tests/package-lock.json names


class Webhooks(SegueCase):
    def setUp(self):
        if not os.path.exists(github.EXAMPLES):
            self.skipTest("tests/node_modules is not there; scripts/setup --tests installs it")

    def deliver(self, client, number, event, body, how, rng):
        fields = {"X-GitHub-Event": event, "X-GitHub-Delivery": f"delivery-{number}",
                  "X-Hub-Signature-256": "sha256=" + hashlib.sha256(body).hexdigest(),
                  "User-Agent": "GitHub-Hookshot/abc123"}
        if how == "length":
            fields["Content-Type"] = "application/json"
            return client.request("POST", "/github-webhook/", fields, body)
        if how == "form":
            fields["Content-Type"] = "application/x-www-form-urlencoded"
            body = b"payload=" + urllib.parse.quote_plus(body).encode()
            return client.request("POST", "/github-webhook/", fields, body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        client.send(f"POST /github-webhook/ HTTP/1.1\r\nHost: ci.example.com\r\nTransfer-Encoding: chunked\r\n{lines}\r\n")
        at = 0
        while at < len(body):
            size = rng.randint(1, 16_384)
            client.send_chunk(body[at:at + size])
            at += size
        client.end_chunks()
        return client.read_response()

    def test_every_payload_arrives_once_and_unchanged(self):
        examples = [(event, payload.encode()) for event, payload in github.examples()]
        self.assertEqual(len(examples), PAYLOADS)
        servers = {name: self.upstream(serve=True) for name in ("old", "new")}
        segue = self.segue(config({n: pool(s.address) for n, s in servers.items()}, [
            route({"old": 50, "new": 50}, name="webhooks", match={"path": "/github-webhook/", "methods": ["POST"]})]))
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        sent = {}
        clients = [self.connect(segue) for _ in range(4)]
        number = 0
        for how in ("length", "chunked", "form"):
            for event, body in examples:
                number += 1
                response = self.deliver(rng.choice(clients), number, event, body, how, rng)
                self.assertEqual(response.status, 200, f"{event} {how} seed {seed}")
                expected = b"payload=" + urllib.parse.quote_plus(body).encode() if how == "form" else body
                sent[f"delivery-{number}"] = (event, expected)
        arrived = [r for s in servers.values() for r in s.requests]
        self.assertEqual(len(arrived), 3 * PAYLOADS)
        for request in arrived:
            event, body = sent.pop(request.get("X-GitHub-Delivery"))
            self.assertEqual(request.get("X-GitHub-Event"), event)
            self.assertTrue(request.body == body, f"{event} changed on its way (seed {seed})")
        self.assertEqual(sent, {})
        self.assertTrue(all(s.requests for s in servers.values()), "one pool got nothing of a 50/50 split")


if __name__ == "__main__":
    main()
