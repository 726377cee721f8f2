"""Networks, captures and answers."""

import os
import pickle
import subprocess
import sys

import cam_explain
import numpy as np
import pytest


def test_one_call_goes_from_an_image_to_arrays(network, cat, coffee):
    answers = network.explain([cat, coffee], {"cup": coffee, "pet": cat})
    assert answers.names == ["cup", "pet"] and answers.images == ["cat", "coffee"]
    assert answers.scores.shape == (2, 2) and answers.scores.dtype == np.float32
    assert answers.maps.shape == (2, 2, 224, 224) and answers.raw.shape == (2, 2, 7, 7)
    assert answers.maps.min() >= 0 and answers.maps.max() <= 1
    assert np.array_equal(answers.embeddings, network.embed([cat, coffee]))
    assert np.allclose(np.diag(answers.scores[::-1]), 1)
    assert answers.overlay(0, 0).shape == (224, 224, 3) and answers.overlay().dtype == np.uint8


def test_a_capture_answers_as_a_run_does(network, cat, coffee):
    capture = network.capture([cat, coffee])
    for asked in ({"classes": ["tabby", 7]}, {"top": 2}, {"vectors": capture.embeddings}):
        once, again = network.explain([cat, coffee], **asked), capture.ask(**asked)
        assert np.array_equal(once.raw, again.raw) and np.array_equal(once.maps, again.maps)
        assert np.array_equal(once.scores, again.scores) and once.names == again.names


def test_another_layer_is_run_when_it_is_asked_for(network, cat, coffee):
    capture = network.capture(cat)
    layer = network.layers()[0]
    assert capture.ask(coffee, layer=layer).raw.shape[-2:] == layer.shape[1:]
    assert np.array_equal(network.capture(cat, layer=layer).ask(coffee).raw, capture.ask(coffee, layer=layer).raw)
    both = capture.ask(coffee, layer=[network.layers()[0].name, "head"], method="refine-cam")
    assert [raw.shape[-1] for raw in both.raw] == [layer.shape[-1], 7]


def test_maps_of_different_sizes_are_lists(network, cat, coffee, tmp_path):
    from PIL import Image

    Image.open(cat).resize((96, 64)).save(tmp_path / "small.png")
    answers = network.reading(size="native").explain([cat, tmp_path / "small.png"], coffee)
    assert [maps.shape for maps in answers.maps] == [(1, 224, 224), (1, 64, 96)]


def test_a_target_of_ones_own_is_a_function(network, cat, coffee):
    concept = network.embed(coffee)[0]
    unit = concept / np.linalg.norm(concept)

    def cosine(embedding):
        length = np.linalg.norm(embedding)
        score = embedding @ unit / length
        return score, (unit - score * embedding / length) / length

    own, known = network.explain(cat, target=cosine), network.explain(cat, coffee)
    assert own.names == ["cosine"]
    assert np.allclose(own.scores, known.scores, atol=1e-6)
    assert np.allclose(own.raw, known.raw, atol=1e-6 * np.abs(known.raw).max() + 1e-9)


def test_what_a_target_raises_is_raised(network, cat):
    def failing(embedding):
        raise KeyError("of its own")

    with pytest.raises(KeyError, match="of its own"):
        network.explain(cat, target=failing)
    for target in (lambda e: 1.0, lambda e: (1.0, [1.0]), lambda e: (np.nan, e), lambda e: (1.0, e + np.inf), 5):
        with pytest.raises((TypeError, cam_explain.Error)):
            network.explain(cat, target=target)


def test_boxes_and_maps_lie_on_the_image(network, coffee, folder):
    image = folder / "001.jpg"
    answers = network.reading(fit="crop").explain(image, coffee)
    height, width, _ = answers.overlay().shape
    assert answers.on_image().shape == (height, width)
    box = answers.boxes(0.5)[0]
    inside = answers.on_image()[box.top : box.top + box.height, box.left : box.left + box.width]
    assert inside.max() == pytest.approx(box.max, abs=0.02) and box.mean >= 0.5


def test_likeliest_classes_have_names(network, cat):
    ((first, second),) = network.classify(cat, top=2)
    assert first["name"] == "Egyptian cat" == network.classes[first["class"]]
    assert first["probability"] > second["probability"]


def test_two_images_are_compared(network, cat, coffee):
    compared = network.compare(cat, coffee)
    assert np.isclose(compared.pairs.sum(), compared.cosine, atol=1e-5)
    assert np.allclose(compared.pairs.sum((2, 3)), compared.maps[0], atol=1e-6)
    assert len(compared.correspondences) == 8 and compared.figure().ndim == 3
    assert compared.document()["cosine"] == pytest.approx(compared.cosine)


def test_concepts_live_in_a_file(network, cat, coffee, tmp_path):
    concepts = cam_explain.Concepts(tmp_path / "things.safetensors")
    assert concepts.add(network, "cat", cat) == 1 and concepts.add(network, "cat", [cat]) == 0
    concepts.add(network, "coffee", [coffee])
    assert concepts.names == ["cat", "coffee"] and concepts["cat"].shape == (1, network.width)
    answers = network.explain(cat, concepts, concepts_as="centroid")
    assert answers.names == ["cat", "coffee"] and answers.scores[0, 0] == pytest.approx(1)
    with pytest.raises(KeyError, match="did you mean cat"):
        concepts["cot"]
    concepts.remove("cat")
    assert concepts.names == ["coffee"]


