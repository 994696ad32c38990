"""Where a run's results go: JSON, Markdown and SVG beside each other, and with --publish the latest of each and
a section of the README between two markers. A run with access logs has names of its own and leaves the README alone;
one that is only for looking goes to build/bench/results.
"""
import json
import re
import textwrap

from lib import chart, columns, latency, report, targets, tools, workloads

RESULTS = tools.ROOT / "bench" / "results"
README = tools.ROOT / "README.md"
OURS = ("segue", "relay")
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
# The README shows these, in this order.
HEADLINES = {"get1k": "GET 1 KiB, kept alive", "post12k": "webhook POST 12 KiB", "download1g": "download 1 GiB",
             "upload1g": "upload 1 GiB", "chunked1g": "download 1 GiB in chunks",
             "upload-chunked1g": "upload 1 GiB in chunks", "tls-get1k": "GET 1 KiB over TLS 1.3",
             "tls-full": "full TLS handshake + GET",
             "tls-download1g": "download 1 GiB over TLS 1.3", "idle": "idle connection",
             "websockets": "WebSocket message", "sse": "server-sent event",
             "latency-500": "added latency p50 at low load"}


def write(path, facts):
    """PATH.json, PATH.md and PATH.svg."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = path.with_suffix(".svg")
    path.write_text(json.dumps(facts, indent=1) + "\n")
    picture.write_text(chart.svg(facts))
    path.with_suffix(".md").write_text(report.document(facts, picture.name))


def default_path(facts):
    folder = tools.ROOT / "build/bench/results" if facts["settings"].get("quick") else RESULTS
    return folder / f"{facts['date'][:10]}-{facts['commit']}{suffix(facts)}.json"


def suffix(facts):
    return "-logs" if facts["settings"].get("logs") else ""


def headline_rows(facts):
    """A column for each program, of whose configurations the better one in each workload."""
    cells, programs = {}, []
    for workload in HEADLINES:
        result = facts["workloads"].get(workload, {})
        for name, row in result.get("proxies", {}).items():
            if name == latency.DIRECT:
                continue
            program, figure = name.partition("-")[0], chart.value(result, row)
            cells[workload, program] = min(figure, cells.get((workload, program), figure))
            if program not in programs:
                programs.append(program)
    yield ["", *programs]
    for workload, title in HEADLINES.items():
        result = facts["workloads"].get(workload)
        if result:
            _, unit, form = chart.UNITS[result["unit"]]
            yield [f"{title}, {unit}", *(form.format(cells[workload, program]) if (workload, program) in cells
                                         else columns.NONE for program in programs)]


def versions(facts):
    """The other programs', of what each says of itself."""
    found = {name: re.search(r"\d+(\.\d+)+", text) for name, text in facts["versions"].items() if name not in OURS}
    return ", ".join(f"{name} {number[0]}" for name, number in found.items() if number)


def section(facts):
    logs = RESULTS / "latest-logs.md"
    with_logs = " and [with access logs](bench/results/latest-logs.md)" if logs.exists() else ""
    missed = len(targets.missed(facts["workloads"]))
    about = (
        "CPU time per request, per GiB or per message, and memory per idle connection; one worker each, same load, "
        "same origin, every program in the better of its configurations. `relay` passes bytes on and knows no HTTP: "
        f"the floor. [All results](bench/results/latest.md){with_logs}, with each configuration by itself; of "
        f"{len(targets.TARGETS)} targets {missed} are missed there, and [docs/performance.md](docs/performance.md) says "
        f"why. {facts['date'][:10]}, commit {facts['commit']}, {facts['machine']['cpu']}; {versions(facts)}.")
    lines = ["", *textwrap.wrap(about, 120, break_long_words=False, break_on_hyphens=False), "",
             *report.markdown(headline_rows(facts)), "",
             "![Costs relative to the best of the other proxies](bench/results/latest-headlines.svg)", ""]
    return "\n".join(lines)


def replace_section(text, new):
    """`text` with what stands between the markers replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"README.md has no {BEGIN} … {END} to put the results between; add both lines")
    return f"{before}{BEGIN}\n{new}{END}{after}"


def publish(facts):
    if facts["settings"].get("quick"):
        raise RuntimeError("a quick run is for looking, not for quoting; publish one without --quick and --smoke")
    missing = workloads.BY_NAME.keys() - facts["workloads"].keys()
    if missing and not suffix(facts):
        raise RuntimeError(f"these figures would look like all there are, but lack {', '.join(sorted(missing))}")
    write(RESULTS / f"latest{suffix(facts)}.json", facts)
    if suffix(facts):
        return
    (RESULTS / "latest-headlines.svg").write_text(chart.svg(facts, HEADLINES))
    README.write_text(replace_section(README.read_text(), section(facts)))
