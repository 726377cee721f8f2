"""Fields of FiftyOne's samples. Its package brings a database along: where it is not installed, its documented keywords
of a heatmap are held against: `map`, an array [h, w], and `range`, two numbers."""

import sys
import types

import numpy as np
import pytest

from cam_explain.fiftyone import annotate, heatmaps


class Sample(dict):
    """What is used of a sample."""

    def __init__(self, filepath):
        self.filepath, self.saved = str(filepath), 0

    def save(self):
        self.saved += 1


class Heatmap:
    def __init__(self, *, map, range):
        assert isinstance(map, np.ndarray) and map.ndim == 2 and len(range) == 2
        self.map, self.range = map, range


@pytest.fixture
def package(monkeypatch):
    try:
        import fiftyone
    except ImportError:
        fiftyone = types.ModuleType("fiftyone")
        fiftyone.Heatmap = Heatmap
        monkeypatch.setitem(sys.modules, "fiftyone", fiftyone)
    return fiftyone


def test_samples_get_heatmaps_scores_and_embeddings(package, network, folder, coffee):
    samples = [Sample(path) for path in sorted(folder.glob("*.jpg"))[:5]]
    embeddings = annotate(samples, network, {"a cup": coffee}, batch_size=2)
    assert embeddings.shape == (5, 1280) and all(sample.saved == 1 for sample in samples)
    answers = network.explain(samples[3].filepath, {"a cup": coffee})
    heatmap = samples[3]["cam_a_cup"]
    assert isinstance(heatmap, package.Heatmap) and list(heatmap.range) == [0, 1]
    assert np.array_equal(heatmap.map, answers.on_image())
    assert samples[3]["cam_a_cup_score"] == float(answers.scores[0, 0])


def test_each_question_has_a_field(network, cat):
    answers = network.explain([cat, cat], top=2)
    assert list(heatmaps(answers, 1)) == ["cam_Egyptian_cat", "cam_tiger_cat"]
