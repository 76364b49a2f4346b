"""The coded reject note: Key Object Selection "Rejected for Quality Reasons".

PS3.3 A.35.4 (Key Object Selection Document), PS3.16 TID 2010, CID 7010 (titles), CID 7011 (reasons); IHE Radiology,
Imaging Object Change Management (IOCM) tells what receivers do with it. CID 7011 has no code for a cut-off lung
field or a rotated chest: the reason is then "Positioning" with a second, local modifier (CID 7011 is extensible).
"""

from __future__ import annotations

from collections.abc import Sequence

import highdicom as hd
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from workstation.dicom.evidence import (
    MANUFACTURER,
    device_observer,
    person_observer,
    same_study,
    stable_uid,
    stamp,
)
from workstation.domain.decision import CodedConcept, Decision, RejectReason

REJECTED_FOR_QUALITY = CodedConcept("113001", "DCM", "Rejected for Quality Reasons")
_TITLE_MODIFIER = CodedConcept("113011", "DCM", "Document Title Modifier")
# Series numbers of derived objects, far above those a modality gives.
SERIES_NUMBER = 9901


def _modifier(value: CodedConcept) -> hd.sr.CodeContentItem:
    return hd.sr.CodeContentItem(
        name=Code(_TITLE_MODIFIER.value, _TITLE_MODIFIER.scheme, _TITLE_MODIFIER.meaning),
        value=Code(value.value, value.scheme, value.meaning),
        relationship_type=hd.sr.RelationshipTypeValues.HAS_CONCEPT_MOD,
    )


def rejection_note(
    films: Sequence[Dataset],
    decision: Decision,
    reason: RejectReason | None,
    *,
    title: CodedConcept = REJECTED_FOR_QUALITY,
    device_uid: str,
) -> hd.ko.KeyObjectSelectionDocument:
    """Make the reject note for films of one study.

    Args:
        films: headers by `evidence.read_evidence`, at least one, all of one study.
        decision: who rejected, when, and the free text.
        reason: coded reason; needed for "Rejected for Quality Reasons", refused for other titles.
        title: document title from CID 7010.
        device_uid: UID of this installation, for the device observer.

    Returns:
        The document. Its UIDs depend on the films, the title and the time of the decision alone: made again after a
        crash, it is the same object.

    Raises:
        ValueError: no film, films of several studies, or a reason that does not go with the title.
    """
    study = same_study(films)
    if (title == REJECTED_FOR_QUALITY) != (reason is not None):
        raise ValueError("a coded reason goes with 'Rejected for Quality Reasons', and only with it")
    content = hd.ko.KeyObjectSelection(
        document_title=Code(title.value, title.scheme, title.meaning),
        referenced_objects=list(films),
        observer_person_context=person_observer(decision.author),
        observer_device_context=device_observer(device_uid),
        description=decision.note or None,
    )
    if reason is not None:
        codes = [reason.code] + ([reason.local_code] if reason.local_code is not None else [])
        # TID 2010 row 2: the modifiers come first, right under the title.
        for position, code in enumerate(codes):
            content[0].ContentSequence.insert(position, _modifier(code))
    key = (study, *sorted(str(f.SOPInstanceUID) for f in films), title.value, decision.decided_at)
    document = hd.ko.KeyObjectSelectionDocument(
        evidence=list(films),
        content=content,
        series_instance_uid=stable_uid("kos-series", *key),
        series_number=SERIES_NUMBER,
        sop_instance_uid=stable_uid("kos", *key),
        instance_number=1,
        manufacturer=MANUFACTURER,
    )
    # highdicom copies but the names; without the issuer of its Patient ID a note may be taken for another patient's.
    document.copy_patient_and_study_information(films[0])
    stamp(document, films, decision.decided_at, title.meaning)
    return document
