"""How the cost of an explanation grows, beside ONNX Runtime's bare forward pass: a table, and a plot of it."""
import os
from pathlib import Path

import networks
from contest import spread
from plot import Panel, svg

RESNET, LITE, VIT, DINO = "ResNet50", "EfficientNet-Lite0", "ViT-B/16", "DINOv2-S/14"
SIDES, TOKEN_SIDES = (112, 160, 224, 320, 448, 640), (112, 224, 322, 420, 518)
CONCEPTS, IMAGES = (1, 10, 100, 1000), (1, 2, 4, 8)


def exported(name, size, folder):
    """A file of that size which takes any number of images."""
    known = next(network for network in networks.NETWORKS if network.title.startswith(name))
    network = networks.Network(known.title, f"{known.name}-any", known.build, size, None, None)
    return networks.exported(network, folder, {"dynamic_axes": {"x": {0: "n"}}})


class Point:
    """A contest at one place: the x of the panel, and what it is of."""
    def __init__(self, x, name, size=224, concepts=1, images=1, threads=None, per_image=False, has_peer=True):
        self.x, self.name, self.size, self.concepts, self.images = x, name, size, concepts, images
        self.threads, self.has_peer, self.parts = threads, has_peer, images if per_image else 1


def series(threads):
    """Panels: a title, what x is, and points."""
    counts = [count for count in (1, 2, 4, 8, 16, 32) if count <= (os.cpu_count() or 1)]
    names = (RESNET, LITE)
    return [
        ("Image size, ms", "side, pixels", [Point(side, name, side) for name in names for side in SIDES]),
        ("Tokens, ms", "patches", [Point((side // 14) ** 2, DINO, side) for side in TOKEN_SIDES]),
        ("Concepts, ms", "concepts", [Point(count, name, concepts=count, has_peer=False)
                                      for name in (RESNET, LITE, VIT) for count in CONCEPTS]),
        ("Images at once, ms for each", "images", [Point(count, name, images=count, per_image=True)
                                                   for name in (RESNET, LITE, VIT) for count in IMAGES]),
        ("Threads, ms", "threads", [Point(count, name, threads=count) for name in (RESNET, LITE, VIT) for count in counts]),
    ]


def measured(program, point, folder, threads, rounds):
    """Least milliseconds of each round, of `cam` and of ONNX Runtime where it takes part."""
    file, threads = exported(point.name, point.size, folder), point.threads or threads
    more = ("--concepts", str(point.concepts), "--images", str(point.images))

    def ours(runs):
        return networks.cam(program, file, point.size, threads, runs, None, *more)[0]
    runs = int(min(20, max(2, 500 / ours(1))))
    forward = networks.onnx_runtime(file, point.size, threads, point.images) if point.has_peer else None
    pairs = [(ours(runs), networks.timed(forward, runs)[0] if forward else None) for _ in range(rounds)]
    return [[value and value / point.parts for value in pair] for pair in pairs]


def tables(program, folder, rounds, threads, drawn, write_table):
    panels, rows = [], []
    for title, x, points in series(threads):
        found = [(point, measured(program, point, folder, threads, rounds)) for point in points]
        panel = Panel(title, x)
        for name in dict.fromkeys(point.name for point in points):
            of_name = [(point, pairs) for point, pairs in found if point.name == name]
            panel.add(name, [(point.x, min(ours for ours, _ in pairs)) for point, pairs in of_name])
            if of_name[0][0].has_peer:
                panel.add(name, [(point.x, min(theirs for _, theirs in pairs)) for point, pairs in of_name], True)
            rows += [cells(x, point, pairs) for point, pairs in of_name]
        panels.append(panel)
    if drawn:
        Path(drawn).write_text(svg(panels, "cam, explanation", "ONNX Runtime, bare forward"))
    note = (f"Whole explanations beside ONNX Runtime's bare forward pass of the same file, least times; {threads} threads and "
            "224×224 where nothing else is said. Of several images the time of each.")
    yield write_table("How costs grow", note, rows, ("", "", "ONNX Runtime, least", "cam, least", "ratio"))


def cells(x, point, pairs):
    ours, theirs = min(ours for ours, _ in pairs), [theirs for _, theirs in pairs if theirs]
    ratios = spread([ours / theirs for ours, theirs in pairs]) if theirs else ""
    return [point.name, f"{x}: {point.x}", f"{min(theirs):.1f} ms" if theirs else "", f"{ours:.1f} ms", ratios]
