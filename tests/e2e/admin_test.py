"""The operator's socket: as curl sees it, as `segue ctl` tells it."""
import json
import os
import stat
import subprocess

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.segue import BIN
from support.upstream import ok


class Admin(SegueCase):
    def setUp(self):
        self.old = self.upstream(lambda r, w: w.send(ok(b"old")))
        self.new = self.upstream(lambda r, w: w.send(ok(b"new")))
        self.proxy = self.segue(config({"old": pool(self.old.address), "new": pool(self.new.address)},
                                       [route({"old": 100, "new": 0}, name="ui")]))

    def split(self):
        return self.proxy.split("ui")

    def weights(self):
        return {name: p["weight"] for name, p in self.split().items()}


class Api(Admin):
    def test_the_socket_is_the_owners_alone(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.proxy.admin_path).st_mode), 0o600)

    def test_curl(self):
        curl = self.need("curl")
        out = self.run_tool(curl, "-sS", "--fail", "--unix-socket", self.proxy.admin_path, "http://segue/v1/splits")
        self.assertEqual(json.loads(out)["splits"][0]["route"], "ui")
        out = self.run_tool(curl, "-sS", "--fail", "--unix-socket", self.proxy.admin_path, "-X", "PUT",
                            "http://segue/v1/splits/ui", "-H", "Content-Type: application/json",
                            "-d", '{"weights": {"old": 0, "new": 100}}')
        self.assertIn("generation", json.loads(out))
        self.assertEqual(self.connect(self.proxy).request().body, b"new")

    def test_it_describes_itself(self):
        document = self.proxy.get("/v1/openapi.json")
        self.assertTrue(document["openapi"].startswith("3."))
        self.assertIn("/v1/splits", document["paths"])

    def test_a_change_is_served_when_it_is_answered(self):
        client = self.connect(self.proxy)
        clients = [self.connect(self.proxy) for _ in range(8)]
        for n in range(20):
            wanted = ("new", "old")[n % 2]
            self.proxy.weights("ui", **{"old": 100 * (wanted == "old"), "new": 100 * (wanted == "new")})
            self.assertEqual({c.request().body.decode() for c in [client, *clients]}, {wanted})

    def test_pools_that_are_not_named_keep_their_weight(self):
        self.proxy.weights("ui", new=50)
        self.assertEqual(self.weights(), {"old": 100, "new": 50})

    def test_what_is_so_already_makes_no_generation_and_no_event(self):
        self.proxy.weights("ui", new=10)
        status = self.proxy.get("/v1/status")["generation"]
        events = [e["id"] for e in self.proxy.get("/v1/events")["events"]]
        endpoint = f"/v1/pools/old/endpoints/{self.old.address}"
        for target, body in (("/v1/splits/ui", {"weights": {"old": 100, "new": 10}}),
                             ("/v1/splits/ui", {"weights": {"new": 10}}),
                             ("/v1/pools/old", {"state": "auto"}), (endpoint, {"state": "auto"})):
            with self.subTest(target):
                answer = self.proxy.admin("PUT", target, body)
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual((answer.json()["generation"], answer.json()["changed"]), (status, False))
        self.assertEqual([e["id"] for e in self.proxy.get("/v1/events")["events"]], events)
        self.assertTrue(self.proxy.admin("PUT", endpoint, {"state": "drain"}).json()["changed"])

    def test_what_makes_no_sense_changes_nothing_and_says_why(self):
        for target, body, status, word in (
                ("/v1/splits/ui", {"weights": {"old": 0, "new": 0}}, 422, "0"),
                ("/v1/splits/ui", {"weights": {"old": 1_000_001}}, 422, "1000000"),
                ("/v1/splits/ui", {"weights": {"old": -1}}, None, ""),
                ("/v1/splits/ui", {"weights": {"nwe": 1}}, None, "nwe"),
                ("/v1/splits/nope", {"weights": {"old": 1}}, 404, "nope"),
                ("/v1/splits/ui", b"{not json", None, ""),
                ("/v1/splits/ui", {}, None, "")):
            with self.subTest(f"{target} {body}"):
                answer = self.proxy.admin("PUT", target, body)
                self.assertIn(answer.status, (status,) if status else (400, 404, 422))
                self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
                problem = answer.json()
                self.assertEqual(problem["status"], answer.status)
                self.assertIn(word, json.dumps(problem).replace(" ", "").replace("\\u2026", "…"))
        self.assertEqual(self.weights(), {"old": 100, "new": 0})

    def test_a_lost_race_is_412(self):
        tag = self.proxy.admin("GET", "/v1/splits").fields["ETag"]
        first = self.proxy.admin("PUT", "/v1/splits/ui", {"weights": {"new": 10}}, {"If-Match": tag})
        self.assertEqual(first.status, 200, first)
        second = self.proxy.admin("PUT", "/v1/splits/ui", {"weights": {"new": 20}}, {"If-Match": tag})
        self.assertEqual(second.status, 412, second)
        self.assertEqual(self.weights()["new"], 10)

    def test_unknown_targets_and_methods(self):
        self.assertEqual(self.proxy.admin("GET", "/v1/nothing").status, 404)
        self.assertEqual(self.proxy.admin("DELETE", "/v1/splits").status, 405)

    def test_configured_effective_and_observed_shares_are_told(self):
        client = self.connect(self.proxy)
        for _ in range(10):
            client.request()
        # A request is counted when its response is out: a moment after its client has it.
        wait_until("10 requests", lambda: self.split()["old"]["requests"] == 10)
        split = self.split()
        self.assertEqual((split["old"]["weight"], split["old"]["effective_share"]), (100, 1))
        self.assertEqual(split["old"]["observed"]["since_change"]["share"], 1)

    def test_what_began_before_a_change_does_not_count_after_it(self):
        slow = self.upstream()
        proxy = self.segue(config({"old": pool(slow.address), "new": pool(self.new.address)},
                                  [route({"old": 100, "new": 0}, name="ui")]))
        before, after = self.connect(proxy), self.connect(proxy)
        before.send_request("GET", "/slow")
        wire = slow.accept()
        wire.read_request()
        proxy.weights("ui", old=0, new=100)
        self.assertEqual(after.request().body, b"new")
        wire.send(ok(b"late"))
        self.assertEqual(before.read_response().body, b"late")
        wait_until("both", lambda: [proxy.split("ui")[name]["requests"] for name in ("old", "new")] == [1, 1])
        seen = {name: p["observed"]["since_change"] for name, p in proxy.split("ui").items()}
        self.assertEqual({name: (w["requests"], w["share"]) for name, w in seen.items()}, {"old": (0, 0), "new": (1, 1)})

    def test_events_tell_what_changed(self):
        self.proxy.weights("ui", new=25)
        names = [event["name"] for event in self.proxy.get("/v1/events")["events"]]
        self.assertTrue(any("weight" in name for name in names), names)


