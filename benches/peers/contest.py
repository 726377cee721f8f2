"""Contestants in turns, their ratios, and tables of them; children's time and memory."""
import statistics, subprocess, sys, time


def play(rounds, contestants):
    times = {name: [] for name in contestants}
    for done in range(rounds):
        for name, contestant in contestants.items():
            times[name].append(contestant())
        print(f"\r  round {done + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return times


def ratio(times, name, base):
    ratios = [a / b for a, b in zip(times[name], times[base])]
    return statistics.median(ratios), min(ratios), max(ratios)


def spread(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def judged(value, goal=None, at_least=False):
    """The last two cells of a row: the goal, and whether the worst of the values reaches it."""
    if goal is None:
        return ["", ""]
    values = value if isinstance(value, (list, tuple)) else [value]
    reached = min(values) >= goal if at_least else max(values) <= goal
    return [f"{'≥' if at_least else '≤'} {goal:g}", "yes" if reached else "no"]


def row(times, name, base, goal=None, at_least=False):
    middle, low, high = ratio(times, name, base)
    cells = [name, f"{statistics.median(times[name]):.1f} ms", f"{middle:.2f} ({low:.2f} to {high:.2f})"]
    return cells + judged(middle, goal, at_least)


def table(title, note, rows, head=("", "median", "ratio", "goal", "reached")):
    lines = [f"### {title}", "", note, "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in rows]) + "\n"


def child(command, environment=None):
    """Wall time in milliseconds and peak memory in MiB of a process.

    A process starts with the peak of the one it was forked from, so a small one lies between.
    """
    start = time.perf_counter()
    between = ["/usr/bin/time", "--quiet", "-f", "%M", *map(str, command)]
    done = subprocess.run(between, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(between)}: {done.stderr}")
    return (time.perf_counter() - start) * 1e3, int(done.stderr.split()[-1]) / 1024
