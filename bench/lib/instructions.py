"""User instructions per request by callgrind: two runs with exact counts, their difference.

Start, configuration and shutdown cancel out. The number repeats to about 0.1 % on any machine, however
busy, which makes it the one to gate on. What the kernel does for the request is not in it.
"""
import pathlib
import re
import tempfile

from lib import load, tools
from lib.proxies import Proxy


def profiles(variant, origin_port, core, options, requests):
    """What callgrind wrote, as texts, about a whole life of the proxy that serves `requests`."""
    with tempfile.TemporaryDirectory(prefix="bench-callgrind-") as folder:
        wrap = [tools.find("valgrind"), "--tool=callgrind", f"--callgrind-out-file={folder}/out.%p",
                "--trace-children=no", "-q"]
        with Proxy(variant, origin_port, core, wrap=wrap) as proxy:
            load.run(proxy.port_for(options), **options, requests=requests)
        return [path.read_text() for path in pathlib.Path(folder).iterdir()]


def total(variant, origin_port, core, options, requests):
    """Instructions of that life."""
    found = sum(int(count) for text in profiles(variant, origin_port, core, options, requests)
                for count in re.findall(r"^totals: (\d+)", text, re.MULTILINE))
    if found == 0:
        raise RuntimeError(f"callgrind counted nothing for {variant.name}")
    return found


def per_request(variant, origin_port, core, options, counts):
    few, many = counts
    args = (variant, origin_port, core, options)
    return (total(*args, many) - total(*args, few)) / (many - few)
