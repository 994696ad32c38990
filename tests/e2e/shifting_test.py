"""What operators do while they shift: pins, weights for a while, rehearsals, the kill switch, and the questions
where something is and why."""
import json
import os
import pty
import select
import subprocess

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.segue import BIN
from support.upstream import ok


def repositories(count):
    return [f"org/app-{i}" for i in range(count)]


class Shifting(SegueCase):
    def setUp(self):
        def named(name):
            return pool(self.upstream(lambda _, wire: wire.send(ok(name.encode()))).address)
        self.proxy = self.segue(config({name: named(name) for name in ("old", "new")},
                                       [route({"old": 100, "new": 0}, name="hooks", cohort="header:X-Repo")]))
        self.client = self.connect(self.proxy)

    def pool_of(self, repository):
        answer = self.client.again().request(fields={"X-Repo": repository})
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()

    def ctl(self, *args, code=0):
        done = self.proxy.ctl(*args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_a_pin_moves_one_repository_and_unpin_brings_it_back(self):
        self.assertEqual(self.pool_of("org/app-1"), "old")
        self.ctl("pin", "hooks", "Org/App-1", "new", "--reason", "volunteer")
        self.assertEqual(self.pool_of("org/app-1"), "new")
        self.assertEqual(self.pool_of("org/app-2"), "old")
        self.assertIn("volunteer", self.ctl("pins"))
        self.assertIn("pinned to new", self.ctl("where", "org/app-1"))
        self.ctl("unpin", "hooks", "org/app-1")
        self.assertEqual(self.pool_of("org/app-1"), "old")
        self.ctl("unpin", "hooks", "org/app-1", code=2)
        self.ctl("pin", "hooks", "org/app-1", "nowhere", code=2)

    def test_pins_and_weights_for_a_while_end_by_themselves(self):
        self.ctl("pin", "hooks", "org/app-1", "new", "--for", "600ms")
        self.ctl("weights", "hooks", "new=50", "--for", "600ms")
        wait_until("the pin and the weights have ended",
                   lambda: not self.proxy.get("/v1/pins")["pins"] and self.proxy.split("hooks")["new"]["weight"] == 0)
        self.assertEqual(self.pool_of("org/app-1"), "old")
        names = [e["name"] for e in self.proxy.get("/v1/events")["events"] if e["facts"].get("by") == "segue"]
        self.assertIn("pin.changed", names)
        self.assertIn("weights.changed", names)

    def test_undo_takes_back_what_a_person_did_and_not_what_ended_by_itself(self):
        self.ctl("weights", "hooks", "old=0", "new=100", "--reason", "bad")
        self.ctl("pin", "hooks", "org/app-1", "old", "--for", "200ms")
        wait_until("the pin has ended", lambda: not self.proxy.get("/v1/pins")["pins"])
        self.ctl("undo")  # the pin
        self.ctl("undo", str(self.proxy.get("/v1/history")["revisions"][-1]["revision"]))
        self.assertEqual(self.pool_of("org/app-2"), "old")

    def test_a_rehearsal_says_who_would_move_and_moves_nobody(self):
        seen = repositories(60)
        for repository in seen:
            self.assertEqual(self.pool_of(repository), "old")
        generation = self.proxy.get("/v1/status")["generation"]
        said = self.proxy.admin("PUT", "/v1/splits/hooks", {"weights": {"new": 100}, "dry_run": True}).json()
        self.assertEqual(self.proxy.get("/v1/status")["generation"], generation)
        self.assertEqual(said["moves"]["of_cohorts"], len(seen))
        self.ctl("weights", "hooks", "new=100")
        moved = [r for r in seen if self.pool_of(r) == "new"]
        self.assertEqual(said["moves"]["cohorts"], len(moved))
        self.assertTrue(0 < len(moved) < len(seen), moved)
        self.assertTrue({e["key"] for e in said["moves"]["examples"]} <= set(moved))
        self.assertIn("would move", self.ctl("weights", "hooks", "new=0", "--dry-run"))

    def test_abort_brings_everybody_back_at_once(self):
        self.ctl("weights", "hooks", "old=0", "new=100")
        self.ctl("pin", "hooks", "org/app-1", "new", "--hard")
        self.assertEqual(self.pool_of("org/app-1"), "new")
        self.ctl("abort", "hooks", "--to", "old", "--reason", "builds are lost")
        for repository in repositories(30):
            self.assertEqual(self.pool_of(repository), "old")
        self.assertEqual(self.proxy.get("/v1/pins")["pins"], [])
        self.ctl("abort", "hooks", "--to", "nowhere", code=2)

    def test_the_kill_switch_works_with_a_broken_file(self):
        self.ctl("weights", "hooks", "old=0", "new=100")
        self.proxy.write_config_text("this is no configuration")
        self.ctl("reload", code=2)
        self.ctl("abort", "hooks", "--to", "old")
        self.assertEqual(self.pool_of("org/app-1"), "old")

    def test_where_agrees_with_what_traffic_does(self):
        self.ctl("weights", "hooks", "old=50", "new=50")
        for repository in repositories(40):
            place = self.proxy.get(f"/v1/where?key={repository.replace('/', '%2F')}")["routes"][0]
            self.assertEqual(place["pool"], self.pool_of(repository))
        cohorts = {c["key"]: c for c in self.proxy.get("/v1/cohorts")["cohorts"]}
        for repository in repositories(40):
            self.assertEqual(cohorts[repository]["pool"], cohorts[repository]["next_pool"])

    def test_if_match_guards_every_kind_of_change(self):
        generation = str(self.proxy.get("/v1/status")["generation"])
        self.ctl("weights", "hooks", "new=1", "--if-match", generation)
        self.ctl("pin", "hooks", "a", "new", "--if-match", generation, code=2)
        self.ctl("abort", "hooks", "--to", "old", "--if-match", generation, code=2)

    def test_top_draws_one_frame_for_scripts_and_goes_on_for_people(self):
        frame = self.ctl("top", "--once")
        self.assertIn("hooks", frame)
        self.assertIn("takes traffic", frame)
        leader, follower = pty.openpty()
        top = subprocess.Popen([BIN, "ctl", "--socket", self.proxy.admin_path, "top", "--interval", "0.2"],
                               stdin=follower, stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm"})
        os.close(follower)
        try:
            screen = b""
            while screen.count(b"\x1b[H") < 3:
                self.assertTrue(select.select([leader], [], [], 20)[0], screen)
                screen += os.read(leader, 65536)
            self.assertIn(b"hooks", screen)
            os.write(leader, b"q")
            while True:
                try:
                    more = os.read(leader, 65536)
                except OSError:  # the other side has closed
                    break
                if not more:
                    break
                screen += more
            self.assertEqual(top.wait(20), 0)
            self.assertTrue(screen.endswith(b"\x1b[?25h\x1b[?1049l"), screen[-40:])
        finally:
            if top.poll() is None:
                top.kill()
            top.wait()
            os.close(leader)


class Deliveries(SegueCase):
    """Webhooks as GitHub sends them, found again by what GitHub calls them."""

    def setUp(self):
        def named(name):
            return pool(self.upstream(lambda _, wire: wire.send(ok(name.encode()))).address)
        self.proxy = self.segue(config({name: named(name) for name in ("old", "new")},
                                       [route({"old": 50, "new": 50}, name="hooks", cohort="repository",
                                              match={"path_prefix": "/", "methods": ["POST"]})]))
        self.client = self.connect(self.proxy)

    def deliver(self, number, delivery):
        body = json.dumps({"ref": "refs/heads/main", "repository": {
            "id": 1296269 + number, "name": "app", "full_name": f"org/App-{number}"}}).encode()
        fields = {"Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": delivery}
        answer = self.client.again().request("POST", "/github-webhook/", fields, body)
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode(), fields, body

    def test_a_delivery_is_explained_by_its_id_and_its_repository_by_name(self):
        for number in range(20):
            delivery = f"72d3162e-cc78-11e3-81ab-4c9367dc09{number:02d}"
            got, fields, body = self.deliver(number, delivery)
            done = self.proxy.ctl("explain", "--delivery", delivery)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"went to   {got}", done.stdout)
            self.assertIn(f"org/App-{number}", done.stdout)
            place = self.proxy.get(f"/v1/where?key=org%2Fapp-{number}")["routes"][0]
            self.assertEqual((place["pool"], place["seen"]["pool"]), (got, got))
            said = self.proxy.admin("POST", "/v1/explain", {"method": "POST", "url": "/github-webhook/",
                                                            "headers": {"Host": "a", **fields},
                                                            "body": body.decode()}).json()
            self.assertEqual(said["pool"], got, said)
        self.assertEqual(self.proxy.ctl("explain", "--delivery", "no-such").returncode, 2)

    def test_a_repository_is_pinned_by_its_name_though_its_cohort_is_an_id(self):
        got, *_ = self.deliver(7, "a")
        other = "old" if got == "new" else "new"
        self.assertEqual(self.proxy.ctl("pin", "hooks", "ORG/app-7", other).returncode, 0)
        self.assertEqual(self.deliver(7, "b")[0], other)
        self.assertIn(f"pinned to {other}", self.proxy.ctl("where", "org/app-7").stdout)
        self.assertEqual(self.proxy.get("/v1/deliveries/b")["deliveries"][0]["why"], "pinned")


if __name__ == "__main__":
    main()
