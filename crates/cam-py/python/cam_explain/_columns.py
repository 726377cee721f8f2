"""Images in a table's column to columns of results, as Ray Data and Daft hand them over."""

import numpy as np

from ._errors import Error
from ._native import Network, load


class Columns:
    """A network, and what its images are asked. One for each worker; it is made where it works.

    ``model`` and ``options`` are those of :func:`cam_explain.load`, ``asked`` the keywords of ``Network.explain``. Threads
    are those that ``OMP_NUM_THREADS`` says, which Ray sets to the worker's processors.
    """

    def __init__(self, model=None, options=None, concepts=None, asked=None):
        self.network = model if isinstance(model, Network) else load(model, **(options or {}))
        asked = dict(asked or {})
        # Without a question each image is asked about its likeliest class.
        if concepts is None and not asked.keys() & {"classes", "vectors", "target", "top"}:
            asked["top"] = 1
        if concepts is not None:
            concepts = self._ready(concepts)
        self.concepts, self.asked = concepts, asked

    def _ready(self, concepts):
        """Concepts of images, embedded once and not for every batch."""
        if isinstance(concepts, dict):
            return [self.network.concept(image, name) for name, image in concepts.items()]
        if isinstance(concepts, (list, tuple)):
            return [self.network.concept(image) for image in concepts]
        return concepts

    def embed(self, images):
        """Of each image its embedding ``[d]``, and why there is none."""
        return self._each(images, lambda part: list(self.network.embed(part)))

    def explain(self, images):
        """Of each image its embedding ``[d]``, scores ``[k]`` and raw maps ``[k, h', w']``, and why there are none."""

        def explained(part):
            answers = self.network.explain(part, self.concepts, **self.asked)
            return list(zip(answers.embeddings, answers.scores, answers.raw))

        return self._each(images, explained)

    @staticmethod
    def _each(images, work):
        """All at once; where one fails, one by one, so that a bad image spoils no other."""
        images = [bytes(image) if isinstance(image, (memoryview, np.bytes_)) else image for image in images]
        try:
            results = work(images) if images else []
            return results, [None] * len(images)
        except Error as error:
            if len(images) == 1:
                return [None], [str(error)]
        results, errors = [], []
        for image in images:
            (result,), (error,) = Columns._each([image], work)
            results.append(result)
            errors.append(error)
        return results, errors
