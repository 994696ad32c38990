"""Where a run's results go: JSON, Markdown and SVG beside each other, and with --publish the latest of each and
a section of the README between two markers. A run with access logs has names of its own and leaves the README alone.
"""
import json

from lib import chart, columns, report, tools

RESULTS = tools.ROOT / "bench" / "results"
README = tools.ROOT / "README.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
# The README shows these, in this order.
HEADLINES = {"get1k": "GET 1 KiB, kept alive", "post12k": "webhook POST 12 KiB", "download1g": "download 1 GiB",
             "upload1g": "upload 1 GiB", "tls-get1k": "GET 1 KiB over TLS 1.3", "tls-full": "full TLS handshake + GET",
             "idle": "idle connection", "websockets": "WebSocket message"}


def write(path, facts):
    """PATH.json, PATH.md and PATH.svg."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = path.with_suffix(".svg")
    path.write_text(json.dumps(facts, indent=1) + "\n")
    picture.write_text(chart.svg(facts))
    path.with_suffix(".md").write_text(report.document(facts, picture.name))


def default_path(facts):
    return RESULTS / f"{facts['date'][:10]}-{facts['commit']}{suffix(facts)}.json"


def suffix(facts):
    return "-logs" if facts["settings"].get("logs") else ""


def headline_rows(facts):
    names = []
    for workload in HEADLINES:
        for name in facts["workloads"].get(workload, {}).get("proxies", {}):
            if name not in names and name != "relay-splice":
                names.append(name)
    yield ["", *names]
    for workload, title in HEADLINES.items():
        result = facts["workloads"].get(workload)
        if result:
            _, unit, form = chart.UNITS[result["unit"]]
            yield [f"{title}, {unit}", *(form.format(chart.value(result, result["proxies"][name]))
                                         if name in result["proxies"] else columns.NONE for name in names)]


def section(facts):
    logs = RESULTS / "latest-logs.md"
    with_logs = " and [with access logs](bench/results/latest-logs.md)" if logs.exists() else ""
    lines = ["", "CPU time per request, per GiB or per message, and memory per idle connection; one worker each, same load,",
             "same origin. `relay` copies bytes and knows no HTTP: the floor. [All results](bench/results/latest.md)"
             f"{with_logs},",
             f"{facts['date'][:10]}, commit {facts['commit']}, {facts['machine']['cpu']}.", "",
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
    write(RESULTS / f"latest{suffix(facts)}.json", facts)
    if suffix(facts):
        return
    (RESULTS / "latest-headlines.svg").write_text(chart.svg(facts, HEADLINES))
    README.write_text(replace_section(README.read_text(), section(facts)))
