"""The analysis service on films: polarity of the file, unavailable cascades, several threads at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.support.dicom_maker import make_film
from tests.support.tiny_cascade import make_tiny_cascade, tiny_image
from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import State
from workstation.domain.projection import Projection
from workstation.services.analysis import AnalysisService
from workstation.services.film import Film
from workstation.services.reading import read_film


@pytest.fixture
def service(tmp_path: Path) -> AnalysisService:
    return AnalysisService(make_tiny_cascade(tmp_path / "cascade"), threads=1)


def film(path: Path, image: np.ndarray, **options: object) -> Film:
    return read_film(make_film(path, image, bits_stored=8, windows=[(128, 256)], **options))


def test_nothing_is_loaded_before_it_is_needed(service: AnalysisService) -> None:
    assert service.manifest is None
    assert service.unavailable is None
    assert service.cascade_name == ""
    assert service.warm_up()
    assert service.manifest is not None
    assert service.cascade_name == "tiny@1"


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_the_networks_see_bones_white_whatever_the_file_stores(
    service: AnalysisService, tmp_path: Path, photometric: str
) -> None:
    image = tiny_image(lateral=1.0, cut=("left",))
    stored = 255 - image if photometric == "MONOCHROME1" else image
    verdict = service.analyse(film(tmp_path / "f.dcm", stored, photometric=photometric))
    assert verdict.polarity is not None
    assert verdict.polarity.state is State.PASS
    assert verdict.projection.label is Projection.LATERAL
    assert verdict.crop is not None
    assert verdict.crop.edges == (Edge.LEFT,)
    assert set(verdict.timing_ms) == {"preprocess", "inference", "total"}


def test_a_bad_cascade_makes_analysis_unavailable_not_the_program(tmp_path: Path) -> None:
    service = AnalysisService(tmp_path / "nowhere")
    assert not service.warm_up()
    assert service.unavailable is not None
    assert "nowhere" in service.unavailable.message
    for _ in range(2):
        with pytest.raises(CascadeUnavailable, match="nowhere"):
            service.analyse(film(tmp_path / "f.dcm", tiny_image()))


def test_without_onnx_runtime_everything_but_the_analysis_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    service = AnalysisService(make_tiny_cascade(tmp_path / "c"))
    assert not service.warm_up()
    assert service.unavailable is not None
    assert service.unavailable.code == "runtime_missing"


def test_a_provider_that_is_not_there_is_noticed_and_the_cpu_used(tmp_path: Path) -> None:
    service = AnalysisService(make_tiny_cascade(tmp_path / "c"), ["ImaginaryExecutionProvider"])
    assert service.analyse(film(tmp_path / "f.dcm", tiny_image())).projection.label is Projection.FRONTAL
    assert "ImaginaryExecutionProvider" in service.notice


def test_films_analysed_at_once_keep_their_own_verdicts(service: AnalysisService, tmp_path: Path) -> None:
    kinds = [("left",), ("right",), ("top",), ("bottom",), ()] * 8
    films = [film(tmp_path / f"{i}.dcm", tiny_image(cut=cut)) for i, cut in enumerate(kinds)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(service.analyse, films))
    for cut, verdict in zip(kinds, verdicts, strict=True):
        assert verdict.crop is not None
        assert tuple(edge.value for edge in verdict.crop.edges) == cut
