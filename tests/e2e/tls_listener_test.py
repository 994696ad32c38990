"""Listeners that speak TLS: versions, names, tickets, client certificates, reloads, and what is refused."""
import os
import shutil
import socket
import ssl
import struct
import subprocess

from support.case import SegueCase, main, smaller
from support.client import RawClient
from support.config import config, pool, to_toml
from support.pki import Pki, TlsClient
from support.process import wait_until
from support.segue import BIN
from support.upstream import ok
from support.wire import WireError

HELLO = bytes.fromhex("160301020001 0001fc0303")  # the beginning of a client's hello


class TlsListener(SegueCase):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki()
        cls.ci = cls.pki.entry("ci", ["ci.example.com"])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.pki.dir, ignore_errors=True)

    def tls(self, certificates=None, upstream=None, listener=None, **sections):
        """segue with a TLS listener before one serving upstream."""
        upstream = upstream or self.upstream(serve=True)
        edge = {"address": "127.0.0.1:0", "tls": certificates or [self.ci], **(listener or {})}
        segue = self.segue(config({"old": pool(upstream.address)}, listeners={"edge": edge}, **sections))
        return segue, upstream

    def client(self, segue, context=None, **options):
        client = TlsClient(segue.address(), context or self.pki.client_context(), **options)
        self.addCleanup(client.close)
        return client

    def refused(self, segue, context, **options):
        with self.assertRaises((ssl.SSLError, ConnectionResetError, WireError)) as caught:
            client = self.client(segue, context, **options)
            client.request()  # TLS 1.3 tells of a refusal after its client has finished
        return str(caught.exception)

    def test_requests_go_through_and_the_upstream_learns_that_it_was_https(self):
        segue, upstream = self.tls()
        client = self.client(segue)
        self.assertEqual(client.tls.version(), "TLSv1.3")
        for n in range(3):
            self.assertEqual(client.request("GET", f"/{n}").body, b"ok")
        request = upstream.wait_requests(3)[0]
        self.assertEqual(request.get("X-Forwarded-Proto"), "https")
        self.assertEqual(len(upstream.wires), 1)
        self.assertEqual(segue.metric("segue_tls_handshakes_total", result="full"), 1)

    def test_an_answer_of_ours_reaches_a_client_that_says_goodbye_with_its_request(self):
        segue, _ = self.tls(routes=[{"name": "a", "match": {"path": "/a"}, "split": {"old": 1}}])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.pki.client_context().wrap_bio(incoming, outgoing, server_hostname="ci.example.com")
        host, _, port = segue.address().rpartition(":")
        with socket.create_connection((host, int(port)), 10) as raw:
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    raw.sendall(outgoing.read())
                    incoming.write(raw.recv(65536))
            tls.write(b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
            try:
                tls.unwrap()
            except ssl.SSLWantReadError:
                pass  # the other side's goodbye comes behind the answer
            raw.sendall(outgoing.read())  # one segment: the request and its close_notify
            while data := raw.recv(65536):
                incoming.write(data)
        with self.assertRaises((ssl.SSLZeroReturnError, ssl.SSLError)):
            answer = b""
            while True:
                answer += tls.read(65536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 404 "), answer)

    def test_bodies_pass_both_ways_whole(self):
        size = smaller(20_000_000)
        data = os.urandom(1_000_003) * (size // 1_000_003 + 1)
        echo = lambda request, wire: wire.send(ok(request.body))
        segue, upstream = self.tls(upstream=self.upstream(answer=echo))
        client = self.client(segue)
        self.assertEqual(client.request("POST", "/", body=data).body, data)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(data), 700_000):
            client.send_chunk(data[at:at + 700_000])
        client.end_chunks()
        self.assertEqual(client.read_response("POST").body, data)

    def test_a_slow_reader_holds_the_upstream_back(self):
        body = b"x" * smaller(50_000_000)
        segue, upstream = self.tls(upstream=self.upstream(answer=lambda _, wire: wire.send(ok(body))))
        client = self.client(segue, receive_buffer=16_384)
        client.send_request()
        client.read_exactly(1000)
        before = segue.rss_kib()
        client.read_exactly(len(body) // 2)
        self.assertLess(segue.rss_kib() - before, 20_000)
        client.reset()

    def test_every_cut_of_records_is_read(self):
        segue, _ = self.tls()
        raw = socket.create_connection(("127.0.0.1", int(segue.address().rpartition(":")[2])))
        self.addCleanup(raw.close)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.pki.client_context().wrap_bio(incoming, outgoing, server_hostname="ci.example.com")

        def until(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        raw.sendall(bytes([byte]))
                    data = raw.recv(7)
                    self.assertTrue(data, "closed")
                    incoming.write(data)
        until(tls.do_handshake)
        for _ in range(2):
            tls.write(b"GET / HTTP/1.1\r\nHost: ci.example.com\r\n")
            tls.write(b"\r\n")
            answer = b""
            while not answer.endswith(b"ok"):
                answer += until(lambda: tls.read(1000))
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)

    def test_pipelined_requests_in_one_record_are_answered_in_order(self):
        answer = lambda request, wire: wire.send(ok(request.head.target))
        segue, _ = self.tls(upstream=self.upstream(answer=answer))
        client = self.client(segue)
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(100)))
        self.assertEqual([client.read_response().body for _ in range(100)], [b"/%d" % n for n in range(100)])

    def test_old_versions_are_refused_and_12_is_spoken(self):
        segue, _ = self.tls()
        old = self.pki.client_context(minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
        old.set_ciphers("ALL:@SECLEVEL=0")
        self.refused(segue, old)
        twelve = self.client(segue, self.pki.client_context(maximum_version=ssl.TLSVersion.TLSv1_2))
        self.assertEqual((twelve.tls.version(), twelve.request().status), ("TLSv1.2", 200))
        self.assertIn("ECDHE", twelve.tls.cipher()[0])
        weak = self.pki.client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
        weak.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
        self.refused(segue, weak)
        wait_until("their count", lambda: segue.metric("segue_tls_handshakes_total", result="failed") >= 2)

    def test_only_13_when_told_so(self):
        segue, _ = self.tls(listener={"tls_min_version": "1.3"})
        self.refused(segue, self.pki.client_context(maximum_version=ssl.TLSVersion.TLSv1_2))
        self.assertEqual(self.client(segue).request().status, 200)

    def test_the_name_chooses_the_certificate(self):
        exact = self.pki.entry("exact", ["www.example.com"])
        wild = self.pki.entry("wild", ["*.example.com"])
        segue, _ = self.tls([self.ci, exact, wild])

        def shown(name):
            context = self.pki.client_context()
            context.check_hostname = False
            return self.client(segue, context, name=name).tls.getpeercert()["subject"][0][0][1]
        self.assertEqual(shown("ci.example.com"), "ci")
        self.assertEqual(shown("www.example.com"), "exact")
        self.assertEqual(shown("WWW.Example.COM"), "exact")
        self.assertEqual(shown("other.example.com"), "wild")
        self.assertEqual(shown("a.b.example.com"), "ci")  # a wildcard is one label
        self.assertEqual(shown("example.com"), "ci")
        self.assertEqual(shown("elsewhere.org"), "ci")
        self.assertEqual(shown(None), "ci")

    def test_rsa_and_ecdsa_stand_side_by_side(self):
        rsa = self.pki.entry("ci-rsa", ["ci.example.com"], kind="rsa")
        segue, _ = self.tls([self.ci, rsa])
        for suite, subject in (("ECDHE-RSA-AES128-GCM-SHA256", "ci-rsa"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "ci")):
            context = self.pki.client_context(maximum_version=ssl.TLSVersion.TLSv1_2)
            context.set_ciphers(suite)
            self.assertEqual(self.client(segue, context).tls.getpeercert()["subject"][0][0][1], subject)

    def test_an_ocsp_answer_is_stapled_and_early_data_is_not_taken(self):
        openssl = self.need("openssl")
        entry = self.pki.entry("stapled", ["ci.example.com"])
        entry["ocsp"] = self.pki.ocsp(entry["cert"])
        segue, _ = self.tls([entry])
        out = self.run_tool(openssl, "s_client", "-connect", segue.address(), "-servername", "ci.example.com",
                            "-CAfile", self.pki.ca, "-status", "-verify_return_error", input="")
        self.assertIn("Cert Status: good", out)
        self.assertNotRegex(out, "Max Early Data: [1-9]")
        with open(entry["ocsp"], "wb") as file:
            file.write(b"nothing")
        answer = segue.admin("POST", "/v1/reload")
        self.assertEqual(answer.status, 422)
        self.assertIn("holds no successful OCSP answer", answer.body.decode())

    def test_no_renegotiation(self):
        openssl = self.need("openssl")
        segue, _ = self.tls()
        done = subprocess.run([openssl, "s_client", "-connect", segue.address(), "-tls1_2"], input="R\nQ\n",
                              capture_output=True, text=True, timeout=60)
        self.assertIn("no renegotiation", done.stdout + done.stderr)

    def test_alpn_is_http_11_or_a_refusal(self):
        segue, _ = self.tls()
        context = self.pki.client_context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.client(segue, context).tls.selected_alpn_protocol(), "http/1.1")
        only = self.pki.client_context()
        only.set_alpn_protocols(["h2"])
        self.refused(segue, only)

    def test_sessions_are_resumed_with_either_version(self):
        segue, _ = self.tls(workers=1)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.pki.client_context(maximum_version=version)
            first = self.client(segue, context)
            first.request()  # a ticket of TLS 1.3 comes after the handshake
            second = self.client(segue, context, session=first.tls.session)
            self.assertTrue(second.tls.session_reused, version)
            self.assertEqual(second.request().status, 200)
        self.assertEqual(segue.metric("segue_tls_handshakes_total", result="resumed"), 2)

    def test_ticket_keys_from_a_file_are_shared(self):
        keys = self.pki.path("tickets")
        with open(keys, "wb") as file:
            file.write(os.urandom(80))
        one, _ = self.tls(listener={"ticket_keys": keys})
        two, _ = self.tls(listener={"ticket_keys": keys})
        own, _ = self.tls()
        context = self.pki.client_context()
        first = self.client(one, context)
        first.request()
        self.assertTrue(self.client(two, context, session=first.tls.session).tls.session_reused)
        self.assertFalse(self.client(own, context, session=first.tls.session).tls.session_reused)
        with open(keys, "ab") as file:
            file.write(b"short")
        answer = one.admin("POST", "/v1/reload")
        self.assertEqual(answer.status, 422, answer)
        self.assertIn("80 bytes", answer.body.decode())

    def test_a_session_without_certificate_is_not_resumed_where_one_is_required(self):
        keys = self.pki.path("shared-tickets")
        with open(keys, "wb") as file:
            file.write(os.urandom(80))
        upstream = self.upstream(serve=True)
        tls = {"address": "127.0.0.1:0", "tls": [self.ci], "ticket_keys": keys}
        strict = {**tls, "client_auth": "required", "client_ca": self.pki.ca}
        segue = self.segue(config({"old": pool(upstream.address)}, listeners={"edge": tls, "strict": strict}))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.pki.client_context(maximum_version=version)
            first = self.client(segue, context)
            first.request()
            with self.assertRaises((ssl.SSLError, ConnectionResetError, WireError)):
                client = TlsClient(segue.address("strict"), context, session=first.tls.session)
                self.addCleanup(client.close)
                client.request()
        self.assertEqual(len(upstream.requests), 2)

    def test_plain_http_on_the_tls_port_gets_a_page(self):
        segue, upstream = self.tls()
        client = RawClient(segue.address())
        self.addCleanup(client.close)
        response = client.request("POST", "/hook", body=b"x" * 100)
        self.assertEqual(response.status, 400)
        self.assertEqual(response.get("X-Segue-Reason"), "not_tls")
        self.assertIn(b"HTTPS", response.body)
        self.assertTrue(client.at_end())
        self.assert_sees_nothing(upstream)

    def test_tls_bytes_on_the_plain_port_are_refused(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send(HELLO + b"\0" * 200)
        self.assertEqual(client.read_response().status, 400)
        self.assertTrue(client.at_end())
        self.assert_sees_nothing(upstream)

    def test_garbage_and_silence_do_no_harm(self):
        segue, _ = self.tls(timeouts={"tls_handshake": "3s"})
        silent = RawClient(segue.address())
        partial = RawClient(segue.address())
        partial.send(HELLO)
        for bytes_ in (b"\0" * 100, b"\x80\x2e\x01\x03\x01" + b"\0" * 50, b"\x16\x03\x01\xff\xff" + b"\0" * 70_000,
                       b"\x17\x03\x03\x00\x05hello", b"\x15\x03\x01\x00\x02\x02\x28"):
            client = RawClient(segue.address())
            self.addCleanup(client.close)
            try:
                client.send(bytes_)
                client.read_to_end()
            except OSError:
                pass
        for client in (silent, partial):
            self.addCleanup(client.close)
            self.assertTrue(client.at_end(), "the handshake's deadline")
        self.assertEqual(self.client(segue).request().status, 200)

    def test_handshakes_at_once_are_limited(self):
        segue, _ = self.tls(limits={"tls_handshakes": 3}, workers=1)
        waiting = [RawClient(segue.address()) for _ in range(3)]
        for client in waiting:
            self.addCleanup(client.close)
        wait_until("three", lambda: segue.metric("segue_connections", listener="edge") == 3)
        beyond = RawClient(segue.address())
        self.addCleanup(beyond.close)
        self.assertTrue(beyond.at_end())
        waiting[0].close()
        wait_until("room", lambda: segue.metric("segue_connections", listener="edge") == 2)
        self.assertEqual(self.client(segue).request().status, 200)

    def test_clients_show_certificates_and_cannot_forge_what_they_say(self):
        agent = self.pki.issue("agent", subject="/O=Example/CN=agent-7")
        forged = {"X-SSL-Client-Subject": "CN=root", "X-SSL-Client-Verify": "SUCCESS"}
        for auth in ("required", "optional"):
            segue, upstream = self.tls(listener={"client_auth": auth, "client_ca": self.pki.ca})
            self.assertEqual(self.client(segue, self.pki.client_context(cert=agent)).request(fields=forged).status, 200)
            request = upstream.wait_requests(1)[0]
            self.assertEqual(request.get("X-SSL-Client-Verify"), "SUCCESS")
            self.assertEqual(request.get("X-SSL-Client-Subject"), "CN=agent-7,O=Example")
            self.assertEqual(len(request.get("X-SSL-Client-Fingerprint")), 64)
            stranger = Pki()
            self.addCleanup(shutil.rmtree, stranger.dir)
            self.refused(segue, self.pki.client_context(cert=stranger.issue("agent")))
            if auth == "required":
                self.refused(segue, self.pki.client_context())
                continue
            self.assertEqual(self.client(segue).request(fields=forged).status, 200)
            request = upstream.wait_requests(2)[1]
            self.assertEqual(request.get("X-SSL-Client-Verify"), "NONE")
            self.assertIsNone(request.get("X-SSL-Client-Subject"))
            # Servers that fold '_' to '-' must not see a stranger's word either.
            self.assertEqual(self.client(segue).request(fields={"X_SSL_Client_Subject": "CN=root"}).status, 400)

    def test_a_plain_listener_lets_no_client_certificate_be_forged(self):
        segue, upstream = self.one(self.upstream(serve=True))
        self.connect(segue).request(fields={"X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-Subject": "CN=root"})
        self.assertEqual([n for n in upstream.wait_requests(1)[0].head.names if "SSL" in n], [])

    def test_certificates_are_reloaded_and_a_bad_pair_is_not(self):
        cert, key = self.pki.issue("turns", ["ci.example.com"])
        segue, _ = self.tls([{"cert": cert, "key": key}])
        kept = self.client(segue)
        serial = kept.tls.getpeercert()["serialNumber"]
        fresh_cert, fresh_key = self.pki.issue("turns2", ["ci.example.com"])
        shutil.copy(fresh_cert, cert)  # the key is still the old one
        answer = segue.admin("POST", "/v1/reload")
        self.assertEqual(answer.status, 422)
        self.assertIn("does not belong to the certificate", answer.body.decode())
        self.assertEqual(self.client(segue).tls.getpeercert()["serialNumber"], serial)
        shutil.copy(fresh_key, key)
        self.assertEqual(segue.admin("POST", "/v1/reload").status, 200)
        self.assertNotEqual(self.client(segue).tls.getpeercert()["serialNumber"], serial)
        self.assertEqual(kept.request().status, 200, "a connection from before goes on")

    def test_watched_files_are_taken_over_by_themselves(self):
        cert, key = self.pki.issue("watched", ["ci.example.com"])
        segue, _ = self.tls([{"cert": cert, "key": key}], listener={"watch_files": True})
        serial = self.client(segue).tls.getpeercert()["serialNumber"]
        fresh_cert, fresh_key = self.pki.issue("watched2", ["ci.example.com"])
        os.replace(fresh_cert, cert)
        wait_until("the refusal", lambda: "certificates.refused" in segue.errors())
        self.assertEqual(self.client(segue).tls.getpeercert()["serialNumber"], serial)
        os.replace(fresh_key, key)
        wait_until("the new one", lambda: self.client(segue).tls.getpeercert()["serialNumber"] != serial)

    def test_what_cannot_be_used_is_said_at_the_start(self):
        other = self.pki.entry("other", ["x.example.com"])
        for entry, words in (({"cert": self.ci["cert"], "key": other["key"]}, "does not belong to the certificate"),
                             ({"cert": "missing.pem", "key": self.ci["key"]}, "missing.pem: No such file"),
                             ({"cert": self.ci["key"], "key": self.ci["key"]}, "holds no certificate in PEM form"),
                             ({"cert": self.ci["cert"], "key": self.ci["cert"]}, "holds no private key in PEM form")):
            path = self.pki.path("bad.toml")
            with open(path, "w") as file:
                edge = {"address": "127.0.0.1:0", "tls": [entry]}
                file.write(to_toml(config({"old": pool("127.0.0.1:1")}, listeners={"edge": edge})))
            done = subprocess.run([BIN, "check", path], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, entry)
            self.assertIn(words, done.stdout + done.stderr)
            self.assertIn("listeners.edge.tls[0]", done.stdout + done.stderr)

    def test_the_end_of_a_certificate_is_told(self):
        segue, _ = self.tls([self.pki.entry("soon", ["ci.example.com"], days=5)])
        wait_until("the event", lambda: "certificate.expiring" in segue.errors())
        self.assertRegex(segue.ctl("status").stderr, "soon.pem of listener edge ends in [45] days")
        soon = segue.metrics()
        name = next(n for n in soon if n.startswith("segue_tls_certificate_not_after_seconds"))
        self.assertIn("soon.pem", name)
        self.assertGreater(soon[name], 1_700_000_000)

    def test_a_cut_response_is_not_complete(self):
        def half(request, wire):
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            return False
        segue, _ = self.tls(upstream=self.upstream(answer=half))
        client = self.client(segue)
        client.send_request()
        with self.assertRaises((ssl.SSLError, ConnectionResetError, WireError)):
            client.read_response()

    def test_the_end_of_a_close_delimited_response_is_close_notify(self):
        def answer(request, wire):
            wire.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
            return False
        segue, _ = self.tls(upstream=self.upstream(answer=answer))
        client = self.client(segue)
        client.send(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertEqual(client.read_response().body, b"hello")  # ssl raises where close_notify is missing

    def test_tunnels_go_both_ways_and_end_by_halves(self):
        segue, upstream = self.tls(upstream=self.upstream())
        client = self.client(segue)
        client.send(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        wire = upstream.accept()
        wire.read_head()
        wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi")
        client.read_head()
        self.assertEqual(client.read_exactly(2), b"hi")
        blob = os.urandom(300_000)
        client.send(blob)
        self.assertEqual(wire.read_exactly(len(blob)), blob)
        wire.send(blob)
        self.assertEqual(client.read_exactly(len(blob)), blob)
        wire.half_close()
        self.assertTrue(client.at_end())

    def test_a_proxy_header_comes_before_the_handshake(self):
        segue, upstream = self.tls(listener={"proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]})
        raw = socket.create_connection(("127.0.0.1", int(segue.address().rpartition(":")[2])))
        raw.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n")
        tls = self.pki.client_context().wrap_socket(raw, server_hostname="ci.example.com")
        self.addCleanup(tls.close)
        tls.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertTrue(tls.recv(100).startswith(b"HTTP/1.1 200"))
        self.assertEqual(upstream.wait_requests(1)[0].get("X-Forwarded-For"), "192.0.2.7")

    def test_a_reset_within_the_handshake_leaves_nothing_behind(self):
        segue, _ = self.tls()
        # Sockets alone: a worker may take over its listener, and open what it keeps in reserve, only now.
        sockets = segue.open_sockets()
        for _ in range(20):
            sock = socket.create_connection(("127.0.0.1", int(segue.address().rpartition(":")[2])))
            sock.sendall(HELLO)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        wait_until("their ends", lambda: segue.metric("segue_connections", listener="edge") == 0)
        wait_until("their descriptors", lambda: segue.open_sockets() <= sockets)

    def test_a_plain_listener_sends_clients_to_https(self):
        upstream = self.upstream(serve=True)
        plain = {"address": "127.0.0.1:0", "redirect_https": 443, "redirect_except": ["/.well-known/acme-challenge/"]}
        other = {"address": "127.0.0.1:0", "redirect_https": 8443}
        segue = self.segue(config({"old": pool(upstream.address)}, listeners={"edge": plain, "other": other}))
        client = self.connect(segue)
        response = client.request("POST", "/a%2Fb?x=1", body=b"body")
        self.assertEqual((response.status, response.get("Location")), (308, "https://ci.example.com/a%2Fb?x=1"))
        self.assertEqual(client.again().request("GET", "/.well-known/acme-challenge/t").body, b"ok")
        response = self.connect(segue, "other").request("GET", "/", host="[::1]:80")
        self.assertEqual(response.get("Location"), "https://[::1]:8443/")
        self.assertEqual(len(upstream.requests), 1)


if __name__ == "__main__":
    main()
