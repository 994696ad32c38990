# labels: once
"""bench/run measures what it says it measures: every proxy, every workload, and what becomes of the results."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

SOURCE = pathlib.Path(os.environ.get("SEGUE_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(SOURCE / "bench"))
from lib import programs, publish, ratios, targets, tools, variants, workloads  # noqa: E402

BIN = os.environ.get("SEGUE_BIN", str(tools.SEGUE))
LIMIT_SECONDS = 200
# One of each way to measure that peers take part in.
SAMPLE = ["get1k", "download1g", "idle", "websockets", "latency-5000"]


def bench(*arguments):
    return subprocess.run([SOURCE / "bench" / "run", "--segue", BIN, "--smoke", "--no-callgrind", *arguments],
                          capture_output=True, text=True, timeout=LIMIT_SECONDS)


def is_installed(name):
    program = variants.VARIANTS[name].program
    return program == "segue" or bool(programs.find(program))


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="segue-bench-test-")
        self.addCleanup(folder.cleanup)
        self.json = pathlib.Path(folder.name, "result.json")

    def measured(self, proxies, names):
        done = bench("--proxies", ",".join(proxies), "--workloads", ",".join(names), "--json", str(self.json))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("GET 1 KiB kept alive", done.stdout)
        return json.loads(self.json.read_text())

    def test_every_proxy_that_is_installed_is_measured(self):
        proxies = [name for name in variants.DEFAULT if is_installed(name)]
        facts = self.measured(proxies, SAMPLE)
        for name in SAMPLE:
            workload, rows = workloads.BY_NAME[name], facts["workloads"][name]["proxies"]
            wanted = {proxy for proxy in proxies if variants.VARIANTS[proxy].takes_part(workload)}
            self.assertLessEqual(wanted, set(rows), name)
        for name, row in facts["workloads"]["get1k"]["proxies"].items():
            with self.subTest(name):
                self.assertGreater(row["cost"]["median"], 0)
                self.assertGreater(row["syscalls"], 3)
                self.assertIn("subject", facts["workloads"]["get1k"]["ratios"][name])
        xml.etree.ElementTree.parse(self.json.with_suffix(".svg"))
        self.assertIn("## websockets", self.json.with_suffix(".md").read_text())

    def test_every_workload_runs(self):
        facts = self.measured(["segue+log"], list(workloads.BY_NAME))
        self.assertEqual(list(facts["workloads"]), list(workloads.BY_NAME))

    def test_a_name_that_is_not_known_is_answered_with_those_that_are(self):
        for option, value, said in (("--proxies", "ngnix", "nginx-tuned"), ("--workloads", "get2k", "get1k"),
                                    ("--proxies", "nginx+lgo", "+log"), ("--binary", "haproxy", "NAME=PROGRAM:PATH")):
            with self.subTest(value):
                done = bench(option, value)
                self.assertEqual(done.returncode, 2)
                self.assertIn(said, done.stderr)


class Results(unittest.TestCase):
    def test_a_ratio_is_taken_in_each_round_and_the_best_peer_has_the_lowest_median(self):
        costs = {"segue": [10, 30, 10], "nginx": [20, 60, 20], "h2o": [40, 40, 40], "relay": [5, 15, 5]}
        roles = {"segue": "subject", "nginx": "peer", "h2o": "peer", "relay": "floor"}
        result = ratios.compare(costs, roles)
        self.assertEqual((result["best_peer"], result["floor"]), ("nginx", "relay"))
        self.assertEqual(result["ratios"]["segue"]["best_peer"]["median"], 0.5)
        self.assertEqual(result["ratios"]["segue"]["floor"]["median"], 2)
        self.assertEqual(result["ratios"]["nginx"]["subject"]["median"], 0.5)

    def test_a_target_that_was_not_measured_is_not_missed(self):
        self.assertEqual(targets.missed({}), [])
        slow = {"get1k": {"subject": "segue", "proxies": {"segue": {"syscalls": 4.3}}, "ratios": {
            "segue": {"best_peer": {"median": 0.5}, "floor": {"median": 1.3}}}}}
        self.assertEqual([target.name for target in targets.missed(slow)],
                         ["GET 1 KiB kept alive, CPU over the bare relay's", "GET 1 KiB kept alive, system calls"])

    def test_a_binary_from_elsewhere_comes_beside_the_systems_or_takes_its_place(self):
        binaries = variants.Binaries()
        binaries.add("nginx=/opt/nginx")
        binaries.add("haproxy-3.4=haproxy:/opt/haproxy")
        self.assertEqual(binaries.paths, {"nginx": "/opt/nginx"})
        self.assertEqual(binaries.added, ["haproxy-3.4", "haproxy-3.4-tuned"])
        self.assertEqual(variants.named("haproxy-3.4-tuned+log", binaries.known).binary, "/opt/haproxy")
        for text in ("apache=/x", "nginx", "haproxy=haproxy:/x", "a+b=nginx:/x"):
            with self.subTest(text), self.assertRaises(variants.Unknown):
                binaries.add(text)

    def test_publishing_changes_nothing_but_the_section_between_the_markers(self):
        text = f"before\n{publish.BEGIN}\nold\n{publish.END}\nafter\n"
        self.assertEqual(publish.replace_section(text, "new\n"), f"before\n{publish.BEGIN}\nnew\n{publish.END}\nafter\n")
        with self.assertRaises(RuntimeError):
            publish.replace_section("no markers", "new")
        publish.replace_section((SOURCE / "README.md").read_text(), "new")

    def test_a_quick_run_is_not_published(self):
        with self.assertRaises(RuntimeError):
            publish.publish({"settings": {"quick": True}})
        self.assertEqual(bench("--publish").returncode, 2)


if __name__ == "__main__":
    if not os.access(BIN, os.X_OK):
        sys.exit("SEGUE_BIN must name the segue binary to test")
    unittest.main(verbosity=2)
