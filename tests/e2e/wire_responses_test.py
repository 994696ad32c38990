"""What broken or malicious servers send: the table of tests/wire/responses.json against the real thing.

Every case goes in whole, byte by byte, and cut in two; as in wire_requests_test.py a part of the places within a line
is taken, another one in every case.
"""
import re

from support.case import SegueCase, main
from support.hub import BATCH, Hub, Incomplete, complete, take
from support.table import batches, load, raw, said
from support.wire import WireError

MOST_CUTS = 40
GET = "GET /@ HTTP/1.1\r\nHost: a\r\n\r\n"
TARGET = re.compile(rb"^[A-Z]+ (/\w+) HTTP/1\.1\r\n")


def method_of(case):
    return case.get("request", GET).split(" ")[0]


class Responses(SegueCase):
    def setUp(self):
        self.count = 0
        self.asked = {}  # target: the upstream connection on which its head came
        self.hub = Hub(self, self.on_upstream)

    def on_upstream(self, link):
        target = TARGET.match(link.data)
        if target and b"\r\n\r\n" in link.data:
            self.asked[target[1].decode()] = link

    def test_every_response_of_the_table(self):
        for i, batch in enumerate(batches(load("responses"), MOST_CUTS, BATCH)):
            with self.subTest(batch=i):
                try:
                    self.feed(batch)
                except BaseException:
                    self.hub.start_over()
                    raise

    def feed(self, batch):
        """All of the batch at once, each for a client of its own on an upstream connection of its own."""
        clients, links = self.ask([case.get("request", GET) for case, _ in batch])
        fed = list(zip(batch, clients, links))
        try:
            self.hub.send_in_pieces([(link, way) for (_, way), _, link in fed])
            for (case, _), _, link in fed:
                if "ends" in case:
                    link.close(reset=case["ends"] == "reset")
            self.hub.pump("the clients' answers", lambda: all(self.is_over(case, client) for (case, _), client, _ in fed),
                          lambda: [(case["name"], said(way)) for (case, way), client, _ in fed if not self.is_over(case, client)])
            for (case, way), client, _ in fed:
                with self.subTest(case["name"], why=case["why"], sent=said(way)):
                    self.check_client(case, client)
            for client in clients:
                client.close()
            self.check_reuse(fed)
        finally:
            for client in clients:
                client.close()

    def ask(self, requests):
        """Sends them, each on a new connection: the clients, and the upstream connections on which the heads came."""
        clients, targets = [], []
        for request in requests:
            self.count += 1
            targets.append(f"/r{self.count}")
            client = self.hub.client()
            client.send(request.replace("/@", targets[-1], 1).encode("latin-1"))
            clients.append(client)
        self.hub.pump("the requests", lambda: all(target in self.asked for target in targets))
        links = [self.asked.pop(target) for target in targets]
        self.assertEqual(len(set(links)), len(requests), "each has a connection of its own")
        for link in links:
            link.data = b""
        return clients, links

    def is_over(self, case, client):
        if "tunnel" in case and b"\r\n\r\n" in client.data:
            return len(client.data.partition(b"\r\n\r\n")[2]) >= len(case["tunnel"]) or client.ended
        return client.ended or complete(client, method_of(case)) is not None

    def check_client(self, case, client):
        if "tunnel" in case:
            head, _, rest = client.data.partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 101 "), client.data)
            self.assertEqual(rest, raw(case["tunnel"]))
            return
        try:
            response, rest = take(client.data, client.ended, method_of(case))
        except (Incomplete, WireError):
            response, rest = None, b""
        what = f"the client got {client.data[:600]!r} and {client.ended or 'no end'}"
        self.assertEqual(rest, b"", what)
        if case.get("truncated"):
            # What broke before the head had gone out may be a 502, whole.
            self.assertTrue(client.ended if response is None else response.status == 502, what)
            return
        self.assertIsNotNone(response, what)
        wanted = case.get("client") or {"status": case["refused"]}
        self.assertEqual(response.status, wanted["status"], what)
        if "client" in case:
            self.check_response(wanted, response, what)

    def check_response(self, wanted, response, what):
        self.assertEqual(response.body, raw(wanted["body"]), what)
        fields = [name + b": " + value for name, value in response.head.fields]
        for field in wanted.get("has", []):
            self.assertIn(field.encode("latin-1"), fields, what)
        for name in wanted.get("lacks", []):
            self.assertEqual(response.head.all(name), [], what)
        if "trailers" in wanted:
            self.assertEqual([n + b": " + v for n, v in response.trailers], [t.encode("latin-1") for t in wanted["trailers"]], what)
        self.assertEqual([head.status for head in response.interim], wanted.get("interim", []), what)

    def check_reuse(self, fed):
        """Connections that must not serve again are closed; all others are kept, and serve."""
        used = [link for (case, _), _, link in fed if not case.get("reuse")]
        self.hub.pump("the end of connections", lambda: all(link.ended or link.sock.fileno() < 0 for link in used),
                      lambda: [(case["name"], said(way)) for (case, way), _, link in fed
                               if link in used and not link.ended and link.sock.fileno() >= 0])
        self.hub.barrier()
        for (case, way), _, link in fed:
            with self.subTest(case["name"], why=case["why"], sent=said(way)):
                self.assertFalse(case.get("reuse") and link.ended, "the connection was not kept")
        self.hub.forget_closed()
        # As many requests at once as there are connections use every one of them.
        accepted, kept = self.hub.accepted, list(self.hub.upstreams)
        clients, links = self.ask([GET] * len(kept))
        try:
            self.assertEqual((self.hub.accepted, set(links)), (accepted, set(kept)), "the connections serve again")
            for i, link in enumerate(links):
                link.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n%06d" % i)
            self.hub.pump("the next answers", lambda: all(complete(client) for client in clients))
            self.assertEqual([complete(client).body for client in clients], [b"%06d" % i for i in range(len(clients))],
                             "a client got somebody else's answer")
        finally:
            for client in clients:
                client.close()


if __name__ == "__main__":
    main()
