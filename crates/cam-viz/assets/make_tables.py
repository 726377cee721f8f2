"""Write the colour tables turbo.rgb, viridis.rgb and inferno.rgb: 256 entries of three bytes, red first.

They come from matplotlib's tables, rounded to the nearest byte; `tests/pixels.rs` checks that each equals
OpenCV's table of the same name, byte for byte. Only needed to make the files again:

    python make_tables.py

Licences: viridis and inferno are CC0 (Nathaniel Smith, Stefan van der Walt, Eric Firing);
turbo is Apache-2.0 (Anton Mikhailov, Google).
"""

import pathlib

import matplotlib
import numpy

here = pathlib.Path(__file__).parent
for name in ["turbo", "viridis", "inferno"]:
    table = matplotlib.colormaps[name](numpy.arange(256))[:, :3]
    (here / f"{name}.rgb").write_bytes(numpy.rint(255 * table).astype(numpy.uint8).tobytes())
