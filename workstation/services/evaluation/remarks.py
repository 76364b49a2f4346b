"""Words of the report beside its figures: what to beware of on these films, and how to read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from workstation.inference.site_calibration import SITE, Origin
from workstation.services.evaluation.cells import percent
from workstation.services.evaluation.geometry import sides_named
from workstation.services.evaluation.judging import StageReport
from workstation.services.evaluation.labels import Labels

FEW = 10
_EXCHANGED_FROM = 5  # films: fewer may be the cascade's own errors
_THRESHOLDS = {
    False: "the shipped ones were fixed before.",
    True: "the shipped ones were fixed before, the site's own were chosen by `calibrate` on films of the site and "
    "flatter on those.",
}
_READING = (
    "Intervals are 95 %. Recall, specificity, precision, accuracy and other shares: Wilson; where patients have "
    "several films, on the number of independent films these are worth (design effect by the likeness of a patient's "
    "films; Franco et al. 2019). AUC: DeLong where every film is of another patient, else bootstrap by patient; at 0 "
    "or 1, where both have no width, Newcombe's method 5. F1, log loss, Brier: bootstrap by patient; where all "
    "draws gave the same (an F1 of 0 or 1, a single patient) there is none. ECE (how far the score is from the "
    "observed rate on average, ten equal-width bins) has no interval, since chance adds to it instead of cancelling "
    "out; by chance: what a perfectly calibrated score of the same values would show on as many films of as many "
    "patients, 95 times in 100; with several films a patient it reaches higher. ECE, log loss and Brier judge the "
    "probabilities at the share of defects among these films, and a probability holds for one share alone (those of "
    "the program's own cascade as if half of the films had the defect). Youden thresholds "
    "are chosen on these very films and flatter; {thresholds} PPV is what a call would be worth at that prevalence, "
    "by Bayes' rule; its range takes both recall and specificity at the lower, then at the upper end of their "
    "intervals. “with” counts films that have the defect (for the projection: laterals). A film is called where "
    "the program warns (takes it for a lateral). Where it says that it is not sure, it asks the radiographer to look: "
    "recall and specificity count such a film as not called (for the projection: by the likelier side), as the "
    "published tables do; “warned or unsure” counts it as called, and its recall is the share of defects that "
    "somebody is told to look at."
)


def how_to_read(reports: Sequence[StageReport]) -> str:
    """The last section's text for a report with these stages."""
    return _READING.format(thresholds=_THRESHOLDS[any(r.shipped.name == SITE for r in reports)])


def whose_thresholds(reports: Sequence[StageReport]) -> str:
    """The sentence above the summary: shipped, the site's own, or some of each."""
    own = [r.stage.title for r in reports if r.shipped.name == SITE]
    if not own:
        return "At the shipped thresholds"
    if len(own) == len(reports):
        return "At the site's own thresholds"
    return f"At the site's own thresholds for {', '.join(own)}, elsewhere at the shipped ones"


def notes(labels: Labels, reports: Sequence[StageReport]) -> list[str]:
    """What makes the figures on these films less certain than they look."""
    made = []
    unkeyed = sum(not film.has_key for film in labels.films)
    if unkeyed:
        made.append(
            f"Films without a patient key: {unkeyed}. Each counts as a patient of its own; intervals may be too narrow."
        )
    made += dict.fromkeys(words for report in reports if (words := _exchanged(report)))
    if any(r.data.weighted for r in reports):
        made.append(
            "Films have weights: counts in the confusion matrices are sums of them, and figures are weighted; numbers "
            "of films, edges, angles and turns are not."
        )
    small = dict.fromkeys(r.stage.title for r in reports if 0 < _fewest_patients(r) < FEW)
    if small:
        made.append(
            f"Fewer than ten patients of a class: {', '.join(small)}. Read the intervals, not the figures; "
            "of so few DeLong's method and a bootstrap make them too narrow still."
        )
    return made


def other_share(reports: Sequence[StageReport], prevalences: Mapping[str, float]) -> list[str]:
    """A line on every stage whose probabilities hold for another share of defects than these films have.

    Args:
        prevalences: what they hold for, 0..1, by stage key.
    """
    made = []
    for report in reports:
        stated = prevalences.get(report.stage.key)
        found = report.data.share(report.data.truth == 1)
        if stated is not None and not found.low <= stated <= found.high:
            made.append(
                f"{report.stage.title}: the site's probabilities hold where {percent(stated)} of films have the "
                f"defect, of these {percent(found.value)} have it. Its ECE, log loss, Brier and reliability chart "
                "judge the probabilities at that share, so they look wrong though they need not be: only films of "
                "every day can tell. AUC, recall and specificity do not depend on the share."
            )
    return made


def _exchanged(report: StageReport) -> str:
    """A warning where labels seem to name the patient's sides, not those of the image; else ""."""
    same, other = sides_named(report.data)
    if other < _EXCHANGED_FROM or other <= 3 * same:
        return ""
    return (
        f"{report.stage.title}: of {same + other} films that are cut off at the left or the right edge the cascade "
        f"names the other one on {other}. If crop_edges holds the patient's sides, exchange left and right: edges are "
        "those of the image as stored."
    )


def _fewest_patients(report: StageReport) -> int:
    """Patients of the rarer class that is there: films of one patient are no more news than one."""
    who = np.array(report.data.patients, dtype=object)
    classes = [len(set(who[report.data.truth == value])) for value in (0, 1)]
    return min((patients for patients in classes if patients), default=0)


def same_films(origin: Origin, path: Path) -> str:
    """A warning where the site's calibration was made from this labels file, "" where nothing points to that."""
    advice = "Judge them on other films, and the cascade as shipped with --as-shipped."
    if origin.labels_sha256 and origin.labels_sha256 == hashlib.sha256(path.read_bytes()).hexdigest():
        return (
            f"The site's thresholds were set with this very labels file ({origin.labels}): the figures flatter. "
            f"{advice}"
        )
    if origin.labels == path.name:
        return (
            f"The site's thresholds were set with a labels file of the same name ({origin.labels}); if it names the "
            f"same films, the figures flatter. {advice}"
        )
    return ""
