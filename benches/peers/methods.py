"""What methods and concepts cost beside the network alone, all by `cam`: no other program takes part.

`cam bench explain` times the forward pass between its explanations, so every ratio is of one process. 100 concepts are
another process than one concept, in turns.
"""
import networks
from contest import judged, spread
from statistics import median

METHODS = (("token contributions", 1.05, ("--method", "token-contributions")),
           ("LeGrad, last 4 blocks", 1.4, ("--method", "legrad", "--blocks", "4")))
TRANSFORMERS = ("ViT", "DINOv2")


def ratios(program, file, network, threads, runs, more):
    """Of the least and of the medians of a run: an explanation by the forward pass."""
    found = networks.bench(program, file, network.size, threads, runs, *more)
    return found["total_min_ms"] / found["forward_min_ms"], found["total_ms"] / found["forward_ms"]


def of_concepts(program, file, network, threads, runs):
    one, many = (networks.cam(program, file, network.size, threads, runs, None, "--concepts", count) for count in ("1", "100"))
    return many[0] / one[0], many[1] / one[1]


def tables(program, exported, rounds, threads, only, write_table):
    rows = []
    for network in networks.NETWORKS:
        if only and not any(word in network.title for word in only):
            continue
        file = networks.exported(network, exported)
        runs = int(min(30, max(4, 1000 / networks.cam(program, file, network.size, threads, 1)[0])))
        contests = []
        if any(word in network.title for word in TRANSFORMERS):
            contests = [(f"{name} ÷ forward", goal, lambda more=more: ratios(program, file, network, threads, runs, more))
                        for name, goal, more in METHODS]
        contests.append(("100 concepts ÷ one", 1.1, lambda: of_concepts(program, file, network, threads, runs)))
        found = [[once() for _, _, once in contests] for _ in range(rounds)]
        for i, (name, goal, _) in enumerate(contests):
            least, medians = ([of_round[i][kind] for of_round in found] for kind in (0, 1))
            reached = judged((median(least), median(medians)), goal)
            rows.append([network.title, name, spread(least), spread(medians), *reached])
    note = (f"Whole explanations by `cam` with {threads} threads; forward is `cam`'s own bare pass. Ratios of the least times of "
            "each round, and of the medians. Both count.")
    yield write_table("Methods and concepts", note, rows, ("", "", "least", "medians", "goal", "reached"))
