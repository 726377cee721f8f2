"""Many threads, processes, signals and calls."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest


def test_eight_threads_get_what_one_gets(network, folder):
    images = sorted(folder.glob("*.jpg"))[:16]
    asked = {"classes": [281, 967]}
    expected = [network.explain(image, **asked).maps for image in images]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            maps = list(pool.map(lambda image: network.explain(image, **asked).maps, images))
            assert all(np.array_equal(given, wanted) for given, wanted in zip(maps, expected))


def test_the_interpreter_is_free_during_a_computation(network, cat):
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    network.explain(cat, top=1, method="rise", samples=60)
    stop.set()
    counter.join()
    assert counted[0] > 20


def test_a_forked_process_refuses_a_network_that_was_loaded_before(network, cat):
    def outcome():
        try:
            network.embed(cat)
        except Exception as error:
            return str(error)
        return "it ran"

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, outcome().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    assert "forked" in told and "spawn" in told


INTERRUPTED = """
import sys, threading, time, signal, os, cam_explain
network = cam_explain.load()
capture = network.capture(sys.argv[1])
def interrupt():
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT)
for ask in (lambda: network.explain(sys.argv[1], top=1, method="rise", samples=100_000),
            lambda: capture.ask(top=1, method="rise", samples=100_000)):
    threading.Thread(target=interrupt).start()
    began = time.time()
    try:
        ask()
        sys.exit("it was not interrupted")
    except KeyboardInterrupt:
        assert time.time() - began < 5, time.time() - began
print(capture.ask(top=1).names, network.explain(sys.argv[1], top=1).names)
"""


def test_ctrl_c_ends_a_computation_and_leaves_the_network_usable(cat):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, cat], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Egyptian cat") == 2


CALLS = """
import gc, resource
import cam_explain, numpy as np

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20

small = cam_explain.load().reading(size=32)
image = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)

def calls(count):
    for _ in range(count):
        answers = small.explain(image, classes=3)
        answers.maps, answers.raw, answers.scores
        try:
            small.embed(image[0])
        except ValueError:
            continue
        raise SystemExit("it was not refused")
    gc.collect()

calls(2000)
before = resident()
calls(8000)
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_ten_thousand_calls_leave_the_memory_as_it_was():
    # In a process of its own: other packages' threads have memory of their own.
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 8
