"""Write one small TIFF of every kind: needs Pillow, NumPy, tifffile and imagecodecs.

`KIND-HOW.tif` shows the pixels of `KIND.png`, which come from the arrays here and from nothing that reads TIFF.
`refused-HOW.tif` are valid and not read. Sizes are odd, so that the last strip, tile and byte are not full.
"""

import io
import pathlib
import struct

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

here = pathlib.Path(__file__).parent
for old in [*here.glob("*.tif"), *here.glob("*.png")]:
    old.unlink()

HEIGHT, WIDTH = 19, 37
y, x = np.mgrid[:HEIGHT, :WIDTH]
GREY = ((7 * x + 11 * y + x * y) % 256).astype(np.uint8)
RGB = np.stack([GREY, 255 - GREY[::-1], (5 * x + 90) % 256], -1).astype(np.uint8)
OPACITY = (x * 255 // (WIDTH - 1)).astype(np.uint8)


def expect(kind, pixels):
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGB").save(here / f"{kind}.png")


def write(name, pixels, **options):
    options.setdefault("metadata", None)
    options.setdefault("software", False)
    tifffile.imwrite(here / f"{name}.tif", pixels, **options)


def plain(name, chunks, order="<", **tags):
    """A TIFF from its tags, a list of values each, and its strips or tiles as bytes."""
    numbers = dict(width=256, height=257, bits=258, compression=259, photometric=262, fill=266, samples=277,
                   rows=278, planar=284, t4=292, predictor=317, colormap=320, tile_width=322, tile_height=323,
                   ink=332, extra=338, format=339, tables=347, coefficients=529, subsampling=530, reference=532,
                   subfile=254, orientation=274)
    tags = {numbers[key]: value for key, value in tags.items()}
    tiled = 322 in tags
    body, offsets = b"", []
    for chunk in chunks:
        offsets.append(8 + len(body))
        body += chunk + b"\0" * (len(chunk) % 2)
    tags[324 if tiled else 273] = offsets
    tags[325 if tiled else 279] = [len(chunk) for chunk in chunks]
    entries, extra = b"", b""
    start = 8 + len(body) + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        if isinstance(values, bytes):
            kind, count, data = 7, len(values), values
        elif isinstance(values[0], float):
            parts = [(round(value * 10000), 10000) for value in values]
            kind, count, data = 5, len(values), struct.pack(f"{order}{2 * len(parts)}I", *sum(parts, ()))
        else:
            kind, letter = (4, "I") if tag in (256, 257, 273, 278, 279, 324, 325) else (3, "H")
            count, data = len(values), struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(data) > 4:
            field, extra = struct.pack(order + "I", start + len(extra)), extra + data + b"\0" * (len(data) % 2)
        else:
            field = data.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", tag, kind, count) + field
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(body))
    directory = struct.pack(order + "H", len(tags)) + entries + b"\0" * 4 + extra
    (here / f"{name}.tif").write_bytes(head + body + directory)


