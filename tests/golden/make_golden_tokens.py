#!/usr/bin/env python3
"""Write small seeded vision transformers as ONNX files, and maps of them by the methods' definitions.

    python3 make_golden_tokens.py OUT

Every map is computed from its definition and not from a closed form: gradients are autograd's, at the attention weights
themselves; a token contribution is one term that is carried forward through the readout alone.

OUT gets for every variant NAME.onnx and NAME.safetensors with
    input [2, 3, 32, 40]; embedding [2, d]; concepts [2, d]; scores [2, 2]: the cosine of each image to each concept
    METHOD [2, 2, 4, 5]: image, concept, rows, columns of the grid; token.SHARE.BLOCKS [2, 2]: parts of the score
    grad-cam, hires-cam are those of the last block's first norm, of `pool` of the last block and, with .norm, of the last norm

Made with Python 3.11 and
    pip install torch==2.15.0 onnx==1.23.2 numpy==2.4.6 safetensors grad-cam==1.5.7
"""
import json, os, sys, zlib
import numpy as np, torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

SIZE, PATCH, D, HEADS, BLOCKS = (32, 40), 8, 24, 3, 3
GRID = (SIZE[0] // PATCH, SIZE[1] // PATCH)
P = GRID[0] * GRID[1]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4)
        self.q, self.k, self.v = q, k, v
        self.a = (q @ k.transpose(-2, -1) * (D // HEADS) ** -0.5).softmax(-1)
        if self.a.requires_grad:
            self.a.retain_grad()
        self.o = (self.a @ v).transpose(1, 2).reshape(n, t, D)
        if self.o.requires_grad:
            self.o.retain_grad()
        return self.proj(self.o)


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(D))

    def forward(self, x):
        return x * self.gamma


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, scaled, quick):
        super().__init__()
        self.norm1, self.attn, self.norm2 = nn.LayerNorm(D, 1e-6), Attention(), nn.LayerNorm(D, 1e-6)
        self.mlp = nn.Sequential(nn.Linear(D, 2 * D), QuickGelu() if quick else nn.GELU(), nn.Linear(2 * D, D))
        self.ls1, self.ls2 = (Scale(), Scale()) if scaled else (nn.Identity(), nn.Identity())

    def forward(self, x):
        self.x = x
        self.y = x + self.ls1(self.attn(self.norm1(x)))
        self.after = self.behind(self.y)
        return self.after

    def behind(self, y):
        return y + self.ls2(self.mlp(self.norm2(y)))


