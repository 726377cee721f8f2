"""The tour runs from its first cell to its last, and its answers are drawn."""

from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

TOUR = Path(__file__).resolve().parents[1] / "examples/tour.ipynb"


def test_the_tour_runs_and_shows_pictures():
    tour = nbformat.read(TOUR, as_version=4)
    nbclient.NotebookClient(tour, timeout=120, resources={"metadata": {"path": TOUR.parent}}).execute()
    shown = [output.get("data", {}) for cell in tour.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("text/html" in data for data in shown) >= 2
    assert any("image/png" in data for data in shown)
