"""The verdict as a Comprehensive SR: TID 1500 with qualitative evaluations.

PS3.16 TID 1500 (Measurement Report), TID 1501, TID 4019 (algorithm), CID 7036 (image quality, RadLex). Criteria and
states have no standard codes: they are local (99CXRWS), their meanings in plain English.
"""

from __future__ import annotations

import highdicom as hd
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from workstation.dicom.evidence import LOCAL_SCHEME, MANUFACTURER, device_observer, stable_uid, stamp
from workstation.domain.findings import (
    CropFinding,
    Finding,
    GateFinding,
    RotationFinding,
    Source,
    State,
    Verdict,
)

SERIES_NUMBER = 9902

_CRITERION = {
    "projection": Code("PROJECTION", LOCAL_SCHEME, "Projection of the chest film"),
    "crop": Code("CROP", LOCAL_SCHEME, "Lung field cut off"),
    "rotation": Code("ROTATION", LOCAL_SCHEME, "Chest rotated"),
    "body_part": Code("BODYPART", LOCAL_SCHEME, "Not a chest"),
    "polarity": Code("POLARITY", LOCAL_SCHEME, "Greyscale inverted"),
    "orientation": Code("ORIENTATION", LOCAL_SCHEME, "Film not upright"),
}
_STATE = {
    State.PASS: Code("PASS", LOCAL_SCHEME, "Passed"),
    State.WARN: Code("WARN", LOCAL_SCHEME, "Warning"),
    State.UNSURE: Code("UNSURE", LOCAL_SCHEME, "Unsure"),
    State.NOT_ASSESSED: Code("NOTASSESSED", LOCAL_SCHEME, "Not assessed"),
}
_LABEL = {
    "frontal": Code("FRONTAL", LOCAL_SCHEME, "Frontal"),
    "lateral": Code("LATERAL", LOCAL_SCHEME, "Lateral"),
    "unknown": Code("UNKNOWN", LOCAL_SCHEME, "Unknown"),
}
_SCORE = Code("SCORE", LOCAL_SCHEME, "Calibrated probability")
# Beside "Frontal", too: it has to say of what.
_LATERAL_SCORE = Code("LATERALSCORE", LOCAL_SCHEME, "Calibrated probability of a lateral film")
_THRESHOLD = Code("THRESHOLD", LOCAL_SCHEME, "Warning threshold")
_ANGLE = Code("ROTANGLE", LOCAL_SCHEME, "Rotation from true lateral")
_RIBS = Code("RIBSEP", LOCAL_SCHEME, "Separation of the posterior ribs, of the depth of the lung")
_EDGE = Code("EDGE", LOCAL_SCHEME, "Edge cut, as seen on the image")
_NAMED_BY = Code("NAMEDBY", LOCAL_SCHEME, "Named by")
_STATE_NAME = Code("STATE", LOCAL_SCHEME, "State of the criterion")
_NO_UNITS = codes.UCUM.NoUnits
_DIGITS = 4


def _number(
    name: Code, value: float | None, unit: Code, algorithm: hd.sr.AlgorithmIdentification | None = None
) -> list[hd.sr.Measurement]:
    if value is None:
        return []
    return [hd.sr.Measurement(name=name, value=round(value, _DIGITS), unit=unit, algorithm_id=algorithm)]


def _probability(value: float | None) -> float | None:
    """Never a certainty that no model has, however it is rounded."""
    least = 10.0**-_DIGITS
    return value if value is None else min(1.0 - least, max(least, value))


def _group(
    key: str,
    state: State,
    algorithm: hd.sr.AlgorithmIdentification,
    film: Dataset,
    score: float | None,
    threshold: float | None,
    *,
    angle_deg: float | None = None,
    ribs_pct: float | None = None,
    evaluations: tuple[tuple[Code, Code], ...] = (),
    source: Source = Source.MODEL,
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    said = [(_STATE_NAME, _STATE[state]), *evaluations]
    by_person = source is Source.USER
    if by_person:
        said.append((_NAMED_BY, codes.DCM.Person))
    # What a person named is not the algorithm's word; its probability, where there is one, still is.
    named = _LATERAL_SCORE if key == "projection" else _SCORE
    numbers = _number(named, _probability(score), _NO_UNITS, algorithm if by_person else None)
    numbers += _number(_THRESHOLD, threshold, _NO_UNITS)
    numbers += _number(_ANGLE, angle_deg, codes.UCUM.Degree)
    numbers += _number(_RIBS, ribs_pct, codes.UCUM.Percent)
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=stable_uid("tracking", str(film.SOPInstanceUID), key), identifier=key
        ),
        finding_type=_CRITERION[key],
        algorithm_id=None if by_person else algorithm,
        measurements=numbers or None,
        # Not through the report's image library: that needs Patient Orientation, which a film may lack.
        source_images=[hd.sr.SourceImageForMeasurementGroup.from_source_image(film)],
        qualitative_evaluations=[hd.sr.QualitativeEvaluation(name=name, value=value) for name, value in said],
    )


