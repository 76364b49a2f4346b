"""Films whose headers hold what no writer should write: values as bytes, unchecked, under any VR."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.tag import Tag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from tests.support.dicom_maker import film_dataset


def odd_film(values: Mapping[str, bytes | tuple[str, bytes]], **options: Any) -> bytes:
    """A film in Explicit VR Little Endian with `values` in its header, as they are.

    Args:
        values: by keyword; with a VR of its own where the dictionary's is not meant.
        options: as for `film_dataset`.
    """
    dataset = film_dataset(**options)
    odd: dict[int, bytes] = {}
    for keyword, value in values.items():
        tag = Tag(keyword)
        vr, content = value if isinstance(value, tuple) else (dictionary_VR(tag).split(" or ")[0], value)
        size = (
            struct.pack("<HL", 0, len(content))
            if vr in EXPLICIT_VR_LENGTH_32
            else struct.pack("<H", len(content))
        )
        odd[tag] = struct.pack("<HH", tag.group, tag.element) + vr.encode() + size + content
        dataset.pop(tag, None)
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    head = Dataset()
    head.file_meta = dataset.file_meta
    head.save_as(stream, enforce_file_format=True)
    for tag in sorted({*dataset.keys(), *odd}):
        if tag in odd:
            stream.write(odd[tag])
        else:
            write_data_element(stream, dataset[tag], dataset.get("SpecificCharacterSet", "ISO_IR 6"))
    return stream.getvalue()


# What consoles, converters and people have been seen to write, and what they might.
_DATES = (
    b"",
    b"00000000",
    b"1970",
    b"1970.01.02",
    b"19700102",
    b"19701340",
    b"20260101-20260102",
    b"gestern ",
)
_TIMES = (b"", b"10:15:30", b"256161", b"101530.1234567", b"10", b"101560", b"morning ", b"1015-1030 ")
_NAMES = (
    *(
        b"",
        b"   ",
        b"Ivanov",
        b"A^B=C^D=E^F=G^",
        b"A^B^C^D^E^F^G",
        b"A^B\\C^D ",
        b"A\\C ",
        b"=\\=",
        b"^",
        b"a" * 200,
    ),
    *(
        "Иванов^Иван".encode("cp1251"),
        "Yamada^Tarou=山田^太郎=やまだ^たろう".encode(),
        b"\x1b$B\xff\xff^\x1b(B",
        b"A\0B\x1b^\x07",
    ),
)
_TEXTS = (b"", b"  ", b"A" * 80, b"A\\B ", b"\\", b"\xff\xfe", "Ж".encode("cp1251"), b"\xed\xa0\x80", b"\0\0")
_NUMBERS = (
    b"",
    b"0 ",
    b"-1",
    b"1.5 ",
    b"1,5 ",
    b"one ",
    b"1e400 ",
    b"nan ",
    b"1\\2 ",
    b"9" * 20,
    b"-1e-300 ",
    b"2000",
)
_CODES = (
    b"",
    b"W ",
    b"f ",
    b"M\\F ",
    b"X\\Y ",
    b"L\\F ",
    b"LFL\\FRA ",
    b"l\\f ",
    b"CUBIC ",
    b"YES ",
    b"\xff\xff",
)
_UIDS = (b"1.2.03.004 ", b"1.2.3\0", b"abc ", b"1.2\\1.3 ", b"1." + b"2" * 80, b"1..2", b"\xff\xff")
_CHARSETS = (
    b"ISO_IR 192",
    b"WINDOWS-1251",
    b"\\ISO 2022 IR 87",
    b"GB18030 ",
    b"ISO_IR 144",
    b"\xff\xff",
    b"ISO 2022 IR 144 ",
)
_POOLS = {
    "DA": _DATES, "TM": _TIMES, "DT": _DATES, "PN": _NAMES, "LO": _TEXTS, "SH": _TEXTS, "LT": _TEXTS, "ST": _TEXTS,
    "UT": _TEXTS, "UC": _TEXTS, "DS": _NUMBERS, "IS": _NUMBERS, "CS": _CODES, "UI": _UIDS,
    "AS": (b"", b"old ", b"050Y"),
    "SQ": (b"", b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"junk"), "US": (b"", b"\x01", b"\xff\xff", b"\0\0\1\0"),
    "SS": (b"\xff\xff",), "OW": (b"", b"\1"),
}  # fmt: skip
KEYWORDS = (
    # Patient, General Study, Patient Study, Clinical Trial, Equipment: copied into what is made from a film.
    "PatientName", "PatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex", "OtherPatientNames",
    "OtherPatientIDsSequence", "IssuerOfPatientID", "EthnicGroup", "PatientComments", "PatientAge", "PatientSize",
    "PatientWeight", "Occupation", "AdditionalPatientHistory", "PregnancyStatus", "SmokingStatus", "AdmissionID",
    "PatientState", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber",
    "ReferringPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "ProcedureCodeSequence",
    "ReferencedStudySequence", "ClinicalTrialSubjectID", "Manufacturer", "InstitutionName", "InstitutionAddress",
    "StationName", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "DateOfLastCalibration",
    "TimezoneOffsetFromUTC", "SpecificCharacterSet", "ContainerIdentifier", "SpecimenDescriptionSequence",
    # Series, image, exposure, acquisition.
    "SeriesNumber", "InstanceNumber", "Laterality", "ImageLaterality", "PatientOrientation", "ViewPosition",
    "BodyPartExamined", "ViewCodeSequence", "Modality", "OperatorsName", "AcquisitionDate", "AcquisitionTime",
    "AcquisitionDateTime", "ContentDate", "KVP", "ExposureInuAs", "ExposureInmAs", "Exposure", "XRayTubeCurrent",
    "ExposureTime", "ExposureIndex", "DeviationIndex", "ImageAndFluoroscopyAreaDoseProduct", "PixelSpacing",
    "ImagerPixelSpacing", "BurnedInAnnotation", "PresentationIntentType", "SOPInstanceUID", "StudyInstanceUID",
    "SeriesInstanceUID", "NumberOfFrames", "PixelIntensityRelationship", "PixelIntensityRelationshipSign",
    # Greyscale and shutter.
    "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence",
    "RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "PresentationLUTShape",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "ShutterShape", "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge", "ShutterUpperHorizontalEdge", "ShutterLowerHorizontalEdge",
    "CenterOfCircularShutter", "RadiusOfCircularShutter", "VerticesOfThePolygonalShutter",
)  # fmt: skip


def _value(keyword: str) -> st.SearchStrategy[bytes | tuple[str, bytes]]:
    vr = dictionary_VR(Tag(keyword)).split(" or ")[0]
    pool = _CHARSETS if keyword == "SpecificCharacterSet" else _POOLS.get(vr, (b"",))
    fitting = st.one_of(st.sampled_from(pool), st.binary(max_size=12))
    foreign = st.tuples(st.sampled_from(sorted(_POOLS)), st.binary(max_size=12))
    return st.one_of(fitting, fitting, fitting, foreign)


def odd_values(most: int = 8) -> st.SearchStrategy[dict[str, bytes | tuple[str, bytes]]]:
    """Some values for some keywords, mostly of the right VR and wrong otherwise."""
    pairs = st.sampled_from(KEYWORDS).flatmap(lambda keyword: st.tuples(st.just(keyword), _value(keyword)))
    return st.lists(pairs, min_size=1, max_size=most).map(dict)


_PIXEL_MODULE = (
    "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PlanarConfiguration", "PhotometricInterpretation", "NumberOfFrames", "SOPClassUID",
    "RedPaletteColorLookupTableDescriptor", "PixelPaddingValue", "PixelPaddingRangeLimit",
)  # fmt: skip


def odd_pixel_modules() -> st.SearchStrategy[dict[str, bytes | tuple[str, bytes]]]:
    """Some values of the Image Pixel module, each plausible by itself."""
    number = st.integers(0, 100).map(lambda value: struct.pack("<H", value))
    usual = st.sampled_from([struct.pack("<h", value) for value in (1, 3, 5, 8, 12, 16, 32, -2000)])
    word = st.sampled_from([b"YBR_FULL_422", b"RGB ", b"PALETTE COLOR ", b"MONOCHROME1 ", b"2 "])
    value = st.one_of(number, usual, usual, word, usual.map(lambda content: ("SS", content)))
    return st.dictionaries(st.sampled_from(_PIXEL_MODULE), value, max_size=4)
