"""Which route, which pool: as the file says, and the same for the same cohort."""
import math

from support.case import SegueCase, main
from support.config import config, pool, route
from support.upstream import ok

COHORTS = 400


def within_noise(count, share, total):
    """Four standard deviations of a binomial: one false alarm in 16 000."""
    return abs(count - share * total) <= 4 * math.sqrt(total * share * (1 - share)) + 1


class Named(SegueCase):
    def named(self, *names):
        """Upstreams that answer with their name."""
        def server(name):
            return self.upstream(lambda r, w: w.send(ok(name.encode())))
        return {name: pool(server(name).address) for name in names}

    def ask(self, client, target="/", fields=None, method="GET", **options):
        response = client.again().request(method, target, fields or {}, **options)
        self.assertEqual(response.status, 200, response)
        return response.body.decode()


class Routing(Named):
    def split(self, weights, **settings):
        segue = self.segue(config(self.named(*weights), [route(weights, **settings)]))
        return segue, self.connect(segue)

    def test_weight_zero_takes_nothing(self):
        _, client = self.split({"old": 100, "new": 0})
        self.assertEqual({self.ask(client) for _ in range(100)}, {"old"})

    def test_without_a_key_every_request_is_drawn(self):
        _, client = self.split({"old": 75, "new": 25})
        count = sum(self.ask(client) == "new" for _ in range(COHORTS))
        self.assertTrue(within_noise(count, 0.25, COHORTS), count)

    def test_three_pools_share_exactly(self):
        _, client = self.split({"a": 1, "b": 2, "c": 5}, cohort="header:X-Repo")
        answers = [self.ask(client, fields={"X-Repo": f"org/app{n}"}) for n in range(COHORTS)]
        for name, share in (("a", 1 / 8), ("b", 2 / 8), ("c", 5 / 8)):
            self.assertTrue(within_noise(answers.count(name), share, COHORTS), (name, answers.count(name)))

    def cohort_moves_as_one(self, specification, send, **listener):
        """Each of many keys stays with its pool over repetitions, and both pools get some."""
        segue = self.segue(config(self.named("old", "new"), [route({"old": 50, "new": 50}, cohort=specification)],
                                  listeners={"edge": {"address": "127.0.0.1:0", **listener}}))
        clients = [self.connect(segue) for _ in range(3)]  # other connections, other workers
        chosen = {}
        for n in range(40):
            answers = {send(client, f"key{n}") for client in clients}
            self.assertEqual(len(answers), 1, f"key{n} went to {answers}")
            chosen[n] = answers.pop()
        self.assertEqual(set(chosen.values()), {"old", "new"})

    def test_cohort_by_header(self):
        self.cohort_moves_as_one("header:X-Repo", lambda c, key: self.ask(c, fields={"x-repo": key}))

    def test_cohort_by_cookie(self):
        self.cohort_moves_as_one("cookie:sid", lambda c, key: self.ask(c, fields={"Cookie": f"a=1; sid={key}; b=2"}))

    def test_cohort_by_query(self):
        self.cohort_moves_as_one("query:repo", lambda c, key: self.ask(c, f"/x?a=1&repo={key}&b=2"))

    def test_cohort_by_path(self):
        self.cohort_moves_as_one("path:/job/{*}/", lambda c, key: self.ask(c, f"/job/{key}/build"))

    def test_cohort_by_client(self):
        self.cohort_moves_as_one(
            "client", lambda c, key: self.ask(c, fields={"X-Forwarded-For": f"192.0.2.{int(key[3:]) + 1}"}),
            trusted_proxies=["127.0.0.1"])

    def test_a_cohort_is_the_same_in_upper_and_lower_case(self):
        _, client = self.split({"old": 50, "new": 50}, cohort="header:X-Repo")
        for n in range(30):
            self.assertEqual(self.ask(client, fields={"X-Repo": f"Org/App{n}"}),
                             self.ask(client, fields={"X-Repo": f"org/app{n}"}))

    def test_a_cohort_is_the_same_in_another_process(self):
        answers = []
        for _ in range(2):
            _, client = self.split({"old": 50, "new": 50}, cohort="header:X-Repo")
            answers.append([self.ask(client, fields={"X-Repo": f"{n}"}) for n in range(50)])
        self.assertEqual(*answers)

    def test_raising_a_weight_moves_cohorts_in_and_never_out(self):
        segue, client = self.split({"old": 100, "new": 0}, cohort="header:X-Repo")
        moved = set()
        for weight in (5, 10, 25, 50, 75, 100):
            segue.weights("all", old=100 - weight, new=weight)
            now = {n for n in range(COHORTS) if self.ask(client, fields={"X-Repo": f"r{n}"}) == "new"}
            self.assertLessEqual(moved, now, "a cohort moved back while its pool grew")
            self.assertTrue(within_noise(len(now), weight / 100, COHORTS), (weight, len(now)))
            moved = now
        self.assertEqual(len(moved), COHORTS)

    def test_routes_of_a_group_place_a_cohort_alike(self):
        group = {"cohort": "header:X-Repo", "cohort_group": "jenkins"}
        segue = self.segue(config(self.named("old", "new"), [
            route({"old": 50, "new": 50}, name="hooks", match={"path_prefix": "/hooks"}, **group),
            route({"old": 50, "new": 50}, name="ui", match={"path_prefix": "/"}, **group)]))
        client = self.connect(segue)
        for n in range(40):
            fields = {"X-Repo": f"r{n}"}
            self.assertEqual(self.ask(client, "/hooks/x", fields), self.ask(client, "/ui", fields))

    def test_keys_are_tried_in_order_and_the_unknown_go_to_the_first_pool(self):
        segue, client = self.split({"old": 1, "new": 999_999}, cohort=["header:X-Repo", "query:repo"])
        self.assertEqual({self.ask(client) for _ in range(30)}, {"old"})
        self.assertIn("new", {self.ask(client, f"/?repo={n}") for n in range(10)})
        self.assertIn("new", {self.ask(client, fields={"X-Repo": str(n)}) for n in range(10)})
        self.assertEqual(segue.metric("segue_unknown_cohorts_total"), 30)

    def test_the_pool_of_the_unknown_may_be_named(self):
        _, client = self.split({"old": 1, "new": 1}, cohort="header:X-Repo", unknown="new")
        self.assertEqual({self.ask(client) for _ in range(30)}, {"new"})


