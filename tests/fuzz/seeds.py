#!/usr/bin/env python3
"""Writes the wires of tests/wire as seeds: seeds.py FOLDER makes FOLDER/requests, FOLDER/responses and so on."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from support.table import load, raw  # noqa: E402

CUT = b"\x05"  # the first byte says how the rest is cut (oracle.h)
LONGEST = 2000  # bytes; padding teaches a fuzzer nothing


def write(folder, name, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "".join(c if c.isalnum() else "_" for c in name)[:80]), "wb") as file:
        file.write(data)


def run(folder):
    for case in load("requests"):
        wire = raw(case["wire"])
        if len(wire) > LONGEST:
            continue
        for target in ("h1_request", "requests"):
            write(os.path.join(folder, target), case["name"], CUT + wire)
        head, _, body = wire.partition(b"\r\n\r\n")
        if b"\r\nTransfer-Encoding: chunked" in head:
            write(os.path.join(folder, "chunked"), case["name"], CUT + body)
        line = wire.partition(b"\r\n")[0].split(b" ")
        if len(line) == 3:
            write(os.path.join(folder, "target"), case["name"], line[1])
    for case in load("responses"):
        wire = raw(case["wire"])
        if len(wire) > LONGEST:
            continue
        request = case.get("request", "GET")
        # What responses_fuzz.cc takes for HEAD, for an upgrade and for HTTP/1.0.
        kind = 5 if request.startswith("HEAD") else 6 if "Upgrade:" in request else 7 if "HTTP/1.0" in request else 4
        write(os.path.join(folder, "h1_response"), case["name"], CUT + wire)
        write(os.path.join(folder, "responses"), case["name"], bytes([kind]) + wire)


if __name__ == "__main__":
    run(sys.argv[1])
