"""The tables of tests/wire: cases, their bytes, and the ways to cut them."""
import json
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "wire")

SINGLE_BYTES = 250  # a longer wire is padding: about as many pieces of more than one byte


def load(name):
    with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["cases"]


def raw(wire):
    """The bytes of a case: one character each; in a list, [count, text] is text count times."""
    if isinstance(wire, str):
        return wire.encode("latin-1")
    return b"".join(raw(part) if isinstance(part, str) else raw(part[1]) * part[0] for part in wire)


def spread(size, most):
    """At most `most` places to cut at, from 1 to size, the ends among them and the rest evenly spread."""
    if size <= most:
        return list(range(1, size + 1))
    return sorted({1 + i * (size - 1) // (most - 1) for i in range(most)})


def ways(wire, most, turn=0):
    """Lists of pieces: the whole, single bytes, and cuts in two. Which cuts are left out when there are too many
    depends on `turn` alone; those beside a line's end stay, for there the states of a parser change."""
    step = -(-len(wire) // SINGLE_BYTES) or 1
    small = [wire[i:i + step] for i in range(0, len(wire), step)] or [b""]
    lines = [i + n for i in range(len(wire)) if wire[i] in b"\r\n:;" for n in (0, 1)]
    lines = lines[:most // 2] + lines[-(most // 2):]
    rest = [i for i in spread(len(wire) - 1, most) if i not in lines]
    keep = max(1, most - len(set(lines)))
    stride = max(1, -(-len(rest) // keep))
    cuts = sorted({i for i in lines + rest[turn % stride::stride] if 0 < i < len(wire)})
    return [[wire], small] + [[wire[:i], wire[i:]] for i in cuts]


def batches(cases, most_cuts, size):
    """Lists of at most `size` (case, pieces). Those of many pieces go together, since a batch has as many rounds as
    its longest has pieces."""
    fed = [(case, way) for turn, case in enumerate(cases) for way in ways(raw(case["wire"]), most_cuts, turn)]
    fed.sort(key=lambda pair: 2 if len(pair[1]) <= 2 else len(pair[1]))
    return [fed[i:i + size] for i in range(0, len(fed), size)]


def said(way):
    """The pieces in a message about them, shortened."""
    shown = [repr(piece if len(piece) < 200 else piece[:80] + b"...") for piece in way[:4]]
    return " + ".join(shown + (["..."] if len(way) > 4 else []))