class Pool(nn.Module):
    """SigLIP's: a probe attends to all tokens, and an MLP follows."""

    def __init__(self):
        super().__init__()
        self.probe = nn.Parameter(torch.zeros(1, 1, D))
        self.q, self.kv, self.proj = nn.Linear(D, D), nn.Linear(D, 2 * D), nn.Linear(D, D)
        self.norm, self.mlp = nn.LayerNorm(D, 1e-6), nn.Sequential(nn.Linear(D, 2 * D), nn.GELU(), nn.Linear(2 * D, D))

    def forward(self, x):
        n, t, _ = x.shape
        q = self.q(self.probe.expand(n, -1, -1)).reshape(n, 1, HEADS, D // HEADS).transpose(1, 2)
        k, self.v = self.kv(x).reshape(n, t, 2, HEADS, D // HEADS).permute(2, 0, 3, 1, 4)
        self.q_, self.k_ = q, k
        self.a = (q @ k.transpose(-2, -1) * (D // HEADS) ** -0.5).softmax(-1)
        self.o = (self.a @ self.v).transpose(1, 2).reshape(n, D)
        self.z = self.proj(self.o)
        if self.z.requires_grad:
            self.a.retain_grad(), self.o.retain_grad(), self.z.retain_grad()
        return self.behind(self.z)

    def behind(self, z):
        return z + self.mlp(self.norm(z))


class ViT(nn.Module):
    """Read by a class token, by one that is projected, by a mean behind or in front of the norm, flattened, or pooled by an
    attention."""

    def __init__(self, read, registers=0, scaled=False, pre=False, quick=False, d=16):
        super().__init__()
        self.read, self.prefix = read, (1 if read in ("cls", "projected") else 0) + registers
        self.patch = nn.Conv2d(3, D, PATCH, PATCH)
        if self.prefix:
            self.tokens = nn.Parameter(torch.zeros(1, self.prefix, D))
        self.position = nn.Parameter(torch.zeros(1, self.prefix + P, D))
        self.pre = nn.LayerNorm(D, 1e-5) if pre else nn.Identity()
        self.blocks = nn.ModuleList(Block(scaled, quick) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(D, 1e-6)
        if read == "projected":
            self.projection = nn.Linear(D, d, bias=False)
        if read == "pool":
            self.pool = Pool()
        if read == "flatten":
            self.projection = nn.Linear((self.prefix + P) * D, d)

    def stream(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        if self.prefix:
            x = torch.cat([self.tokens.expand(x.shape[0], -1, -1), x], 1)
        self.start = x = self.pre(x + self.position)
        for block in self.blocks:
            x = block(x)
        return x

    def readout(self, x):
        return self.head(x, self.norm)

    def head(self, x, norm, bias=True):
        """The readout with another norm, for terms of the stream: linear where the norm is."""
        if self.read == "cls":
            return norm(x)[:, 0]
        if self.read == "projected":
            return self.projection(norm(x[:, 0]))
        if self.read == "pool":
            return self.pool(norm(x))
        if self.read == "mean":
            return norm(x)[:, self.prefix:].mean(1)
        if self.read == "mean_first":
            return norm(x[:, self.prefix:].mean(1))
        return F.linear(norm(x).flatten(1), self.projection.weight, self.projection.bias if bias else None)

    def rows(self):
        """The tokens that are read."""
        return {"cls": [0], "projected": [0], "flatten": range(self.prefix + P)}.get(
            self.read, range(self.prefix, self.prefix + P))

    def forward(self, x):
        return self.readout(self.stream(x))


VARIANTS = {
    "class_token": dict(read="cls"),
    "registers": dict(read="cls", registers=3, scaled=True),
    "clip": dict(read="projected", pre=True, quick=True),
    "mean": dict(read="mean", registers=1),
    "mean_first": dict(read="mean_first", scaled=True),
    "flatten": dict(read="flatten"),
    "pool": dict(read="pool"),
}


def randomise(model, g):
    for name, p in model.named_parameters():
        with torch.no_grad():
            if p.dim() > 1 and "weight" in name:
                p.copy_(torch.randn(p.shape, generator=g) * p[0].numel() ** -0.5 * 1.5)
            elif name.endswith("weight") or name.endswith("gamma"):
                p.copy_(0.5 + torch.rand(p.shape, generator=g))
            else:
                p.copy_(torch.randn(p.shape, generator=g) * 0.3)


def cosine(e, t):
    return (F.normalize(e, dim=-1) * F.normalize(t, dim=-1)).sum(-1)


def grid(tokens, model):
    return tokens[..., model.prefix:model.prefix + P].reshape(*tokens.shape[:-1], *GRID)


def frozen(norm, x):
    """The norm with σ held at what it is for x: linear, without its shift."""
    sigma = (x.var(-1, keepdim=True, unbiased=False) + norm.eps).sqrt()
    return lambda c: norm.weight * (c - c.mean(-1, keepdim=True)) / sigma


def contributions(model, x, t, last, out, at):
    """Term by term, each carried forward through the readout."""
    end = model.stream(x)
    e = model.readout(end)
    to = F.normalize(t, dim=-1) / e.norm()
    read = {"mean_first": end[:, model.prefix:].mean(1), "projected": end[:, 0]}.get(model.read, end)
    norm = frozen(model.norm, read)
    worth = lambda term: (model.head(term, norm, bias=False)[0] * to).sum()
    shares = dict(patches=0.0, prefix_tokens=0.0, mlps=0.0, constants=0.0)
    total = torch.zeros(model.prefix + P, dtype=x.dtype)
    kept = model.blocks[BLOCKS - last:]
    for block in kept:
        w = block.attn.proj.weight.T.reshape(HEADS, D // HEADS, D)
        for i in range(model.prefix + P):
            term = torch.zeros_like(end)
            for h in range(HEADS):
                written = block.attn.v[0, h, i] @ w[h]
                term[0] = term[0] + block.attn.a[0, h, :, i, None] * written
            total[i] += worth(block.ls1(term))
        shares["mlps"] += worth(block.after - block.y)
        shares["constants"] += worth(block.ls1(block.attn.proj.bias.expand_as(end)))
    shares["patches"] = total[model.prefix:].sum()
    shares["prefix_tokens"] = total[:model.prefix].sum()
    shares["first_tokens"] = worth(model.start)
    shares["earlier_blocks"] = worth(kept[0].x - model.start)
    shifted = model.head(torch.zeros_like(end), lambda c: norm(c) + model.norm.bias)[0]
    shares["constants"] += (shifted * to).sum()
    assert abs(sum(shares.values()) - cosine(e, t)[0]) < 1e-9
    put(out, f"token-contributions.{last}", at, grid(total, model))
    for name, value in shares.items():
        put(out, f"token.{name}.{last}", at, value)


def pooled(model, x, t, out, at):
    """Of the attention that pools: of first order in what it gives."""
    model.zero_grad()
    e = model(x)
    s = cosine(e, t)[0].detach()
    (e[0] * F.normalize(t, dim=-1) / e[0].norm().detach()).sum().backward()
    pool, gradient = model.pool, model.pool.z.grad[0]
    w = pool.proj.weight.T.reshape(HEADS, D // HEADS, D)
    tokens = torch.stack([sum(pool.a[0, h, 0, i] * (pool.v[0, h, i] @ w[h]) for h in range(HEADS)) for i in range(P)]) @ gradient
    put(out, "token-contributions.1", at, grid(tokens, model))
    shares = dict(patches=tokens.sum(), prefix_tokens=0.0, constants=pool.proj.bias @ gradient)
    shares["beyond_first_order"] = s - sum(shares.values())
    for name, value in shares.items():
        put(out, f"token.{name}.1", at, torch.as_tensor(value, dtype=x.dtype))


def put(out, name, at, value):
    out.setdefault(name, {})[at] = torch.as_tensor(value).detach()


def gradients(model, x, t, at_block=None):
    """∂s/∂A of every block, s being that of the embedding read at a block."""
    model.zero_grad()
    end = model.stream(x)
    read = end if at_block is None else model.blocks[at_block].after
    cosine(model.readout(read), t)[0].backward()
    return [block.attn.a.grad for block in model.blocks]


def of_attention(model, x, t, out, at):
    rows, N = list(model.rows()), model.prefix + P
    last = model.blocks[-1].attn
    G = gradients(model, x, t)
    put(out, "attention-contributions", at, grid((last.a * G[-1])[0].sum(0).sum(0), model))
    put(out, "raw-attention", at, grid(last.a[0].mean(0)[rows].mean(0), model))
    R, rolled = torch.eye(N, dtype=x.dtype), torch.eye(N, dtype=x.dtype)
    for block, g in zip(model.blocks, G):
        R = R + (block.attn.a * g)[0].clamp(min=0).mean(0) @ R
        a = block.attn.a[0].mean(0) + torch.eye(N, dtype=x.dtype)
        rolled = (a / a.sum(-1, keepdim=True)) @ rolled
    put(out, "chefer", at, grid(R[rows].mean(0), model))
    put(out, "rollout", at, grid(rolled[rows].mean(0), model))
    # Grad-ECLIP: w = ∂s/∂o of what is read.
    q, k, v = (heads_joined(z)[0] for z in (last.q, last.k, last.v))
    write = lambda z: model.blocks[-1].ls1(last.proj(z))
    put(out, "grad-eclip", at, grid(eclip(model, last.o.grad[0][rows], write(q)[rows], write(k), v), model))
    # The same where the last attention is one head.
    o = ((q @ k.T * D ** -0.5).softmax(-1) @ v).detach().requires_grad_()
    e = model.readout(model.blocks[-1].behind(model.blocks[-1].x.detach() + write(o)))
    cosine(e, t)[0].backward()
    single = eclip(model, o.grad[rows], write(q)[rows], write(k), v)
    put(out, "grad-eclip-single-head", at, grid(single, model))
    # LeGrad, summed over all blocks.
    total = torch.zeros(N, dtype=x.dtype)
    for index in range(BLOCKS):
        g = gradients(model, x, t, index)[index]
        total = total + g[0].clamp(min=0).mean(0).mean(0)
    put(out, "legrad", at, grid(total, model))


def heads_joined(z):
    return z.transpose(1, 2).flatten(2)


def eclip(model, w, q, k, v):
    """λ of projected queries and keys, all heads joined; a row of w and q for every token that is read."""
    total = torch.zeros(len(v), dtype=v.dtype)
    for row in range(len(q)):
        loose = cosine(q[row], k)
        among = loose[model.prefix:]
        loose = (loose - among.min()) / (among.max() - among.min())
        total = total + ((w[row] * v).sum(-1) * loose).clamp(min=0)
    return total


def of_pooling_attention(model, x, t, out, at):
    """Methods of attention where one pools: by autograd at its weights and at its joined heads."""
    model.zero_grad()
    cosine(model(x), t)[0].backward()
    pool = model.pool
    a, g = pool.a[0, :, 0], pool.a.grad[0, :, 0]
    put(out, "attention-contributions", at, grid((a * g).sum(0), model))
    put(out, "legrad", at, grid(g.clamp(min=0).mean(0), model))
    put(out, "raw-attention", at, grid(a.mean(0), model))
    q, k, v = (heads_joined(z)[0] for z in (pool.q_, pool.k_, pool.v))
    put(out, "grad-eclip", at, grid(eclip(model, pool.o.grad, pool.proj(q), pool.proj(k), v), model))
    o = ((q @ k.T * D ** -0.5).softmax(-1) @ v).detach().requires_grad_()
    cosine(pool.behind(pool.proj(o)), t)[0].backward()
    put(out, "grad-eclip-single-head", at, grid(eclip(model, o.grad, pool.proj(q), pool.proj(k), v), model))
    ends = model.norm(model.blocks[-1].after)[0]
    alone = lambda make: grid(torch.stack([cosine(make(i), t)[0] for i in range(P)]), model)
    put(out, "mask-clip", at, alone(lambda i: pool.behind(pool.proj(v[i:i + 1]))))
    # What a network of nothing but this token makes.
    put(out, "patch-similarity", at, alone(lambda i: pool(ends[None, i:i + 1])))


def dense(model, x, t, out, at):
    """What is read is a stream in which every token is this patch's."""
    end = model.stream(x)
    block, attn = model.blocks[-1], model.blocks[-1].attn
    alone = lambda tokens: grid(torch.stack(
        [cosine(model.readout(tokens[:, i:i + 1].expand_as(end)), t)[0] for i in range(end.shape[1])]), model)
    put(out, "mask-clip", at, alone(block.ls1(attn.proj(heads_joined(attn.v)))))
    heads = []
    for q, k, v in zip(attn.q[0], attn.k[0], attn.v[0]):
        scale = (D // HEADS) ** 0.5
        heads.append(((q @ q.T / scale).softmax(-1) + (k @ k.T / scale).softmax(-1)) @ v)
    put(out, "sclip", at, alone(block.behind(block.x + block.ls1(attn.proj(torch.cat(heads, -1)))[None])))
    put(out, "patch-similarity", at, alone(end))


def of_library(model, x, t, out, at, layer, suffix=""):
    from pytorch_grad_cam import GradCAM, HiResCAM
    tokens = lambda y: y[:, model.prefix:].transpose(1, 2).reshape(y.shape[0], -1, *GRID)
    for name, kind in (("grad-cam", GradCAM), ("hires-cam", HiResCAM)):
        with kind(model=model, target_layers=[layer], reshape_transform=tokens) as cam:
            cam.activations_and_grads(x)
            model.zero_grad()
            e = cam.activations_and_grads(x)
            cosine(e, t)[0].backward()
            a = cam.activations_and_grads.activations[0].numpy()
            g = cam.activations_and_grads.gradients[0].numpy()
            image = cam.get_cam_image(x, layer, [None], a, g, False)
            put(out, name + suffix, at, torch.from_numpy(image[0]))


def write(folder, name, kw):
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    model = ViT(**kw).eval()
    randomise(model, g)
    images = torch.randn(2, 3, *SIZE, generator=g)
    file = os.path.join(folder, name + ".onnx")
    with torch.no_grad():
        torch.onnx.export(model, images[:1], file, dynamo=False, opset_version=17, input_names=["image"],
                          output_names=["embedding"], dynamic_axes={"image": {0: "n"}, "embedding": {0: "n"}})
    model, images = model.double(), images.double()
    with torch.no_grad():
        embedding = model(images)
    concepts = torch.randn(2, embedding.shape[1], generator=g, dtype=torch.float64)
    out = {}
    for i, image in enumerate(images):
        for k, t in enumerate(concepts):
            if model.read == "pool":
                pooled(model, image[None], t, out, (i, k))
                of_pooling_attention(model, image[None], t, out, (i, k))
                of_library(model, image[None], t, out, (i, k), model.blocks[-1])
                of_library(model, image[None], t, out, (i, k), model.norm, ".norm")
                continue
            for last in (1, 2, BLOCKS):
                with torch.no_grad():
                    contributions(model, image[None], t, last, out, (i, k))
            of_attention(model, image[None], t, out, (i, k))
            of_library(model, image[None], t, out, (i, k), model.blocks[-1].norm1)
            if model.read != "flatten":
                with torch.no_grad():
                    dense(model, image[None], t, out, (i, k))
    tensors = {name: torch.stack([torch.stack([values[i, k] for k in range(2)]) for i in range(2)])
               for name, values in out.items()}
    tensors |= dict(input=images, embedding=embedding, concepts=concepts,
                    scores=cosine(embedding[:, None], concepts[None]))
    tensors = {name: np.ascontiguousarray(value.float().numpy()) for name, value in tensors.items()}
    save_file(tensors, os.path.join(folder, name + ".safetensors"))
    print(name, os.path.getsize(file), sorted(tensors))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, kw in VARIANTS.items():
        write(sys.argv[1], name, kw)
