"""An operator moves webhooks with what `segue ctl --help` tells: a tenth, one repository, back, and all away."""
import json
import os
import threading

from support import github
from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.upstream import ok
from support.wire import WAIT

HOOK = "/github-webhook/"
REPOSITORIES = 200
NOISE = 4  # standard deviations
SECRET = "a secret"
# What --help has to name for the stories here.
VERBS = ["status", "splits", "weights", "pin", "unpin", "pins", "where", "explain", "history", "undo", "diff", "drain",
         "ready", "auto", "wait", "abort", "rebalance", "failback", "top", "events"]


class Operator(SegueCase):
    def setUp(self):
        if not os.path.exists(github.EXAMPLES):
            self.skipTest("tests/node_modules is not there; scripts/setup --tests installs it")
        event, payload = next(e for e in github.examples() if e[0] == "push")
        self.template = github.Template(event, payload)
        self.repositories = [github.Repository(n) for n in range(REPOSITORIES)]
        self.finish = threading.Event()  # lets a build's log end
        self.addCleanup(self.finish.set)
        self.servers = {name: self.upstream(answer=self.answers(name)) for name in ("old", "new")}
        self.proxy = self.segue(config({n: pool(s.address) for n, s in self.servers.items()}, [
            route({"old": 100, "new": 0}, name="webhooks", match={"path": HOOK, "methods": ["POST"]},
                  cohort="repository", cohort_group="ci"),
            route({"old": 100, "new": 0}, name="pages", match={"path_prefix": "/"}, cohort="path:/job/{*}/")],
            state={"dir": self.temporary()}))
        self.client = self.connect(self.proxy)

    def answers(self, name):
        def answer(request, wire):
            if request.head.target.endswith(b"/log"):  # a log that grows until the build ends
                wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").send_chunk(b"building\n")
                self.finish.wait(WAIT)
                wire.end_chunks()
            else:
                wire.send(ok(name.encode()))
        return answer

    # What the operator does, and what GitHub does meanwhile.
    def ctl(self, *args, code=0):
        done = self.proxy.ctl(*args)
        self.assertEqual(done.returncode, code, f"segue ctl {args}\n{done.stdout}\n{done.stderr}")
        self.assertTrue(code in (0, 3) or done.stderr.strip(), f"segue ctl {args} fails and says nothing")
        return done.stdout + done.stderr

    def deliver(self, repository):
        """The pool that a delivery for the repository gets to, and the delivery's id."""
        body = self.template.make(repository, os.urandom(20).hex())
        fields = github.fields(self.template.event, body, SECRET)
        response = self.client.again().request("POST", HOOK, fields, body)
        self.assertEqual(response.status, 200)
        return response.body.decode(), fields["X-GitHub-Delivery"]

    def on_new(self):
        """The full names of the repositories whose deliveries get to the new server now."""
        return {r.full_name for r in self.repositories if self.deliver(r)[0] == "new"}

    # The stories.
    def test_help_names_every_verb_and_each_shows_how(self):
        told = self.ctl("--help")
        for verb in VERBS:
            self.assertRegex(told, rf"(?m)^  {verb}\s", verb)
            self.assertIn("segue ctl " + verb, self.ctl(verb, "--help"))

    def test_a_tenth_of_the_webhooks_moves_and_comes_back(self):
        self.assertEqual(self.on_new(), set())
        rehearsed = self.ctl("weights", "webhooks", "old=90", "new=10", "--dry-run")
        self.assertIn("10", rehearsed)
        self.assertEqual(self.on_new(), set(), "a rehearsal moved something")
        self.ctl("weights", "webhooks", "old=90", "new=10", "--reason", "the first tenth")
        tenth = self.on_new()
        expected, deviation = REPOSITORIES * 0.1, (REPOSITORIES * 0.1 * 0.9) ** 0.5
        self.assertLessEqual(abs(len(tenth) - expected), NOISE * deviation)
        self.assertEqual(self.on_new(), tenth, "a repository moved without a change of weights")
        history = self.ctl("history")
        self.assertIn("the first tenth", history)
        self.ctl("weights", "webhooks", "old=50", "new=50", "--reason", "bolder")
        self.assertLess(tenth, self.on_new())
        self.ctl("undo")
        self.assertEqual(self.on_new(), tenth, "undo is not what was before")
        self.assertIn("new=10", self.ctl("diff"))  # the file says 0
        self.ctl("undo", "1", "--reason", "not this week")
        self.assertEqual(self.on_new(), set())
        self.assertIn("not this week", self.ctl("history"))

    def test_weights_for_a_while_come_back_by_themselves(self):
        few = self.repositories[:5]
        self.ctl("weights", "webhooks", "old=0", "new=100", "--for", "4s", "--reason", "a look")
        self.assertEqual({self.deliver(r)[0] for r in few}, {"new"})
        wait_until("the weights of before", lambda: self.proxy.split("webhooks")["new"]["weight"] == 0)
        self.assertEqual({self.deliver(r)[0] for r in few}, {"old"})

    def test_one_repository_is_pinned_and_explained(self):
        pilot, other = self.repositories[7], self.repositories[8]
        self.ctl("pin", "webhooks", pilot.full_name, "new", "--reason", "volunteers")
        self.assertEqual(self.on_new(), {pilot.full_name})
        listed = self.ctl("pins")
        for word in (pilot.full_name, "new", "volunteers"):
            self.assertIn(word, listed)
        self.assertRegex(self.ctl("where", pilot.full_name), r"(?s)new.*pin|pin.*new")
        self.assertIn("old", self.ctl("where", other.full_name))

        for repository, pool_name, why in ((pilot, "new", "pin"), (other, "old", "split")):
            got, delivery = self.deliver(repository)
            self.assertEqual(got, pool_name)
            told = self.ctl("explain", "--delivery", delivery)
            for word in (pool_name, why, repository.full_name):
                self.assertIn(word, told)
        self.ctl("unpin", "webhooks", pilot.full_name)
        self.assertEqual(self.on_new(), set())
        self.assertNotIn(pilot.full_name, self.ctl("pins"))

    def test_the_old_server_is_drained_and_waited_for(self):
        log = self.connect(self.proxy)
        log.send_request("GET", "/job/app/log")
        log.read_head()
        self.assertEqual(log.read_chunk(), b"building\n")
        self.ctl("weights", "webhooks", "old=0", "new=100", "pages", "old=0", "new=100")
        self.ctl("drain", "old", "--reason", "it goes away")
        self.assertEqual(len(self.on_new()), REPOSITORIES)
        self.assertIn("1 stream", self.ctl("wait", "drained", "old", "--timeout", "1s", code=3))
        self.finish.set()
        self.assertEqual(log.read_chunk(), b"")
        log.read_trailers()
        self.ctl("wait", "drained", "old", "--timeout", "20s")
        self.ctl("auto", "old")
        self.ctl("weights", "webhooks", "old=100", "new=0")
        self.assertEqual(self.on_new(), set())

    def test_everybody_back_at_once(self):
        pilot = self.repositories[3]
        self.ctl("weights", "webhooks", "old=20", "new=80")
        self.ctl("pin", "ci", pilot.full_name, "new", "--hard")
        self.assertIn(pilot.full_name, self.on_new())
        self.proxy.write_config_text("this is not [ TOML")  # whoever is in a hurry has broken the file, too
        self.ctl("abort", "webhooks", "--to", "old", "--reason", "builds hang")
        self.assertEqual(self.on_new(), set())
        self.assertIn("builds hang", self.ctl("history"))

    def test_refusals_say_what_is_wrong_and_change_nothing(self):
        before = self.proxy.get("/v1/status")["generation"]
        self.ctl("weights", "webhooks", "old=0", "new=0", code=2)
        self.assertIn("webhooks", self.ctl("weights", "webhook", "new=10", code=2))
        self.assertIn("nwe", self.ctl("pin", "webhooks", "team-1/project-1", "nwe", code=2))
        self.assertIn("odl", self.ctl("abort", "webhooks", "--to", "odl", code=2))
        self.ctl("unpin", "webhooks", "team-1/nobody", code=2)
        self.assertEqual(self.proxy.get("/v1/status")["generation"], before)
        self.assertEqual(json.loads(self.ctl("status", "--json"))["generation"], before)


if __name__ == "__main__":
    main()
