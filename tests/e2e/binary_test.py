# labels: native
"""What the compiler and the linker were told, read from the binary: see cmake/Compiler.cmake."""
import os
import unittest

from support.case import SegueCase, main
from support.segue import BIN, SANITIZE


class Binary(SegueCase):
    def read(self, *options):
        return self.run_tool(self.need("readelf"), "-W", *options, BIN)

    def segment(self, kind):
        """The flags of a segment, "RE"; "" when there is none."""
        for line in self.read("--program-headers").splitlines():
            # Type, offset, two addresses, two sizes, flags, alignment.
            fields = line.split()
            if fields[:1] == [kind]:
                return "".join(fields[6:-1])
        return ""

    def test_it_can_be_loaded_anywhere(self):
        header = self.read("--file-header")
        self.assertRegex(header, r"Type:\s+DYN")
        self.assertRegex(self.read("--dynamic"), r"FLAGS_1\).*PIE")
        self.assertNotIn("TEXTREL", self.read("--dynamic"))

    def test_tables_of_addresses_are_read_only_once_it_runs(self):
        self.assertIn("GNU_RELRO", self.read("--program-headers"))
        self.assertRegex(self.read("--dynamic"), r"BIND_NOW|FLAGS_1\).*NOW")

    def test_the_stack_is_not_executable_and_nothing_is_writable_and_executable(self):
        self.assertEqual(self.segment("GNU_STACK"), "RW")
        for line in self.read("--program-headers").splitlines():
            if line.split()[:1] == ["LOAD"]:
                self.assertNotIn("RWE", line)

    def test_libraries_come_from_the_system_alone(self):
        for word in ("RPATH", "RUNPATH"):
            self.assertNotIn(word, self.read("--dynamic"))

    def test_stacks_are_guarded(self):
        self.assertIn("__stack_chk_fail", self.read("--dyn-syms"))

    @unittest.skipUnless(os.uname().machine == "x86_64", "a feature of x86-64")
    def test_indirect_jumps_land_where_they_should(self):
        # The linker sets the note when every object has it; the C library's start files may not.
        self.assertIn("endbr64", self.run_tool(self.need("objdump"), "-d", "--disassemble=main", BIN))

    @unittest.skipIf(SANITIZE, "sanitizers check more, and for themselves")
    def test_an_optimised_build_checks_lengths(self):
        version = self.run_tool(BIN, "--version")
        if "Debug" in version:
            self.skipTest("fortified functions need the optimiser")
        self.assertRegex(self.read("--dyn-syms"), r"__\w+_chk@")


if __name__ == "__main__":
    main()
