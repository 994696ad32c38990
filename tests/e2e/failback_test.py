# labels: once
"""A pool fails under load and gets its cohorts back in steps; by hand where it is told to; not at all while it flaps."""
import threading

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.upstream import ScriptedUpstream, ok

CHECK = {"preset": "tcp", "interval": "100ms", "interval_changing": "100ms", "interval_down": "100ms",
         "rise": 1, "fall": 1}
COHORTS = 200


class Server:
    """An upstream that says its name, and can be killed and started again at the same address."""

    def __init__(self, case, name):
        self.case, self.name, self.address, self.upstream = case, name, None, None
        self.start()

    def start(self):
        port = int(self.address.rpartition(":")[2]) if self.address else 0
        upstream = ScriptedUpstream(port=port)
        self.case.upstreams.append(upstream)
        self.case.addCleanup(upstream.close)
        self.upstream = upstream.serve(lambda request, wire: wire.send(ok(self.name.encode())))
        self.address = upstream.address

    def kill(self):
        self.upstream.refuse()
        self.upstream.hang_up()


class Load(threading.Thread):
    """One cohort after the other, over and over; `seen` is where each request was answered, in order."""

    def __init__(self, case, segue):
        super().__init__(daemon=True)
        self.segue, self.seen, self.failures = segue, [], []
        self.ended = threading.Event()
        case.addCleanup(self.join)
        case.addCleanup(self.ended.set)
        self.start()

    def run(self):
        client = self.segue.connect()
        n = 0
        while not self.ended.is_set():
            response = client.again().request(fields={"X-Repo": f"org/app-{n % COHORTS}"})
            if response.status == 200:
                self.seen.append((n % COHORTS, response.body.decode()))
            else:
                self.failures.append((n, response.status, response.body))
            n += 1
        client.close()


