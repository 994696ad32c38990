#!/usr/bin/env python3
"""Sums ctest's JUnit files in a folder by test case, not by program; the last line is the sum.

A program of doctest or unittest says how many cases it ran; whatever else ctest ran is one case.
Further arguments name steps that failed before their tests. Exits 1 on failure or when nothing ran.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def number(pattern, text):
    match = re.search(pattern, text)
    return int(match[1]) if match else 0


def count(case):
    """(passed, failed, skipped) of one ctest entry."""
    text = case.findtext("system-out") or ""
    status = case.get("status")
    if case.find("skipped") is not None and status != "fail":
        # "notrun" without a reason of ours (77) is a program that ctest could not start.
        reason = case.find("skipped").get("message") or ""
        return (0, 0, 1) if "SKIP" in reason or status == "disabled" else (0, 1, 0)
    doctest = re.search(r"test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed", text)
    ran = re.findall(r"^Ran (\d+) tests? in ", text, re.M)
    if doctest:  # its "skipped" are the cases of the other files
        passed, failed, skipped = int(doctest[1]), int(doctest[2]), 0
    elif ran:
        end = text[text.rindex("Ran " + ran[-1]):]
        failed = number(r"failures=(\d+)", end) + number(r"errors=(\d+)", end)
        failed += number(r"unexpected successes=(\d+)", end)
        skipped = number(r"skipped=(\d+)", end)
        passed = max(0, int(ran[-1]) - failed - skipped)
    else:
        passed, failed, skipped = (0, 1, 0) if status == "fail" else (1, 0, 0)
    if status == "fail" and failed == 0:
        failed = 1  # all cases passed, the program did not: a leak, a race, a crash at exit
    return passed, failed, skipped


def main():
    total = [0, 0, 0]
    folder, broken = pathlib.Path(sys.argv[1]), sys.argv[2:]
    for preset in ("dev", "asan", "tsan"):
        file = folder / f"{preset}.xml"
        if not file.exists():
            continue
        mine, bad = [0, 0, 0], []
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            counts = count(case)
            mine = [a + b for a, b in zip(mine, counts)]
            if counts[1]:
                bad.append(case.get("name"))
        print(f"{preset:5} {mine[0]} passed, {mine[1]} failed, {mine[2]} skipped")
        for name in bad:
            print(f"      FAILED {name}")
        total = [a + b for a, b in zip(total, mine)]
    for step in broken:
        print(f"      FAILED {step}; what follows it did not run")
        total[1] += 1
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] or not total[0] else 0


sys.exit(main())
