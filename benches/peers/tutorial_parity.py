#!/usr/bin/env python3
"""The tutorial, once with pytorch-grad-cam and once with `cam`, from the same weight file and images.

    python3 tutorial_parity.py path/to/cam QUERY CONCEPT [WEIGHTS.pth]

Without a weight file a ResNet50 with seeded random weights is written and used: it tells nothing
about the pictures, but the arithmetic is the same. Prints how far maps and overlays are apart, and
the time of both. Needs torch, torchvision, grad-cam 1.5.7, opencv, numpy, Pillow.
"""
import json, subprocess, sys, tempfile, time, warnings
from pathlib import Path

import cv2, numpy as np, torch, torchvision
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import preprocess_image, show_cam_on_image

warnings.filterwarnings("ignore")
torch.set_num_threads(2)
SIZE = 512


class Features(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.features = torch.nn.Sequential(*list(model.children())[:-1])

    def forward(self, x):
        return self.features(x)[:, :, 0, 0]


class Similarity:
    def __init__(self, concept):
        self.concept = concept

    def __call__(self, output):
        return torch.nn.CosineSimilarity(dim=0)(output, self.concept)


class Difference(Similarity):
    def __call__(self, output):
        return 1 - super().__call__(output)


def load(path):
    image = cv2.resize(np.array(Image.open(path).convert("RGB")), (SIZE, SIZE))
    scaled = np.float32(image) / 255
    tensor = preprocess_image(scaled, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    return scaled, tensor


def reference(weights, query, concept):
    resnet = torchvision.models.resnet50(weights=None)
    resnet.load_state_dict(torch.load(weights))
    resnet.eval()
    model = Features(resnet)
    scaled, tensor = load(query)
    with torch.no_grad():
        embedding = model(load(concept)[1])[0]
        cosine = float(torch.nn.CosineSimilarity(dim=0)(model(tensor)[0], embedding))
    results, start = [], time.perf_counter()
    for target in (Similarity(embedding), Difference(embedding)):
        with GradCAM(model=model, target_layers=[resnet.layer4[-1]]) as cam:
            mask = cam(input_tensor=tensor, targets=[target])[0]
        results.append((mask, show_cam_on_image(scaled, mask, use_rgb=True)))
    return cosine, results, time.perf_counter() - start


def ours(cam, weights, query, concept, folder):
    command = [cam, "explain", query, "--concept", f"it={concept}", "--difference", "--weights", weights,
               "--size", f"{SIZE}x{SIZE}", "--compat", "pytorch-grad-cam", "--layer", "layer4", "--json",
               "--map", f"{folder}/maps.npy", "--overlay", f"{folder}/{{concept}}.png"]
    start = time.perf_counter()
    document = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    seconds = time.perf_counter() - start
    maps = np.load(f"{folder}/maps.npy")
    overlays = [np.array(Image.open(f"{folder}/{name}.png")) for name in ("it", "not-it")]
    return document, list(zip(maps, overlays)), seconds


def main():
    cam, query, concept = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        weights = sys.argv[4] if len(sys.argv) > 4 else f"{folder}/resnet50.pth"
        if not Path(weights).exists():
            torch.manual_seed(0)
            torch.save(torchvision.models.resnet50(weights=None).state_dict(), weights)
        cosine, expected, expected_seconds = reference(weights, query, concept)
        document, found, seconds = ours(cam, weights, query, concept, folder)
        print(f"cosine: reference {cosine:.6f}, cam {document['queries'][0]['questions'][0]['cosine']:.6f}")
        for name, (mask, overlay), (our_mask, our_overlay) in zip(("similarity", "difference"), expected, found):
            difference = np.abs(overlay.astype(int) - our_overlay)
            print(f"{name}: map differs by at most {np.abs(mask - our_mask).max():.2e}; overlay by at most "
                  f"{difference.max()} of 255, in {(difference > 0).mean():.3%} of its bytes")
        print(f"time: reference {expected_seconds:.2f} s for two warm explanations, cam {seconds:.2f} s for the whole process")


main()
