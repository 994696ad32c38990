# labels: native
"""What the running process can still do, seen from outside: identity, privileges, filter, descriptors, secrets."""
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import unittest

from support import unix_http
from support.case import SegueCase, main
from support.config import config, pool, route, to_toml
from support.process import wait_until
from support.segue import BIN, ROOT, SANITIZE, Segue
from support.upstream import ok

SOURCE = os.environ.get("SEGUE_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NOBODY = pwd.getpwnam("nobody")
as_root = unittest.skipUnless(ROOT, "only root can become somebody else")
unsanitized = unittest.skipIf(SANITIZE, "sanitizers need system calls of their own")


def statuses(pid):
    """/proc/PID/task/*/status of every thread, as dictionaries."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            found.append(dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line))
    return found


class Dropping(Segue):
    """Like Segue, with its configuration and logs where [process] user finds them."""

    def __init__(self, whole, config_mode=0o644):
        self.whole, self.config_mode = whole, config_mode
        super().__init__(whole, as_root=())

    def write_config(self, config):
        os.chmod(self.dir, 0o755)
        self.admin_path = self.whole["admin"]["socket"]
        super().write_config(config)
        os.chmod(self.config_path, self.config_mode)

    def log(self):
        with open(self.whole["log"]["file"]) as file:
            return file.read()


class Confined(SegueCase):
    def settled(self, segue):
        """With a name to look up, so that libuv's threads are there too."""
        wait_until("process.started", lambda: "process.started" in segue.errors())
        return statuses(segue.pid)

    def served(self, **options):
        upstream = self.upstream(serve=True)
        port = upstream.address.rpartition(":")[2]
        return self.segue(config({"old": pool(f"localhost:{port}")}), **options)

    @unsanitized
    def test_every_thread_has_no_new_privileges_and_a_filter(self):
        segue = self.served()
        threads = self.settled(segue)
        self.assertGreater(len(threads), 3)
        for thread in threads:
            self.assertEqual((thread["NoNewPrivs"], thread["Seccomp"]), ("1", "2"), thread["Name"])
        self.assertEqual(self.connect(segue).request().status, 200)
        self.assertIn("seccomp=on", segue.errors())

    @unittest.skipUnless(SANITIZE, "without a sanitizer the filter is on")
    def test_a_sanitizer_build_says_that_it_is_not_confined(self):
        segue = self.served()
        self.assertEqual({t["Seccomp"] for t in self.settled(segue)}, {"0"})
        self.assertIn("process.not_confined", segue.errors())

    def test_the_filter_can_be_left_out(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(upstream.address)}, process={"seccomp": False}))
        for thread in self.settled(segue):
            self.assertEqual((thread["NoNewPrivs"], thread["Seccomp"]), ("1", "0"), thread["Name"])
        self.assertIn("seccomp=off", segue.errors())

    @unsanitized
    def test_the_filter_can_be_tried_out(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(upstream.address)}, process={"seccomp": "log"}))
        self.assertEqual({t["Seccomp"] for t in self.settled(segue)}, {"2"})
        self.assertEqual(self.connect(segue).request().status, 200)

    @unsanitized
    def test_memory_stays_private(self):
        upstream = self.upstream(serve=True)
        segue = self.segue(config({"old": pool(upstream.address)}, process={"core_dumps": False}))
        self.settled(segue)
        with open(f"/proc/{segue.pid}/limits") as file:
            core = next(line for line in file if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])
        self.assertEqual(os.stat(f"/proc/{segue.pid}/mem").st_uid, 0)  # what not being dumpable does

    def test_a_crash_may_leave_a_core_file_when_it_is_allowed_to(self):
        segue = self.segue(config({"old": pool("127.0.0.1:1")}, process={"core_dumps": True}))
        self.settled(segue)
        ours = resource.getrlimit(resource.RLIMIT_CORE)
        self.assertEqual(resource.prlimit(segue.pid, resource.RLIMIT_CORE), ours)
        self.assertEqual(os.stat(f"/proc/{segue.pid}/mem").st_uid, os.geteuid())


