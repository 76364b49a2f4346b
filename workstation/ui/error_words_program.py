"""Known errors of the program's own files and models, in the window's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

NAMES_THE_PLACE = frozenset(
    {
        "certificate_ends",
        "file_not_written",
        "manifest_invalid",
        "settings_faulty",
        "settings_not_text",
        "settings_syntax",
        "settings_unreadable",
        "settings_value",
        "resource_invalid",
        "site_reasons_invalid",
        "site_reasons_not_text",
        "site_calibration_invalid",
        "site_calibration_stale",
        "model_mismatch",
        "tls_files",
        "in_called_ae",
        "in_calling_ae",
        "in_host",
        "in_too_many",
        "in_class",
        "in_tls",
    }
)
"""Codes whose original message names file, key, line or host: it is shown as well."""


def program_words() -> dict[str, tuple[str, str]]:
    """Message and remedy by code."""
    newer = translate("Errors", "Install the newer program again, or choose another data folder.")
    support = translate("Errors", "Tell the support desk; the log says more.")
    settings = translate("Errors", "Correct the place named, or remove it to get the default.")
    restore = translate("Errors", "Correct the file, or restore the one that came with the program.")
    calibrate = translate("Errors", "Run the calibration again, or remove the site's file.")
    return {
        **_turned_away(),
        **_operators(),
        **_not_made(),
        "note_has_left": (
            translate("Errors", "The reject note has left; there is no message that takes it back."),
            translate("Errors", "Ask the PACS administrator to remove it from the archive."),
        ),
        "film_has_left": (
            translate("Errors", "The film has left; it cannot be called back from here."),
            translate(
                "Errors", "If it must not be read, ask the PACS administrator to reject it in the archive."
            ),
        ),
        "copy_removed": (
            translate("Errors", "The copy of this film was removed from this console after its time."),
            translate("Errors", "Send the film from the modality again if it is wanted after all."),
        ),
        "came_again": (
            translate(
                "Errors", "This film came again; it was decided before, and nothing is sent a second time."
            ),
            translate("Errors", "Choose it in the list to see what was decided."),
        ),
        "films_found": (
            translate(
                "Errors", "Films lay in the data folder without a record of them, and wait for a decision."
            ),
            translate(
                "Errors",
                "Where an older copy of the database was put back, they may have been sent or rejected already: "
                "look at each.",
            ),
        ),
        "analysis_too_long": (
            translate("Errors", "The analysis takes too long; it was given up."),
            translate(
                "Errors",
                "Look at the film yourself. If it happens again, restart the program and tell the support desk.",
            ),
        ),
        "settings_newer": (
            translate("Errors", "The settings were written by a newer version of the program."),
            translate("Errors", "Install the newer program again, or choose another data folder."),
        ),
        "profile_exists": (
            translate("Errors", "A file of this name exists already."),
            translate("Errors", "Choose another name."),
        ),
        "profile_missing": (
            translate("Errors", "The profile was not found."),
            translate("Errors", "Name a profile that was exported."),
        ),
        "profile_none": (
            translate("Errors", "This file is no profile: it names no setting."),
            translate("Errors", "Name a profile that was exported."),
        ),
        "over_quota": (
            translate(
                "Errors", "The films on this console fill the space set for them: no film can be received."
            ),
            translate(
                "Errors",
                "Send the waiting films and wait for storage commitment, set how long rejected films stay, or allow "
                "more space in Settings.",
            ),
        ),
        "database_newer": (
            translate("Errors", "The database was written by a newer version of the program."),
            newer,
        ),
        "foreign_database": (
            translate("Errors", "The database belongs to another program."),
            translate("Errors", "Choose another data folder."),
        ),
        "backup_failed": (
            translate("Errors", "The database could not be copied before its update."),
            translate("Errors", "Free some space on the disk of the data folder, then try again."),
        ),
        "migration_failed": (
            translate("Errors", "The database could not be updated; it is as it was before."),
            support,
        ),
        "in_use": (
            translate("Errors", "The program is already running with this data folder."),
            translate("Errors", "Use the window that is open, or close it first."),
        ),
        "in_use_by_service": (
            translate(
                "Errors", "A service (`cxr-workstation receive`) works in this data folder, without a window."
            ),
            translate("Errors", "Stop that service first."),
        ),
        "internal": (translate("Errors", "Something went wrong inside the program."), support),
        "model_mismatch": (
            translate("Errors", "A model does not fit the description of the cascade."),
            translate("Errors", "Reinstall the program, or choose another cascade folder in Settings."),
        ),
        "runtime_missing": (
            translate("Errors", "ONNX Runtime, which runs the models, cannot be loaded."),
            translate("Errors", "Reinstall the program, or choose another cascade folder in Settings."),
        ),
        "query_refused": (
            translate("Errors", "The worklist refuses the query."),
            translate("Errors", "Ask the administrator of the information system with that number."),
        ),
        "resource_invalid": (translate("Errors", "A text file of the program is broken."), restore),
        "site_reasons_invalid": (
            translate("Errors", "The site's own reject reasons hold a mistake."),
            translate("Errors", "Correct the file, or remove it to have the shipped reasons alone."),
        ),
        "site_reasons_not_text": (
            translate("Errors", "The file of the site's own reject reasons is not UTF-8 text."),
            translate("Errors", "Save it as UTF-8."),
        ),
        "settings_faulty": (
            translate("Errors", "The settings file holds a mistake: nothing was written."),
            translate("Errors", "Correct the file first, or save from the window of all settings."),
        ),
        "settings_not_text": (
            translate("Errors", "The settings file is not UTF-8 text."),
            translate("Errors", "Save it as UTF-8, or remove it to begin anew."),
        ),
        "settings_syntax": (translate("Errors", "The settings file cannot be understood."), settings),
        "settings_unreadable": (
            translate("Errors", "The settings file cannot be read."),
            translate("Errors", "Make the file readable."),
        ),
        "settings_value": (
            translate("Errors", "The settings file holds a value that cannot be used."),
            settings,
        ),
        "site_calibration_invalid": (
            translate("Errors", "The site's own calibration cannot be used, so films are not analysed."),
            calibrate,
        ),
        "site_calibration_stale": (
            translate(
                "Errors",
                "The site's own calibration was made for another cascade, so films are not analysed.",
            ),
            calibrate,
        ),
    }


def _turned_away() -> dict[str, tuple[str, str]]:
    return {
        "in_called_ae": (
            translate("Errors", "A device was refused: it calls this console by another AE title."),
            translate("Errors", "Set the AE title of this console at the modality."),
        ),
        "in_calling_ae": (
            translate("Errors", "A device was refused: its AE title is not on the list of allowed titles."),
            translate("Errors", "If it is a modality of yours, add its AE title in Settings."),
        ),
        "in_host": (
            translate("Errors", "A device was refused: its address is not on the list of allowed hosts."),
            translate("Errors", "If it is a modality of yours, add it to the allowed hosts in Settings."),
        ),
        "in_too_many": (
            translate("Errors", "A device was refused: too many connections are open."),
            translate(
                "Errors",
                "It will try again; if this goes on, look for a device that opens connections without end.",
            ),
        ),
        "in_class": (
            translate("Errors", "A device offered what this console does not take."),
            translate(
                "Errors", "Send chest radiographs here (CR, DX, secondary capture), the rest to the archive."
            ),
        ),
        "in_tls": (
            translate("Errors", "A device was refused: the encrypted connection did not come about."),
            translate("Errors", "Check the certificates and the TLS settings on both sides."),
        ),
    }


def _not_made() -> dict[str, tuple[str, str]]:
    support = translate("Errors", "The film goes all the same; tell the support desk, the log says more.")
    return {
        "no_reject_note": (
            translate("Errors", "The reject note of this film could not be made."),
            translate(
                "Errors", "The decision stands; tell the PACS administrator if the archive waits for a note."
            ),
        ),
        "no_report": (translate("Errors", "The report of this film's quality could not be made."), support),
        "no_annotated_film": (
            translate("Errors", "The annotated copy of this film could not be made."),
            translate(
                "Errors",
                "The film goes all the same; open it, and send it again from the modality if it is not shown.",
            ),
        ),
        "no_graphics": (
            translate("Errors", "The graphics of this film's findings could not be made."),
            support,
        ),
        "no_turn": (
            translate("Errors", "The turn that you chose for this film could not be made."),
            translate(
                "Errors",
                "The film goes as the detector gave it; turn it in the PACS, or tell whoever reads it.",
            ),
        ),
    }


def _operators() -> dict[str, tuple[str, str]]:
    manager = translate("Errors", "Ask whoever manages the operators.")
    return {
        "wrong_pin": (translate("Errors", "The PIN is wrong."), translate("Errors", "Try again.")),
        "pin_wait": (
            translate("Errors", "Too many wrong PINs."),
            translate("Errors", "Wait a little, or ask whoever manages the operators for a new PIN."),
        ),
        "operator_disabled": (translate("Errors", "This name may not sign in here."), manager),
        "no_pin": (translate("Errors", "No PIN is set for this name."), manager),
        "signed_out": (
            translate("Errors", "Nobody is signed in."),
            translate("Errors", "Sign in to decide."),
        ),
        "operator_name": (
            translate("Errors", "This name cannot be used."),
            translate("Errors", "Give 1 to 64 characters, no bracket first."),
        ),
        "operator_exists": (
            translate("Errors", "There is an operator of this name."),
            translate("Errors", "Choose another, or enable that one again."),
        ),
        "operator_unknown": (translate("Errors", "There is no operator of this name."), manager),
        "operator_pin": (
            translate("Errors", "This is not a valid PIN."),
            translate("Errors", "Give 4 to 12 digits."),
        ),
        "last_admin": (
            translate("Errors", "Nobody would be left to manage the operators."),
            translate("Errors", "Make somebody else admin first."),
        ),
    }
