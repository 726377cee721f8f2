"""Write the pictures that the encoders of the crate `image` cannot: needs Pillow and NumPy.

Each shows 16 x 16 pixels of flat colour, or halves of two, so that tests can name what they expect.
"""

import io
import pathlib

import numpy
from PIL import Image

here = pathlib.Path(__file__).parent
RED, GREEN = (200, 30, 20), (20, 160, 60)


def halves(left, right):
    pixels = numpy.zeros((16, 16, len(left)), numpy.uint8)
    pixels[:, :8], pixels[:, 8:] = left, right
    return pixels


def jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "jpeg", quality=95, subsampling=0, **options)
    return file.getvalue()


rgb = Image.fromarray(halves(RED, GREEN))
(here / "progressive.jpg").write_bytes(jpeg(rgb, progressive=True))
(here / "grey.jpg").write_bytes(jpeg(rgb.convert("L")))
(here / "restarts.jpg").write_bytes(jpeg(rgb, restart_marker_blocks=1))

# Stored inverted, as Adobe does; transform 0.
cmyk = jpeg(rgb.convert("CMYK"))
(here / "cmyk.jpg").write_bytes(cmyk)

# Adobe's YCCK: the inverted picture as YCC, and K inverted. Pillow inverts what it stores, and the marker's
# last byte becomes 2.
ycc = numpy.asarray(Image.fromarray(255 - numpy.asarray(rgb)).convert("YCbCr"))
stored = numpy.concatenate([ycc, numpy.full((16, 16, 1), 255, numpy.uint8)], axis=2)
ycck = bytearray(jpeg(Image.fromarray(255 - stored, "CMYK")))
ycck[ycck.index(b"Adobe") + 11] = 2
(here / "ycck.jpg").write_bytes(bytes(ycck))
read = numpy.asarray(Image.open(here / "ycck.jpg").convert("RGB")).astype(int)
assert abs(read - numpy.asarray(rgb)).max() < 12, "Pillow reads other colours"

# A baseline file that claims arithmetic coding.
arithmetic = bytearray(jpeg(rgb))
arithmetic[arithmetic.index(b"\xff\xc0") + 1] = 0xC9
(here / "arithmetic.jpg").write_bytes(bytes(arithmetic))

second = Image.fromarray(halves(GREEN, RED))
rgb.save(here / "pages.tif", save_all=True, append_images=[second, second])
rgb.convert("CMYK").save(here / "cmyk.tif")
rgb.quantize(4).save(here / "palette.tif")
rgb.convert("1").save(here / "bilevel.tif", compression="group4")