def _finding(
    finding: Finding, algorithm: hd.sr.AlgorithmIdentification, film: Dataset
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    key = finding.kind.value
    turned = finding if isinstance(finding, RotationFinding) else None
    edges = finding.edges if isinstance(finding, CropFinding) else ()
    named = tuple((_EDGE, Code(edge.name, LOCAL_SCHEME, edge.value.capitalize())) for edge in edges)
    return _group(
        key,
        finding.state,
        algorithm,
        film,
        finding.score,
        finding.threshold,
        angle_deg=turned.angle_deg if turned is not None else None,
        ribs_pct=turned.rib_separation_pct if turned is not None else None,
        evaluations=named,
    )


def _gate(
    finding: GateFinding, algorithm: hd.sr.AlgorithmIdentification, film: Dataset
) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    return _group(finding.kind.value, finding.state, algorithm, film, finding.score, finding.threshold)


def _quality(verdict: Verdict) -> Code | None:
    """Overall image quality, CID 7036; None where the cascade is not sure or has not assessed the film.

    The program never calls a film non-diagnostic: that is a person's word.
    """
    if all(f.state is State.NOT_ASSESSED for f in verdict.findings):
        return None
    limited: Code = codes.RADLEX.LimitedQuality
    diagnostic: Code = codes.RADLEX.DiagnosticQuality
    return {State.WARN: limited, State.PASS: diagnostic}.get(verdict.state)


def quality_report(
    film: Dataset, verdict: Verdict, *, made_at: str, device_uid: str
) -> hd.sr.ComprehensiveSR:
    """Make the report of one film's verdict.

    Args:
        film: header by `evidence.read_evidence`.
        verdict: what the cascade said; criteria that were not assessed are reported as such, without a score.
        made_at: ISO 8601 date-time of the analysis.
        device_uid: UID of this installation, for the device observer.

    Returns:
        A complete, unverified Comprehensive SR. Its UIDs depend on film, cascade and `made_at` alone.
    """
    uid = str(film.SOPInstanceUID)
    name, _, version = verdict.cascade.partition("@")
    algorithm = hd.sr.AlgorithmIdentification(name=name or "cascade", version=version or "unknown")
    projection = verdict.projection
    groups = [
        _group(
            "projection",
            projection.state,
            algorithm,
            film,
            projection.probability_lateral,
            None,
            evaluations=((_CRITERION["projection"], _LABEL[projection.label.value]),),
            source=projection.source,
        )
    ]
    groups += [_gate(g, algorithm, film) for g in (verdict.body_part, verdict.polarity) if g is not None]
    if verdict.orientation is not None:
        turn = verdict.orientation
        groups.append(_group("orientation", turn.state, algorithm, film, turn.score, turn.threshold))
    groups += [_finding(f, algorithm, film) for f in verdict.findings]
    quality = _quality(verdict)
    if quality is not None:
        overall = hd.sr.QualitativeEvaluation(
            name=Code("IMAGEQUALITY", LOCAL_SCHEME, "Image quality"), value=quality
        )
        groups[0][0].ContentSequence.append(overall[0])
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=device_observer(device_uid)),
        procedure_reported=Code("399208008", "SCT", "Plain chest X-ray"),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    document = hd.sr.ComprehensiveSR(
        evidence=[film],
        content=report,
        series_instance_uid=stable_uid("sr-series", uid, verdict.cascade, made_at),
        series_number=SERIES_NUMBER,
        sop_instance_uid=stable_uid("sr", uid, verdict.cascade, made_at),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
    )
    stamp(document, [film], made_at, "Image quality")
    return document
