"""The run as a picture: a group of horizontal bars per workload, each bar a proxy's cost relative to the best
peer's. SVG without any library; its colours follow the reader's light or dark scheme.
"""
import html

WIDTH, LEFT, RIGHT = 960, 190, 90     # pixels; names stand left of the bars, figures right of them
BAR, GAP, GROUP_GAP, TITLE = 18, 4, 22, 26
SCALE_MAX = 2.5  # a bar that is longer is cut, and says so

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; stroke: #ffffff; stroke-width: 3px; paint-order: stroke; }
  .title { font-weight: 600; font-size: 14px; }
  .small { font-size: 12px; fill: #57606a; }
  .page { fill: #ffffff; }
  .subject { fill: #0a66c2; }
  .peer { fill: #8c959f; }
  .floor { fill: #d0d7de; }
  .line { stroke: #57606a; stroke-dasharray: 3 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; stroke: #0d1117; }
    .small { fill: #9198a1; }
    .page { fill: #0d1117; }
    .subject { fill: #4493f8; }
    .peer { fill: #6e7681; }
    .floor { fill: #3d444d; }
    .line { stroke: #9198a1; }
  }
"""
UNITS = {"request": ("CPU per request", "µs", "{:.1f}"), "gib": ("CPU per GiB", "s", "{:.2f}"),
         "connection": ("memory per connection", "KiB", "{:.2f}"), "message": ("CPU per message", "µs", "{:.1f}"),
         "event": ("CPU per event", "µs", "{:.1f}"), "latency": ("added latency p50", "µs", "{:.0f}")}


def value(result, row):
    if result["unit"] == "latency":
        return row["added_us"]["p50"]["median"]
    if result["unit"] == "connection":
        return row["bytes"] / 1024
    return row["cost"]["median"]


def kind(name):
    base = name.partition("+")[0]
    return "floor" if base.startswith("relay") else "subject" if base == "segue" else "peer"


def group(result):
    """[(name, value, relative to the best peer)], or nothing where there is no peer to compare with."""
    values = {name: value(result, row) for name, row in result["proxies"].items() if name != "direct"}
    peers = [figure for name, figure in values.items() if kind(name) == "peer" and figure > 0]
    return [(name, figure, figure / min(peers)) for name, figure in values.items()] if peers else []


def bar(name, figure, relative, form, unit, y):
    scale = (WIDTH - LEFT - RIGHT) / SCALE_MAX
    length = max(0.0, min(relative, SCALE_MAX)) * scale
    cut = " →" if relative > SCALE_MAX else ""
    return (f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{html.escape(name)}</text>'
            f'<rect class="{kind(name)}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 14}">{form.format(figure)} {unit}{cut}</text>')


def subtitle(result):
    count = f"{result['connections']:,} " if result.get("connections") else ""
    return html.escape(f"{count}{result['about']}: {UNITS[result['unit']][0]}")


def svg(facts, only=None):
    """Of the workloads named in `only`, in that order; None for all."""
    parts, y = [], 52
    for name in facts["workloads"] if only is None else only:
        result = facts["workloads"].get(name, {"unit": None})
        bars = group(result) if result["unit"] in UNITS else []
        if not bars:
            continue
        _, unit, form = UNITS[result["unit"]]
        parts.append(f'<text class="title" x="12" y="{y + 14}">{html.escape(name)}</text>'
                     f'<text class="small" x="{LEFT}" y="{y + 14}">{subtitle(result)}</text>')
        y += TITLE
        one = LEFT + (WIDTH - LEFT - RIGHT) / SCALE_MAX
        bottom = y + len(bars) * (BAR + GAP)
        parts.append(f'<line class="line" x1="{one:.1f}" x2="{one:.1f}" y1="{y}" y2="{bottom}"/>')
        for bar_name, figure, relative in bars:
            parts.append(bar(bar_name, figure, relative, form, unit, y))
            y += BAR + GAP
        y += GROUP_GAP
    title = (f'<text class="title" x="12" y="24">Less is better; the dashed line is the best of the other proxies</text>'
             f'<text class="small" x="12" y="42">{html.escape(facts["date"][:10])}, commit {html.escape(facts["commit"])}, '
             f'{html.escape(facts["machine"]["cpu"])}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" role="img" '
            f'aria-label="Costs of segue and other proxies by workload">\n<style>{STYLE}</style>\n'
            f'<rect class="page" width="{WIDTH}" height="{y}" rx="6"/>\n{title}\n' + "\n".join(parts) + "\n</svg>\n")
