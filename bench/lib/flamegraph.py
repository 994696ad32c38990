"""A flame graph: a box per function, as wide as its part of the samples, on the box of its caller. SVG without any
library, for a page of 1200 pixels; its colours follow the reader's light or dark scheme.
"""
import collections
import html

WIDTH, MARGIN, TOP, BOTTOM = 1200, 10, 62, 10  # pixels
ROW, GAP = 17, 1
LETTER, PADDING = 6.7, 4  # of the names in the boxes: a letter's width, and room on both sides
LETTERS_MIN = 5           # a name that is cut to less is left out
SHARE_MIN = 0.003         # of all samples: a narrower box is left out, with all that is on it

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; font-size: 15px; fill: #1f2328; }
  .page { fill: #ffffff; }
  .user { fill: #9ec5e8; }
  .kernel { fill: #e6cfa3; }
  g text { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
  g:hover rect { stroke: #1f2328; }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1; }
    .title, g text { fill: #e6edf3; }
    .page { fill: #0d1117; }
    .user { fill: #1f4e79; }
    .kernel { fill: #5f4b1f; }
    g:hover rect { stroke: #e6edf3; }
  }
"""


class Node:
    def __init__(self):
        self.samples, self.callees = 0, collections.defaultdict(Node)


def tree(stacks):
    root = Node()
    for stack, samples in stacks.items():
        node = root
        node.samples += samples
        for frame in stack:
            node = node.callees[frame]
            node.samples += samples
    return root


def boxes(node, least, x=0, depth=0):
    """(frame, samples, samples to its left, depth), callers before callees; brothers by name, as in every flame
    graph, so that two of them can be compared."""
    for frame, callee in sorted(node.callees.items(), key=lambda item: (item[0].name, item[0].owner)):
        if callee.samples >= least:
            yield frame, callee.samples, x, depth
            yield from boxes(callee, least, x, depth + 1)
        x += callee.samples


def fitting(name, width):
    """As much of the name as fits: without its namespaces rather than cut, and of what is cut the beginning."""
    letters = int((width - 2 * PADDING) / LETTER)
    while len(name) > letters and "::" in name:
        name = name.partition("::")[2]
    if len(name) <= letters:
        return name
    return name[:letters - 1] + "…" if letters >= LETTERS_MIN else ""


def box(frame, samples, x, y, scale, total):
    width = samples * scale
    left, kind, where = MARGIN + x * scale, "kernel" if frame.is_kernel else "user", frame.owner or "kernel"
    inside = fitting(frame.name, width)
    text = f'<text x="{left + PADDING:.1f}" y="{y + 12}">{html.escape(inside)}</text>' if inside else ""
    return (f'<g><title>{html.escape(frame.name)} ({html.escape(where)}): {samples / total:.1%}</title>'
            f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{width - GAP:.1f}" height="{ROW - GAP}" rx="1"/>'
            f'{text}</g>')


def svg(stacks, title, subtitle):
    total = stacks.total()
    scale = (WIDTH - 2 * MARGIN) / total
    found = list(boxes(tree(stacks), total * SHARE_MIN))
    height = TOP + ROW * (1 + max(depth for *_, depth in found)) + BOTTOM
    drawn = [box(frame, samples, x, height - BOTTOM - ROW * (depth + 1), scale, total)
             for frame, samples, x, depth in found]
    legend = "".join(f'<rect class="{kind}" x="{x}" y="14" width="14" height="14" rx="1"/>'
                     f'<text x="{x + 20}" y="26">{text}</text>'
                     for kind, text, x in (("user", "user space", WIDTH - 210), ("kernel", "kernel", WIDTH - 90)))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'role="img" aria-label="{html.escape(title)}">\n<style>{STYLE}</style>\n'
            f'<rect class="page" width="{WIDTH}" height="{height}" rx="6"/>\n'
            f'<text class="title" x="{MARGIN}" y="26">{html.escape(title)}</text>\n'
            f'<text x="{MARGIN}" y="46">{html.escape(subtitle)}</text>\n{legend}\n' + "\n".join(drawn) + "\n</svg>\n")
