"""Upstreams are killed and come back under load: reads never notice, writes are never doubled."""
import collections
import os
import signal
import subprocess
import sys
import threading

from support.case import SegueCase, main
from support.client import RawClient
from support.config import config, pool
from support.nginx import Nginx
from support.process import end, start, wait_until

KILLS = 10
READERS = 8
# A kill fails what is in flight to that endpoint at once; all of it may be asked again.
EAGER = {"attempts": 2, "budget": 1.0, "budget_min": 100}
# Health finds a server that is back at once; an ejection would keep it out for half a minute.
NO_EJECTION = {"enabled": False}
HEALTH = {"path": "/", "interval": "100ms", "interval_changing": "100ms", "interval_down": "100ms"}


class Load:
    """Threads that send requests one after another until told to stop."""

    def __init__(self, address, threads, request):
        self.address, self.request = address, request
        self.stopping, self.lock = False, threading.Lock()
        self.results = collections.Counter()
        self.problems = []
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, thread):
        client, number = None, 0
        while not self.stopping:
            number += 1
            try:
                client = client or RawClient(self.address)
                client.received = b""
                response = self.request(client, f"{thread}-{number}")
                outcome = response.status
                if response.head.has_token("Connection", "close"):
                    client = None
            except Exception as problem:
                outcome, client = type(problem).__name__, None
                self.problems.append(repr(problem))
            with self.lock:
                self.results[outcome] += 1

    def total(self):
        with self.lock:
            return sum(self.results.values())

    def wait_more(self, count):
        wait_until(f"{count} more requests", lambda t=self.total() + count: self.total() >= t)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        return self.results


class Crash(SegueCase):
    def test_reads_do_not_notice_that_nginx_dies_ten_times(self):
        binary = self.need("nginx")
        servers = [Nginx(binary, f'location / {{ return 200 "{n}"; }}', host=f"127.0.0.{n + 2}") for n in range(2)]
        for server in servers:
            self.addCleanup(server.stop)
        segue = self.segue(config({"old": pool(*(s.address for s in servers), health=HEALTH, passive=NO_EJECTION)}, retry=EAGER))
        for server in servers:
            segue.wait_endpoint("old", server.address, health="up")
        load = Load(segue.address(), READERS, lambda client, name: client.request("GET", f"/{name}"))
        self.addCleanup(load.stop)
        for _ in range(KILLS):
            load.wait_more(100)
            servers[0].kill()
            load.wait_more(100)
            servers[0].start()
            segue.wait_endpoint("old", servers[0].address, rotation="in")
        load.wait_more(100)
        results = load.stop()
        bad = [line for line in segue.access_lines(0) if line["status"] != 200]
        self.assertEqual(set(results), {200}, f"{results} {load.problems[:5]} {bad[:3]}")

    def test_writes_are_never_delivered_twice(self):
        record = self.temporary() + "/deliveries"
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "support", "recorder.py")
        recorders = {}

        def run(slot, port):
            process = start([sys.executable, script, str(port), record], stdout=subprocess.PIPE, text=True)
            recorders[slot] = process
            return int(process.stdout.readline())
        ports = [run(slot, 0) for slot in (0, 1)]
        self.addCleanup(lambda: [end(p, signal.SIGKILL) for p in recorders.values()])
        addresses = [f"127.0.0.1:{port}" for port in ports]
        segue = self.segue(config({"old": pool(*addresses, health=HEALTH, passive=NO_EJECTION)}, retry=EAGER))
        for address in addresses:
            segue.wait_endpoint("old", address, health="up")
        load = Load(segue.address(), READERS,
                    lambda client, name: client.request("POST", "/hook", {"X-Delivery": name}, b"payload"))
        self.addCleanup(load.stop)
        for _ in range(KILLS):
            load.wait_more(50)
            recorders[0].kill()
            recorders[0].wait()
            load.wait_more(50)
            run(0, ports[0])
            segue.wait_endpoint("old", addresses[0], rotation="in")
        load.wait_more(50)
        results = load.stop()
        with open(record) as file:
            posts = [line.split()[1] for line in file if line.startswith("POST")]
        self.assertEqual([d for d, n in collections.Counter(posts).items() if n > 1], [], "delivered twice")
        self.assertGreaterEqual(len(posts), results[200], "answered, but never delivered")
        self.assertLessEqual(set(results), {200, 502}, f"{results} {load.problems[:5]}")


if __name__ == "__main__":
    main()
