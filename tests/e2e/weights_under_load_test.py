# labels: native
"""Weights go from one side to the other and back under load; nobody notices, and the shares are exact."""
import re
import subprocess

from support.case import SegueCase, main
from support.config import config, pool, route
from support.nginx import Nginx
from support.process import end, start, wait_until
from support.segue import SANITIZE

STEPS = [0, 10, 25, 50, 75, 100, 50, 0]  # of "new"
REQUESTS_PER_STEP = 1000 if SANITIZE else 6000
CONNECTIONS = 64
NOISE = 4  # standard deviations


class WeightsUnderLoad(SegueCase):
    def test_weights_move_and_no_request_fails(self):
        wrk, binary = self.need("wrk"), self.need("nginx")
        servers = {}
        for name in ("old", "new"):
            servers[name] = Nginx(binary, f'location / {{ return 200 "{name}\\n"; }}')
            self.addCleanup(servers[name].stop)
        segue = self.segue(config({n: pool(s.address) for n, s in servers.items()}, [route({"old": 100, "new": 0})]))
        load = start([wrk, "-c", str(CONNECTIONS), "-t", "2", "-d", "55s", "--timeout", "20s",
                      f"http://{segue.address()}/"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(end, load, 9)

        def counts():
            return {pool: row["requests"] for pool, row in segue.split().items()}
        wait_until("traffic", lambda: counts()["old"] > 0)
        for new in STEPS:
            segue.weights("all", old=100 - new, new=new)
            wait_until("what was in flight at the change", lambda c=sum(counts().values()):
                       sum(counts().values()) >= c + 2 * CONNECTIONS)
            before = counts()
            wait_until("a sample", lambda: sum(counts().values()) >= sum(before.values()) + REQUESTS_PER_STEP)
            after = counts()
            total = sum(after.values()) - sum(before.values())
            got, share = after["new"] - before["new"], new / 100
            allowed = NOISE * (total * share * (1 - share)) ** 0.5
            self.assertLessEqual(abs(got - share * total), allowed, f"{got} of {total} at weight {new}")
        self.assertIsNone(load.poll(), "wrk ended before the story did")
        load.send_signal(2)  # wrk prints its summary
        summary = load.communicate()[0]
        self.assertNotIn("Non-2xx", summary)
        self.assertNotIn("Socket errors", summary)
        self.assertGreater(int(re.search(r"(\d+) requests in", summary)[1]), len(STEPS) * REQUESTS_PER_STEP)


if __name__ == "__main__":
    main()