class Failback(SegueCase):
    def pools(self, **failback):
        self.servers = {name: Server(self, name) for name in ("old", "new")}
        new = pool(self.servers["new"].address, health=CHECK, **failback)
        segue = self.segue(config({"old": pool(self.servers["old"].address), "new": new},
                                  [route({"old": 50, "new": 50}, cohort="header:X-Repo", fallback=["old"])]))
        segue.wait_endpoint("new", self.servers["new"].address, rotation="in")
        return segue

    def state(self, segue):
        return segue.get("/v1/pools/new")["failback"]

    def wait_state(self, segue, **wanted):
        def there():
            state = self.state(segue)
            return state if all(state[k] == v for k, v in wanted.items()) else None
        return wait_until(f"failback {wanted}", there)

    def news(self, segue, *names):
        """(name, facts) of the pool's events of failback."""
        return [(e["name"].removeprefix("pool."), e["facts"]) for e in segue.get("/v1/events")["events"]
                if e["name"] in {f"pool.{name}" for name in names or (
                    "failed_over", "stabilising", "returning", "returned", "held", "released")}
                and e["facts"]["pool"] == "new"]

    def everybody(self, client):
        """Where each cohort is now."""
        return [client.again().request(fields={"X-Repo": f"org/app-{n}"}).body.decode() for n in range(COHORTS)]

    def take_down(self, segue):
        self.servers["new"].kill()
        segue.wait_endpoint("new", self.servers["new"].address, rotation="out")

    def recover(self, segue):
        self.servers["new"].start()
        segue.wait_endpoint("new", self.servers["new"].address, rotation="in")

    def test_cohorts_come_back_in_steps_and_none_twice(self):
        segue = self.pools(failback={"stable": "1s", "steps": 4, "step": "4s"})
        client = self.connect(segue)
        home = self.everybody(client)
        self.assertEqual(set(home), {"old", "new"})
        load = Load(self, segue)
        wait_until("load", lambda: len(load.seen) > COHORTS)
        self.take_down(segue)
        self.assertEqual(set(self.everybody(client)), {"old"})
        self.assertEqual(self.state(segue)["state"], "failed")
        self.recover(segue)
        began = len(load.seen)
        self.assertEqual(self.wait_state(segue, state="stabilising")["admitted"], 0)

        sampled = {}  # by step: the cohorts that are back
        while (before := self.state(segue))["state"] != "taking":
            places = self.everybody(client)
            if self.state(segue)["admitted"] == before["admitted"]:
                sampled[before["admitted"]] = {n for n in range(COHORTS) if places[n] == "new"}
                share = segue.split()["new"]["effective_share"]
                if self.state(segue)["admitted"] == before["admitted"]:
                    self.assertAlmostEqual(share, 0.5 * before["admitted"], places=3)
        mine = {n for n in range(COHORTS) if home[n] == "new"}
        self.assertGreaterEqual(len(sampled), 3, sampled.keys())
        last = set()
        for admitted, back in sorted(sampled.items()):
            self.assertLessEqual(last, back, "who was back stays")
            self.assertLessEqual(back, mine, "nobody comes who did not belong there")
            # Cohorts are admitted by a hash: about as many as the step says.
            self.assertLess(abs(len(back) - admitted * len(mine)), 4.5 * len(mine) ** 0.5 / 2 + 1)
            last = back
        self.assertEqual(self.everybody(client), home)
        load.ended.set()
        load.join()

        steps = [(name, facts.get("step"), facts.get("admitted")) for name, facts in self.news(segue)]
        self.assertEqual(steps, [("failed_over", None, None), ("stabilising", None, None),
                                 ("returning", "1", "25%"), ("returning", "2", "50%"), ("returning", "3", "75%"),
                                 ("returned", None, None)])
        self.assertIn("1 needed; " + self.servers["new"].address, self.news(segue)[0][1]["evidence"])
        # Nobody was told of the failure, and on the way back nobody went to and fro.
        self.assertEqual(load.failures, [])
        places = {}
        for cohort, name in load.seen[began:]:
            places.setdefault(cohort, []).append(name)
        for cohort, names in places.items():
            there = names.index("new") if "new" in names else len(names)
            self.assertEqual(set(names[there:]) - {"new"}, set(), f"cohort {cohort} went back and forth")

    def test_by_hand(self):
        segue = self.pools(failback={"mode": "manual", "steps": 2, "step": "100ms"})
        client = self.connect(segue)
        home = self.everybody(client)
        self.take_down(segue)
        self.recover(segue)
        self.assertIsNone(self.wait_state(segue, state="held", hold="manual", admitted=0)["next"])
        self.assertEqual(set(self.everybody(client)), {"old"})
        self.assertIn("waits for you", " ".join(segue.get("/v1/status")["warnings"]))
        done = segue.ctl("failback", "new", "--reason", "disk replaced")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("pool new is returning, step 1 of 2, with 50 % of its cohorts", done.stdout)
        self.wait_state(segue, state="taking", admitted=1)
        self.assertEqual(self.everybody(client), home)
        held, released, *rest = self.news(segue, "held", "released", "returning", "returned")
        self.assertEqual((held[0], held[1]["cause"]), ("held", "manual"))
        self.assertEqual((released[0], released[1]["reason"]), ("released", "disk replaced"))
        self.assertEqual([name for name, _ in rest], ["returning", "returned"])
        again = segue.ctl("failback", "new")
        self.assertEqual(again.returncode, 0)
        self.assertIn("nothing to release", again.stdout)

    def test_a_pool_that_flaps_is_held_down(self):
        segue = self.pools(failback={"stable": "0s", "steps": 1, "flap_transitions": 3, "flap_window": "10m"})
        client = self.connect(segue)
        for times in (1, 2):
            self.take_down(segue)
            self.recover(segue)
            self.assertEqual(self.wait_state(segue, state="taking")["failures"], times)
        self.take_down(segue)
        self.recover(segue)
        self.wait_state(segue, state="held", hold="flapping", admitted=0)
        self.assertEqual(set(self.everybody(client)), {"old"})
        _, facts = self.news(segue, "held")[0]
        self.assertEqual((facts["cause"], facts["transitions"], facts["window"]), ("flapping", "3", "600s"))
        self.assertEqual(segue.metric("segue_pool_failback", pool="new", state="held"), 1)
        self.assertEqual(segue.metric("segue_pool_admitted_ratio", pool="new"), 0)
        self.assertEqual(segue.ctl("failback", "new", "--at-once").returncode, 0)
        self.assertEqual(self.state(segue)["state"], "taking")
        self.assertIn("new", self.everybody(client))

    def test_a_pool_that_flaps_comes_back_when_it_was_stable_for_the_window(self):
        segue = self.pools(failback={"stable": "0s", "steps": 1, "flap_transitions": 1, "flap_window": "2s"})
        self.take_down(segue)
        self.wait_state(segue, state="held", hold="flapping")
        self.recover(segue)
        self.wait_state(segue, state="taking", admitted=1)
        self.assertEqual([name for name, _ in self.news(segue)], ["failed_over", "held", "released", "returned"])

    def test_what_the_operator_takes_out_comes_back_at_once(self):
        segue = self.pools(failback={"stable": "10m"})
        client = self.connect(segue)
        home = self.everybody(client)
        for word in ("drain", "out"):
            self.assertEqual(segue.ctl(word, "new").returncode, 0)
            self.assertEqual(set(self.everybody(client)), {"old"})
            self.assertEqual(segue.ctl("auto", "new").returncode, 0)
            self.assertEqual(self.everybody(client), home)
        self.assertEqual(self.news(segue), [])
        self.take_down(segue)  # and whoever says ready means it
        self.recover(segue)
        self.wait_state(segue, state="stabilising")
        self.assertEqual(segue.ctl("ready", "new").returncode, 0)
        self.assertEqual(self.everybody(client), home)

    def test_a_pool_that_starts_late_comes_in_at_once(self):
        self.servers = {name: Server(self, name) for name in ("old", "new")}
        self.servers["new"].kill()
        segue = self.segue(config({"old": pool(self.servers["old"].address),
                                   "new": pool(self.servers["new"].address, health=CHECK)},
                                  [route({"old": 50, "new": 50}, cohort="header:X-Repo", fallback=["old"])]))
        segue.wait_endpoint("new", self.servers["new"].address, health="down")
        self.recover(segue)
        self.assertEqual(self.state(segue)["state"], "taking")
        self.assertIn("new", self.everybody(self.connect(segue)))


