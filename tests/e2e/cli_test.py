"""The commands that need no running process: check, explain, schema, version."""
import json
import subprocess

from support.case import SegueCase, main
from support.config import config, pool, route, to_toml
from support.segue import BIN


class Cli(SegueCase):
    def run_segue(self, *args):
        return subprocess.run([BIN, *args], capture_output=True, text=True, timeout=30)

    def write(self, text):
        path = self.temporary() + "/segue.toml"
        with open(path, "w") as file:
            file.write(text)
        return path

    def good(self):
        return to_toml({**config({"old": pool("127.0.0.1:1"), "new": pool("127.0.0.1:2")},
                                 [route({"old": 90, "new": 10}, name="ui", cohort="header:X-Repo")]),
                        "admin": {"socket": "/tmp/segue-never-used.sock"}})

    def test_version(self):
        done = self.run_segue("--version")
        self.assertEqual(done.returncode, 0)
        self.assertIn("segue", done.stdout)

    def test_check_is_quiet_about_a_good_file(self):
        done = self.run_segue("check", "-c", self.write(self.good()))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_check_print_is_stable(self):
        first = self.run_segue("check", "--print", "-c", self.write(self.good()))
        self.assertEqual(first.returncode, 0, first.stderr)
        again = self.run_segue("check", "--print", "-c", self.write(first.stdout))
        self.assertEqual(again.stdout, first.stdout)

    def test_check_names_every_problem_with_its_place(self):
        text = self.good().replace("split = ", "splitt = ").replace('"127.0.0.1:1"', '"127.0.0.1"')
        path = self.write(text)
        done = self.run_segue("check", "-c", path)
        self.assertNotEqual(done.returncode, 0)
        said = done.stdout + done.stderr
        self.assertRegex(said, r"segue\.toml:\d+:\d+: .*splitt")
        self.assertIn("did you mean", said)
        self.assertRegex(said, r"segue\.toml:\d+:\d+: .*endpoints")

    def test_run_refuses_what_check_refuses(self):
        done = self.run_segue("run", "-c", self.write("nonsense = 1\n"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("nonsense", done.stderr)

    def test_a_missing_file_is_named(self):
        done = self.run_segue("run", "-c", "/nonexistent/segue.toml")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/nonexistent/segue.toml", done.stderr)

    def test_schema_is_json(self):
        document = json.loads(self.run_segue("schema").stdout)
        self.assertIn("properties", document)

    def test_explain_names_route_and_pool(self):
        done = self.run_segue("explain", "-c", self.write(self.good()), "GET", "http://ci.example.com/x", "-H", "X-Repo: a")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ui", done.stdout)

    def test_a_busy_port_is_a_clear_refusal(self):
        taken = self.upstream()
        path = self.temporary()
        text = to_toml({**config({"old": pool("127.0.0.1:1")}, listeners={"edge": {"address": taken.address}}),
                        "admin": {"socket": path + "/admin.sock"}})
        done = self.run_segue("run", "--allow-root", "-c", self.write(text))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(taken.address, done.stderr)


if __name__ == "__main__":
    main()
