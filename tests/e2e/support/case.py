"""The base of every end-to-end test."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from support.config import config, pool
from support.segue import BIN, SANITIZE, Segue
from support.upstream import ScriptedUpstream

SKIPPED = 77  # ctest: every test of the file was skipped


class SegueCase(unittest.TestCase):
    """What a test makes here ends with it, in reverse order; segue's end is asserted to be clean."""

    def __init__(self, *args):
        super().__init__(*args)
        self.upstreams = []

    def segue(self, *args, **kwargs):
        segue = Segue(*args, **kwargs)
        self.addCleanup(self._stop, segue)
        return segue

    def _stop(self, segue):
        outcome = self._outcome
        failed = outcome is not None and not outcome.success
        if failed and segue.process is not None:
            print(f"--- segue's log of {self.id()}\n{segue.errors()[-6000:]}---", file=sys.stderr)
        for upstream in self.upstreams:  # both ends leave first, so that draining has nothing to wait for
            upstream.hang_up()
        segue.stop()

    def upstream(self, answer=None, serve=False, **options):
        upstream = ScriptedUpstream(**options)
        self.upstreams.append(upstream)
        self.addCleanup(upstream.close)
        if serve or answer:
            upstream.serve(answer)
        return upstream

    def one(self, upstream=None, pool_settings=None, **sections):
        """segue with one pool "old" of one endpoint, and that upstream."""
        upstream = upstream or self.upstream()
        segue = self.segue(config({"old": pool(upstream.address, **(pool_settings or {}))}, **sections))
        return segue, upstream

    def connect(self, segue, listener="edge", **options):
        client = segue.connect(listener, **options)
        self.addCleanup(client.close)
        return client

    def temporary(self):
        path = tempfile.mkdtemp(prefix="segue-e2e-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def need(self, tool):
        """The tool's path; the test is skipped where it is not installed."""
        path = shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path is None:
            self.skipTest(f"{tool} is not installed")
        return path

    def run_tool(self, *command, wait=120, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=wait, **options)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def assert_sees_nothing(self, upstream):
        """No connection that waits, no byte that waits on those accepted."""
        self.assertFalse(upstream.pending(), "a connection came")
        for wire in upstream.wires:
            self.assertEqual(wire.buffer, b"")
            if wire.sock.fileno() < 0:  # closed by the test
                continue
            wire.sock.setblocking(False)
            try:
                self.assertEqual(wire.sock.recv(1), b"")
            except (BlockingIOError, ConnectionResetError):
                pass


def smaller(size):
    """Sizes under sanitizers, which are an order of magnitude slower."""
    return size // 16 if SANITIZE else size


def main():
    if not BIN or not os.access(BIN, os.X_OK):
        print("SEGUE_BIN must name the segue binary to test", file=sys.stderr)
        sys.exit(2)
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else 0)
