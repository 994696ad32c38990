"""A run's results as tables: aligned text for a terminal, Markdown for the tree."""
from lib import columns, targets


def heading(facts):
    machine = facts["machine"]
    lines = [f"commit {facts['commit']}, {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
             f"{machine['congestion_control']}" + ("" if machine["private_network"] else ", host's network")]
    return lines + [f"{name}: {text}" for name, text in facts["versions"].items()]


def notes(result):
    """What to know before the figures are read, in one line."""
    before, after = result["load_average"]
    said = [f"load average {before:.1f} before, {after:.1f} after"]
    if result.get("rounds"):
        said.append(f"{result['rounds']} rounds")
    if result.get("connections"):
        said.append(f"{result['connections']:,} connections")
    if result.get("workers"):
        said.append(f"{result['workers']} workers on all cores")
    if result.get("best_peer"):
        said.append(f"best peer {result['best_peer']}")
    if result.get("scheduler") == "other":
        said.append("real-time scheduling was not permitted: p99 is the machine's noise")
    if result.get("subtracted"):
        said.append("CPU of health checks, from slices without requests, is subtracted")
    if result.get("stolen", 0) > 0.005:
        said.append(f"{result['stolen']:.1%} of the machine stolen")
    if "answered_ms" in result:
        answered = result["answered_ms"]
        said.append(f"{answered['count']:,} changes, answered in p50 {answered['p50']:.2f} ms, "
                    f"p99 {answered['p99']:.2f} ms, max {answered['max']:.2f} ms")
    return "; ".join(said)


def rows(result):
    """The titles, then a row for each proxy."""
    shown = columns.COLUMNS[result["unit"]]
    yield ["", *(column.title for column in shown)]
    for name, row in result["proxies"].items():
        yield [name, *(column.show(row, result, name) for column in shown)]


def aligned(table):
    """Lines with the first column to the left and the others to the right."""
    table = list(table)
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return ["  " + "".join([row[0].ljust(widths[0]), *(cell.rjust(width + 2) for cell, width in zip(row[1:], widths[1:]))])
            for row in table]


def markdown(table):
    first, *others = table
    yield "| " + " | ".join(first) + " |"
    yield "|---" + "|--:" * (len(first) - 1) + "|"
    for row in others:
        yield "| " + " | ".join(row) + " |"


def text_of(name, result):
    return "\n".join(["", f"{name}: {result['about']}", f"  {notes(result)}", *aligned(rows(result))])


def targets_table(facts):
    yield ["target", "limit", "measured", ""]
    for target, figure in targets.findings(facts["workloads"]):
        yield [target.name, target.form.format(target.limit), columns.number(figure, target.form),
               "not measured" if figure is None else "pass" if target.met(figure) else "FAIL"]


def document(facts, chart=None):
    """The whole run in Markdown."""
    lines = ["# Results", "", f"Measured {facts['date']} by `bench/run`; [bench/README.md](../README.md) says what each "
             "number means.", ""]
    lines += [f"* {line}" for line in heading(facts)]
    if facts["settings"].get("quick"):
        lines += ["", "**A quick run: for looking, not for quoting.**"]
    if chart:
        lines += ["", f"![CPU per request, relative to the best peer]({chart})"]
    lines += ["", "## Targets", "", *markdown(targets_table(facts))]
    for name, result in facts["workloads"].items():
        lines += ["", f"## {name}", "", f"{result['about'][0].upper()}{result['about'][1:]}.", "", f"{notes(result)}.", "",
                  *markdown(rows(result))]
    return "\n".join(lines) + "\n"
