"""The labels file: what it may say, and how it is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workstation.domain.edges import Edge
from workstation.domain.projection import Projection
from workstation.services.evaluation.labels import LabelsInvalid, read_labels
from workstation.services.evaluation.remarks import notes


def _file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_every_column_is_understood(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "file,patient,dataset,projection,crop,crop_edges,rotated,rotation_deg,body_part,polarity,orientation,weight\n"
        "films/a.png,p1,here,Lateral,1,left; bottom,1,-12.5,chest,inverted,270+m,2\n",
    )
    (film,) = read_labels(path).films
    assert film.path == tmp_path / "films" / "a.png"
    assert (film.patient, film.dataset, film.projection) == ("p1", "here", Projection.LATERAL)
    assert (film.cut, film.edges) == (True, frozenset({Edge.LEFT, Edge.BOTTOM}))
    assert (film.rotated, film.rotation_deg) == (True, -12.5)
    assert (film.other_body_part, film.inverted, film.orientation) == (False, True, (270, True))
    assert film.weight == 2.0


def test_a_key_may_read_like_a_line(tmp_path: Path) -> None:
    path = _file(tmp_path, "file,patient\na.png,line 3\nb.png,\n")
    labels = read_labels(path)
    first, second = labels.films
    assert (first.has_key, second.has_key) == (True, False)
    assert first.patient != second.patient
    assert notes(labels, ())[0].startswith("Films without a patient key: 1.")


def test_blank_means_unknown(tmp_path: Path) -> None:
    path = _file(
        tmp_path, "file,crop,rotated,projection,body_part,polarity,orientation\na.png,,,,,,\nb.png\n"
    )
    first, second = read_labels(path).films
    for film in (first, second):
        assert film.cut is film.rotated is film.other_body_part is film.inverted is film.orientation is None
        assert film.projection is Projection.UNKNOWN
        assert film.edges is None
    assert first.patient != second.patient


def test_whole_films_have_no_edges_and_named_edges_mean_cut(tmp_path: Path) -> None:
    whole, cut, unknown = read_labels(
        _file(tmp_path, "file,crop,crop_edges\na.png,0,\nb.png,,top\nc.png,1,\n")
    ).films
    assert whole.edges == frozenset()
    assert cut.cut is True
    assert unknown.edges is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_spreadsheet_files_are_read(tmp_path: Path, encoding: str) -> None:
    labels = read_labels(_file(tmp_path, "file;crop;Notiz\nü.png;1;schräg\n\n", encoding))
    assert [film.name for film in labels.films] == ["ü.png"]
    assert labels.ignored_columns == ("Notiz",)


def test_tabs_may_stand_between_columns(tmp_path: Path) -> None:
    (film,) = read_labels(_file(tmp_path, "file\tcrop_edges\tnote\na.png\tleft, top\tx;y\n")).films
    assert film.edges == frozenset({Edge.LEFT, Edge.TOP})


def test_blank_cells_beyond_the_last_column_are_no_matter(tmp_path: Path) -> None:
    (film,) = read_labels(_file(tmp_path, "file;crop\na.png;1;; \n")).films
    assert film.cut is True


@pytest.mark.parametrize("mark", ["\v", "\f", "\x1c", "\x85", "\u2028"])
def test_what_is_pasted_into_a_comment_breaks_no_row(tmp_path: Path, mark: str) -> None:
    (film,) = read_labels(_file(tmp_path, f"file,note,crop\na.png,one{mark}two,1\n")).films
    assert (film.name, film.cut) == ("a.png", True)


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_lines_may_end_as_on_any_system(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(end.join([b"file,crop", b"a.png,1", b"", b"b.png,0"]) + end)
    assert [film.cut for film in read_labels(path).films] == [True, False]


def test_a_quoted_cell_may_span_lines(tmp_path: Path) -> None:
    films = read_labels(_file(tmp_path, 'file,note,crop\na.png,"two\nlines, ""quoted""",1\nb.png,,0\n')).films
    assert [(film.name, film.cut) for film in films] == [("a.png", True), ("b.png", False)]


def test_a_spreadsheet_set_to_russian_writes_decimal_commas(tmp_path: Path) -> None:
    (film,) = read_labels(
        _file(tmp_path, "file;rotated;rotation_deg;weight\na.png;1;-12,5;0,5\n", "utf-8-sig")
    ).films
    assert (film.rotation_deg, film.weight) == (-12.5, 0.5)
    (quoted,) = read_labels(_file(tmp_path, 'file,rotation_deg\na.png,"12,5"\n')).films
    assert quoted.rotation_deg == 12.5


def test_degrees_alone_say_whether_a_lateral_is_rotated(tmp_path: Path) -> None:
    films = read_labels(_file(tmp_path, "file,rotation_deg\na.png,-20\nb.png,10\nc.png,0\nd.png,\n")).films
    assert [film.rotated for film in films] == [True, False, False, None]


def test_numbers_and_blanks_of_statistics_programs_are_read(tmp_path: Path) -> None:
    # A pandas column with a blank holds floats; na_rep and R write the blank itself.
    first, second, third = read_labels(
        _file(
            tmp_path,
            "file,patient,projection,crop,rotated,rotation_deg,orientation,weight\n"
            "a.png,p1,lateral,1.0,0.0,4.0,90.0,1.0\n"
            "b.png,nan,NaN,NA,nan,nan,<NA>,NaN\n"
            "c.png,p3,frontal,True,False,,270.0+m,\n",
        )
    ).films
    assert (first.cut, first.rotated, first.rotation_deg, first.orientation) == (
        True,
        False,
        4.0,
        (90, False),
    )
    assert (second.cut, second.rotated, second.rotation_deg, second.orientation) == (None,) * 4
    assert (second.projection, second.patient, second.weight) == (Projection.UNKNOWN, " line 3", 1.0)
    assert (third.cut, third.rotated, third.orientation) == (True, False, (270, True))


