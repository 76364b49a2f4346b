"""Known errors in the window's language, by their code.

In English the original is shown, since it names the file or the host; other languages give the general sentence.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication, QLocale

from workstation.domain.delivery import DeliveryError
from workstation.domain.errors import KnownError, StorageFailed
from workstation.ui.error_words_program import NAMES_THE_PLACE, program_words

translate = QCoreApplication.translate
_STATUS = re.compile(r"\b0x[0-9A-F]{4}\b")
"""A DICOM status in the original message: what the peer's administrator asks for first."""


def error(problem: BaseException | DeliveryError) -> tuple[str, str]:
    """Message and remedy; for a mistake of ours a plain sentence (its details are in the log)."""
    if not isinstance(problem, KnownError | DeliveryError):
        return (
            translate("Errors", "Something went wrong inside the program."),
            translate("Errors", "Go on working. The log in the data folder tells the support desk more."),
        )
    known = None
    if QLocale().language() is not QLocale.Language.English:
        if isinstance(problem, StorageFailed):
            known = _storage().get(problem.code)
        known = (
            known
            or _files().get(problem.code)
            or _storage().get(problem.code)
            or _network().get(problem.code)
            or program_words().get(problem.code)
        )
        if known is not None and problem.code in NAMES_THE_PLACE:
            known = (f"{known[0]} ({problem.message})", known[1])
        elif known is not None and (status := _STATUS.search(problem.message)) is not None:
            known = (f"{known[0].removesuffix('.')} ({status.group()}).", known[1])
    return known if known is not None else (problem.message, problem.remedy)


def _files() -> dict[str, tuple[str, str]]:
    again = translate("Errors", "Send or export the film again.")
    reinstall = translate("Errors", "Reinstall the program, or choose another cascade folder in Settings.")
    return {
        "not_found": (
            translate("Errors", "The file does not exist."),
            translate("Errors", "Check whether it was moved."),
        ),
        "permission_denied": (
            translate("Errors", "The file may not be read by this user."),
            translate("Errors", "Ask for read permission on the file and its folder."),
        ),
        "is_directory": (
            translate("Errors", "This is not a file."),
            translate("Errors", "Open the folder as a whole."),
        ),
        "empty_folder": (
            translate("Errors", "No films in this folder."),
            translate("Errors", "Choose a folder with DICOM, PNG, JPEG or TIFF files."),
        ),
        "read_failed": (
            translate("Errors", "The file could not be read from its disk or share."),
            translate("Errors", "Check the drive or the network and open it again."),
        ),
        "empty_file": (translate("Errors", "The file is empty."), again),
        "not_an_image": (
            translate("Errors", "Neither DICOM nor a PNG, JPEG or TIFF image."),
            translate("Errors", "Choose a radiograph in one of these formats."),
        ),
        "not_a_radiograph": (
            translate("Errors", "Not a projection radiograph."),
            translate("Errors", "Choose a CR, DX or secondary capture image."),
        ),
        "no_pixels": (translate("Errors", "The file holds no image."), again),
        "truncated": (
            translate("Errors", "The file is cut off: the transfer stopped early."),
            translate("Errors", "Copy or send the film again."),
        ),
        "too_large": (
            translate("Errors", "The image is too large."),
            translate("Errors", "Export the film at the detector's own resolution."),
        ),
        "inconsistent": (translate("Errors", "Header and image data disagree."), again),
        "unsupported": (
            translate("Errors", "The file uses an encoding this program does not read."),
            translate("Errors", "Export the film uncompressed (Explicit VR Little Endian)."),
        ),
        "damaged": (
            translate("Errors", "The file is damaged and cannot be decoded."),
            translate("Errors", "Copy or send the film again."),
        ),
        "cascade_missing": (translate("Errors", "The models are missing or incomplete."), reinstall),
        "manifest_invalid": (translate("Errors", "The cascade's description is faulty."), reinstall),
        "model_changed": (
            translate("Errors", "A model of the cascade is not the one its description names."),
            reinstall,
        ),
        "model_broken": (translate("Errors", "A model of the cascade does not run."), reinstall),
        "burned_in_annotation": (
            translate("Errors", "The film carries burnt-in text, which may name the patient."),
            translate(
                "Errors",
                "Choose to blank the four corners (on the command line --blank-corners, or --blank for other parts).",
            ),
        ),
    }


def _storage() -> dict[str, tuple[str, str]]:
    space = translate("Errors", "Free some space on the disk of the data folder, then try again.")
    writable = translate("Errors", "Make the data folder writable.")
    full = (translate("Errors", "The disk is full."), space)
    refused = (translate("Errors", "The data folder cannot be written."), writable)
    return {
        "disk_full": full,
        "film_not_stored": (translate("Errors", "The film could not be stored."), space),
        "read_only": refused,
        "cannot_open": refused,
        "data_folder": refused,
        "busy": (
            translate("Errors", "Another program holds the database."),
            translate("Errors", "Close it, then try again."),
        ),
        "disk_error": (
            translate("Errors", "The disk failed while writing."),
            translate("Errors", "Have the disk of the data folder checked."),
        ),
        "damaged": (
            translate("Errors", "The database is damaged."),
            translate(
                "Errors", "Restart the program: it sets the damaged file aside and begins a fresh one."
            ),
        ),
        "moved_aside": (
            translate("Errors", "The database was damaged and was set aside."),
            translate("Errors", "A fresh one was begun; keep the old one for the support desk."),
        ),
        "still_changing": (
            translate("Errors", "The file is still being written."),
            translate("Errors", "Wait until it is complete and open it again."),
        ),
        "file_not_written": (
            translate("Errors", "The file could not be written."),
            translate(
                "Errors", "Make room, choose another folder, or close the program that has the file open."
            ),
        ),
        "settings_unwritable": (
            translate("Errors", "The settings could not be written."),
            translate("Errors", "Free some space or make the folder writable; the settings in force stay."),
        ),
    }