class SlowStart(SegueCase):
    def shares(self, segue, client, count):
        """How many of so many requests each server answers."""
        answers = [client.again().request().body.decode() for _ in range(count)]
        return {name: answers.count(name) for name in ("a", "b")}

    def two(self, **settings):
        self.servers = {name: Server(self, name) for name in ("a", "b")}
        segue = self.segue(config({"ci": pool(*(s.address for s in self.servers.values()), health=CHECK, **settings)},
                                  [route({"ci": 1})], workers=1))
        for server in self.servers.values():
            segue.wait_endpoint("ci", server.address, rotation="in")
        return segue

    def test_an_endpoint_that_failed_begins_with_a_small_share(self):
        for balance in ("least_loaded", "round_robin"):
            with self.subTest(balance):
                segue = self.two(slow_start="5m", slow_start_from=0.1, balance=balance)
                client = self.connect(segue)
                self.assertGreater(self.shares(segue, client, 200)["b"], 60)  # new ones need none
                self.servers["b"].kill()
                segue.wait_endpoint("ci", self.servers["b"].address, rotation="out")
                self.servers["b"].start()
                segue.wait_endpoint("ci", self.servers["b"].address, rotation="in")
                # A tenth of its weight: 1 of 11, so 55 of 600.
                self.assertLess(self.shares(segue, client, 600)["b"], 120)

    def test_in_the_end_it_has_its_whole_share(self):
        segue = self.two(slow_start="1s")
        client = self.connect(segue)
        self.servers["b"].kill()
        segue.wait_endpoint("ci", self.servers["b"].address, rotation="out")
        generation = segue.get("/v1/status")["generation"]
        self.servers["b"].start()
        # It comes in, and some time later it is warm: each is a generation.
        wait_until("warm", lambda: segue.get("/v1/status")["generation"] >= generation + 2)
        self.assertGreater(self.shares(segue, client, 200)["b"], 60)

    def test_what_the_operator_took_out_needs_none(self):
        segue = self.two(slow_start="5m")
        client = self.connect(segue)
        address = self.servers["b"].address
        self.assertEqual(segue.ctl("out", f"ci/{address}").returncode, 0)
        self.assertEqual(segue.ctl("auto", f"ci/{address}").returncode, 0)
        self.assertGreater(self.shares(segue, client, 200)["b"], 60)


if __name__ == "__main__":
    main()
