# labels: once
"""A real browser before two real sites: who is logged in stays logged in, on both sides of a shift."""
from support.browser import PLAYWRIGHT, Browser, Site
from support.case import SegueCase, main
from support.config import config, pool, route

import os
import shutil
import tempfile
import unittest

try:
    import django  # noqa: F401
except ImportError:
    django = None

HEADER, SECRET = "X-Segue-Pool", "for testers"


@unittest.skipUnless(django, "python3-django is not installed; scripts/setup --tests installs it")
@unittest.skipUnless(os.path.isdir(PLAYWRIGHT), "playwright-core is not installed; scripts/setup --tests installs it")
class InABrowser(SegueCase):
    @classmethod
    def setUpClass(cls):
        """One browser and two sites for all tests; every test's visitors are new ones."""
        for tool in ("node", "chromium"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"{tool} is not installed; scripts/setup --tests installs it")
        folder = tempfile.mkdtemp(prefix="segue-e2e-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.sites = {}
        for name, account, builds in (("old", "olga:one two three", [1, 2, 3]), ("new", "nora:four five six", [3, 4])):
            cls.sites[name] = Site(name, folder, account, builds)
            cls.addClassCleanup(cls.sites[name].close)
        cls.browser_ = Browser(shutil.which("chromium"), folder)
        cls.addClassCleanup(cls.browser_.close)

    def ask(self, do, who, **rest):
        return self.browser_.ask(do, f"{who} of {self.id()}", **rest)

    def world(self, **settings):
        settings = {"cohort": "session", "isolate_cookies": True, "lookup_on": [404],
                    "override": {"header": HEADER, "query": "segue_pool", "secret": SECRET}, **settings}
        self.segue_ = self.segue(config({name: pool(site.address) for name, site in self.sites.items()},
                                        [route({"old": 100, "new": 0}, **settings)]))
        self.url = "http://" + self.segue_.address()
        return self.segue_

    def page(self, who, path="/"):
        """(site, user) of the page there, as the visitor sees it."""
        self.ask("goto", who, url=self.url + path)
        return self.ask("read", who, what="#site"), self.ask("read", who, what="#user")

    def log_in(self, who, site):
        user, _, password = self.sites[site].account.partition(":")
        self.ask("goto", who, url=self.url + "/login")
        self.assertEqual(self.ask("read", who, what="#site"), site)
        self.ask("fill", who, fields={"#id_username": user, "#id_password": password})
        self.ask("click", who, what="#login")

    def choose(self, who, site):
        """The way of a tester, by a link."""
        return self.page(who, f"/?segue_pool={site}:{SECRET}")

    def test_users_of_both_sites_stay_logged_in_through_a_shift(self):
        segue = self.world()
        self.log_in("olga", "old")
        self.assertEqual(self.page("olga"), ("old", "olga"))
        for old, new in ((90, 10), (50, 50), (0, 100)):
            segue.weights("all", old=old, new=new)
            self.assertEqual(self.page("olga"), ("old", "olga"))
        self.log_in("nora", "new")  # comes when all weight is there
        self.assertEqual(self.page("nora"), ("new", "nora"))
        for old, new in ((50, 50), (100, 0), (0, 100)):
            segue.weights("all", old=old, new=new)
            self.assertEqual(self.page("nora"), ("new", "nora"))
            self.assertEqual(self.page("olga"), ("old", "olga"))

    def test_one_browser_is_logged_in_at_both_at_once(self):
        segue = self.world()
        self.log_in("both", "old")
        self.assertEqual(self.choose("both", "new"), ("new", "nobody"))
        self.log_in("both", "new")
        self.assertEqual(self.page("both"), ("new", "nora"))
        self.assertEqual(self.choose("both", "old"), ("old", "olga"))
        self.assertEqual(self.choose("both", "new"), ("new", "nora"))
        # Moved by operators, there and back.
        for old, new, wanted in ((100, 0, ("old", "olga")), (0, 100, ("new", "nora")), (100, 0, ("old", "olga"))):
            segue.weights("all", old=old, new=new)
            answer = segue.admin("POST", "/v1/groups/all/rebalance", {})
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(self.page("both"), wanted)
        # A log-out ends one of them.
        self.ask("click", "both", what="#logout")
        self.assertEqual(self.page("both"), ("old", "nobody"))
        self.assertEqual(self.choose("both", "new"), ("new", "nora"))

    def test_without_isolation_the_sites_log_each_others_users_out(self):
        self.world(isolate_cookies=False)
        self.log_in("both", "old")
        self.choose("both", "new")
        self.log_in("both", "new")
        self.assertEqual(self.choose("both", "old"), ("old", "nobody"))

    def test_who_was_logged_in_before_segue_came_still_is(self):
        self.world()
        through, self.url = self.url, "http://" + self.sites["old"].address  # one host, another port: one cookie jar
        self.log_in("olga", "old")
        self.url = through
        self.assertEqual(self.page("olga"), ("old", "olga"))
        self.assertEqual(self.choose("olga", "new"), ("new", "nobody"))
        self.log_in("olga", "new")
        self.assertEqual(self.choose("olga", "old"), ("old", "olga"))
        self.ask("click", "olga", what="#logout")
        self.assertEqual(self.page("olga"), ("old", "nobody"))
        self.assertEqual(self.choose("olga", "new"), ("new", "nora"))

    def test_a_deep_link_leads_to_the_site_that_has_it(self):
        segue = self.world()
        segue.weights("all", old=0, new=100)
        self.log_in("nora", "new")
        self.assertEqual(self.page("nora", "/build/2"), ("old", "nobody"))
        self.assertEqual(self.page("nora", "/build/3"), ("new", "nora"))
        self.assertEqual(self.page("nora"), ("new", "nora"))

    def test_scripts_do_not_see_the_sessions_cookie(self):
        self.world()
        self.log_in("olga", "old")
        self.assertNotIn("segue_s", self.ask("script", "olga", code="document.cookie"))
        cookies = {c["name"]: c for c in self.ask("cookies", "olga")}
        self.assertEqual(set(cookies), {"segue_s", "segue.old.JSESSIONID", "segue.old.csrftoken"})
        ours = cookies["segue_s"]
        self.assertEqual((ours["httpOnly"], ours["sameSite"], ours["path"], ours["expires"]), (True, "Lax", "/", -1))


if __name__ == "__main__":
    main()
