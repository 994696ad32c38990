"""`segue demo` tells its story, loses nothing, and leaves nothing behind."""
import glob
import os
import re
import signal
import subprocess
import tempfile

from support.case import SegueCase, main
from support.process import end, start, wait_until
from support.segue import BIN


class Demo(SegueCase):
    def processes(self, directory):
        """Process ids that have `directory` in their command line."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    if directory.encode() in file.read():
                        found.append(int(path.split("/")[2]))
            except OSError:
                pass
        return found

    def run_demo(self, *options):
        directory = self.temporary()
        return directory, start([BIN, "demo", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={**os.environ, "TMPDIR": directory})

    def assert_nothing_left(self, directory):
        wait_until("the children's end", lambda: not self.processes(directory))
        self.assertEqual(os.listdir(directory), [])

    def test_the_fast_story_ends_well(self):
        directory, demo = self.run_demo("--fast")
        out, _ = demo.communicate(timeout=120)
        self.assertEqual(demo.returncode, 0, out)
        sent, answered, lost, doubled = map(int, re.search(
            r"verdict: (\d+) sent, (\d+) answered, (\d+) lost, (\d+) duplicated", out).groups())
        self.assertGreater(sent, 100)
        self.assertEqual((answered, lost, doubled), (sent, 0, 0), out)
        # The pool that failed has come back: in the end it has what its weight says.
        self.assertRegex(out[out.rindex("0/100"):], r"webhooks +new +100 +100\.0 %")
        self.assert_nothing_left(directory)

    def test_ctrl_c_cleans_up(self):
        directory, demo = self.run_demo()
        self.addCleanup(end, demo, signal.SIGKILL)
        wait_until("the stage", lambda: len(self.processes(directory)) >= 3)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
        self.assertEqual(demo.returncode, 130)
        self.assert_nothing_left(directory)

    def test_children_do_not_outlive_a_demo_that_is_killed(self):
        directory, demo = self.run_demo("--keep", "--fast")
        wait_until("the stage", lambda: len(self.processes(directory)) >= 3)
        demo.kill()
        demo.communicate(timeout=60)
        wait_until("the children's end", lambda: not self.processes(directory))

    def test_payloads_may_be_missing(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as empty:
            empty.write("[]")
            empty.flush()
            directory, demo = self.run_demo("--fast", "--payloads", empty.name)
            out, _ = demo.communicate(timeout=120)
        self.assertEqual(demo.returncode, 0, out)
        self.assertIn("made-up", out)


if __name__ == "__main__":
    main()