class Ctl(Admin):
    def ctl(self, *args, code=0):
        done = self.proxy.ctl(*args)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout} {done.stderr}")
        return done.stdout + done.stderr

    def test_status_names_what_there_is(self):
        out = self.ctl("status")
        self.assertIn(self.proxy.config_path, out)
        for verb, words in (("splits", ("ui", "old", "new")), ("pools", ("old", "new")), ("endpoints", (self.old.address,)),
                            ("listeners", ("edge", self.proxy.address())), ("routes", ("ui",)), ("metrics", ("segue_",)),
                            ("health", (self.new.address,)), ("workers", ("0",))):
            told = self.ctl(verb)
            for word in words:
                self.assertIn(word, told, verb)

    def test_status_as_json(self):
        self.assertIsInstance(json.loads(self.ctl("status", "--json")), dict)

    def test_weights_are_set_and_shown(self):
        self.ctl("weights", "ui", "old=70", "new=30", "--reason", "a first step")
        self.assertEqual(self.weights(), {"old": 70, "new": 30})
        self.assertIn("30", self.ctl("splits"))

    def test_a_refused_change_says_so_with_2(self):
        self.assertIn("0", self.ctl("weights", "ui", "old=0", "new=0", code=2))
        self.ctl("weights", "nope", "old=1", code=2)
        self.assertEqual(self.weights(), {"old": 100, "new": 0})

    def test_without_a_socket_it_fails_with_1(self):
        done = subprocess.run([BIN, "ctl", "--socket", "/nonexistent.sock", "status"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent.sock", done.stderr)

    def test_drain_out_ready(self):
        for verb, rotation in (("drain", "drain"), ("out", "out"), ("ready", "in")):
            self.ctl(verb, f"old/{self.old.address}")
            self.assertEqual(self.proxy.endpoints("old")[self.old.address]["rotation"], rotation)

    def test_explain(self):
        out = self.ctl("explain", "GET", "http://ci.example.com/job/x")
        self.assertIn("ui", out)
        self.assertIn("old", out)

    def test_events(self):
        self.proxy.weights("ui", new=25)
        self.assertIn("weight", self.ctl("events"))


class TcpListener(SegueCase):
    def test_the_tcp_listener_tells_and_changes_nothing(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(upstream.address)}, admin={"listen": "127.0.0.1:0"}))
        listeners = {e["listener"]: e["address"] for e in segue.get("/v1/listeners")["listeners"]}
        address = listeners.get("admin")
        if address is None:
            self.skipTest("the bound address of the admin listener is not told")
        from support.client import RawClient
        with RawClient(address) as client:
            self.assertEqual(client.request("GET", "/metrics").status, 200)
        with RawClient(address) as client:
            self.assertIn(client.request("GET", "/v1/splits").status, (403, 404))


if __name__ == "__main__":
    main()
