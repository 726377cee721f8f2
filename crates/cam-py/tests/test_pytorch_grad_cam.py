"""pytorch-grad-cam's names give its numbers: references that pytorch-grad-cam 1.5.7 computed for the same ResNet-18."""

import inspect

import numpy as np
import pytest

import formula
from cam_explain.compat import pytorch_grad_cam as compat

H, W = 160, 128

# The maps of the references differ from ours by rounding, stretched to 0 to 1.
TOLERANCE = 1e-3

# All but kpca-cam, whose eigenvector has no sign of its own: the reference's is by chance the other one.

METHODS = {
    "grad_cam": compat.GradCAM,
    "hires_cam": compat.HiResCAM,
    "grad_cam_elementwise": compat.GradCAMElementWise,
    "grad_cam_plus_plus": compat.GradCAMPlusPlus,
    "x_grad_cam": compat.XGradCAM,
    "layer_cam": compat.LayerCAM,
    "shapley_cam": compat.ShapleyCAM,
    "eigen_cam": compat.EigenCAM,
    "eigen_grad_cam": compat.EigenGradCAM,
    "fem": compat.FEM,
    "ablation_cam": compat.AblationCAM,
    "score_cam": compat.ScoreCAM,
}


@pytest.fixture(scope="module")
def model(resnet18):
    return compat.Model(resnet18)


@pytest.fixture(scope="module")
def query():
    return formula.image("query", H, W)


@pytest.fixture(scope="module")
def concept(model):
    return model(formula.image("concept", H, W))[0]


def test_a_model_is_called_as_a_module_is(model, query, golden):
    forward = golden("forward")
    assert np.abs(model(query)[0] - forward["embedding_query"]).max() < 1e-4
    assert model.eval() is model and model.to("cpu") is model


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_the_references_maps(name, model, query, concept, golden):
    maps = golden(name)
    with METHODS[name](model=model, target_layers=[model.layer4[-1]]) as cam:
        given = cam(input_tensor=query, targets=[compat.SimilarityToConceptTarget(concept)])
    assert given.shape == (1, H, W) and given.dtype == np.float32
    key = next(key for key in maps if key.startswith("layer4") and key.endswith("similarity.cam") or key == "layer4.cam")
    assert np.abs(given[0] - maps[key]).max() < TOLERANCE


def test_targets_and_smoothings_give_the_references_maps(model, query, concept, golden):
    maps = golden("grad_cam")
    cam = compat.GradCAM(model=model, target_layers=[model.layer4])

    class Dot:
        def __call__(self, output):
            # A tensor where PyTorch was imported, else an array.
            output = output.detach().numpy() if hasattr(output, "detach") else output
            return output @ concept, concept

    cases = {
        "layer4.similarity.cam": (compat.SimilarityToConceptTarget(concept), {}),
        "layer4.difference.cam": (compat.DifferenceFromConceptTarget(concept), {}),
        "layer4.class7.cam": (compat.ClassifierOutputTarget(7), {}),
        "layer4.softmax7.cam": (compat.ClassifierOutputSoftmaxTarget(7), {}),
        "layer4.dot.cam": (Dot(), {}),
        "layer4.similarity.aug_smooth.cam": (compat.SimilarityToConceptTarget(concept), {"aug_smooth": True}),
        "layer4.similarity.eigen_smooth.cam": (compat.SimilarityToConceptTarget(concept), {"eigen_smooth": True}),
    }
    for key, (target, smoothing) in cases.items():
        given = cam(input_tensor=query, targets=[target], **smoothing)
        assert np.abs(given[0] - maps[key]).max() < TOLERANCE, key


def test_several_layers_are_averaged(model, query, concept, golden):
    cam = compat.GradCAM(model=model, target_layers=[model.layer3, model.layer4])
    given = cam(query, [compat.SimilarityToConceptTarget(concept)])
    assert np.abs(given[0] - golden("grad_cam")["layer3+layer4.similarity.cam"]).max() < TOLERANCE


def test_every_image_has_its_own_target(model, query, concept, golden):
    both = np.concatenate([query, query])
    targets = [compat.SimilarityToConceptTarget(concept), compat.ClassifierOutputTarget(7)]
    maps = compat.GradCAM(model=model, target_layers=[model.layer4[-1]])(both, targets)
    golden = golden("grad_cam")
    assert np.abs(maps[0] - golden["layer4.similarity.cam"]).max() < TOLERANCE
    assert np.abs(maps[1] - golden["layer4.class7.cam"]).max() < TOLERANCE


def test_without_targets_the_likeliest_class_is_explained(model, query, golden):
    likeliest = int(golden("forward")["logits_query"].argmax())
    cam = compat.GradCAM(model=model, target_layers=[model.layer4[-1]])
    asked = cam(input_tensor=query, targets=[compat.ClassifierOutputTarget(likeliest)])
    assert np.array_equal(cam(input_tensor=query, targets=None), asked)
    assert np.abs(cam.outputs[0] - golden("forward")["embedding_query"]).max() < 1e-4


def test_layers_are_found_as_attributes(model):
    assert str(model.layer4[-1]) == "layer4.1" and str(model.layer2[0]) == "layer2.0"
    for wrong in (lambda: model.layer9, lambda: model.layer4.nothing):
        with pytest.raises(AttributeError, match="no layer"):
            wrong()
    with pytest.raises(IndexError):
        model.layer4[7]


def test_what_does_not_fit_is_refused_in_words(model, query, concept):
    cam = compat.GradCAM(model=model, target_layers=["layer4"])
    for call, words in (
        (lambda: cam(query[0], None), r"\[n, 3, h, w\]"),
        (lambda: cam(query, [compat.ClassifierOutputTarget(1)] * 2), "one for each"),
        (lambda: cam(query, [5]), "no target"),
        (lambda: cam(query, [compat.ClassifierOutputTarget(1000)]), "1000"),
        (lambda: compat.GradCAM(model=5, target_layers=[])(query, None), "no model"),
        (lambda: compat.GradCAM(model=model, target_layers=["layer5"])(query, None), "layer5"),
        (lambda: compat.show_cam_on_image(np.full((2, 2, 3), 255), np.zeros((2, 2))), "255"),
    ):
        with pytest.raises(ValueError, match=words):
            call()


def test_every_class_takes_the_keywords_that_it_has_there():
    classes = [it for _, it in inspect.getmembers(compat, inspect.isclass) if issubclass(it, compat.BaseCAM)]
    assert len(classes) == 18
    for it in classes:
        it(model=None, target_layers=[], reshape_transform=None)


def test_pictures_are_drawn_by_its_arithmetic():
    mask = np.array([[0.0, 0.25], [0.5, 1.0]], np.float32)
    image = np.full((2, 2, 3), 0.5, np.float32)
    drawn = compat.show_cam_on_image(image, mask, use_rgb=True)
    # Worked out by hand: jet's entries 0, 63, 127 and 255 are (0, 0, 128), (0, 252, 255)... the brightest value is 255.
    assert drawn.shape == (2, 2, 3) and drawn.dtype == np.uint8 and drawn.max() == 255
    assert np.array_equal(compat.show_cam_on_image(image, mask), drawn[:, :, ::-1])
    assert np.array_equal(drawn[0, 0], np.uint8(255 * (np.array([0.25, 0.25, 0.25 + 64 / 255]) / 0.75)))
    values = compat.preprocess_image(np.full((2, 2, 3), 0.5, np.float32), mean=[0.5] * 3, std=[0.5] * 3)
    assert values.shape == (1, 3, 2, 2) and not values.any()
