"""What attackers send: the table of tests/wire/requests.json against the real thing.

Every case goes in whole, byte by byte, and cut in two. The unit test of the table cuts at every place; here a cut
costs a connection, so that of the places within a line a part is taken, another one in every case.
"""
from support.case import SegueCase, main
from support.hub import BATCH, Hub, Incomplete, Text, take
from support.table import batches, load, said
from support.wire import WireError

MOST_CUTS = 40
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"  # behind all that must not be followed by anything
AFTER = b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n"  # behind all that leaves the connection usable
AFTER_SEEN = {"line": "GET /after HTTP/1.1", "body": ""}


class Fed:
    """A case on its way in: its pieces, its client, and what is expected of both ends."""

    def __init__(self, case, way, client):
        self.case, self.client, self.way = case, client, way
        self.goes_on = not any(case.get(word) for word in ("refused", "broken", "dropped", "closes"))
        self.served = case.get("served", []) + ([AFTER_SEEN] if self.goes_on else [])
        tail = b"" if case.get("dropped") else AFTER if self.goes_on else SMUGGLED
        self.pieces = way[:-1] + [way[-1] + tail]

    def responses(self):
        """The responses that are complete, and what is left."""
        found, data = [], self.client.data
        methods = [spec["line"].split(" ")[0] for spec in self.served]
        while data:
            try:
                response, data = take(data, self.client.ended, methods[len(found)] if len(found) < len(methods) else "GET")
            except (Incomplete, WireError):
                break
            found.append(response)
        return found, data

    def is_over(self):
        return self.client.ended or (self.goes_on and len(self.responses()[0]) == len(self.served))


class Requests(SegueCase):
    def setUp(self):
        self.count = 0
        self.seen = {}  # number: a complete request, in the order in which they were complete
        self.wrong = []
        self.hub = Hub(self, self.on_upstream)

    def on_upstream(self, link):
        """Every complete request is answered with its number, by which the client's side finds it again."""
        while link.data:
            text = Text(link.data)
            try:
                head = text.read_head()
                if head.has_token("Expect", "100-continue") and not getattr(link, "continued", False):
                    link.continued = True
                    link.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                request = text.read_body(head)
            except Incomplete:
                return
            except (WireError, ValueError) as error:
                self.wrong.append(f"the upstream got {link.data[:300]!r}: {error}")
                return
            link.data, link.continued = text.buffer, False
            self.count += 1
            self.seen[str(self.count)] = request
            body = b"" if head.method == "HEAD" else b"ok"
            link.send(b"HTTP/1.1 200 OK\r\nX-Seen: %d\r\nContent-Length: 2\r\n\r\n%s" % (self.count, body))

    def test_every_request_of_the_table(self):
        cases = load("requests")
        may_begin = [case for case in cases if case.get("broken") or case.get("dropped")]
        for some in may_begin, [case for case in cases if case not in may_begin]:
            for i, batch in enumerate(batches(some, MOST_CUTS, BATCH)):
                with self.subTest(batch=i, may_begin=some is may_begin):
                    try:
                        self.feed([Fed(case, way, self.hub.client()) for case, way in batch], some is may_begin)
                    except BaseException:
                        self.hub.start_over()
                        raise

    def feed(self, batch, may_begin):
        """All of the batch at once, each on a connection of its own. `may_begin`: the upstream may see beginnings."""
        self.seen, self.wrong = {}, []
        try:
            self.hub.send_in_pieces([(fed.client, fed.pieces) for fed in batch])
            for fed in batch:
                if fed.case.get("dropped"):
                    fed.client.finish()
            self.hub.pump("every client's answers", lambda: all(fed.is_over() for fed in batch),
                          lambda: [(fed.case["name"], said(fed.pieces), fed.client.data[:100]) for fed in batch if not fed.is_over()])
            for fed in batch:
                seen = [self.seen.pop(response.get("X-Seen"), None) for response in fed.responses()[0]]
                with self.subTest(fed.case["name"], why=fed.case["why"], sent=said(fed.pieces)):
                    self.check(fed, seen)
            self.assertEqual([request.head.start for request in self.seen.values()], [], "requests without an answer")
            self.assertEqual(self.wrong, [])
            self.check_that_nothing_was_left(may_begin)
        finally:
            for fed in batch:
                fed.client.close()

    def check(self, fed, seen):
        """`seen` is what the upstream saw of it, response by response; None for an answer of segue's own."""
        found, rest = fed.responses()
        statuses = [response.status for response in found]
        refusal = fed.case.get("refused") or fed.case.get("broken")
        if refusal:
            self.assertIn(statuses[len(fed.served):], [[status] for status in refusal])
            self.assertTrue(found[-1].head.has_token("Connection", "close"), "a refusal ends the connection")
            statuses = statuses[:len(fed.served)]
        self.assertEqual(statuses, [200] * len(fed.served))
        self.assertEqual(rest, b"")
        self.assertTrue(fed.goes_on or fed.client.ended, "the connection must end")
        for spec, request in zip(fed.served, seen):
            self.check_request(spec, request)

    def check_request(self, spec, request):
        self.assertEqual(request.head.start, spec["line"].encode("latin-1"))
        fields = [name + b": " + value for name, value in request.head.fields]
        for field in spec.get("has", []):
            self.assertIn(field.encode("latin-1"), fields)
        for name in spec.get("lacks", []):
            self.assertEqual(request.head.all(name), [], f"{name} in {request.head.raw!r}")
        self.assertEqual(len(request.head.all("Host")), 1)
        if "body" in spec:
            self.assertEqual(request.body, spec["body"].encode("latin-1"))
        if "trailers" in spec:
            self.assertEqual([n + b": " + v for n, v in request.trailers], [t.encode("latin-1") for t in spec["trailers"]])

    def check_that_nothing_was_left(self, may_begin):
        """The next thing that the upstream sees is a request that has nothing to do with the batch."""
        self.seen = {}
        client = self.hub.client()
        client.send(b"GET /sentinel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.hub.pump("the sentinel's answer", lambda: client.ended)
        client.close()
        if may_begin:  # what has begun is cut off
            self.hub.pump("the end of what was begun", lambda: all(link.ended for link in self.hub.upstreams if link.data))
        else:
            self.assertEqual([link.data for link in self.hub.upstreams if link.data], [])
        self.assertEqual([request.head.target for request in self.seen.values()], [b"/sentinel"])
        self.hub.forget_closed()


if __name__ == "__main__":
    main()
