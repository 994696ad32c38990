# labels: native
"""The budget of one warm request, kept by the real process: system calls, instructions, allocations."""
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("SEGUE_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(SOURCE / "bench"))
from lib import budget, load, processes, sandbox, syscalls, tools  # noqa: E402

BIN = os.environ.get("SEGUE_BIN", str(tools.SEGUE))
SKIPPED = 77  # ctest: every test of the file was skipped


@unittest.skipIf(os.environ.get("SEGUE_SANITIZE"), "sanitizers allocate and call for themselves")
class Budget(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = load.Origin().__enter__()
        cls.addClassCleanup(cls.origin.__exit__)
        cls.subject = budget.Subject("segue", BIN, cls.origin.port, processes.cores()[0])

    def holds(self, check):
        finding = budget.CHECKS[check](self.subject)
        print(finding, file=sys.stderr)
        self.assertTrue(finding.kept, str(finding))

    def test_a_warm_request_needs_two_reads_two_writes_and_a_share_of_the_wait(self):
        if not syscalls.saturated():
            self.skipTest("neither strace nor perf")
        for check in ("syscalls", "syscalls-tls", "syscalls-post", "syscalls-json"):
            with self.subTest(check):
                self.holds(check)

    def holds_instructions(self, check):
        if not tools.find("valgrind"):
            self.skipTest("valgrind is not installed")
        self.holds(check)

    def test_a_warm_get_stays_within_its_instructions(self):
        self.holds_instructions("instructions")

    def test_a_warm_get_over_tls_stays_within_its_instructions(self):
        self.holds_instructions("instructions-tls")

    def test_a_warm_post_stays_within_its_instructions(self):
        self.holds_instructions("instructions-post")

    def test_finding_a_cohort_in_a_body_stays_within_its_instructions(self):
        self.holds_instructions("instructions-json")

    def test_a_warm_get_allocates_nothing(self):
        self.holds("allocations-get")

    def test_a_warm_post_of_12_kib_allocates_nothing(self):
        self.holds("allocations-post")

    def test_a_warm_post_whose_body_names_its_cohort_allocates_nothing(self):
        self.holds("allocations-json")


if __name__ == "__main__":
    if not os.access(BIN, os.X_OK):
        sys.exit("SEGUE_BIN must name the segue binary to test")
    sandbox.enter()
    processes.raise_file_limit()
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if len(result.skipped) == result.testsRun else 0)
