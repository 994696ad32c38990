"""Ejection on what real traffic meets, and the one request that brings an endpoint back."""
from support.case import SegueCase, main
from support.config import config, pool
from support.upstream import ok, refused_address

BAD = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad"
PASSIVE = {"consecutive": 3, "eject_for": "1s", "eject_max": "10s"}


class Server:
    def __init__(self, case):
        self.reply = ok(b"fine")
        self.upstream = case.upstream(lambda request, wire: wire.send(self.reply))
        self.address = self.upstream.address


class Passive(SegueCase):
    def pair(self, **passive):
        bad, good = Server(self), Server(self)
        segue = self.segue(config({"old": pool(bad.address, good.address, passive={**PASSIVE, **passive},
                                               balance="round_robin")}, workers=1))
        return segue, bad, good

    def until_ejected(self, segue, client, server):
        for _ in range(200):
            client.request("POST", "/", body=b"x")
            if segue.endpoints("old")[server.address]["cause"] == "ejected":
                return
        self.fail("never ejected")

    def test_gateway_errors_in_a_row_eject_and_one_probe_brings_back(self):
        segue, bad, good = self.pair()
        client = self.connect(segue)
        bad.reply = BAD
        self.until_ejected(segue, client, bad)
        before = len(bad.upstream.requests)
        entry = segue.endpoints("old")[bad.address]
        if entry["cause"] == "ejected":
            self.assertEqual({client.request().status for _ in range(20)}, {200})
        bad.reply = ok(b"fine again")
        segue.wait_endpoint("old", bad.address, rotation="half_open")
        for _ in range(10):
            self.assertEqual(client.request().status, 200)
        segue.wait_endpoint("old", bad.address, rotation="in")
        for _ in range(10):
            client.request()
        self.assertGreater(len(bad.upstream.requests), before)

    def test_a_failing_probe_ejects_for_longer(self):
        segue, bad, good = self.pair()
        client = self.connect(segue)
        bad.reply = BAD
        self.until_ejected(segue, client, bad)
        segue.wait_endpoint("old", bad.address, rotation="half_open")
        before = len(bad.upstream.requests)
        for _ in range(20):
            client.request("POST", "/", body=b"x")
        segue.wait_endpoint("old", bad.address, cause="ejected")
        self.assertEqual(len(bad.upstream.requests), before + 1, "half-open means one request")
        self.assertEqual(segue.endpoints("old")[bad.address]["ejections"], 2)

    def test_refused_connections_eject(self):
        sock, address = refused_address()
        self.addCleanup(sock.close)
        good = Server(self)
        segue = self.segue(config({"old": pool(address, good.address, balance="round_robin",
                                               passive={**PASSIVE, "eject_for": "60s", "eject_max": "60s"})}, workers=1))
        client = self.connect(segue)
        for _ in range(40):
            self.assertEqual(client.request().status, 200)
        segue.wait_endpoint("old", address, cause="ejected")

    def test_the_last_endpoint_is_never_ejected(self):
        bad = Server(self)
        bad.reply = BAD
        segue = self.segue(config({"old": pool(bad.address, passive=PASSIVE)}, workers=1))
        client = self.connect(segue)
        for _ in range(50):
            self.assertEqual(client.request("POST", "/", body=b"x").body, b"bad")
        self.assertEqual(segue.endpoints("old")[bad.address]["rotation"], "in")

    def test_clients_that_hang_up_and_plain_500s_eject_nobody(self):
        segue, bad, good = self.pair(failure_ratio=1)
        bad.reply = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        client = self.connect(segue)
        for _ in range(40):
            client.request("POST", "/", body=b"x")
        stepwise = self.upstream()
        for _ in range(10):
            leaving = self.connect(segue)
            leaving.send_request()
            leaving.reset()
        self.assertEqual({e["rotation"] for e in segue.endpoints("old").values()}, {"in"})
        stepwise.close()

    def test_it_may_be_switched_off(self):
        segue, bad, good = self.pair(enabled=False)
        bad.reply = BAD
        client = self.connect(segue)
        for _ in range(60):
            client.request("POST", "/", body=b"x")
        self.assertEqual(segue.endpoints("old")[bad.address]["rotation"], "in")


if __name__ == "__main__":
    main()