def _network() -> dict[str, tuple[str, str]]:
    nothing = translate("Errors", "Nothing to do: the film is sent again by itself.")
    admin = translate("Errors", "Ask the PACS administrator.")
    number = translate("Errors", "Ask the PACS administrator with that number.")
    address = translate("Errors", "Check the address in Settings and the network.")
    return {
        "destination_gone": (
            translate("Errors", "This destination is no longer in the settings."),
            translate(
                "Errors",
                "Move it with `cxr-workstation queue move ID DESTINATION`, or take it off the queue.",
            ),
        ),
        "destination_set_aside": (
            translate("Errors", "The settings of this destination hold a mistake."),
            translate(
                "Errors",
                "Correct them: films for it wait, and go once they are right and the program has started anew.",
            ),
        ),
        "names_another": (
            translate(
                "Errors",
                "Another film here has the same identity: the archive could take this as said of that one.",
            ),
            translate(
                "Errors",
                "Take it off the queue, and tell the PACS administrator which of the two is to be read.",
            ),
        ),
        "no_connection": (translate("Errors", "No connection to the peer."), address),
        "unknown_host": (translate("Errors", "The host name is not known."), address),
        "tls": (translate("Errors", "Peer and console do not agree on TLS."), admin),
        "refused": (
            translate("Errors", "The peer refuses connections."),
            translate("Errors", "Check the port, and whether its DICOM service is running."),
        ),
        "no_route": (translate("Errors", "There is no route to the peer."), address),
        "no_answer": (translate("Errors", "The peer does not answer."), address),
        "rejected": (translate("Errors", "The peer rejected the association."), admin),
        "called_ae": (
            translate("Errors", "The peer has another AE title."),
            translate("Errors", "Check the AE title of the peer in Settings."),
        ),
        "calling_ae": (translate("Errors", "The peer does not know this console's AE title."), admin),
        "peer_busy": (translate("Errors", "The peer is busy."), nothing),
        "not_dicom": (
            translate("Errors", "Something answers there, but not in DICOM."),
            translate("Errors", "Check the port, and whether its DICOM service is running."),
        ),
        "broken_off": (translate("Errors", "The connection broke off while sending."), nothing),
        "no_context": (translate("Errors", "The peer does not take this kind of film."), admin),
        "out_of_resources": (translate("Errors", "The peer is out of disk space."), nothing),
        "processing_failure": (translate("Errors", "The peer failed while storing the film."), nothing),
        "not_authorised": (translate("Errors", "The peer does not let this console store films."), admin),
        "duplicate": (
            translate("Errors", "The peer says that it has this film already."),
            translate("Errors", "Check the film at the peer; take it off the queue if it is there."),
        ),
        "film_refused": (translate("Errors", "The peer refuses this film."), number),
        "film_unusable": (
            translate("Errors", "The stored film cannot be sent."),
            translate("Errors", "Send the film from the modality again."),
        ),
        "film_not_ready": (
            translate("Errors", "The film cannot be made ready for sending now."),
            translate(
                "Errors",
                "Check the disks and the memory of this computer; the film is tried again by itself.",
            ),
        ),
        "tls_files": (
            translate("Errors", "A certificate or key file cannot be used."),
            translate("Errors", "Check the TLS files in the settings file."),
        ),
        "certificate_ends": (
            translate("Errors", "A certificate of this console ends soon or has ended."),
            translate("Errors", "Have a new one made and name it in the settings."),
        ),
        "tls_untrusted": (
            translate("Errors", "The peer's certificate is not signed by an authority trusted here."),
            translate("Errors", "Check the file of trusted authorities."),
        ),
        "tls_expired": (
            translate("Errors", "The peer's certificate is not valid today."),
            translate("Errors", "Check the clock of this computer, then ask the PACS administrator."),
        ),
        "tls_name": (
            translate("Errors", "The peer's certificate is made out to another host."),
            translate("Errors", "Enter the host name that stands in the certificate."),
        ),
        "tls_refused": (translate("Errors", "The peer refuses this console's certificate."), admin),
        "tls_absent": (
            translate("Errors", "The peer does not speak TLS on this port."),
            translate("Errors", "Check the port, or switch TLS off."),
        ),
        "commitment_refused": (
            translate("Errors", "The peer did not take over the safekeeping of the film."),
            number,
        ),
        "commitment_broken_off": (
            translate("Errors", "The connection broke off before the peer answered."),
            translate("Errors", "Nothing to do: the peer is asked again."),
        ),
        "echo_broken_off": (
            translate("Errors", "The connection broke off before the peer answered."),
            translate("Errors", "Test again; if it happens again, check the network."),
        ),
        "echo_refused": (translate("Errors", "The peer answers the test with a failure."), number),
        "port_taken": (
            translate("Errors", "Another program uses the listener's port."),
            translate("Errors", "Stop that program, or set another port in Settings."),
        ),
        "no_address": (
            translate("Errors", "The listener cannot use this address and port."),
            translate("Errors", "Check both in Settings; ports below 1024 need special rights."),
        ),
        "bad_allow_list": (
            translate("Errors", "The listener's list of allowed hosts is wrong."),
            translate("Errors", "Give IP addresses or networks in Settings."),
        ),
    }
