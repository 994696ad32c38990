"""A new file is taken whole or not at all, and what did not change does not notice."""
from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.upstream import ok


class Reload(SegueCase):
    def setUp(self):
        self.servers = {name: self.upstream(lambda r, w, n=name: w.send(ok(n.encode()))) for name in ("old", "new")}

    def file(self, weights, **sections):
        return config({n: pool(s.address) for n, s in self.servers.items()},
                      sections.pop("routes", None) or [route(weights, name="ui")], **sections)

    def generation(self, segue):
        return segue.get("/v1/status")["generation"]

    def test_sighup_takes_new_weights_and_keeps_connections(self):
        segue = self.segue(self.file({"old": 100, "new": 0}))
        client = self.connect(segue)
        self.assertEqual(client.request().body, b"old")
        address = segue.address()
        segue.write_config(self.file({"old": 0, "new": 100}))
        segue.reload()
        wait_until("the new weights", lambda: client.request().body == b"new")
        self.assertEqual(segue.address(), address)

    def test_ctl_reload_is_done_when_it_is_answered(self):
        segue = self.segue(self.file({"old": 100, "new": 0}))
        client = self.connect(segue)
        client.request()
        for wanted in ("new", "old", "new"):
            segue.write_config(self.file({n: 100 * (n == wanted) for n in ("old", "new")}))
            done = segue.ctl("reload")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(client.request().body.decode(), wanted)

    def test_a_request_outlives_the_pool_it_is_at(self):
        slow = self.upstream()  # answers when told to
        pools = {"new": pool(self.servers["new"].address), "old": pool(slow.address)}
        segue = self.segue(config(pools, [route({"new": 0, "old": 100}, name="ui")]))
        client = self.connect(segue)
        client.send_request()
        wire = slow.accept()
        wire.read_request()
        segue.write_config(config({"new": pools["new"]}, [route({"new": 100}, name="ui")]))
        self.assertEqual(segue.ctl("reload").returncode, 0)
        wire.send(ok(b"late"))
        self.assertEqual(client.read_response().body, b"late")
        self.assertEqual(client.again().request().body, b"new")

    def test_a_bad_file_changes_nothing_and_says_why(self):
        segue = self.segue(self.file({"old": 100, "new": 0}))
        client = self.connect(segue)
        client.request()
        with open(segue.config_path) as file:
            good = file.read()
        for text, word in ((good.replace("split", "splitt"), "splitt"), ("this is [ not toml", "segue.toml"),
                           (good.replace("old = 100", "old = 0"), "0")):
            segue.write_config_text(text)
            done = segue.ctl("reload")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, done.stdout + done.stderr)
            segue.reload()
            self.assertEqual(client.request().body, b"old")

    def test_what_needs_a_restart_is_said(self):
        segue = self.segue(self.file({"old": 100, "new": 0}, workers=1))
        segue.write_config(self.file({"old": 100, "new": 0}, workers=2))
        done = segue.ctl("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("workers has changed", done.stderr)
        self.assertEqual(segue.admin("POST", "/v1/reload", {}).json()["needs_restart"], ["workers"])
        segue.write_config(self.file({"old": 100, "new": 0}, workers=1))
        self.assertEqual(segue.admin("POST", "/v1/reload", {}).json()["needs_restart"], [])

    def test_requests_in_flight_do_not_notice(self):
        upstream = self.upstream()
        segue = self.segue(config({"old": pool(upstream.address)}, [route({"old": 1}, name="ui")]))
        client = self.connect(segue)
        client.send_request("GET", "/slow")
        wire = upstream.accept()
        wire.read_request()
        segue.write_config(self.file({"new": 1}))  # the pool of the request is gone from the file
        self.assertEqual(segue.ctl("reload").returncode, 0)
        wire.send(ok(b"from the old world"))
        self.assertEqual(client.read_response().body, b"from the old world")
        self.assertEqual(client.request().body, b"new")

    def test_listeners_come_and_go(self):
        segue = self.segue(self.file({"old": 1}))
        first = segue.address("edge")
        held = self.connect(segue)
        held.request()
        segue.write_config(self.file({"old": 1}, listeners={"second": {"address": "127.0.0.1:0"}}))
        self.assertEqual(segue.ctl("reload").returncode, 0)
        self.assertEqual(segue.address("edge"), first)
        self.assertEqual(self.connect(segue, "second").request().body, b"old")
        segue.write_config(self.file({"old": 1}))
        self.assertEqual(segue.ctl("reload").returncode, 0)
        self.assertEqual(held.request().body, b"old")
        with self.assertRaises(AssertionError):
            segue.address("second")

    def test_weights_of_the_operator_stay_until_the_file_is_to_decide(self):
        segue = self.segue(self.file({"old": 100, "new": 0}))
        client = self.connect(segue)
        segue.weights("ui", old=0, new=100)
        self.assertEqual(segue.ctl("reload").returncode, 0)
        self.assertEqual(client.request().body, b"new")
        self.assertEqual(segue.ctl("reload", "--weights-from-file").returncode, 0)
        self.assertEqual(client.request().body, b"old")

    def test_health_keeps_its_history(self):
        health = {"preset": "tcp", "interval": "1h"}
        segue = self.segue(config({"old": pool(self.servers["old"].address, health=health)}))
        segue.wait_endpoint("old", self.servers["old"].address, health="up")
        self.assertEqual(segue.ctl("reload").returncode, 0)
        self.assertEqual(segue.endpoints("old")[self.servers["old"].address]["health"], "up")
        self.assertEqual(self.connect(segue).request().status, 200)


if __name__ == "__main__":
    main()
