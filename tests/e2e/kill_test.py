"""segue is killed at random moments while operators change it: what was acknowledged is never lost, and nothing is
there that nobody asked for."""
import http.client
import json
import os
import random
import threading
import time

from support.case import SegueCase, main, smaller
from support.config import config, pool, route
from support.unix_http import UnixConnection

KILLS = smaller(100)
WAIT_MAX = 0.06  # seconds between the first acknowledged change of a life and its end
ROUTES = ("ui", "hooks")


class Writer(threading.Thread):
    """Sends changes of one route one after the other, each with weights that no other change has."""

    def __init__(self, segue, route, first, acknowledged):
        super().__init__(daemon=True)
        self.path, self.route, self.next = segue.admin_path, route, first
        self.acknowledged = acknowledged  # by revision: (route, weight)
        self.sent = []                    # weights, in order
        self.some = threading.Event()     # one was acknowledged, or nothing will be
        self.problem = None

    def run(self):
        connection = UnixConnection(self.path)
        try:
            while True:
                weight, self.next = self.next, self.next + 1
                self.sent.append(weight)
                body = b'{"weights": {"old": 1, "new": %d}}' % weight
                connection.request("PUT", f"/v1/splits/{self.route}", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 200:
                    self.problem = f"{answer.status} {text}"
                    return
                self.acknowledged[json.loads(text)["revision"]] = (self.route, weight)
                self.some.set()
        except (OSError, http.client.HTTPException):
            pass  # killed, perhaps in the middle of an answer
        finally:
            self.some.set()
            connection.close()


class Kills(SegueCase):
    def history(self, segue, down_to):
        """All revisions from `down_to` on, by number."""
        found, before = {}, ""
        while True:
            page = segue.get(f"/v1/history?limit=1000{before}")
            for one in page["revisions"]:
                self.assertNotIn(one["revision"], found)
                found[one["revision"]] = one
            if not page["next_before"] or page["next_before"] <= down_to:
                return found
            before = f"&before={page['next_before']}"

    def test_a_hundred_kills_lose_nothing_and_invent_nothing(self):
        seed = int(os.environ.get("SEGUE_SEED", 0)) or random.randrange(1 << 31)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        state = os.path.join(self.temporary(), "state")
        split = {"old": 1, "new": 0}
        segue = self.segue(config({n: pool("127.0.0.1:9") for n in ("old", "new")},
                                  [route(split, name=r, match={"path_prefix": f"/{r}"}) for r in ROUTES],
                                  workers=1, state={"dir": state, "revisions_max": 100_000}))
        acknowledged = {}                     # by revision: (route, weight)
        served = {r: 0 for r in ROUTES}       # weights after the last revision that was looked at
        last, next_weight, slowest = 0, 1, 0.0
        for kill in range(KILLS):
            writers = [Writer(segue, r, next_weight + i * 100_000, acknowledged) for i, r in enumerate(ROUTES)]
            for writer in writers:
                writer.start()
            for writer in writers:
                self.assertTrue(writer.some.wait(20))
            time.sleep(chance.random() * WAIT_MAX)  # the moment is what is random here
            segue.crash()
            for writer in writers:
                writer.join(20)
                self.assertIsNone(writer.problem)
            began = time.monotonic()
            segue.start_again()
            slowest = max(slowest, time.monotonic() - began)

            history = self.history(segue, last)
            newest = max(history)
            new = sorted(n for n in history if n > last)
            self.assertEqual(new, list(range(last + 1, newest + 1)), "numbers have no gaps")
            lost = [n for n in acknowledged if n > newest]
            self.assertEqual(lost, [], f"acknowledged, and not in the history (kill {kill}, seed {seed})")
            sent = {w.route: w.sent for w in writers}
            unanswered = dict.fromkeys(ROUTES, 0)
            for number in new:
                detail = segue.get(f"/v1/history/{number}") if number == newest or number not in acknowledged else None
                if number in acknowledged:
                    name, weight = acknowledged[number]
                    self.assertIn(f"new={weight}", history[number]["what"])
                    self.assertIn(name, history[number]["what"])
                else:  # committed, and killed before the answer
                    changed = [r for r in ROUTES
                               if detail["before"]["weights"].get(r) != detail["after"]["weights"].get(r)]
                    self.assertEqual(len(changed), 1)
                    name, weight = changed[0], detail["after"]["weights"][changed[0]]["new"]
                    self.assertEqual(weight, sent[name][-1], "only what was in flight may be there unacknowledged")
                    unanswered[name] += 1
                    self.assertLessEqual(unanswered[name], 1)
                served[name] = weight
            for name in ROUTES:
                self.assertEqual(segue.split(name)["new"]["weight"], served[name], f"kill {kill}, seed {seed}")
            last = newest
            next_weight = max(w.next - i * 100_000 for i, w in enumerate(writers)) + 1
        print(f"{KILLS} kills, {last} revisions, {len(acknowledged)} acknowledged, "
              f"slowest start {slowest * 1000:.0f} ms", flush=True)
        self.assertGreater(last, KILLS)
        self.assertLess(slowest, 5)


if __name__ == "__main__":
    main()
