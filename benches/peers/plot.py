"""Panels of lines as one SVG, both axes logarithmic: costs that grow in proportion are straight lines."""
import math
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM, COLUMNS = 300, 230, 52, 34, 12, 40, 3
COLOURS = ("#0b62a4", "#c0511d", "#3d7f3a", "#7a4ea3")


class Panel:
    """A title, what x is, and lines: a name, whether it is dashed, and points."""
    def __init__(self, title, x):
        self.title, self.x, self.lines = title, x, []

    def add(self, name, points, dashed=False):
        self.lines.append((name, dashed, sorted(points)))


def text(x, y, words, anchor="middle", **more):
    attributes = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{attributes}>{escape(str(words))}</text>'


def ticks(least, most):
    """1, 2 and 5 times powers of ten, powers alone where these were many."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    steps = (1, 2, 5) if most / least < 300 else (1,)
    return [step * 10.0 ** power for power in powers for step in steps if least <= step * 10.0 ** power <= most]


def scale(values, start, end):
    """The range of values, a tenth wider at both ends, onto a stretch of the picture."""
    low, high = math.log(min(values) * 0.9), math.log(max(values) * 1.1)
    return lambda value: start + (end - start) * (math.log(value) - low) / (high - low)


def panel(drawn, colours):
    xs = [x for _, _, points in drawn.lines for x, _ in points]
    ys = [y for _, _, points in drawn.lines for _, y in points]
    across, down = scale(xs, LEFT, WIDTH - RIGHT), scale(ys, HEIGHT - BOTTOM, TOP)
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts = [text(middle, 18, drawn.title, font_weight="bold"), text(middle, HEIGHT - 6, drawn.x)]
    for y in ticks(min(ys) * 0.9, max(ys) * 1.1):
        parts.append(f'<path d="M{LEFT} {down(y):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 5, down(y) + 4, f"{y:g}", "end"))
    parts += [text(across(x), HEIGHT - BOTTOM + 16, f"{x:g}") for x in sorted(set(xs))]
    for name, dashed, points in drawn.lines:
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="2"{dash}/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="2.5" fill="{colours[name]}"/>' for x, y in points]
    return "".join(parts)


def legend(colours, solid, dashed):
    parts, entries = [], [(name, colour, "") for name, colour in colours.items()]
    entries += [(solid, "#444", ""), (dashed, "#444", ' stroke-dasharray="5 4"')]
    for i, (name, colour, dash) in enumerate(entries):
        y = 50 + 22 * i
        parts.append(f'<path d="M{LEFT} {y}h30" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(text(LEFT + 38, y + 4, name, "start"))
    return "".join(parts)


def svg(panels, solid, dashed):
    """Panels in rows, and what lines mean in the place behind the last."""
    names = list(dict.fromkeys(name for drawn in panels for name, _, _ in drawn.lines))
    colours = dict(zip(names, COLOURS))
    parts = [panel(drawn, colours) for drawn in panels] + [legend(colours, solid, dashed)]
    rows = -(-len(parts) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT
    placed = [f'<g transform="translate({i % COLUMNS * WIDTH} {i // COLUMNS * HEIGHT})">{part}</g>' for i, part in enumerate(parts)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
            f'<rect width="{width}" height="{height}" fill="#fff"/>' + "\n".join(placed) + "</svg>\n")