class Matching(Named):
    def test_the_most_specific_route_wins(self):
        names = ["exact", "prefix", "long", "regex", "host", "wildcard", "post", "header", "query", "rest"]
        routes = [
            route({"rest": 1}, "rest"),
            route({"regex": 1}, "regex", {"path_regex": "/re/[0-9]+"}),
            route({"prefix": 1}, "prefix", {"path_prefix": "/job"}),
            route({"long": 1}, "long", {"path_prefix": "/job/app"}),
            route({"exact": 1}, "exact", {"path": "/job/app/exact"}),
            route({"host": 1}, "host", {"host": "special.example.com"}),
            route({"wildcard": 1}, "wildcard", {"host": "*.example.com"}),
            route({"post": 1}, "post", {"path_prefix": "/job", "methods": ["POST"]}),
            route({"header": 1}, "header", {"path": "/h", "headers": {"X-Kind": "blue"}}),
            route({"query": 1}, "query", {"path": "/q", "query": {"kind": "*"}}),
        ]
        segue = self.segue(config(self.named(*names), routes))
        client = self.connect(segue)
        plain = {"host": "a"}
        for wanted, target, options in [
                ("rest", "/", plain), ("rest", "/jobs", plain), ("prefix", "/job", plain), ("prefix", "/job/x", plain),
                ("long", "/job/app", plain), ("long", "/job/app/1", plain), ("exact", "/job/app/exact", plain),
                ("regex", "/re/42", plain), ("rest", "/re/x", plain), ("rest", "/re/42/x", plain),
                ("host", "/job", {"host": "special.example.com"}), ("host", "/", {"host": "SPECIAL.example.com:8080"}),
                ("wildcard", "/job", {"host": "x.example.com"}), ("rest", "/", {"host": "example.com"}),
                ("post", "/job", {**plain, "method": "POST"}),
                ("header", "/h", {**plain, "fields": {"x-kind": "blue"}}), ("rest", "/h", plain),
                ("rest", "/h", {**plain, "fields": {"X-Kind": "red"}}),
                ("query", "/q?a&kind=1", plain), ("rest", "/q?kindness=1", plain)]:
            with self.subTest(f"{options} {target}"):
                self.assertEqual(self.ask(client, target, **options), wanted)

    def test_matching_uses_the_normalised_path_but_refuses_what_is_ambiguous(self):
        segue = self.segue(config(self.named("admin", "rest"), [
            route({"admin": 1}, "admin", {"path_prefix": "/admin"}), route({"rest": 1}, "rest")]))
        for target, wanted in ((b"/%61dmin", 400), (b"/x/../admin", 400), (b"/admin/../x", 400), (b"/x/..%2fadmin", 400),
                               (b"/x/./y", 200), (b"/x/%7ey", 200), (b"/admin/%41", 200)):
            with self.subTest(target):
                client = self.connect(segue)
                client.send(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                response = client.read_response()
                self.assertEqual(response.status, wanted)
                if wanted == 400:
                    self.assertEqual(response.get("X-Segue-Reason"), "ambiguous_target")


if __name__ == "__main__":
    main()
