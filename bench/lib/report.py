"""Measurements as tables for people and as one JSON file for machines."""
import json

COLUMNS = {  # heading: (width, what of a proxy's result)
    "request": [
        ("CPU µs", 8, lambda r: f"{r['cost']['median']:.2f}"),
        ("quartiles", 13, lambda r: f"{r['cost']['q1']:.2f}–{r['cost']['q3']:.2f}"),
        ("user", 6, lambda r: f"{r['cost']['median'] * r['user_share']:.1f}"),
        ("ratio", 6, lambda r: f"{r['ratio']['median']:.2f}"),
        ("quartiles", 11, lambda r: f"{r['ratio']['q1']:.2f}–{r['ratio']['q3']:.2f}"),
        ("busy", 5, lambda r: f"{r['busy']:.0%}"),
        ("req/s", 8, lambda r: f"{r['rate']:,.0f}"),
        ("p50 µs", 7, lambda r: f"{r['latency_us']['p50']:.0f}"),
        ("p99 µs", 7, lambda r: f"{r['latency_us']['p99']:.0f}"),
        ("syscalls", 9, lambda r: f"{r['syscalls']:.2f}" if "syscalls" in r else "–"),
        ("instr.", 8, lambda r: f"{r['instructions']:,.0f}" if "instructions" in r else "–"),
    ],
    "gib": [
        ("CPU s/GiB", 10, lambda r: f"{r['cost']['median']:.3f}"),
        ("quartiles", 13, lambda r: f"{r['cost']['q1']:.3f}–{r['cost']['q3']:.3f}"),
        ("user", 7, lambda r: f"{r['cost']['median'] * r['user_share']:.3f}"),
        ("ratio", 6, lambda r: f"{r['ratio']['median']:.2f}"),
        ("quartiles", 11, lambda r: f"{r['ratio']['q1']:.2f}–{r['ratio']['q3']:.2f}"),
        ("busy", 5, lambda r: f"{r['busy']:.0%}"),
    ],
    "connection": [
        ("KiB/conn.", 10, lambda r: f"{r['idle']['bytes'] / 1024:.2f}"),
        ("MiB before", 11, lambda r: f"{r['idle']['before'] / 2**20:.1f}"),
        ("MiB after", 10, lambda r: f"{r['idle']['after'] / 2**20:.1f}"),
    ],
}


def heading(facts):
    machine = facts["machine"]
    lines = [f"commit {facts['commit']}, {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
             f"{machine['congestion_control']}" + ("" if machine["private_network"] else ", host's network")]
    lines += [f"  {name:10} {text}" for name, text in facts["versions"].items()]
    return "\n".join(lines)


def table(workload, measured):
    columns = COLUMNS[workload.unit]
    before, after = measured["load_average"]
    lines = ["", f"{workload.name}: {workload.about}", f"  load average {before:.1f} before, {after:.1f} after"
             + (f"; ratio to {measured['reference']}; {measured['rounds']} rounds" if measured["rounds"] else "")
             + (f"; {measured['stolen']:.1%} of the machine stolen" if measured.get("stolen", 0) > 0.005 else "")]
    lines.append(f"  {'':18}" + "".join(f"{name:>{width + 2}}" for name, width, _ in columns))
    for name, result in measured["proxies"].items():
        lines.append(f"  {name:18}" + "".join(f"{show(result):>{width + 2}}" for _, width, show in columns))
    return "\n".join(lines)


def write(path, facts):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts, indent=1) + "\n")
