"""Whatever Python calls an image is the same image."""

import io

import cam_explain
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def pixels(cat):
    return np.asarray(Image.open(cat).convert("RGB"))


@pytest.fixture(scope="module")
def expected(network, cat):
    return network.embed(cat)


def test_paths_bytes_pillow_and_arrays_give_the_same_bits(network, cat, pixels, expected):
    class HasArray:
        def __array__(self, dtype=None, copy=None):
            return pixels

    class HasDlpack:
        def __dlpack__(self, **keywords):
            return pixels.__dlpack__(**keywords)

        def __dlpack_device__(self):
            return pixels.__dlpack_device__()

    file = cat.read_bytes()
    for image in (str(cat), cat, file, bytearray(file), io.BytesIO(file), Image.open(cat), pixels, HasArray(), HasDlpack()):
        assert np.array_equal(network.embed(image), expected), type(image)
        if hasattr(image, "seek"):
            image.seek(0)
        assert np.array_equal(network.embed([image, cat]), np.repeat(expected, 2, 0)), type(image)


def test_a_first_axis_is_as_many_images(network, pixels, expected):
    assert np.array_equal(network.embed(np.stack([pixels, pixels])), np.repeat(expected, 2, 0))
    assert np.array_equal(network.embed(iter([pixels, pixels])), np.repeat(expected, 2, 0))
    assert network.embed([]).shape == (0, network.width)


def test_order_and_rights_of_an_array_do_not_matter(network, pixels, expected):
    frozen = pixels.copy()
    frozen.setflags(write=False)
    fortran = np.asfortranarray(pixels)
    strided = np.repeat(pixels, 2, 1)[:, ::2]
    for image in (frozen, fortran, strided):
        assert np.array_equal(network.embed(image), expected)


def test_floats_are_taken_as_they_are(network, pixels, expected):
    how = network.preprocessing
    mean, deviation = (np.float32(how[key]).reshape(3, 1, 1) for key in ("mean", "deviation"))
    values = (np.moveaxis(np.float32(pixels), -1, 0) - mean) / deviation
    for kind in (np.float32, np.float64):
        given = network.embed(values.astype(kind)[None])
        assert np.abs(given - expected).max() < 1e-4 * np.abs(expected).max()


def test_an_image_of_another_mode_is_that_of_a_file(network, cat, tmp_path):
    for mode in ("L", "P", "RGBA", "1", "LA"):
        image = Image.open(cat).convert(mode)
        image.save(tmp_path / "image.png")
        assert np.array_equal(network.embed(image), network.embed(tmp_path / "image.png")), mode


def test_an_array_is_not_written_to_and_not_kept(network, pixels):
    given = pixels.copy()
    capture = network.capture(given)
    before = capture.ask(top=1).overlay()
    assert np.array_equal(given, pixels)
    given[:] = 0
    assert np.array_equal(capture.ask(top=1).overlay(), before)


@pytest.mark.parametrize(
    "image, error, words",
    [
        (np.zeros((4, 4), np.uint8), ValueError, "numpy.stack"),
        (np.zeros((3, 4, 4), np.uint8), ValueError, "numpy.moveaxis"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, "transparent"),
        (np.zeros((4, 4, 3), np.float32), ValueError, "uint8"),
        (np.zeros((2, 2, 2, 2, 2), np.float32), ValueError, "[n, 3, h, w]"),
        (np.zeros((4, 4, 3), np.int64), ValueError, "int64"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, "no pixels"),
        (np.array(["a"]), ValueError, "uint8"),
        (np.array([object()]), ValueError, "uint8"),
        (np.full((3, 224, 224), np.nan, np.float32), cam_explain.Error, "NaN"),
        (np.full((3, 224, 224), np.inf), cam_explain.Error, "inf"),
        (np.zeros((3, 5000, 5000), np.float16), cam_explain.Error, "224×224"),
        (b"", cam_explain.Error, "image-0"),
        (b"no image", cam_explain.Error, "not a known picture format"),
        ("nowhere.png", OSError, "nowhere.png"),
        ("", cam_explain.Error, "an empty file name"),
        (5, TypeError, "a path or URL"),
        (None, TypeError, "a path or URL"),
        ({"a": 1}, TypeError, "a dictionary is no image"),
        ([[1, 2]], TypeError, "a path or URL"),
        (io.BytesIO(b""), cam_explain.Error, "image-0"),
        (io.StringIO(""), TypeError, "opened as text"),
    ],
)
def test_what_is_no_image_is_refused_in_words(network, image, error, words):
    with pytest.raises(error) as raised:
        network.embed([image] if isinstance(image, dict) else image)
    assert words in str(raised.value)


def test_a_part_of_a_file_is_what_pillow_cuts_out(network, cat, pixels):
    part = network.embed(f"{cat}#xywh=20,40,120,100")
    assert np.array_equal(part, network.embed(np.ascontiguousarray(pixels[40:140, 20:140])))
