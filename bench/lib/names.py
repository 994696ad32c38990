"""Names of functions as a person would say them: without parameters, template arguments and return types,
without what the compiler and the linker append, and without the namespace that all of ours are in."""
import collections
import re
import subprocess

from lib import tools

LENGTH_MAX = 70

# What clones, symbol versions and callgrind's levels of recursion append.
SUFFIXES = re.compile(r"( \[clone [^]]*\]|\.(isra|part|constprop|cold|lto_priv|llvm)(\.\d+)?|@@?[A-Z][\w.]*|'\d+)+$")
# std::function's own frame says in its arguments whom it calls.
FUNCTION = re.compile(r"^std::_Function_handler<.*?\), (.*)>::_M_(invoke|manager)\b.*$")
# Brackets that are part of an operator's name, hidden from what removes brackets.
OPERATORS = re.compile(r"operator(\(\)|<=>|<<=?|>>=?|->\*?|<=?|>=?)(?= ?[(<]|$) ?")
HIDDEN = str.maketrans("()<>", "\1\2\3\4")
SHOWN = str.maketrans("\1\2\3\4", "()<>")


# What the linker calls a second entry of a function whose real name stands at the same address.
ENTRY = ".LTHUNK"


def entries(binary):
    """{the linker's name: the real one} of the functions that have both."""
    said = subprocess.run([tools.find("nm"), "-C", binary], capture_output=True, text=True).stdout
    at = collections.defaultdict(list)
    for line in said.splitlines():
        address, _, rest = line.partition(" ")
        at[address].append(rest[2:])
    return {name: real[0] for found in at.values() for name in found
            if name.startswith(ENTRY) and (real := [one for one in found if not one.startswith(ENTRY)])}


def without_brackets(text):
    """Without anything between < and >, ( and ), however nested."""
    kept, depth = [], 0
    for letter in text:
        if letter in "<(":
            depth += 1
        elif letter in ">)":
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(letter)
    return "".join(kept)


def short(name):
    """At most LENGTH_MAX characters. Several functions may share a short name: overloads, instances."""
    name = SUFFIXES.sub("", name.strip())
    name = re.sub(r"^(non-)?virtual thunk to ", "", name)
    name = FUNCTION.sub(r"\1", name).replace("(anonymous namespace)::", "").replace("[abi:cxx11]", "")
    name = OPERATORS.sub(lambda found: found[0].rstrip().translate(HIDDEN), name)
    name = re.sub(r"\{lambda#\d+\}", "lambda", without_brackets(name))
    name = re.sub(r"( const| volatile|&)+(?=::|$)", "", name)
    name = name.replace("operator ", "operator\5")  # new, delete and conversions
    name = name.rpartition(" ")[2].replace("\5", " ").translate(SHOWN)
    name = re.sub(r"\bstd::__(cxx11|1)::", "std::", name).removeprefix("segue::")
    return name if len(name) <= LENGTH_MAX else name[:LENGTH_MAX - 1] + "…"