def test_an_index_finds_images_with_reasons(network, cat, folder, tmp_path):
    index = cam_explain.Index(tmp_path / "index")
    assert index.add(network, folder)["added"] == 40 == len(index)
    assert index.add(network, folder)["unchanged"] == 40
    hits = index.search(network, folder / "003.jpg", top=3, explain=True)
    assert hits[0]["path"] == "003.jpg" and hits[0]["cosine"] == pytest.approx(1, abs=1e-5)
    assert hits[0]["map"].sum() == pytest.approx(hits[0]["cosine"], abs=1e-3)
    paths, vectors = index.vectors()
    assert len(paths) == 40 and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_methods_are_measured(network, folder, tmp_path):
    summary = cam_explain.evaluate(network, folder, tmp_path / "out", methods=["grad-cam"], measures=["inside"], collages=2)
    assert "grad-cam" in [row["method"] for row in summary["methods"]]


def test_other_processes_load_the_same_network(network, cat, resnet18, tmp_path):
    for loaded in (network.reading(size=128, fit="pad"), cam_explain.load(resnet18, threads=1, exact=True)):
        copy = pickle.loads(pickle.dumps(loaded))
        assert np.array_equal(copy.embed(cat), loaded.embed(cat))
        assert (copy.size, copy.threads, copy.sha256) == (loaded.size, loaded.threads, loaded.sha256)
    concept = network.concept(cat, "pet")
    assert np.array_equal(pickle.loads(pickle.dumps(concept)).vector, concept.vector)


def test_threads_are_those_that_the_environment_says(resnet18):
    program = f"import cam_explain; print(cam_explain.load({str(resnet18)!r}).threads)"
    for variables, threads in (({"OMP_NUM_THREADS": "1"}, 1), ({"OMP_NUM_THREADS": "1", "CAM_THREADS": "2"}, 2)):
        environment = os.environ | variables
        printed = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
        assert int(printed.stdout) == threads


def test_what_is_asked_wrongly_is_told_with_the_remedy(network, cat, resnet18):
    for call, error, words in (
        (lambda: network.explain(cat), cam_explain.UsageError, "nothing is asked"),
        (lambda: network.explain(cat, layr="head"), TypeError, "did you mean `layer`"),
        (lambda: network.explain(cat, top="many"), TypeError, "top"),
        (lambda: network.explain(cat, top=1, classes=1), cam_explain.UsageError, "leave out"),
        (lambda: network.explain(cat, classes="tabbby"), ValueError, "did you mean tabby"),
        (lambda: network.explain(cat, classes=1000), ValueError, "1000"),
        (lambda: network.explain(cat, vectors=np.ones(3)), cam_explain.Error, "3"),
        (lambda: network.explain(cat, vectors=np.zeros(1280)), cam_explain.Error, "zero"),
        (lambda: network.explain(cat, top=1, method="grad-cat"), ValueError, "did you mean grad-cam"),
        (lambda: network.explain(cat, top=1, layer="haed"), ValueError, "head"),
        (lambda: network.explain(cat, top=1, score="cosin"), ValueError, '"cosine"'),
        (lambda: network.explain(cat, top=1).overlay(1), IndexError, "image 1"),
        (lambda: network.explain(cat, top=1).boxes(0), ValueError, "above 0"),
        (lambda: network.explain(cat, top=1).overlay(colormap="hot"), ValueError, "turbo"),
        (lambda: network.reading(fit="stretch"), ValueError, "squash"),
        (lambda: network.reading(size="big"), ValueError, "native"),
        (lambda: cam_explain.load("resnet5"), ValueError, "did you mean resnet50"),
        (lambda: cam_explain.load("nowhere.onnx"), cam_explain.Error, "nowhere.onnx"),
        (lambda: cam_explain.load(cat), cam_explain.ModelError, "cat.png"),
        (lambda: cam_explain.load(resnet18, name="resnet50"), cam_explain.ModelError, "resnet50"),
    ):
        with pytest.raises(error) as raised:
            call()
        assert words in str(raised.value), str(raised.value)
        assert not isinstance(raised.value, BaseExceptionGroup) and "panicked" not in str(raised.value)


def test_objects_say_what_they_are(network, cat, coffee):
    answers = network.explain(cat, {"<cup>": coffee})
    assert repr(network).startswith('Network("efficientnet-lite0", embeddings 1280 wide, input 224×224')
    assert "Where is <cup>? cosine" in repr(answers)
    assert answers._repr_png_().startswith(b"\x89PNG") and "&lt;cup&gt;" in answers._repr_html_()
    assert repr(network.concept(cat)).startswith('Concept("cat", 1280 wide')


def test_remarks_go_to_logging(network, cat, tmp_path, caplog):
    broken = tmp_path / "broken.jpg"
    from PIL import Image

    Image.open(cat).convert("RGB").save(broken)
    broken.write_bytes(broken.read_bytes()[:-2000])
    capture = network.capture(broken)
    assert any("broken.jpg" in record.getMessage() for record in caplog.records)
    assert capture.remarks[0]