class Root(SegueCase):
    def file(self, **process):
        path = os.path.join(self.temporary(), "segue.toml")
        text = {**config({"old": pool("127.0.0.1:1")}),
                "admin": {"socket": os.path.join(os.path.dirname(path), "admin.sock")}}
        if process:
            text["process"] = process
        with open(path, "w") as file:
            file.write(to_toml(text))
        return path

    def refusal(self, path, *args):
        done = subprocess.run([BIN, "run", "-c", path, *args], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse(os.path.exists(os.path.join(os.path.dirname(path), "admin.sock")))
        return done.stderr

    @as_root
    def test_root_that_nobody_asked_for_is_refused_and_told_what_to_do(self):
        path = self.file()
        said = self.refusal(path)
        for part in ("refusing to run as root", f"set [process] user in {path}", "start it as another user",
                     "--allow-root", "allow_root = true"):
            self.assertIn(part, said)

    @as_root
    def test_a_user_that_is_not_there_is_refused_before_anything_is_bound(self):
        self.assertIn('[process] user "no-such-user": there is no such user', self.refusal(self.file(user="no-such-user")))

    @as_root
    def test_the_file_may_allow_root_too(self):
        segue = self.segue(config({"old": pool("127.0.0.1:1")}, process={"allow_root": True}), as_root=(),
                           wait_ready=False)
        self.assertEqual(statuses(segue.pid)[0]["Uid"].split(), ["0"] * 4)

    def test_who_is_not_root_is_not_asked(self):
        path = self.file(user="")
        folder = os.path.dirname(path)
        command = [BIN, "run", "-c", path]
        if ROOT:
            shutil.chown(folder, NOBODY.pw_uid)
            os.chmod(folder, 0o755)
            command = [self.need("setpriv"), f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups",
                       *command]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        admin = os.path.join(folder, "admin.sock")
        wait_until("the admin socket", lambda: process.poll() is not None or os.path.exists(admin))
        self.assertIsNone(process.poll())


@as_root
class Dropped(SegueCase):
    """Started as root with [process] user."""

    def setUp(self):
        self.up = self.upstream(serve=True)
        self.place = self.temporary()
        os.chmod(self.place, 0o755)

    def started(self, group=None, config_mode=0o644, **sections):
        logs = os.path.join(self.place, "logs")
        os.makedirs(logs, exist_ok=True)
        shutil.chown(logs, NOBODY.pw_uid)
        whole = config({"old": pool(self.up.address)},
                       process={"user": "nobody", **({"group": group} if group else {})},
                       admin={"socket": os.path.join(self.place, "run", "admin.sock")},
                       log={"file": os.path.join(logs, "segue.log"), "access": {"file": os.path.join(logs, "access.log")}},
                       **sections)
        segue = Dropping(whole, config_mode)
        self.addCleanup(self._stop, segue)
        return segue

    def test_every_thread_is_the_user_with_no_capability_and_no_way_back(self):
        segue = self.started()
        self.assertEqual(self.connect(segue).request().status, 200)
        for thread in statuses(segue.pid):
            self.assertEqual(thread["Uid"].split(), [str(NOBODY.pw_uid)] * 4, thread["Name"])
            self.assertEqual(thread["Gid"].split(), [str(NOBODY.pw_gid)] * 4, thread["Name"])
            self.assertNotIn("0", thread["Groups"].split(), thread["Name"])
            for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(thread[kind], 16), 0, f"{thread['Name']} {kind}")

    def test_the_group_may_be_another(self):
        segue = self.started(group="daemon")
        self.assertEqual({t["Gid"].split()[1] for t in statuses(segue.pid)}, {"1"})

    def test_the_admin_socket_is_the_users_and_works(self):
        segue = self.started()
        info = os.stat(segue.admin_path)
        self.assertEqual((info.st_uid, stat.S_IMODE(info.st_mode)), (NOBODY.pw_uid, 0o600))
        self.assertEqual(segue.ctl("status").returncode, 0)
        asked = self.run_tool(self.need("setpriv"), f"--reuid={NOBODY.pw_uid}", "--clear-groups", self.need("curl"), "-sS",
                              "--fail", "--unix-socket", segue.admin_path, "http://segue/live")
        self.assertTrue(asked)
        path = segue.admin_path
        segue.stop()
        self.assertFalse(os.path.exists(path))  # the folder is the user's too

    def test_a_unix_listener_is_the_users_and_works(self):
        path = os.path.join(self.place, "data.sock")
        name = "@" + os.path.basename(self.place)  # abstract: there is no file to give away
        segue = self.started(listeners={"local": {"address": f"unix:{path}"}, "hidden": {"address": f"unix:{name}"}})
        self.assertEqual(os.stat(path).st_uid, NOBODY.pw_uid)
        self.assertEqual(unix_http.ask(path, "GET", "/").status, 200)

    def test_low_ports_are_bound_before_and_out_of_reach_after(self):
        address = self.low_port()
        segue = self.started(listeners={"low": {"address": address}})
        self.assertEqual(self.connect(segue, "low").request().status, 200)
        other = self.low_port()
        segue.write_config({**segue.whole, "listeners": {**segue.whole["listeners"], "more": {"address": other}}})
        done = segue.ctl("reload")
        self.assertNotEqual(done.returncode, 0)
        for part in (other, "take a privilege that segue does not have", "restart it", "CAP_NET_BIND_SERVICE"):
            self.assertIn(part, done.stdout + done.stderr)
        self.assertEqual(self.connect(segue, "low").request().status, 200)
        segue.write_config(segue.whole)
        self.assertEqual(segue.ctl("reload").returncode, 0)

    def low_port(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
            first = int(file.read())
        for port in range(first - 1, 0, -1):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            if port not in getattr(self, "taken", ()):
                self.taken = (*getattr(self, "taken", ()), port)
                return f"127.0.0.1:{port}"
        self.skipTest("no privileged port is free")

    def test_logs_are_opened_again_after_a_rotation(self):
        segue = self.started()
        self.assertEqual(self.connect(segue).request().status, 200)
        logs = os.path.join(self.place, "logs")
        wait_until("access line", lambda: os.path.getsize(os.path.join(logs, "access.log")))
        for name in ("segue.log", "access.log"):
            os.rename(os.path.join(logs, name), os.path.join(logs, name + ".1"))
        segue.process.send_signal(signal.SIGUSR1)
        for name in ("segue.log", "access.log"):
            wait_until(name, lambda n=name: os.path.exists(os.path.join(logs, n)))
            self.assertEqual(os.stat(os.path.join(logs, name)).st_uid, NOBODY.pw_uid)

    def test_logs_that_could_not_be_opened_again_are_refused_at_the_start(self):
        logs = os.path.join(self.place, "roots")
        os.mkdir(logs, 0o755)
        os.mkdir(os.path.join(logs, "own"))
        path = os.path.join(self.place, "segue.toml")
        with open(path, "w") as file:
            file.write(to_toml({**config({"old": pool(self.up.address)}, process={"user": "nobody"}),
                                "admin": {"socket": os.path.join(self.place, "run", "admin.sock")},
                                "log": {"file": os.path.join(logs, "segue.log")}}))
        done = subprocess.run([BIN, "run", "-c", path], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        for part in (logs + "/segue.log", "as user nobody", "after a rotation"):
            self.assertIn(part, done.stderr)

    def test_a_configuration_that_no_reload_could_read_is_a_warning(self):
        segue = self.started(config_mode=0o600)
        wait_until("the warning", lambda: "warn config.unreadable" in segue.log())
        done = segue.ctl("reload")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Permission denied", done.stdout + done.stderr)
        self.assertEqual(self.connect(segue).request().status, 200)


class Unit(SegueCase):
    def test_systemd_understands_the_unit(self):
        tool = self.need("systemd-analyze")
        with open(os.path.join(SOURCE, "scripts", "segue.service")) as file:
            unit = file.read()
        self.assertIn("ExecStart=/usr/local/bin/segue run", unit)
        path = os.path.join(self.temporary(), "segue.service")
        with open(path, "w") as file:
            file.write(unit.replace("/usr/local/bin/segue", os.path.realpath(BIN)))
        done = subprocess.run([tool, "verify", path], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


class Promises(SegueCase):
    def test_the_tests_that_the_threat_model_names_are_there(self):
        with open(os.path.join(SOURCE, "docs", "threat-model.md")) as file:
            named = set(re.findall(r"`(tests/[\w/]+\.\w+)`", file.read()))
        self.assertGreater(len(named), 30)
        self.assertEqual([path for path in sorted(named) if not os.path.exists(os.path.join(SOURCE, path))], [])


class Descriptors(SegueCase):
    LIMIT = 512

    def test_clients_cannot_take_the_last_descriptor(self):
        upstream = self.upstream(serve=True)
        # Nobody who is in leaves while the others connect, however slow the machine is.
        segue = self.segue(config({"old": pool(upstream.address, idle_connections_max=0)}, workers=1,
                                  timeouts={"head": "5m", "keep_alive": "5m"}),
                           wrap=(self.need("prlimit"), f"--nofile={self.LIMIT}:{self.LIMIT}", "--"))
        self.assertIn("descriptors.short limit=512", segue.errors())
        self.assertIn("LimitNOFILE", segue.errors())
        clients = [segue.connect() for _ in range(self.LIMIT)]
        for client in clients:
            self.addCleanup(client.close)
        served = 0
        for client in clients:
            try:
                served += client.request().status == 200
            except (ConnectionError, AssertionError) as problem:
                self.assertNotIn("nothing came", str(problem))
        refused = len(clients) - served
        self.assertGreater(served, 0)
        self.assertGreater(refused, 0)
        # The admin socket answers, the log has no failure to dial, and who is in is served.
        self.assertEqual(segue.ctl("status").returncode, 0)
        self.assertEqual(segue.get("/v1/listeners")["listeners"][0]["refused"], refused)
        self.assertEqual(clients[0].request().status, 200)
        self.assertLess(segue.open_files(), self.LIMIT)

    def test_the_soft_limit_is_raised_to_the_hard_one(self):
        segue = self.segue(config({"old": pool("127.0.0.1:1")}, [route({"old": 1})]),
                           wrap=(self.need("prlimit"), "--nofile=256:4096", "--"))
        self.assertEqual(resource.prlimit(segue.pid, resource.RLIMIT_NOFILE), (4096, 4096))


class Secrets(SegueCase):
    SENTINEL = "s3ntinel-of-this-test"

    def test_a_secret_shows_nowhere(self):
        seen = []
        upstream = self.upstream(lambda request, wire: (seen.append(request), wire.send(ok())))
        health = {"path": "/", "interval": "100ms", "headers": {"Authorization": f"Bearer {self.SENTINEL}"}}
        segue = self.segue(config({"old": pool(upstream.address, health=health)}, log={"level": "debug"}))
        segue.wait_endpoint("old", upstream.address, health="up")
        self.assertEqual(seen[0].get("Authorization"), f"Bearer {self.SENTINEL}")  # it is used
        everywhere = [segue.ctl("get", path).stdout for path in
                      ("/v1/config", "/v1/status", "/v1/pools", "/v1/health", "/v1/events", "/v1/pools/old/endpoints")]
        everywhere.append(segue.admin("GET", "/metrics").body.decode())
        for args in (("--print",), ("--print", "--json"), ()):
            everywhere.append(self.run_tool(BIN, "check", *args, segue.config_path))
        self.assertIn("Authorization", everywhere[0])
        # Mistakes around it, offline and in a reload.
        with open(segue.config_path) as file:
            good = file.read()
        for bad in (good.replace('Bearer ', 'Bearer\\n'), good.replace(f'"Bearer {self.SENTINEL}"', f'["{self.SENTINEL}"]'),
                    good.replace(f'"Bearer {self.SENTINEL}"', f'"{self.SENTINEL}'),
                    good.replace(f'"Bearer {self.SENTINEL}"', self.SENTINEL)):
            segue.write_config_text(bad)
            done = subprocess.run([BIN, "check", segue.config_path], capture_output=True, text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            reloaded = segue.ctl("reload")
            self.assertNotEqual(reloaded.returncode, 0)
            everywhere += [done.stdout + done.stderr, reloaded.stdout + reloaded.stderr]
        everywhere += [segue.errors(), segue.ctl("get", "/v1/events").stdout]
        for text in everywhere:
            self.assertNotIn(self.SENTINEL, text)


if __name__ == "__main__":
    main()
