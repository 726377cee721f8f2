"""Maps as fields of FiftyOne's samples, and embeddings for its similarity.

    import fiftyone as fo
    import fiftyone.brain as fob
    from cam_explain.fiftyone import annotate

    dataset = fo.Dataset.from_images_dir("photographs")
    embeddings = annotate(dataset, cam_explain.load("resnet50"), {"car": "car.jpg"})
    fob.compute_similarity(dataset, embeddings=embeddings, brain_key="cam")
"""

import numpy as np

__all__ = ["annotate", "heatmaps"]


def heatmaps(answers, image=0, *, field="cam"):
    """The keywords of ``fo.Heatmap`` for each question about an image, by the field's name: ``cam_car``.

    A map covers its image, in 0 to 1; where the network did not look it is 0.
    """
    names = answers.names
    names = names[image] if names and isinstance(names[0], list) else names
    fields = {}
    for question, name in enumerate(names):
        key = f"{field}_{''.join(c if c.isalnum() else '_' for c in name)}"
        fields[key] = {"map": answers.on_image(image, question), "range": [0.0, 1.0]}
    return fields


def annotate(samples, network, concepts=None, *, field="cam", batch_size=32, **asked):
    """Asks every sample's image, and writes a ``Heatmap`` and a score for each question: ``cam_car`` and
    ``cam_car_score``. Gives the embeddings ``[n, d]``, in the samples' order.

    ``samples`` are a dataset or a view of it; keywords are those of ``Network.explain``.
    """
    import fiftyone as fo

    embeddings, batch = [], []

    def explain():
        if not batch:
            return
        answers = network.explain([sample.filepath for sample in batch], concepts, **asked)
        for number, sample in enumerate(batch):
            for question, (key, keywords) in enumerate(heatmaps(answers, number, field=field).items()):
                sample[key] = fo.Heatmap(**keywords)
                sample[f"{key}_score"] = float(answers.scores[number, question])
            sample.save()
        embeddings.append(answers.embeddings)
        batch.clear()

    for sample in samples:
        batch.append(sample)
        if len(batch) == batch_size:
            explain()
    explain()
    return np.concatenate(embeddings) if embeddings else np.zeros((0, network.width), np.float32)
