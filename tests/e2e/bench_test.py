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
from lib import (functions, names, parts, programs, publish, ratios, stacks, targets, tools, variants,  # noqa: E402
                 workloads)

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


class Where(unittest.TestCase):
    def ran(self, name, *arguments):
        done = subprocess.run([SOURCE / "bench" / name, "--segue", BIN, *arguments],
                              capture_output=True, text=True, timeout=LIMIT_SECONDS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    @unittest.skipIf(os.environ.get("SEGUE_SANITIZE"), "valgrind and sanitizers exclude each other")
    @unittest.skipUnless(tools.find("valgrind"), "valgrind is not installed")
    def test_instructions_are_told_by_function_and_add_up(self):
        said = json.loads(self.ran("lines", "--json"))
        self.assertGreater(said["total"], 1000)
        self.assertAlmostEqual(sum(row["self"] for row in said["functions"]), said["total"], places=3)
        inclusive = {row["name"]: row["inclusive"] for row in said["functions"]}
        self.assertGreater(inclusive["http::H1Parser::parse_head"], 100)
        self.assertGreater(inclusive["uv_run"], said["total"] / 2)

    @unittest.skipUnless(stacks.permitted(), "perf may not record here")
    def test_a_flame_graph_is_drawn_and_names_nothing_of_this_machine(self):
        with tempfile.TemporaryDirectory(prefix="segue-bench-test-") as folder:
            picture = pathlib.Path(folder, "flame.svg")
            said = self.ran("flame", "--seconds", "0.3", str(picture))
            drawn = picture.read_text()
        for part in ("user space", "  segue", "kernel", "  receive", "  send: the rest"):
            self.assertIn(part, said)
        xml.etree.ElementTree.fromstring(drawn)
        self.assertIn("net::Loop::", drawn)
        for hidden in (str(SOURCE), BIN, "/usr/", "/lib/"):
            self.assertNotIn(hidden, drawn)

    def test_callgrinds_format_is_read_with_its_abbreviations(self):
        profile = functions.Profile()
        profile.add("events: Ir\nob=(1) /opt/segue\nfl=(1) a.cc\nfn=(1) segue::outer(int)\n10 5\n+2 7\n"
                    "cob=(2) /lib/libuv.so.1\ncfn=(2) 0x0000000000000f60\ncalls=2 0\n* 30\n"
                    "cfn=(1)\ncalls=1 10\n* 9\n\nob=(2)\nfn=(2)\n0 30\n\ntotals: 42\n", {})
        self.assertEqual(profile.total, 42)
        self.assertEqual(profile.own, {"outer": 12, "libuv.so.1+0xf60": 30})
        self.assertEqual(profile.called, {"outer": 30})  # what calls itself is not counted twice

    def test_a_name_is_short_enough_to_read(self):
        for name, said in (
                ("segue::net::Loop::on_prepare(uv_prepare_s*)", "net::Loop::on_prepare"),
                ("void std::vector<std::pair<int, long>, A>::_M_realloc_insert<B>(C<D>, E&&)",
                 "std::vector::_M_realloc_insert"),
                ("std::_Function_handler<void (), segue::proxy::Worker::Worker(X const&)::{lambda()#1}>::_M_invoke",
                 "proxy::Worker::Worker::lambda"),
                ("segue::(anonymous namespace)::Less::operator()(int) const [clone .isra.0]", "Less::operator()"),
                ("bool segue::operator< <int>(A<int> const&)", "operator<"),
                ("operator new(unsigned long)", "operator new"),
                ("segue::A::operator bool() const", "A::operator bool"), ("clock_gettime@@GLIBC_2.17", "clock_gettime"),
                ("non-virtual thunk to segue::proxy::ClientH1::on_soon()", "proxy::ClientH1::on_soon"),
                ("foo'2", "foo"), ("x" * 100, "x" * 69 + "…")):
            with self.subTest(name):
                self.assertEqual(names.short(name), said)

    def test_a_sample_is_counted_in_one_part(self):
        kernel = "ffffffff81000000 {} ([kernel.kallsyms])\n".format
        send = kernel("__x64_sys_sendto") + kernel("do_syscall_64")
        send += "10 segue::net::Tcp::write (/opt/x)\n7f [unknown] ([unknown])\n"
        for script, part in (
                (kernel("ip_output") + send, "send: the rest"),
                (kernel("tcp_ack") + kernel("handle_softirqs") + send, "send: delivery by the loopback"),
                (kernel("try_to_wake_up") + kernel("handle_softirqs") + send, "wake-ups of others"),
                (kernel("handle_softirqs") + kernel("asm_sysvec_apic_timer_interrupt") + send, "interrupts"),
                (kernel("__seccomp_filter") + kernel("do_syscall_64"), "system call entry and seccomp"),
                (kernel("asm_exc_page_fault"), "other"), ("10 f (/opt/x)\n", "segue"),
                ("10 f (/opt/x (deleted))\n", "segue"),
                ("12 [unknown] (/lib/libuv.so.1)\n13 [unknown] (/lib/libuv.so.1)\n", "libuv.so.1")):
            with self.subTest(part):
                found = stacks.folded(script + "\n", stacks.Subject("segue", "/opt/x"))
                self.assertEqual([name for _, name in parts.counted(found)], [part])


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
