"""What segue says a request would get is what the request then gets: random requests over random states."""
import os
import random

from support.case import SegueCase, main
from support.config import config, pool, route
from support.upstream import ok

ROUNDS, REQUESTS = 40, 25
POOLS = ("old", "new", "canary")


class Explain(SegueCase):
    def setUp(self):
        seed = int(os.environ.get("SEGUE_SEED") or random.SystemRandom().randrange(1 << 32))
        self.random = random.Random(seed)
        print(f"SEGUE_SEED={seed}", flush=True)

        def named(name):
            return pool(self.upstream(lambda _, wire: wire.send(ok(name.encode()))).address)
        self.proxy = self.segue(config({name: named(name) for name in POOLS}, [
            route({"old": 70, "new": 30}, name="hooks", match={"path_prefix": "/hooks"},
                  cohort=["header:X-Repo", "query:repo"], cohort_group="ci", fallback=["canary"], unknown="old"),
            route({"new": 10, "old": 90}, name="jobs", match={"path_prefix": "/job"}, cohort="path:/job/{*}/",
                  cohort_group="ci", fallback=["canary"]),
            route({"old": 50, "new": 40, "canary": 10}, name="ui", cohort=["cookie:JSESSIONID", "client"],
                  override={"header": "X-Pool"}),
        ]))
        self.client = self.connect(self.proxy)

    def repository(self):
        return f"org/App-{self.random.randrange(12)}"

    def request(self):
        fields, target = {}, self.random.choice(["/hooks", "/hooks/x", "/", "/login", "/hooksy", "//hooks"])
        if self.random.random() < 0.3:
            target = f"/job/{self.repository().replace('/', '%2F')}/1"
        if self.random.random() < 0.6:
            fields["X-Repo"] = self.repository()
        elif self.random.random() < 0.5:
            target += "?repo=" + self.repository().replace("/", "%2f")
        if self.random.random() < 0.5:
            fields["Cookie"] = f"JSESSIONID=s{self.random.randrange(20)}"
        if self.random.random() < 0.2:
            fields["X-Pool"] = self.random.choice([*POOLS, "nowhere"])
        return target, fields

    def change_something(self):
        what = self.random.choice(["weights", "pin", "unpin", "endpoint", "abort", "rebalance"])
        name = self.random.choice(POOLS)
        if what == "weights":
            weights = {"old": self.random.choice([0, 1, 50, 100]), "new": self.random.choice([1, 30, 100])}
            return self.proxy.admin("PUT", f"/v1/splits/{self.random.choice(['hooks', 'jobs', 'ui'])}",
                                    {"weights": weights})
        if what == "pin":
            return self.proxy.admin("PUT", f"/v1/pins/ci/{self.repository().replace('/', '%2F')}",
                                    {"pool": name, "hard": self.random.random() < 0.3})
        if what == "unpin":
            return self.proxy.admin("DELETE", f"/v1/pins/ci/{self.repository().replace('/', '%2F')}")
        if what == "endpoint":
            state = self.random.choice(["out", "auto", "auto", "drain"])
            return self.proxy.admin("PUT", f"/v1/pools/{name}", {"state": state})
        if what == "abort":
            return self.proxy.admin("POST", "/v1/splits/hooks/abort", {"to": self.random.choice(["old", "new"])})
        return self.proxy.admin("POST", "/v1/groups/ci/rebalance")

    def test_traffic_does_what_explain_says(self):
        reasons = set()
        for _ in range(ROUNDS):
            answer = self.change_something()
            self.assertIn(answer.status, (200, 404), answer)  # 404: nothing was pinned
            for _ in range(REQUESTS):
                target, fields = self.request()
                said = self.proxy.admin("POST", "/v1/explain", {
                    "url": target, "headers": {"Host": "ci.example.com", **fields}, "client": "127.0.0.1"}).json()
                got = self.client.again().request(target=target, fields=fields)
                if said["ambiguous"]:
                    self.assertEqual(got.status, 400)
                elif said["pool"] is None:
                    self.assertEqual(got.status, 503, (said, got))
                else:
                    self.assertEqual((got.status, got.body.decode()), (200, said["pool"]), (target, fields, said))
                reasons.add(said["why"])
        self.assertTrue({"split", "unknown"} <= reasons, reasons)


if __name__ == "__main__":
    main()