def test_filled_columns_are_counted_and_the_caller_s_own_carried(tmp_path: Path) -> None:
    path = _file(tmp_path, "file;crop;Split;seen\na.png;1;train;x\nb.png;;;y\n")
    labels = read_labels(path, carry=["split"])
    assert (labels.filled["crop"], labels.filled["file"], labels.filled["rotated"]) == (1, 2, 0)
    assert [row["split"] for row in labels.carried] == ["train", ""]
    assert labels.ignored_columns == ("seen",)
    assert read_labels(path).ignored_columns == ("Split", "seen")


def test_columns_may_be_written_in_capitals(tmp_path: Path) -> None:
    labels = read_labels(_file(tmp_path, "File,Projection,CROP\na.png,lateral,1\n"))
    assert (labels.films[0].projection, labels.films[0].cut) == (Projection.LATERAL, True)
    assert labels.ignored_columns == ()


def test_a_misspelt_column_is_remarked_with_the_one_meant(tmp_path: Path) -> None:
    labels = read_labels(_file(tmp_path, "file,crops,Rotation deg,comment\na.png,1,4,x\n"))
    assert labels.remarks() == [
        "column 'crops' is ignored; did you mean crop?",
        "column 'Rotation deg' is ignored; did you mean rotation_deg?",
        "column 'comment' is ignored",
    ]


def test_another_encoding_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(LabelsInvalid, match="UTF-8") as caught:
        read_labels(_file(tmp_path, "file;dataset\nснимок.png;Больница\n", "cp1251"))
    assert "CSV UTF-8" in caught.value.remedy
    assert "codec" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,crop\na.png,1\nb.png,0\n./a.png,1\n", "line 4: ./a.png stands in line 2 already"),
        ("file,rotated,rotation_deg\na.png,0,25\n", "rotated is 0 but rotation_deg is 25"),
        ("file,rotated,rotation_deg\na.png,1,-8\n", "rotated is 1 but rotation_deg is -8"),
        ("file,crop,Crop\na.png,0,1\n", "two columns named crop"),
        ("file,crop\na.png,2\n", "line 2: crop is '2'"),
        ("file,crop\na.png,1\nb.png,yes\n", "line 3: crop is 'yes'"),
        ("file,crop,crop_edges\na.png,0,left\n", "crop is 0 but"),
        ("file,crop_edges\na.png,medial\n", "'medial'"),
        ("file,crop_edges\na.png,left+top\n", "'left+top', edges are left, right, top, bottom, parted by ;"),
        ("file,orientation\na.png,45\n", "orientation is '45'"),
        ("file,rotation_deg\na.png,inf\n", "rotation_deg is 'inf'"),
        ("file,crop\na.png,1.5\n", "line 2: crop is '1.5'"),
        ("file,orientation\na.png,90.5\n", "orientation is '90.5'"),
        ("file,weight\na.png,0\n", "weight"),
        ("file,projection\na.png,PA\n", "projection is 'pa'"),
        ("file,crop\n,1\n", "file is blank"),
        ("path,crop\na.png,1\n", "no column named file"),
        ("file,crop\n", "lists no film"),
        ("", "no column named file."),
        ("sep=;\nfile;crop\na.png;1\n", "no column named file, only 'sep='"),
        # A decimal comma or edges without quotation marks shift what comes after them.
        ("file,rotation_deg,patient\na.png,12,5,p1\n", "line 2: more cells than columns"),
        ("file;crop_edges;patient\nb.png;;p\na.png;left;top;p1\n", "line 3: more cells than columns"),
        ('file,note,crop\na.png,"x,1\nb.png,,0\nc.png,,1\n', "line 2: quotation marks do not match"),
        ('file,note\na.png,"' + "x" * 200_000 + '"\n', "line 2: "),
    ],
)
def test_impossible_values_are_refused_with_line_and_column(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(LabelsInvalid) as caught:
        read_labels(_file(tmp_path, text))
    assert words in caught.value.message


def test_a_film_is_known_again_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _file(tmp_path, f"file,crop\na.png,1\n{tmp_path}/sub/../a.png,1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LabelsInvalid, match="stands in line 2 already"):
        read_labels(Path("labels.csv"))


@pytest.mark.skipif(os.sep != "/", reason="a backslash parts folders here")
def test_paths_written_on_windows_are_found(tmp_path: Path) -> None:
    for name in ("films/a.png", "b\\c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    moved, own = read_labels(_file(tmp_path, "file\nfilms\\a.png\nb\\c.png\n")).films
    assert (moved.name, moved.path) == ("films\\a.png", tmp_path / "films" / "a.png")
    assert own.path == tmp_path / "b\\c.png"
    with pytest.raises(LabelsInvalid, match=r"line 3.*stands in line 2 already"):
        read_labels(_file(tmp_path, "file\nfilms\\a.png\nfilms/a.png\n"))


def test_missing_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsInvalid, match="no labels file"):
        read_labels(tmp_path / "none.csv")
    path = tmp_path / "labels.csv"
    path.write_bytes(b"file\n\xff\xfe\x00")
    with pytest.raises(LabelsInvalid, match="UTF-8"):
        read_labels(path)
