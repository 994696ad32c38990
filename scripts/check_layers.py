#!/usr/bin/env python3
"""Who may include whom. Run as the ctest `layers`; a new arrow is a change here."""
import pathlib, re, sys

MAY_INCLUDE = {  # folder: the folders its files may name, besides itself
    "lib/base": set(),
    "lib/net": {"lib/base"},
    "lib/http": {"lib/base"},
    "lib/store": {"lib/base"},
    "lib/call": {"lib/base", "lib/net", "lib/http"},
    "conf": {"lib/base"},
    "routing": {"lib/base", "lib/http", "conf"},
    "telemetry": {"lib/base"},
    "health": {"lib/base", "lib/net", "lib/call", "routing", "telemetry"},
    "proxy": {"lib/base", "lib/net", "lib/http", "routing", "telemetry"},
    "webhook": {"lib/base", "lib/http", "lib/store", "routing", "telemetry"},
    "rollout": {"lib/base", "lib/store", "conf", "routing", "telemetry"},
    "admin": {"lib/base", "lib/net", "lib/http", "lib/store", "conf", "routing", "health",
              "telemetry", "webhook", "rollout"},
    "app": {"*"}, "tests": {"*"}, "bench": {"*"},
}

def folder(path):
    return next((f for f in MAY_INCLUDE if path == f or path.startswith(f + "/")), None)

def sources():  # ours only: not build/, not node_modules/
    for top in sorted({f.split("/")[0] for f in MAY_INCLUDE}):
        for p in sorted(pathlib.Path(top).rglob("*")):
            if p.suffix in (".h", ".cc") and "node_modules" not in p.parts:
                yield p

bad = []
for file in sources():
    home = folder(str(file.parent))
    if home is None:
        continue
    for number, line in enumerate(file.read_text().splitlines(), 1):
        match = re.match(r'#include "([^"]+)/[^/"]+"', line)
        target = folder(match[1]) if match else None
        if target and target != home and not MAY_INCLUDE[home] & {target, "*"}:
            bad.append(f"{file}:{number}: {home} may not include {target}")
print("\n".join(bad) or "layers: clean")
sys.exit(bool(bad))
