"""Two Buildbot masters behind segue: while weights move, each delivery of GitHub becomes one change on one of them."""
import collections
import os
import time

from support import github
from support.buildbot import HOOK, SECRET, Masters
from support.case import main
from support.senders import Senders

STEPS = [0, 10, 50, 100, 50, 10, 0]  # of "new"
REPOSITORIES = 24
TWICE = 2  # answers to each repository between two steps: one would say nothing about moving to and fro


class Deliveries(Masters):
    def test_each_delivery_is_one_change_on_one_master(self):
        repositories = [github.Repository(n) for n in range(REPOSITORIES)]
        segue = self.proxy()
        before = self.changes()
        senders = Senders(segue.address(), HOOK, SECRET, repositories)
        self.addCleanup(senders.stop)
        windows = []
        for new in STEPS:
            segue.weights("webhooks", old=100 - new, new=new)
            begin = time.monotonic()
            senders.wait_round(begin, repositories, TWICE)
            windows.append((new, senders.between(begin, time.monotonic())))
        deliveries = senders.stop()

        lost = [(d.repository.full_name, d.status, d.problem) for d in deliveries if d.status not in (200, 202)]
        self.assertEqual(lost, [], f"of {len(deliveries)}")
        changes = {revision: at for revision, at in self.changes().items() if revision not in before}
        self.assertEqual(set(changes), {d.revision for d in deliveries})
        self.assertEqual({r: at for r, at in changes.items() if len(at) != 1}, {}, "more than one change")
        for name, row in segue.split("webhooks").items():
            self.assertEqual(row["requests"], sum(at == [name] for at in changes.values()), name)

        on_new = []  # at each step: the repositories that were there
        for new, window in windows:
            masters = collections.defaultdict(set)
            for delivery in window:
                masters[delivery.repository].add(changes[delivery.revision][0])
            self.assertEqual(set(masters), set(repositories))
            both = [r.full_name for r, names in masters.items() if len(names) > 1]
            self.assertEqual(both, [], f"on both masters at weight {new}")
            on_new.append({r for r, names in masters.items() if names == {"new"}})
        self.assertEqual([len(on_new[STEPS.index(0)]), len(on_new[STEPS.index(100)])], [0, REPOSITORIES])
        for earlier, later in zip(range(3), range(1, 4)):
            self.assertLessEqual(on_new[earlier], on_new[later], "a repository moved against the weights")
        self.assertEqual(on_new, on_new[::-1], "the same weights, but another division")
        self.assertTrue(0 < len(on_new[STEPS.index(50)]) < REPOSITORIES)
        print(f"{len(deliveries)} deliveries, repositories on new: {[len(s) for s in on_new]}")


    def test_a_killed_master_loses_and_doubles_nothing_that_was_answered(self):
        repositories = [github.Repository(n) for n in range(REPOSITORIES)]
        segue = self.proxy()
        segue.weights("webhooks", old=100, new=0)
        senders = Senders(segue.address(), HOOK, SECRET, repositories)
        self.addCleanup(senders.stop)
        senders.wait_answers(REPOSITORIES)
        self.masters["old"].kill()
        killed = time.monotonic()
        senders.wait_round(killed, repositories, 1)
        deliveries = senders.stop()
        self.masters["old"].start().wait_ready()
        changes = self.changes()
        self.assertEqual({r: at for r, at in changes.items() if len(at) != 1}, {}, "more than one change")
        answered = {d.revision for d in deliveries if d.status in (200, 202)}
        self.assertEqual(answered - set(changes), set(), "answered, but no change")
        failed = [d for d in deliveries if d.revision not in answered]
        self.assertEqual({d.status for d in failed} - {502}, set(), [d.problem for d in failed])
        # Those had been written to the dying master, and nobody can know what it did with them.
        lines = segue.access_lines(len(deliveries))
        faults = [line["attempts"][-1]["fault"] for line in lines if line["status"] == 502]
        self.assertEqual(len(faults), len(failed))
        self.assertEqual(set(faults) - {"reset", "closed_early"}, set())
        after = [d for d in deliveries if d.sent > killed]
        self.assertEqual({changes[d.revision][0] for d in after if d.status in (200, 202)}, {"new"})
        print(f"{len(deliveries)} deliveries, {len(failed)} failed, {len(after)} after the kill")


    def test_the_largest_delivery_that_github_sends(self):
        segue = self.proxy()
        segue.weights("webhooks", old=0, new=100)
        revision, repository = os.urandom(20).hex(), github.Repository(2)
        body = github.templates()["push"][0].make(repository, revision)
        # The repository comes last, as it does; what is long comes before it.
        body = body.replace(b'"compare":"', b'"compare":"' + b"#" * (github.PAYLOAD_MAX - len(body)), 1)
        self.assertEqual(len(body), github.PAYLOAD_MAX)
        self.assertGreater(body.index(b'"repository":'), github.PAYLOAD_MAX - 10_000)
        client = self.connect(segue)
        fields = github.fields("push", body, SECRET)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        client.send(f"POST {HOOK} HTTP/1.1\r\nHost: ci.example.com\r\nContent-Length: {len(body)}\r\n{lines}"
                    "Expect: 100-continue\r\n\r\n")
        self.assertEqual(client.read_head().status, 100)
        client.send(body)
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(self.changes()[revision], ["new"])


if __name__ == "__main__":
    main()
