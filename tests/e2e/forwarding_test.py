"""What the upstream sees of a request, and the client of a response: the same, but for what must change."""
import re

from support.case import SegueCase, main
from support.upstream import ok

TARGETS = [
    b"/a%2Fb/c", b"/a//b///c", b"/;v=1/a;b=c", b"/a/..%2fb", b"/a/./b", b"/%7Euser", b"/%zz", b"/?", b"/??a=b&c",
    b"/a?b=%2F&c=//d;e", b"/job/x/configSubmit?.crumb=1", b"/\\a", b"/[a]{b}|^`", b"/a%00b", b"/caf\xc3\xa9", b"/'\"<>",
    b"/a/b/../../c/",
]


class Sees(SegueCase):
    def sees(self, request, answer=None, **sections):
        """What arrives upstream of the bytes `request`, and the response to `answer`."""
        segue, upstream = self.one(**sections)
        client = self.connect(segue)
        client.send(request)
        wire = upstream.accept()
        seen = wire.read_request()
        wire.send(answer or ok())
        return seen, client.read_response()


class Targets(Sees):
    def test_the_target_goes_upstream_byte_for_byte(self):
        segue, upstream = self.one(self.upstream(lambda r, w: w.send(ok())))
        sent = []
        for target in TARGETS:
            with self.subTest(target):
                client = self.connect(segue)
                client.send(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                if client.read_response().status == 200:
                    sent.append(target)
        self.assertEqual([request.head.target for request in upstream.requests], sent)
        plain = [t for t in TARGETS if t.isascii()]
        self.assertEqual([t for t in plain if t not in sent], [], "these were refused")

    def test_options_star(self):
        seen, response = self.sees(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual((seen.head.target, response.status), (b"*", 200))

    def test_an_absolute_target_goes_on_in_origin_form(self):  # RFC 9112 §3.2.1
        seen, _ = self.sees(b"GET http://real.example/x?y HTTP/1.1\r\nHost: real.example\r\n\r\n")
        self.assertEqual(seen.get("Host"), "real.example")
        self.assertEqual(seen.head.target, b"/x?y")


class Fields(Sees):
    def test_names_keep_case_and_order_and_odd_ones_pass(self):
        fields = [b"X-ZZ: 1", b"x-aa: 2", b"X-gitHub-EVENT: push", b"!#$%&'*+-.^_`|~09: odd", b"X-Empty:",
                  b"X-Twice: a", b"X-Between: b", b"X-Twice: c", b"Cookie: a=1; b=2", b"X-Latin: caf\xe9"]
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"\r\n".join(fields) + b"\r\n\r\n")
        names = [f.split(b":")[0] for f in fields]
        kept = [f for f in seen.head.fields if f[0] in names]
        self.assertEqual(kept, [(f.split(b":")[0], f.split(b":", 1)[1].strip()) for f in fields])

    def test_response_fields_keep_case_order_and_repetition(self):
        lines = (b"sErVeR: odd/1\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nSet-Cookie: a=1\r\nX-Mid: y\r\n"
                 b"Set-Cookie: b=2\r\nset-cookie: c=3\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: Negotiate\r\n")
        _, response = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ok(fields=lines))
        wanted = [tuple(line.split(b": ")) for line in lines.strip().split(b"\r\n")]
        self.assertEqual([f for f in response.head.fields if f in wanted], wanted)

    def test_hop_by_hop_fields_stay_here(self):
        seen, response = self.sees(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\n"
            b"Proxy-Connection: keep-alive\r\nTE: trailers\r\nProxy-Authorization: Basic x\r\nX-Public: 1\r\n\r\n",
            ok(fields=b"Connection: X-Inner\r\nX-Inner: 1\r\nKeep-Alive: timeout=5\r\nX-Outer: 1\r\n"))
        for name in ("X-Private", "Keep-Alive", "Proxy-Connection"):
            self.assertEqual(seen.head.all(name), [], name)
        self.assertEqual(seen.get("X-Public"), "1")
        for name in ("X-Inner", "Keep-Alive"):
            self.assertEqual(response.head.all(name), [], name)
        self.assertEqual(response.get("X-Outer"), "1")

    def test_connection_cannot_name_what_the_proxy_needs(self):
        protected = ["Host", "Content-Length", "X-Forwarded-For", "X-Forwarded-Proto", "Authorization", "Cookie"]
        seen, _ = self.sees(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close, " + ", ".join(protected).encode() +
            b"\r\nContent-Length: 2\r\nAuthorization: Bearer x\r\nCookie: s=1\r\n\r\nhi")
        for name in protected:
            self.assertEqual(len(seen.head.all(name)), 1, name)
        self.assertEqual(seen.body, b"hi")

    def test_location_is_rewritten_only_when_it_names_the_endpoint(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        for said, becomes in ((f"http://{upstream.address}/login", "http://ci.example.com/login"),
                              ("http://elsewhere.example/login", "http://elsewhere.example/login"),
                              (f"http://{upstream.address}0/x", f"http://{upstream.address}0/x"),
                              ("/login", "/login")):
            client.send_request("GET", "/")
            wire = upstream.wires[0] if upstream.wires else upstream.accept()
            wire.read_request()
            wire.send(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % said.encode())
            self.assertEqual(client.read_response().get("Location"), becomes)


class Forwarded(Sees):
    def test_what_an_untrusted_peer_says_is_replaced(self):
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: ci.example.com\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\n"
                            b"X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n"
                            b"Forwarded: for=6.6.6.6\r\n\r\n")
        self.assertEqual(seen.get("X-Forwarded-For"), "127.0.0.1")
        self.assertEqual(seen.get("X-Forwarded-Proto"), "http")
        self.assertEqual(seen.get("X-Forwarded-Host"), "ci.example.com")
        self.assertNotEqual(seen.get("X-Forwarded-Port"), "1")
        self.assertNotIn("6.6.6.6", seen.head.raw.decode())

    def test_what_a_trusted_peer_says_is_continued(self):
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n"
                            b"X-Forwarded-Host: ci.example.com\r\nX-Forwarded-Port: 443\r\n\r\n",
                            listeners={"edge": {"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}})
        self.assertEqual(seen.get("X-Forwarded-For"), "9.9.9.9, 127.0.0.1")
        self.assertEqual(seen.get("X-Forwarded-Proto"), "https")
        self.assertEqual(seen.get("X-Forwarded-Host"), "ci.example.com")
        self.assertEqual(seen.get("X-Forwarded-Port"), "443")

    def test_fields_that_fold_to_the_proxys_own_do_not_pass(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n")
        self.assertEqual(client.read_response().status, 400)
        self.assert_sees_nothing(upstream)

    def test_host_is_kept(self):
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: CI.Example.com:8080\r\n\r\n")
        self.assertEqual(seen.get("Host"), "CI.Example.com:8080")

    def test_a_request_id_is_given_and_a_strangers_is_replaced(self):
        ids = set()
        for sent in (b"", b"X-Request-Id: forged\r\n"):
            seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\n" + sent + b"\r\n")
            self.assertRegex(seen.get("X-Request-Id"), r"^[0-9a-zA-Z-]{8,}$")
            ids.add(seen.get("X-Request-Id"))
        self.assertEqual(len(ids - {"forged"}), 2)

    def test_a_trusted_peers_request_id_is_kept(self):
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: from-the-edge\r\n\r\n",
                            listeners={"edge": {"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.1"]}})
        self.assertEqual(seen.get("X-Request-Id"), "from-the-edge")

    def test_traceparent_is_begun_or_continued(self):
        form = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertRegex(seen.get("traceparent"), form)
        trace = "0af7651916cd43dd8448eb211c80319c"
        seen, _ = self.sees(f"GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n".encode())
        self.assertEqual(form.match(seen.get("traceparent"))[1], trace)

    def test_via_and_forwarded_only_when_asked_for(self):
        seen, _ = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(seen.head.all("Via") + seen.head.all("Forwarded"), [])
        seen, response = self.sees(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", forwarding={"via": True, "forwarded": True})
        self.assertIn("1.1", seen.get("Via"))
        self.assertIn("for=127.0.0.1", seen.get("Forwarded").replace('"', ""))


class ProxyProtocol(SegueCase):
    LISTENER = {"address": "127.0.0.1:0", "proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]}

    def test_the_address_in_a_v1_header_is_the_clients(self):
        segue, upstream = self.one(self.upstream(serve=True), listeners={"edge": self.LISTENER})
        client = self.connect(segue)
        client.send(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(client.read_response().status, 200)
        self.assertIn("192.0.2.7", upstream.requests[0].get("X-Forwarded-For"))

    def test_the_address_in_a_v2_header_is_the_clients(self):
        segue, upstream = self.one(self.upstream(serve=True), listeners={"edge": self.LISTENER})
        client = self.connect(segue)
        header = (b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11\x00\x0c" + bytes([192, 0, 2, 8, 192, 0, 2, 1])
                  + (4711).to_bytes(2, "big") + (80).to_bytes(2, "big"))
        client.send(header[:5]).send(header[5:] + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(client.read_response().status, 200)
        self.assertIn("192.0.2.8", upstream.requests[0].get("X-Forwarded-For"))

    def test_a_connection_without_the_header_is_refused(self):
        segue, upstream = self.one(listeners={"edge": self.LISTENER})
        client = self.connect(segue)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = client.read_to_end()
        self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer)
        self.assert_sees_nothing(upstream)

    def test_the_header_is_sent_to_a_pool_that_wants_it(self):
        for version in ("v1", "v2"):
            with self.subTest(version):
                segue, upstream = self.one(pool_settings={"proxy_protocol": version})
                client = self.connect(segue)
                client.send_request()
                wire = upstream.accept()
                if version == "v1":
                    self.assertRegex(wire.read_until(b"\r\n"), rb"^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$")
                else:
                    self.assertEqual(wire.read_exactly(16)[:12], b"\r\n\r\n\0\r\nQUIT\n")
                    self.assertEqual(wire.read_exactly(12)[:4], bytes([127, 0, 0, 1]))
                wire.read_request()
                wire.send(ok())
                self.assertEqual(client.read_response().status, 200)


if __name__ == "__main__":
    main()
