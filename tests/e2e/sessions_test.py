"""Sessions: the cookie, who keeps their pool and who does not, testers, and cookies of two applications."""
import base64
import re

from support.case import SegueCase, main
from support.config import config, pool, route
from support.pki import Pki, TlsClient
from support.process import wait_until
from support.upstream import ok

COOKIE = re.compile(r"segue_s=([A-Za-z0-9_.-]+); Path=/; HttpOnly; SameSite=Lax")


class Jar:
    """What a browser would keep of Set-Cookie fields, for one site and the path "/"."""

    def __init__(self, **cookies):
        self.cookies = dict(cookies)

    def take(self, response):
        for value in response.head.all("Set-Cookie"):
            name, _, rest = value.partition("=")
            text, _, attributes = rest.partition(";")
            if "max-age=0" in attributes.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = text

    def field(self):
        return {"Cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items())} if self.cookies else {}


class SessionsCase(SegueCase):
    def world(self, old=50, new=50, answers=None, sections=None, pools=None, **settings):
        """segue over pools old and new, whose upstreams answer with their pool's name."""
        self.servers = {}
        for name in ("old", "new"):
            answer = (answers or {}).get(name) or (lambda request, wire, name=name: wire.send(ok(name.encode())))
            self.servers[name] = self.upstream(answer)
        settings = {"cohort": "session", **settings}
        return self.segue(config(
            {name: pool(server.address, **(pools or {})) for name, server in self.servers.items()},
            [route({"old": old, "new": new}, **settings)],
            **{"workers": 1, "retry": {"attempts": 0}, "sessions": {"secret": "for a test, and for no more"}, **(sections or {})}))

    def visit(self, client, jar, target="/", method="GET", **fields):
        """A request with the jar's cookies; what it sets is kept. Returns the response."""
        response = client.again().request(method, target, {**jar.field(), **fields})
        jar.take(response)
        return response

    def newcomers(self, segue, count):
        """`count` visitors with a first page each, and where it came from."""
        client = self.connect(segue)
        jars = []
        for _ in range(count):
            jar = Jar()
            jar.pool = self.visit(client, jar).body.decode()
            jars.append(jar)
        return client, jars

    def pools_of(self, client, jars):
        return [self.visit(client, jar).body.decode() for jar in jars]

    def rebalance(self, segue, name="all"):
        answer = segue.admin("POST", f"/v1/groups/{name}/rebalance", {})
        self.assertEqual(answer.status, 200, answer)


class Stickiness(SessionsCase):
    def test_the_cookie_is_set_on_both_sides_once(self):
        segue = self.world()
        client, jars = self.newcomers(segue, 40)
        self.assertEqual({jar.pool for jar in jars}, {"old", "new"})
        for jar in jars:
            self.assertIn("segue_s", jar.cookies)
            response = self.visit(client, jar)
            self.assertEqual(response.body.decode(), jar.pool)
            self.assertEqual(response.head.all("Set-Cookie"), [], "set again although nothing changed")

    def test_what_the_cookie_looks_like(self):
        segue = self.world(sections={"sessions": {"secret": "sixteen bytes or more", "cookie": "ci_place", "max_age": "2h"}})
        response = self.connect(segue).request()
        self.assertRegex(response.get("Set-Cookie"),
                         r"^ci_place=[A-Za-z0-9_-]{38}; Path=/; HttpOnly; SameSite=Lax; Max-Age=7200$")
        self.assertEqual(response.get("Cache-Control"), "private")

    def test_it_is_secure_where_the_client_speaks_tls_with_a_trusted_proxy(self):
        for trusted, scheme, secure in (([], "https", False), (["127.0.0.0/8"], "https", True),
                                        (["127.0.0.0/8"], "http", False)):
            segue = self.world(sections={"listeners": {"edge": {"address": "127.0.0.1:0", "trusted_proxies": trusted}}})
            response = self.connect(segue).request("GET", "/", {"X-Forwarded-Proto": scheme})
            self.assertEqual("; Secure" in response.get("Set-Cookie"), secure, (trusted, scheme))

    def test_it_is_secure_over_tls(self):
        pki = Pki(self.temporary())
        segue = self.world(sections={"listeners": {"edge": {"address": "127.0.0.1:0", "tls": [pki.entry("ci.example.com")]}}})
        client = TlsClient(segue.address(), pki.client_context())
        self.addCleanup(client.close)
        self.assertRegex(client.request().get("Set-Cookie"), r"; SameSite=Lax; Secure$")

    def test_requests_that_other_sites_made_move_nobody(self):
        segue = self.world()
        client = self.connect(segue)
        for method, mode, sets in (("POST", "navigate", 0), ("GET", "no-cors", 0), ("GET", "navigate", 1)):
            response = client.request(method, "/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode})
            self.assertEqual(len(response.head.all("Set-Cookie")), sets, (method, mode))
        response = client.request("POST", "/", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"})
        self.assertEqual(len(response.head.all("Set-Cookie")), 1)

    def test_an_upgraded_connection_begins_a_session_too(self):
        def switch(request, wire):
            wire.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n"
                      b"Set-Cookie: JSESSIONID=1\r\n\r\n")
            wire.send(wire.read_exactly(4))
            return False
        segue = self.world(answers={"old": switch, "new": switch}, isolate_cookies=True, old=0, new=100)
        client = self.connect(segue)
        response = client.request("GET", "/", {"Connection": "upgrade", "Upgrade": "x"})
        self.assertEqual(response.status, 101)
        cookies = response.head.all("Set-Cookie")
        self.assertEqual(cookies[0], "segue.new.JSESSIONID=1")
        self.assertRegex(cookies[1], COOKIE)
        self.assertEqual(client.send(b"ping").read_exactly(4), b"ping")

    def test_log_and_metrics_tell_what_became_of_it(self):
        segue = self.world(old=100, new=0)
        client, (jar,) = self.newcomers(segue, 1)
        self.visit(client, jar)
        segue.weights("all", old=0, new=100)
        self.rebalance(segue)
        self.visit(client, jar)
        lines = segue.access_lines(3)
        self.assertEqual([line["session"] for line in lines], ["new", "kept", "redrawn"])
        self.assertEqual(len({line["cohort"] for line in lines}), 1, "a visitor has one cohort from the first line on")
        self.assertIsNotNone(lines[0]["cohort"])
        for pool_, word, count in (("old", "new", 1), ("old", "kept", 1), ("new", "redrawn", 1), ("new", "kept", 0)):
            self.assertEqual(segue.metric("segue_sessions_total", pool=pool_, session=word), count, (pool_, word))

    def test_only_what_shared_caches_may_keep_is_made_private(self):
        controls = {"/a": "max-age=60", "/b": "private, max-age=60", "/c": "No-Store"}
        answers = {name: lambda request, wire: wire.send(ok(b"x", b"Cache-Control: %s\r\n" % controls[
            request.head.target.decode()].encode())) for name in ("old", "new")}
        segue = self.world(answers=answers)
        got = {}
        for target in controls:
            got[target] = self.connect(segue).request("GET", target).head.all("Cache-Control")
        self.assertEqual(got, {"/a": ["max-age=60", "private"], "/b": ["private, max-age=60"], "/c": ["No-Store"]})

    def test_sessions_stay_while_weights_go_there_and_back(self):
        segue = self.world(old=100, new=0)
        client, before = self.newcomers(segue, 20)
        segue.weights("all", old=0, new=100)
        self.assertEqual(set(self.pools_of(client, before)), {"old"})
        client, after = self.newcomers(segue, 20)
        self.assertEqual({jar.pool for jar in after}, {"new"})
        segue.weights("all", old=100, new=0)
        self.assertEqual(set(self.pools_of(client, before)), {"old"})
        self.assertEqual(set(self.pools_of(client, after)), {"new"})

    def test_shares_of_new_sessions_follow_the_weights(self):
        segue = self.world(old=80, new=20)
        _, jars = self.newcomers(segue, 1000)
        share = sum(jar.pool == "new" for jar in jars) / 1000
        self.assertTrue(0.13 < share < 0.27, share)  # more than five standard deviations

    def test_rebalance_draws_anew_by_the_present_weights(self):
        segue = self.world(old=50, new=50)
        client, jars = self.newcomers(segue, 30)
        segue.weights("all", old=0, new=100)
        self.assertEqual([jar.pool for jar in jars], self.pools_of(client, jars))
        self.rebalance(segue)
        self.assertEqual(set(self.pools_of(client, jars)), {"new"})
        # Who is drawn anew has a cookie that says so, and stays there.
        segue.weights("all", old=100, new=0)
        self.assertEqual(set(self.pools_of(client, jars)), {"new"})

    def test_the_kill_switch_moves_sessions_too(self):
        segue = self.world(old=50, new=50)
        client, jars = self.newcomers(segue, 20)
        answer = segue.admin("POST", "/v1/splits/all/abort", {"to": "old"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(set(self.pools_of(client, jars)), {"old"})

    def test_rebalance_moves_no_more_than_it_must(self):
        segue = self.world(old=50, new=50)
        client, jars = self.newcomers(segue, 60)
        self.rebalance(segue)
        self.assertEqual([jar.pool for jar in jars], self.pools_of(client, jars))

    def test_a_restart_keeps_sessions_when_the_secret_is_configured(self):
        segue = self.world()
        _, jars = self.newcomers(segue, 20)
        again = self.segue(config({name: pool(server.address) for name, server in self.servers.items()},
                                  [route({"old": 50, "new": 50}, cohort="session")], workers=1,
                                  sessions={"secret": "for a test, and for no more"}))
        client = self.connect(again)
        self.assertEqual([jar.pool for jar in jars], self.pools_of(client, jars))
        self.assertTrue(all(self.visit(client, jar).head.all("Set-Cookie") == [] for jar in jars))

    def test_routes_of_a_group_share_a_session_and_others_have_their_own(self):
        self.world()
        pools = {name: pool(server.address) for name, server in self.servers.items()}
        half = {"old": 50, "new": 50}
        segue = self.segue(config(pools, [
            route(half, name="api", match={"path_prefix": "/api"}, cohort="session", cohort_group="ci"),
            route(half, name="ui", match={"path_prefix": "/ui"}, cohort="session", cohort_group="ci"),
            route(half, name="docs", cohort="session")], workers=1, sessions={"secret": "sixteen bytes or more"}))
        client = self.connect(segue)
        alike = 0
        for _ in range(30):
            jar = Jar()
            first = self.visit(client, jar, "/ui/").body
            self.assertEqual(self.visit(client, jar, "/api/").body, first)
            other = self.visit(client, jar, "/docs/")
            self.assertEqual(len(other.head.all("Set-Cookie")), 1)
            self.assertEqual(jar.cookies["segue_s"].count("."), 1)
            self.assertEqual(self.visit(client, jar, "/ui/").body, first)
            self.assertEqual(self.visit(client, jar, "/docs/").body, other.body)
            alike += first == other.body
        self.assertTrue(0 < alike < 30, alike)  # groups are drawn independently

    def test_a_session_behind_another_key_is_for_requests_without_that_key(self):
        segue = self.world(cohort=["header:X-Repo", "session"])
        client = self.connect(segue)
        self.assertEqual(client.request("GET", "/", {"X-Repo": "org/app"}).head.all("Set-Cookie"), [])
        self.assertEqual(len(client.request("GET", "/").head.all("Set-Cookie")), 1)


class Refusing(SessionsCase):
    def test_forged_cut_and_foreign_cookies_are_as_if_absent(self):
        segue = self.world(old=100, new=0)
        client, (jar,) = self.newcomers(segue, 1)
        good = jar.cookies["segue_s"]
        raw = bytearray(base64.urlsafe_b64decode(good + "=="))
        raw[4] ^= 1  # the pool
        forged = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
        for value in (forged, good[:-1], good + "A", good.swapcase(), "x", "", good[:10] + "." + good[10:]):
            response = client.request("GET", "/", {"Cookie": f"segue_s={value}"})
            self.assertEqual(len(response.head.all("Set-Cookie")), 1, value)
            self.assertEqual(response.body, b"old")
        other = self.segue(config({name: pool(s.address) for name, s in self.servers.items()},
                                  [route({"old": 0, "new": 100}, cohort="session")], workers=1,
                                  sessions={"secret": "another secret than that"}))
        response = self.connect(other).request("GET", "/", jar.field())
        self.assertEqual((response.body, len(response.head.all("Set-Cookie"))), (b"new", 1))

    def test_a_stray_duplicate_moves_nobody(self):
        segue = self.world(old=100, new=0)
        client, (jar,) = self.newcomers(segue, 1)
        segue.weights("all", old=0, new=100)
        good = jar.cookies["segue_s"]
        for value in (f"segue_s=garbage; segue_s={good}", f"segue_s={good}; segue_s=garbage"):
            response = client.request("GET", "/", {"Cookie": value})
            self.assertEqual((response.body, response.head.all("Set-Cookie")), (b"old", []))

    def test_no_pool_sets_our_cookie_or_one_that_is_marked_as_a_pools(self):
        hostile = ("segue_s=stolen", "__Host-segue_s=stolen", "=segue_s=stolen", "segue_s", "segue.new.JSESSIONID=x",
                   "__Secure-segue.old.a=x")
        answer = ok(b"old", **{})
        lines = b"".join(b"Set-Cookie: " + c.encode() + b"; Path=/\r\n" for c in (*hostile, "fine=1"))
        head, _, body = answer.partition(b"\r\n\r\n")
        bad = head + b"\r\n" + lines + b"\r\n" + body
        segue = self.world(old=100, new=0, answers={"old": lambda _, wire: wire.send(bad)})
        client, (jar,) = self.newcomers(segue, 1)
        response = client.request("GET", "/", jar.field())
        self.assertEqual(response.head.all("Set-Cookie"), ["fine=1; Path=/"])

    def test_undo_draws_sessions_anew(self):
        segue = self.world(old=100, new=0)
        segue.weights("all", old=0, new=100)
        client, (jar,) = self.newcomers(segue, 1)
        self.assertEqual(client.request("GET", "/", jar.field()).body, b"new")
        self.assertEqual(segue.ctl("undo").returncode, 0)
        self.assertEqual(client.request("GET", "/", jar.field()).body, b"old")

    def test_the_cookie_never_travels_upstream(self):
        segue = self.world(old=100, new=0)  # who comes without a cookie is drawn
        pools = {name: pool(server.address) for name, server in self.servers.items()}
        client, (jar,) = self.newcomers(segue, 1)
        good = jar.cookies["segue_s"]
        sent = [f"segue_s={good}", f"a=1; segue_s={good}; b=2", f"a=1;b=2; segue_s={good}", "a=1;b=2"]
        seen = ["(none)", "a=1; b=2", "a=1; b=2", "a=1;b=2"]
        for cookie in sent:
            client.request("GET", "/", {"Cookie": cookie})
        client.send(f"GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: segue_s={good}\r\nCookie: b=2;c=3\r\n\r\n")
        client.read_response()
        requests = self.servers[jar.pool].requests[-5:]
        self.assertEqual([r.get("Cookie", "(none)") for r in requests[:4]], seen)
        self.assertEqual(requests[4].head.all("Cookie"), ["a=1", "b=2;c=3"])
        # Nor from a route without sessions, when some other has them.
        segue = self.segue(config(pools, [
            route({"old": 50, "new": 50}, name="api", match={"path_prefix": "/api"}),
            route({"old": 50, "new": 50}, cohort="session")], workers=1))
        self.connect(segue).request("GET", "/api/", {"Cookie": f"segue_s={good}; a=1"})
        last = max((s.requests[-1] for s in self.servers.values() if s.requests
                    and s.requests[-1].head.target == b"/api/"), key=id)
        self.assertEqual(last.get("Cookie"), "a=1")

    def test_pipelined_requests_each_have_their_own_cookies(self):
        segue = self.world()
        client, jars = self.newcomers(segue, 12)
        wire = b""
        for jar in jars:
            wire += f"GET / HTTP/1.1\r\nHost: a\r\nCookie: n={id(jar)}; segue_s={jar.cookies['segue_s']}\r\n\r\n".encode()
        wire += b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        client.send(wire)
        for jar in jars:
            response = client.read_response()
            self.assertEqual((response.body.decode(), response.head.all("Set-Cookie")), (jar.pool, []))
            self.assertEqual([r.get("Cookie") for r in self.servers[jar.pool].requests].count(f"n={id(jar)}"), 1)
        self.assertEqual(len(client.read_response().head.all("Set-Cookie")), 1)


class Outages(SessionsCase):
    def test_a_dead_pools_sessions_go_elsewhere_and_return(self):
        segue = self.world(old=50, new=50, pools={"failback": {"stable": "0s", "steps": 1}})
        client, jars = self.newcomers(segue, 30)
        dead = self.servers["new"].address
        segue.admin("PUT", f"/v1/pools/new/endpoints/{dead}", {"state": "out"})
        wait_until("new is out", lambda: segue.endpoints("new")[dead]["rotation"] == "out")
        for jar in jars:
            response = self.visit(client, jar)
            self.assertEqual((response.body, response.head.all("Set-Cookie")), (b"old", []))
        segue.admin("PUT", f"/v1/pools/new/endpoints/{dead}", {"state": "ready"})
        wait_until("new is in", lambda: segue.endpoints("new")[dead]["rotation"] == "in")
        self.assertEqual([jar.pool for jar in jars], self.pools_of(client, jars))

    def test_a_new_session_is_of_the_pool_that_answered(self):
        segue = self.world(old=0, new=100, fallback=["old"], pools={"passive": False},
                           sections={"retry": {"attempts": 1}})
        self.servers["new"].close()
        client, (jar,) = self.newcomers(segue, 1)
        self.assertEqual(jar.pool, "old")
        self.assertIn("segue_s", jar.cookies)
        lines = segue.access_lines(1)
        self.assertEqual([a["pool"] for a in lines[0]["attempts"]], ["new", "old"])
        self.assertEqual(lines[0]["session"], "new")

    def test_a_session_at_a_pool_that_left_the_split_moves_for_good(self):
        segue = self.world(old=50, new=50)
        client, jars = self.newcomers(segue, 30)
        segue.write_config(config({name: pool(s.address) for name, s in self.servers.items()},
                                  [route({"new": 100}, cohort="session")], workers=1,
                                  sessions={"secret": "for a test, and for no more"}))
        answer = segue.admin("POST", "/v1/reload", {})
        self.assertEqual(answer.status, 200, answer)
        for jar in jars:
            response = self.visit(client, jar)
            self.assertEqual(response.body, b"new")
            self.assertEqual(len(response.head.all("Set-Cookie")), 1 if jar.pool == "old" else 0)
            self.assertEqual(self.visit(client, jar).head.all("Set-Cookie"), [])


class Testers(SessionsCase):
    HEADER = {"override": {"header": "X-Segue-Pool"}}
    BOTH = {"override": {"header": "X-Segue-Pool", "query": "segue_pool", "secret": "s3cret"}}

    def test_a_header_names_the_pool_and_stays_here(self):
        segue = self.world(old=100, new=0, **self.HEADER)
        client, jar = self.connect(segue), Jar()
        self.assertEqual(self.visit(client, jar, **{"x-segue-pool": "new"}).body, b"new")
        self.assertEqual(self.servers["new"].requests[-1].head.all("X-Segue-Pool"), [])
        self.assertEqual(self.visit(client, jar).body, b"new", "the tester's cookie does not hold")
        self.assertEqual(self.visit(client, jar, **{"X-Segue-Pool": "old"}).body, b"old")
        self.assertEqual(self.visit(client, jar).body, b"old")
        self.assertEqual(self.connect(segue).request().body, b"old")

    def test_with_a_secret_only_who_knows_it(self):
        segue = self.world(old=100, new=0, **self.BOTH)
        client = self.connect(segue)
        for value in ("new", "new:", "new:s3cre", "new:s3cret ", "new:s3crets", "new:S3CRET", ":s3cret", "gone:s3cret",
                      "s3cret", ""):
            got = client.request("GET", "/", {"X-Segue-Pool": value}) if value.strip() == value else None
            if got:
                self.assertEqual(got.body, b"old", value)
        self.assertEqual(client.request("GET", "/", {"X-Segue-Pool": "new:s3cret"}).body, b"new")
        self.assertEqual(client.request("GET", "/?a=1&segue_pool=new%3As3cret&b=%2F").body, b"new")
        self.assertEqual(self.servers["new"].requests[-1].head.target, b"/?a=1&b=%2F")
        self.assertEqual(client.request("GET", "/?segue_pool=new:s3cret").body, b"new")
        self.assertEqual(self.servers["new"].requests[-1].head.target, b"/")
        self.assertEqual(client.request("GET", "/?segue_pool=new:wrong&x").body, b"old")
        self.assertEqual(self.servers["old"].requests[-1].head.target, b"/?x")
        for server in self.servers.values():
            for request in server.requests:
                self.assertNotIn(b"s3cret", request.head.raw)
        lines = segue.access_lines(12)
        self.assertEqual([line.get("override") for line in lines[-4:]], ["taken", "taken", "taken", "refused"])
        self.assertEqual({line.get("override") for line in lines[:-4]}, {"refused"})
        self.assertNotIn("s3cret", "".join(segue.access_text(12)))
        self.assertEqual(segue.metric("segue_overrides_total", result="taken"), 3)

    def test_a_chosen_pool_that_cannot_is_fallen_back_from(self):
        segue = self.world(old=100, new=0, **self.HEADER)
        address = self.servers["new"].address
        segue.admin("PUT", f"/v1/pools/new/endpoints/{address}", {"state": "out"})
        wait_until("new is out", lambda: segue.endpoints("new")[address]["rotation"] == "out")
        client, jar = self.connect(segue), Jar()
        self.assertEqual(self.visit(client, jar, **{"X-Segue-Pool": "new"}).body, b"old")

    def test_a_route_without_it_passes_the_header_on(self):
        segue = self.world(old=100, new=0)
        self.connect(segue).request("GET", "/", {"X-Segue-Pool": "new"})
        self.assertEqual(self.servers["old"].requests[-1].get("X-Segue-Pool"), "new")

    def test_it_works_without_sessions_for_one_request(self):
        segue = self.world(old=100, new=0, cohort="request", **self.HEADER)
        client = self.connect(segue)
        response = client.request("GET", "/", {"X-Segue-Pool": "new"})
        self.assertEqual((response.body, response.head.all("Set-Cookie")), (b"new", []))
        self.assertEqual(client.request().body, b"old")


def counting(name):
    """An application with a session cookie: answers "NAME VISITS" of the session it finds, or begins one."""
    sessions = {}

    def answer(request, wire):
        found = re.search(r"(?:^|; )JSESSIONID=(\w+)", "; ".join(request.head.all("Cookie")))
        key = found[1] if found and found[1] in sessions else f"{name}{len(sessions)}"
        sessions[key] = sessions.get(key, 0) + 1
        fields = b"" if sessions[key] > 1 else b"Set-Cookie: JSESSIONID=%s; Path=/; HttpOnly\r\nSet-Cookie: theme=d\r\n" % \
            key.encode()
        wire.send(ok(b"%s %d" % (key.encode(), sessions[key]), fields))
    return answer


class Isolation(SessionsCase):
    def isolated(self, **settings):
        answers = {name: counting(name) for name in ("old", "new")}
        return self.world(answers=answers, override={"header": "X-Pool"},
                          **{"cohort": "request", "isolate_cookies": True, **settings})

    def test_both_applications_keep_their_session(self):
        segue = self.isolated()
        client, jar = self.connect(segue), Jar()
        for visits in range(1, 4):
            for name in ("old", "new"):
                self.assertEqual(self.visit(client, jar, **{"X-Pool": name}).body.decode(), f"{name}0 {visits}")
        self.assertEqual(set(jar.cookies), {"segue.old.JSESSIONID", "segue.new.JSESSIONID", "segue.old.theme",
                                            "segue.new.theme"})
        self.assertEqual(self.servers["new"].requests[-1].get("Cookie"), "JSESSIONID=new0; theme=d")

    def test_without_it_they_end_each_others(self):
        segue = self.isolated(isolate_cookies=False)
        client, jar = self.connect(segue), Jar()
        said = [self.visit(client, jar, **{"X-Pool": name}).body for name in ("old", "new", "old")]
        self.assertEqual(said, [b"old0 1", b"new0 1", b"old1 1"])

    def test_fields_stay_apart_and_their_attributes_untouched(self):
        segue = self.isolated()
        response = self.connect(segue).request("GET", "/", {"X-Pool": "old"})
        self.assertEqual(response.head.all("Set-Cookie"),
                         ["segue.old.JSESSIONID=old0; Path=/; HttpOnly", "segue.old.theme=d"])

    def test_only_names_that_are_listed(self):
        segue = self.isolated(isolate_cookies=["JSESSIONID*"])
        client, jar = self.connect(segue), Jar()
        self.visit(client, jar, **{"X-Pool": "old"})
        self.assertEqual(set(jar.cookies), {"segue.old.JSESSIONID", "theme"})

    def test_a_retry_elsewhere_takes_that_pools_cookies(self):
        segue = self.isolated(fallback=["old"], sections={"retry": {"attempts": 1}}, pools={"passive": False})
        client = self.connect(segue)
        self.servers["new"].close()
        client.request("GET", "/", {"X-Pool": "new", "Cookie": "segue.new.a=1; b=2; segue.old.a=3"})
        self.assertEqual(self.servers["old"].requests[-1].get("Cookie"), "b=2; a=3")

    def test_cookies_from_before_are_seen_until_the_pool_sets_its_own(self):
        segue = self.isolated()
        client, jar = self.connect(segue), Jar(JSESSIONID="before")
        self.visit(client, jar, **{"X-Pool": "old"})
        self.assertEqual(self.servers["old"].requests[-1].get("Cookie"), "JSESSIONID=before")
        self.visit(client, jar, **{"X-Pool": "old"})
        self.assertEqual(self.servers["old"].requests[-1].get("Cookie"), "JSESSIONID=old0; theme=d")

    def test_a_log_out_takes_away_what_the_first_pool_set_before(self):
        answers = {name: lambda request, wire: wire.send(ok(b"x", b"Set-Cookie: remember=; Max-Age=0; Path=/\r\n"))
                   for name in ("old", "new")}
        segue = self.world(answers=answers, cohort="request", override={"header": "X-Pool"}, isolate_cookies=True)
        client = self.connect(segue)
        plain, renamed = "remember=; Max-Age=0; Path=/", "segue.{}.remember=; Max-Age=0; Path=/"
        for name, cookie, expected in (("old", "remember=me", [renamed, plain]), ("new", "remember=me", [renamed]),
                                       ("old", "segue.old.remember=me", [renamed]),
                                       ("old", "remember=a; segue.old.remember=b", [renamed, plain])):
            response = client.request("GET", "/", {"X-Pool": name, "Cookie": cookie})
            self.assertEqual(response.head.all("Set-Cookie"), [e.format(name) for e in expected])

    def test_with_sessions_both_cookies_are_there(self):
        segue = self.isolated(cohort="session")
        response = self.connect(segue).request("GET", "/", {"X-Pool": "old"})
        values = response.head.all("Set-Cookie")
        self.assertEqual(values[:2], ["segue.old.JSESSIONID=old0; Path=/; HttpOnly", "segue.old.theme=d"])
        self.assertRegex(values[2], COOKIE)
        self.assertEqual(len(values), 3)

    def test_a_hundred_cookies_on_a_kept_connection(self):
        many = b"".join(b"Set-Cookie: c%d=%s; Path=/\r\n" % (i, b"v" * 40) for i in range(60))
        answers = {name: lambda request, wire: wire.send(ok(b"x", many)) for name in ("old", "new")}
        segue = self.world(answers=answers, cohort="request", isolate_cookies=True)
        client, jar = self.connect(segue), Jar()
        for _ in range(3):
            self.visit(client, jar)
        server = max(self.servers.values(), key=lambda s: len(s.requests))
        self.assertTrue({len(r.get("Cookie", "").split("; ")) for r in server.requests} <= {1, 60})


if __name__ == "__main__":
    main()
