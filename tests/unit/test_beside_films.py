"""Which files of a folder are left out without a word; in the window and on the command line the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.dicom_maker import make_film
from workstation.services.beside_films import is_plainly_no_film
from workstation.services.checking import list_films
from workstation.ui.incoming import files_of

NO_FILMS = (
    "README.md",
    "Readme",
    "LICENSE",
    "LICENSE-MIT",
    "license.txt",
    "a.PDF",
    ".hidden",
    "DICOMDIR",
    "dicomdir",
    "Thumbs.db",
)
MAYBE_FILMS = (
    "IM0001",
    "a.dcm",
    "broken.DCM",
    "1.2.840.113619.2.5.78",
    "film.bin",
    "scan.bmp",
    "a.md.dcm",
    "README.dcm",
)


@pytest.mark.parametrize("name", NO_FILMS)
def test_texts_and_the_like_are_known_by_name(name: str) -> None:
    assert is_plainly_no_film(name)


@pytest.mark.parametrize("name", MAYBE_FILMS)
def test_whatever_might_be_a_film_is_not_left_out(name: str) -> None:
    assert not is_plainly_no_film(name)


def test_broken_films_in_a_folder_are_still_said(tmp_path: Path) -> None:
    for name in (*NO_FILMS, *MAYBE_FILMS):
        (tmp_path / name).write_bytes(b"\x55" * 200)
    listing = list_films([str(tmp_path)])
    # By their names films: reading them says what is wrong. The others are counted.
    assert [Path(film).name for film in listing.films] == ["README.dcm", "a.dcm", "a.md.dcm", "broken.DCM"]
    assert listing.skipped == len(MAYBE_FILMS) - 4
    assert {found.name for found in files_of([tmp_path])} == set(MAYBE_FILMS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this platform")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("pipe", "pipe.dcm"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nothing")
    make_film(tmp_path / "film")
    listing = list_films([str(tmp_path)])
    assert [Path(film).name for film in listing.films] == ["film", "gone.dcm"]
    assert listing.skipped == 2


def test_a_named_file_is_tried_whatever_it_is(tmp_path: Path) -> None:
    text = tmp_path / "README.md"
    text.write_text("no film")
    assert list_films([str(text)]).films == [str(text)]
    assert list(files_of([text])) == [text]
