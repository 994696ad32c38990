"""What operators set is kept: over restarts, against a broken disk, into backups and back."""
import os
import resource
import shutil
import sqlite3
import subprocess

from support.case import SegueCase, main
from support.config import config, pool, route
from support.process import wait_until
from support.segue import BIN, ROOT, SANITIZE
from support.upstream import ok


class State(SegueCase):
    def setUp(self):
        self.servers = {n: self.upstream(lambda r, w, n=n: w.send(ok(n.encode()))) for n in ("old", "new")}
        self.dir = os.path.join(self.temporary(), "state")

    def file(self, state=None, split=None, **sections):
        return config({n: pool(s.address) for n, s in self.servers.items()},
                      [route(split or {"old": 90, "new": 10}, name="ui")],
                      **({"state": state} if state is not None else {"state": {"dir": self.dir}}), **sections)

    def change(self, segue, reason="", **weights):
        body = {"weights": weights, **({"reason": reason} if reason else {})}
        return segue.admin("PUT", "/v1/splits/ui", body)

    def served(self, segue):
        return {name: row["weight"] for name, row in segue.split("ui").items()}

    def events(self, segue, name):
        return [e for e in segue.get("/v1/events")["events"] if e["name"] == name]

    # Kept.
    def test_a_restart_serves_what_was_set(self):
        segue = self.segue(self.file())
        answer = self.change(segue, old=0, new=100)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["revision"], 1)
        segue.admin("PUT", f"/v1/pools/old/endpoints/{self.servers['old'].address}", {"state": "drain"})
        for restart in (segue.end, segue.crash):
            restart()
            segue.start_again()
            self.assertEqual(self.served(segue), {"old": 0, "new": 100})
            self.assertEqual(self.connect(segue).request().body, b"new")
            self.assertEqual(segue.endpoints("old")[self.servers["old"].address]["rotation"], "drain")
            self.assertEqual(segue.get("/v1/state")["revision"], 2)

    def test_weights_of_the_file_are_the_files_until_somebody_sets_them(self):
        segue = self.segue(self.file())
        segue.end()
        segue.write_config(self.file(split={"old": 1, "new": 1}))
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 1, "new": 1})
        self.change(segue, old=0, new=5)
        segue.end()
        segue.write_config(self.file(split={"old": 3, "new": 4}))
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 0, "new": 5})
        self.assertTrue(any("the file says" in w for w in segue.get("/v1/status")["warnings"]))
        self.assertEqual(segue.ctl("reload", "--weights-from-file").returncode, 0)
        self.assertEqual(self.served(segue), {"old": 3, "new": 4})
        segue.crash()
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 3, "new": 4})

    def test_what_the_file_no_longer_has_waits_for_its_return(self):
        segue = self.segue(self.file())
        self.change(segue, old=0, new=7)
        segue.end()
        whole = self.file()
        part = self.file()
        part["routes"] = [route({"old": 1}, name="other")]
        segue.write_config(part)
        segue.start_again()
        segue.end()
        segue.write_config(whole)
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 0, "new": 7})

    def test_weights_for_a_while_end_also_over_a_restart(self):
        segue = self.segue(self.file())
        done = segue.ctl("weights", "ui", "new=90", "--for", "2s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.served(segue)["new"], 90)
        segue.crash()
        segue.start_again()
        wait_until("the revert", lambda: self.served(segue)["new"] == 10)
        self.assertEqual(segue.get("/v1/history")["revisions"][0]["by"], "segue")

    def test_an_endpoint_that_was_down_is_down_after_a_restart(self):
        gone = self.upstream()
        gone.close()
        checks = {"preset": "tcp", "interval": "100ms", "interval_changing": "100ms", "interval_down": "1h"}
        file = self.file()
        file["pools"]["new"] = pool(gone.address, health=checks)
        segue = self.segue(file)
        segue.wait_endpoint("new", gone.address, health="down")
        since = segue.get("/v1/health?pool=new")["endpoints"][0]["since"]
        segue.end()
        segue.start_again()
        self.assertEqual(segue.get("/v1/health?pool=new")["endpoints"][0]["since"], since)

    # History.
    def test_history_undo_and_diff(self):
        segue = self.segue(self.file())
        self.assertIn("nothing was changed", segue.ctl("history").stdout)
        self.assertIn("no difference", segue.ctl("diff").stdout)
        for n in range(1, 6):
            self.change(segue, reason=f"step {n}", old=90, new=10 + n)
        page = segue.get("/v1/history?limit=2")
        self.assertEqual([r["revision"] for r in page["revisions"]], [5, 4])
        self.assertEqual(page["revisions"][0]["reason"], "step 5")
        self.assertIn("new=15", page["revisions"][0]["what"])
        self.assertEqual(page["revisions"][0]["uid"], os.geteuid())
        page = segue.get(f"/v1/history?limit=2&before={page['next_before']}")
        self.assertEqual([r["revision"] for r in page["revisions"]], [3, 2])
        detail = segue.get("/v1/history/3")
        self.assertEqual(detail["before"]["weights"]["ui"]["new"], 12)
        self.assertEqual(detail["after"]["weights"]["ui"]["new"], 13)
        self.assertEqual(segue.admin("GET", "/v1/history/6").status, 404)
        shown = segue.ctl("history")
        self.assertIn("step 5", shown.stdout)
        diff = segue.get("/v1/diff")
        self.assertFalse(diff["same"])
        self.assertIn("old=90 new=15", segue.ctl("diff").stdout)

        done = segue.ctl("undo", "--reason", "too fast")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.served(segue), {"old": 90, "new": 14})
        newest = segue.get("/v1/history")["revisions"][0]
        self.assertEqual((newest["revision"], newest["reason"]), (6, "too fast"))
        self.assertIn("undo", newest["what"])
        self.assertEqual(segue.ctl("undo", "2").returncode, 0)
        self.assertEqual(self.served(segue), {"old": 90, "new": 11})
        self.assertEqual(segue.ctl("undo", "1").returncode, 0)
        self.assertTrue(segue.get("/v1/diff")["same"])
        self.assertEqual(segue.ctl("undo", "99").returncode, 2)
        self.assertEqual(segue.ctl("undo", "--if-match", "1").returncode, 2)
        segue.crash()
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 90, "new": 10})

    def test_a_dry_run_of_undo_changes_nothing(self):
        segue = self.segue(self.file())
        self.change(segue, new=50)
        done = segue.ctl("undo", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("new=10", done.stdout)
        self.assertEqual(self.served(segue)["new"], 50)
        self.assertEqual(segue.get("/v1/state")["revision"], 1)

    # Backups.
    def test_a_backup_is_restored_on_a_fresh_machine(self):
        segue = self.segue(self.file())
        self.change(segue, reason="the big move", old=0, new=100)
        backup = os.path.join(self.temporary(), "backup.db")
        done = segue.ctl("backup", backup)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.stat(backup).st_mode & 0o777, 0o600)
        self.assertEqual(segue.ctl("backup", backup).returncode, 2)
        self.change(segue, old=1, new=0)

        fresh = os.path.join(self.temporary(), "state")
        restored = subprocess.run([BIN, "restore", backup, "--state-dir", fresh], capture_output=True, text=True)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.assertIn("old=0 new=100", restored.stdout)
        other = self.segue(self.file(state={"dir": fresh}))
        self.assertEqual(self.served(other), {"old": 0, "new": 100})
        self.assertEqual(other.get("/v1/history")["revisions"][0]["reason"], "the big move")
        self.assertEqual(self.change(other, old=2, new=3).json()["revision"], 2)

    def test_restoring_is_careful(self):
        def restore(*arguments):
            return subprocess.run([BIN, "restore", *arguments], capture_output=True, text=True)
        segue = self.segue(self.file())
        self.change(segue, old=0, new=100)
        backup = os.path.join(self.temporary(), "backup.db")
        segue.ctl("backup", backup)
        used = restore(backup, "--state-dir", self.dir, "--replace")
        self.assertEqual(used.returncode, 1)
        self.assertIn("in use by another segue", used.stderr)
        self.change(segue, old=1, new=1)
        segue.end()
        there = restore(backup, "--state-dir", self.dir)
        self.assertEqual(there.returncode, 1)
        self.assertIn("--replace", there.stderr)
        with open(backup, "rb") as file:
            whole = file.read()
        self.assertIn(b"new=100", whole)
        with open(backup, "wb") as file:
            file.write(whole.replace(b"new=100", b"new=900"))
        damaged = restore(backup, "--state-dir", self.dir, "--replace")
        self.assertEqual(damaged.returncode, 1)
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 1, "new": 1})
        segue.ctl("backup", backup + "2")
        self.change(segue, old=5, new=5)
        segue.end()
        done = restore(backup + "2", "-c", segue.config_path, "--replace")
        self.assertEqual(done.returncode, 0, done.stderr)
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 1, "new": 1})
        self.assertEqual(len([n for n in os.listdir(self.dir) if "before" in n]), 1)

    def test_backups_are_written_by_themselves(self):
        segue = self.segue(self.file(state={"dir": self.dir, "backup": "1s", "backup_keep": 2}))
        self.change(segue, old=0, new=100)
        wait_until("three backups", lambda: len(self.events(segue, "backup.written")) >= 3)
        folder = os.path.join(self.dir, "backups")
        names = sorted(n for n in os.listdir(folder) if n.endswith(".db"))
        self.assertEqual(len(names), 2)
        fresh = os.path.join(self.temporary(), "state")
        restored = subprocess.run([BIN, "restore", os.path.join(folder, names[-1]), "--state-dir", fresh],
                                  capture_output=True, text=True)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.assertIsNotNone(segue.get("/v1/state")["backups"]["last"])

    # Broken.
    def assert_refuses_and_serves(self, segue, word):
        self.assertEqual(self.connect(segue).request().status, 200)
        refused = self.change(segue, old=0, new=100)
        self.assertEqual(refused.status, 503, refused)
        self.assertIn(word, refused.json()["detail"])
        self.assertEqual(segue.ctl("weights", "ui", "new=11").returncode, 1)
        self.assertEqual(segue.metric("segue_state_writable"), 0)
        state = segue.get("/v1/state")
        self.assertFalse(state["writable"])
        self.assertIn(word, state["problem"])
        self.assertTrue(any(word in w for w in segue.get("/v1/status")["warnings"]))
        self.assertEqual(self.events(segue, "state.failed")[0]["level"], "error")
        self.assertEqual(segue.ctl("reload").returncode, 0)  # the file needs no journal

    def test_a_damaged_database_is_left_alone_and_served_without(self):
        segue = self.segue(self.file())
        for n in range(30):
            self.change(segue, old=0, new=100 + n)
        segue.end()
        path = os.path.join(self.dir, "segue.db")
        shutil.copy(path, path + ".good")
        with open(path, "r+b") as file:
            file.seek(4096)
            file.write(os.urandom(4096))
        with open(path, "rb") as file:
            damaged = file.read()
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 90, "new": 10})
        self.assert_refuses_and_serves(segue, "damaged")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), damaged)
        os.replace(path + ".good", path)
        wait_until("the repaired journal", lambda: segue.get("/v1/state")["writable"])
        # What was served meanwhile is what goes on being served, and a revision.
        self.assertEqual(self.served(segue), {"old": 90, "new": 10})
        self.assertEqual(self.change(segue, old=0, new=1).status, 200)
        self.assertEqual(segue.ctl("undo", "31").returncode, 0)
        self.assertEqual(self.served(segue), {"old": 0, "new": 129})

    def test_a_directory_that_cannot_be_one_is_served_without(self):
        with open(self.dir, "w"):
            pass
        segue = self.segue(self.file())
        self.assert_refuses_and_serves(segue, "not a folder")
        os.unlink(self.dir)
        wait_until("a directory", lambda: segue.get("/v1/state")["writable"])
        self.assertEqual(self.change(segue, old=0, new=100).status, 200)
        self.assertEqual(segue.metric("segue_state_writable"), 1)

    def test_a_full_disk_refuses_changes_and_nothing_else(self):
        segue = self.segue(self.file())
        self.change(segue, old=80, new=20)
        before = resource.prlimit(segue.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(segue.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            self.assert_refuses_and_serves(segue, "cannot be used")
            self.assertEqual(self.served(segue), {"old": 80, "new": 20})
        finally:
            resource.prlimit(segue.pid, resource.RLIMIT_FSIZE, before)
        self.assertEqual(self.change(segue, old=0, new=100).status, 200)
        self.assertEqual(segue.get("/v1/state")["revision"], 2)
        wait_until("the event", lambda: self.events(segue, "state.recovered"))

    def test_abort_works_when_nothing_can_be_written(self):
        segue = self.segue(self.file())
        self.change(segue, old=20, new=80)
        before = resource.prlimit(segue.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(segue.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            self.assertEqual(self.change(segue, old=0, new=100).status, 503)
            done = segue.ctl("abort", "ui", "--to", "old", "--json")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(self.served(segue)["new"], 0)
            self.assertEqual(self.connect(segue).request().body, b"old")
            self.assertEqual(segue.get("/v1/state")["unwritten"], 1)
        finally:
            resource.prlimit(segue.pid, resource.RLIMIT_FSIZE, before)
        wait_until("the abort in the history", lambda: segue.get("/v1/state")["revision"] == 2)
        self.assertEqual(segue.get("/v1/state")["unwritten"], 0)
        segue.crash()
        segue.start_again()
        self.assertEqual(self.served(segue)["new"], 0)

    def test_two_processes_cannot_share_a_directory(self):
        segue = self.segue(self.file())
        other = os.path.join(self.temporary(), "other.toml")
        with open(segue.config_path) as file:
            text = file.read().replace(segue.admin_path, segue.admin_path + "2")
        with open(other, "w") as file:
            file.write(text)
        done = subprocess.run([BIN, "run", *segue.as_root, "-c", other], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"in use by another segue (process {segue.pid})", done.stderr)
        self.assertEqual(self.change(segue, old=0, new=100).status, 200)

    def test_a_database_of_the_future_is_not_touched(self):
        segue = self.segue(self.file())
        self.change(segue, old=0, new=100)
        segue.end()
        path = os.path.join(self.dir, "segue.db")
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 99")
        database.commit()
        database.close()
        segue.start_again()
        self.assert_refuses_and_serves(segue, "newer segue")

    # Without a directory.
    def test_without_a_directory_there_is_a_history_until_the_end(self):
        segue = self.segue(self.file(state={}))
        self.assertEqual(self.change(segue, old=0, new=100).status, 200)
        self.assertEqual(segue.ctl("undo").returncode, 0)
        self.assertEqual(self.served(segue), {"old": 90, "new": 10})
        self.assertTrue(any("do not survive" in w for w in segue.get("/v1/status")["warnings"]))
        self.assertIsNone(segue.get("/v1/state")["dir"])
        segue.crash()
        segue.start_again()
        self.assertEqual(segue.get("/v1/history")["revisions"], [])

    def test_systemds_directory_is_the_default(self):
        segue = self.segue(self.file(state={}), env={"STATE_DIRECTORY": self.dir})
        self.change(segue, old=0, new=100)
        segue.crash()
        segue.start_again()
        self.assertEqual(self.served(segue), {"old": 0, "new": 100})
        self.assertEqual(segue.get("/v1/state")["dir"], self.dir)


if __name__ == "__main__":
    main()