def packed(samples, bits):
    """Rows of whole numbers as bits, each row filled up to a byte."""
    rows = samples.reshape(len(samples), -1).astype(np.uint64)
    ones = (rows[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint64)) & np.uint64(1)
    return np.packbits(ones.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
SIZE = dict(width=[WIDTH], height=[HEIGHT])

# Compressions, byte orders, strips and tiles of the same colours.
expect("rgb", RGB)
for compression in ["none", "lzw", "deflate", "packbits"]:
    for predictor in [False, True] if compression in ("lzw", "deflate") else [False]:
        how = f"rgb-{compression}" + "-predictor" * predictor
        write(how, RGB, photometric="rgb", compression=compression, predictor=predictor, rowsperstrip=7)
write("rgb-big-endian", RGB, photometric="rgb", byteorder=">")
write("rgb-bigtiff", RGB, photometric="rgb", bigtiff=True)
write("rgb-bigtiff-big-endian", RGB, photometric="rgb", bigtiff=True, byteorder=">", compression="lzw")
write("rgb-tiles", RGB, photometric="rgb", tile=(16, 16))
write("rgb-tiles-deflate-predictor", RGB, photometric="rgb", tile=(16, 16), compression="deflate", predictor=True)
planes = np.moveaxis(RGB, -1, 0)
write("rgb-planes", planes, photometric="rgb", planarconfig="separate", rowsperstrip=5)
write("rgb-planes-tiles-lzw", planes, photometric="rgb", planarconfig="separate", tile=(16, 32), compression="lzw",
      predictor=True)
write("rgb-one-tile-larger-than-the-picture", RGB, photometric="rgb", tile=(64, 64))
write("rgb-unused-channel-predictor", np.dstack([RGB, GREY]), photometric="rgb", extrasamples=["unspecified"],
      compression="deflate", predictor=True)
write("rgb-16", RGB.astype(np.uint16) * 257, photometric="rgb", compression="lzw", predictor=True)
write("rgb-16-big-endian", RGB.astype(np.uint16) * 257, photometric="rgb", byteorder=">", predictor=True,
      compression="deflate")
write("rgb-32", RGB.astype(np.uint32) * 0x01010101, photometric="rgb")
write("rgb-float32-predictor", RGB.astype(np.float32) / 255, photometric="rgb", compression="deflate", predictor=3)
write("rgb-float16", (RGB / 255).astype(np.float16), photometric="rgb")
plain("rgb-fill-order-2", [RGB.tobytes().translate(REVERSED)], bits=[8] * 3, photometric=[2], samples=[3], fill=[2],
      **SIZE)
plain("rgb-bits-for-all-channels-in-one", [RGB.tobytes()], bits=[8], photometric=[2], samples=[3], **SIZE)
plain("rgb-no-photometric", [RGB.tobytes()], bits=[8] * 3, samples=[3], **SIZE)
plain("rgb-predictor-without-effect", [RGB.tobytes()], bits=[8] * 3, photometric=[2], samples=[3], predictor=[2],
      **SIZE)
webp = imagecodecs.webp_encode(RGB, lossless=True)
plain("rgb-webp", [webp], bits=[8] * 3, photometric=[2], samples=[3], compression=[50001], **SIZE)

# Grey of every depth.
expect("grey", GREY)
write("grey-8", GREY)
write("grey-white-is-zero", 255 - GREY, photometric="miniswhite")
write("grey-16-white-is-zero", 65535 - GREY.astype(np.uint16) * 257, photometric="miniswhite")
write("grey-16-big-endian", GREY.astype(np.uint16) * 257, byteorder=">")
write("grey-32", GREY.astype(np.uint32) * 0x01010101)
write("grey-64", GREY.astype(np.uint64) * 0x0101010101010101)
write("grey-float16", (GREY / 255).astype(np.float16))
for predictor in [False, 3]:
    for kind in [np.float16, np.float32, np.float64]:
        for order in "<>":
            name = f"grey-{np.dtype(kind).name}{'-predictor' * bool(predictor)}{'-big-endian' * (order == '>')}"
            write(name, (GREY / 255).astype(kind), byteorder=order, compression="deflate", predictor=predictor)
write("grey-float32-white-is-zero", (1 - GREY / 255).astype(np.float32), photometric="miniswhite")
for bits in [8, 16, 32]:
    white = 2 ** (bits - 1) - 1
    write(f"grey-signed-{bits}", np.round(GREY / 255 * white).astype(f"int{bits}"))
for bits in [10, 12, 14, 24]:
    deep = np.round(GREY / 255 * (2**bits - 1)).astype(np.uint32)
    # Whole bytes follow the byte order, which is the big one here as among packed bits.
    plain(f"grey-{bits}", [packed(deep, bits)], order=">", bits=[bits], photometric=[1], **SIZE)
write("grey-unused-channel", np.dstack([GREY, GREY.T.ravel().reshape(GREY.shape)]), photometric="minisblack",
      extrasamples=["unspecified"], planarconfig="contig")
# Signed 8 bits have half the steps.
expect("grey-signed-8", np.floor(np.round(GREY / 255 * 127) * 255 / 127 + 0.5))

for bits in [2, 4]:
    few = GREY >> (8 - bits)
    expect(f"shallow{bits}", few * (255 // (2**bits - 1)))
    plain(f"shallow{bits}-plain", [packed(few, bits)], bits=[bits], photometric=[1], **SIZE)
    plain(f"shallow{bits}-white-is-zero", [packed(2**bits - 1 - few, bits)], bits=[bits], photometric=[0], **SIZE)
    plain(f"shallow{bits}-fill-order-2", [packed(few, bits).translate(REVERSED)], bits=[bits], photometric=[1],
          fill=[2], **SIZE)

# Bits, and fax codes of them, which libtiff writes for Pillow.
BITS = (GREY > 127) ^ (x > 30)
expect("bits", BITS * 255)
plain("bits-plain", [packed(BITS, 1)], bits=[1], photometric=[1], **SIZE)
plain("bits-white-is-zero-fill-order-2", [packed(~BITS, 1).translate(REVERSED)], bits=[1], photometric=[0], fill=[2],
      **SIZE)
for name, compression, info in [("rle", "tiff_ccitt", {}), ("group3", "group3", {}), ("group3-2d", "group3", {292: 1}),
                                ("group3-filled", "group3", {292: 4}), ("group4", "group4", {}),
                                ("group4-fill-order-2", "group4", {266: 2}), ("group4-strips", "group4", {278: 6})]:
    Image.fromarray(BITS).save(here / f"bits-{name}.tif", compression=compression, tiffinfo=info)
# A real page's runs: longer than 2560, all white and all black rows.
WIDE = np.zeros((6, 6001), bool)
WIDE[1], WIDE[2, 3000:], WIDE[3, ::2], WIDE[4, 5999], WIDE[5, :1] = True, True, True, True, True
expect("wide", WIDE * 255)
for name, compression, info in [("rle", "tiff_ccitt", {}), ("group3", "group3", {}), ("group3-2d", "group3", {292: 1}),
                                ("group4", "group4", {})]:
    Image.fromarray(WIDE).save(here / f"wide-{name}.tif", compression=compression, tiffinfo=info)

# Opacity, on white. Straight colours are rounded once, on white; multiplied ones before that too.
ON_WHITE = RGB + (255.0 - RGB) * (1 - OPACITY[..., None] / 255)
expect("alpha", np.floor(ON_WHITE + 0.5))
write("alpha-straight", np.dstack([RGB, OPACITY]), photometric="rgb", extrasamples=["unassalpha"])
write("alpha-straight-16", np.dstack([RGB, OPACITY]).astype(np.uint16) * 257, photometric="rgb",
      extrasamples=["unassalpha"])
write("alpha-behind-an-unused-channel", np.dstack([RGB, GREY, OPACITY]), photometric="rgb",
      extrasamples=["unspecified", "unassalpha"])
plain("alpha-unsaid", [np.dstack([RGB, OPACITY]).tobytes()], bits=[8] * 4, photometric=[2], samples=[4], **SIZE)
multiplied = RGB / 255 * OPACITY[..., None] / 255
for name, full, kind in [("8", 255, np.uint8), ("16", 65535, np.uint16), ("float32", 1, np.float32)]:
    samples = np.dstack([multiplied, OPACITY / 255]) * full
    samples = samples.astype(kind) if kind == np.float32 else np.floor(samples + 0.5).astype(kind)
    write(f"alpha-multiplied-{name}", samples, photometric="rgb", extrasamples=["assocalpha"])
write("alpha-multiplied-planes", np.moveaxis(np.floor(np.dstack([multiplied, OPACITY / 255]) * 65535 + 0.5), -1, 0)
      .astype(np.uint16), photometric="rgb", extrasamples=["assocalpha"], planarconfig="separate")
expect("greyalpha", np.floor(GREY + (255.0 - GREY) * (1 - OPACITY / 255) + 0.5))
write("greyalpha-straight", np.dstack([GREY, OPACITY]), photometric="minisblack", extrasamples=["unassalpha"],
      planarconfig="contig")

# Palettes.
index = GREY >> 4
colors = np.stack([np.arange(16) * 17, 255 - np.arange(16) * 16, np.arange(16) ** 2], 1).astype(np.uint8)
expect("palette", colors[index])
deep = [int(value) * 257 for value in colors.T.ravel()]
plain("palette-4", [packed(index, 4)], bits=[4], photometric=[3], colormap=deep, **SIZE)
many = np.zeros((256, 3), int)
many[:16] = colors
for name, factor in [("8", 257), ("8-shifted", 256), ("8-of-8-bits", 1)]:
    colormap = [int(value) * factor for value in many.T.ravel()]
    plain(f"palette-{name}", [index.tobytes()], bits=[8], photometric=[3], colormap=colormap, **SIZE)

# Printing colours: what is left of white by inks and by black, without a profile.
cmyk = np.dstack([255 - RGB, GREY // 2]).astype(np.uint8)
expect("cmyk", np.floor((255.0 - cmyk[..., :3]) * (255.0 - cmyk[..., 3:]) / 255 + 0.5))
write("cmyk-8", cmyk, photometric="separated", compression="deflate")
write("cmyk-16", cmyk.astype(np.uint16) * 257, photometric="separated")

# YCbCr, BT.601, from smooth colours: blocks share their differences.
SMOOTH = np.stack([x * 6, y * 12, 200 - x * 3], -1).astype(np.uint8)
ycc = np.asarray(Image.fromarray(SMOOTH).convert("YCbCr")).astype(int)
expect("smooth", SMOOTH)
BT = dict(photometric=[6], samples=[3], bits=[8] * 3, **SIZE)
plain("smooth-ycbcr-whole", [ycc.astype(np.uint8).tobytes()], subsampling=[1, 1], **BT)


def blocks(across, down):
    luma = np.pad(ycc[..., 0], ((0, -HEIGHT % down), (0, -WIDTH % across)), "edge")
    shared = np.pad(ycc[..., 1:], ((0, -HEIGHT % down), (0, -WIDTH % across), (0, 0)), "edge")
    out = bytearray()
    for top in range(0, len(luma), down):
        for left in range(0, luma.shape[1], across):
            block = slice(top, top + down), slice(left, left + across)
            out += luma[block].astype(np.uint8).tobytes()
            out += np.round(shared[block].mean((0, 1))).astype(np.uint8).tobytes()
    return bytes(out)


for across, down in [(2, 1), (2, 2), (4, 2)]:
    plain(f"smooth-ycbcr-{across}x{down}", [blocks(across, down)], subsampling=[across, down], **BT)
plain("smooth-ycbcr-lzw", [imagecodecs.lzw_encode(blocks(2, 2))], compression=[5], **BT)
# Studio range: black at 16, white at 235.
studio = np.stack([16 + ycc[..., 0] * 219 / 255] + [128 + (ycc[..., i] - 128) * 112 / 127 for i in (1, 2)], -1)
plain("smooth-ycbcr-studio", [np.round(studio).astype(np.uint8).tobytes()], subsampling=[1, 1],
      reference=[16.0, 235.0, 128.0, 240.0, 128.0, 240.0], **BT)


def jpegs(height, width, **options):
    """Strips or tiles of the smooth picture, each a JPEG, filled up with their last pixels."""
    for top in range(0, HEIGHT, height):
        for left in range(0, WIDTH, width):
            part = SMOOTH[top:top + height, left:left + width]
            room = (0, (height if width < WIDTH else len(part)) - len(part)), (0, width - part.shape[1]), (0, 0)
            yield imagecodecs.jpeg_encode(np.pad(part, room, "edge"), level=97, **options)


JPEG = dict(compression=[7], samples=[3], bits=[8] * 3, **SIZE)
for subsampling, name in [((1, 1), "444"), ((2, 2), "420")]:
    coded = dict(colorspace="RGB", outcolorspace="YCBCR", subsampling={"444": "444", "420": "420"}[name])
    plain(f"smooth-jpeg-{name}", list(jpegs(16, WIDTH, **coded)), rows=[16], photometric=[6],
          subsampling=list(subsampling), **JPEG)
    plain(f"smooth-jpeg-{name}-tiles", list(jpegs(16, 16, **coded)), tile_width=[16], tile_height=[16],
          photometric=[6], subsampling=list(subsampling), **JPEG)
coded = dict(colorspace="RGB", outcolorspace="RGB")
plain("smooth-jpeg-rgb", list(jpegs(16, WIDTH, **coded)), rows=[16], photometric=[2], **JPEG)
# Tables of all strips in one tag, as libtiff writes them.
Image.fromarray(SMOOTH).save(here / "smooth-jpeg-tables.tif", compression="jpeg", quality=97)

# A detail of 16 bits that is nearly black, and floats outside 0 to 1, for stretching.
few = np.arange(100, 116).reshape(4, 4)
write("stretch-16", few.astype(np.uint16))
write("stretch-float", (few * 1000.0 - 50000).astype(np.float32))
write("stretch-signed", (few - 108).astype(np.int16))
expect("stretch", np.arange(16).reshape(4, 4) * 17)

# Valid, and not read.
write("refused-zstandard", RGB, photometric="rgb", compression="zstd")
write("refused-lzma", RGB, photometric="rgb", compression="lzma")
write("refused-jpeg-2000", RGB, photometric="rgb", compression="jpeg2000")
write("refused-complex", np.zeros((4, 4), np.complex64))
for name, photometric in [("mask", 4), ("lab", 8), ("icc-lab", 9), ("filter-array", 32803)]:
    samples = 3 if "lab" in name else 1
    plain(f"refused-{name}", [bytes(samples * WIDTH * HEIGHT)], bits=[8] * samples, photometric=[photometric],
          samples=[samples], **SIZE)
plain("refused-inks", [cmyk.tobytes()], bits=[8] * 4, photometric=[5], samples=[4], ink=[2], **SIZE)
plain("refused-different-bits", [bytes(2 * WIDTH * HEIGHT)], bits=[5, 6, 5], photometric=[2], samples=[3], **SIZE)
plain("refused-old-jpeg", [b"\xff\xd8\xff\xd9"], bits=[8] * 3, photometric=[6], samples=[3], compression=[6], **SIZE)
