"""Short names of settings and their pages; what each does is said by its declaration (`settings.rules.Rule`)."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

# Page, and the settings of `Settings` on it in order. Tables of their own are pages of their own.
PAGES: dict[str, tuple[str, ...]] = {
    "console": ("language", "theme", "text_scale", "room", "operator", "sign_in", "lock_minutes"),
    "films": ("watch_folders", "typical_dose_frontal_msv", "typical_dose_lateral_msv"),
    "analysis": ("cascade_dir", "execution_providers", "intra_op_threads"),
    "listener": (),
    "worklist": (),
    "sending": (
        "undo_seconds",
        "auto_send_seconds",
        "send_turned",
        "keep_committed_days",
        "keep_rejected_days",
    ),
    "statistics": ("reject_target_percent", "reject_action_percent", "reject_low_percent"),
}
FOLDERS = frozenset({"cascade_dir", "watch_folders"})
FILES = frozenset({"tls_certificate", "tls_key", "tls_authorities"})


def page_name(page: str) -> str:
    """Name of a page of the dialog."""
    return {
        "console": translate("SettingPages", "Console"),
        "films": translate("SettingPages", "Films"),
        "analysis": translate("SettingPages", "Analysis"),
        "listener": translate("SettingPages", "Receiving"),
        "worklist": translate("SettingPages", "Worklist"),
        "sending": translate("SettingPages", "Sending"),
        "statistics": translate("SettingPages", "Statistics"),
    }[page]


def setting_name(key: str) -> str:
    """Short name of a setting, whatever table it is in."""
    return {
        "language": translate("SettingNames", "Language"),
        "theme": translate("SettingNames", "Colours"),
        "text_scale": translate("SettingNames", "Type (%)"),
        "room": translate("SettingNames", "Room"),
        "operator": translate("SettingNames", "Radiographer"),
        "sign_in": translate("SettingNames", "Sign-in"),
        "lock_minutes": translate("SettingNames", "Lock after (minutes)"),
        "watch_folders": translate("SettingNames", "Watched folders"),
        "typical_dose_frontal_msv": translate("SettingNames", "Dose, frontal (mSv)"),
        "typical_dose_lateral_msv": translate("SettingNames", "Dose, lateral (mSv)"),
        "cascade_dir": translate("SettingNames", "Cascade folder"),
        "execution_providers": translate("SettingNames", "Execution providers"),
        "intra_op_threads": translate("SettingNames", "Threads"),
        "undo_seconds": translate("SettingNames", "Undo (seconds)"),
        "auto_send_seconds": translate("SettingNames", "Send by itself (seconds)"),
        "send_turned": translate("SettingNames", "Send films turned as shown"),
        "keep_committed_days": translate("SettingNames", "Keep for (days)"),
        "keep_rejected_days": translate("SettingNames", "Keep rejected for (days)"),
        "reject_target_percent": translate("SettingNames", "Target reject rate (%)"),
        "reject_action_percent": translate("SettingNames", "Action level (%)"),
        "reject_low_percent": translate("SettingNames", "Suspiciously low below (%)"),
        "enabled": translate("SettingNames", "In use"),
        "name": translate("SettingNames", "Name"),
        "host": translate("SettingNames", "Host"),
        "port": translate("SettingNames", "Port"),
        "called_ae": translate("SettingNames", "AE title, peer"),
        "calling_ae": translate("SettingNames", "AE title, here"),
        "ae_title": translate("SettingNames", "AE title, here"),
        "most_connections": translate("SettingNames", "Connections"),
        "largest_mb": translate("SettingNames", "Largest film (MB)"),
        "idle_seconds": translate("SettingNames", "Silence (seconds)"),
        "quota_gb": translate("SettingNames", "Space (GB)"),
        "address": translate("SettingNames", "Local address"),
        "allowed_ae_titles": translate("SettingNames", "Allowed AE titles"),
        "allowed_hosts": translate("SettingNames", "Allowed hosts"),
        "station_ae": translate("SettingNames", "Station"),
        "modalities": translate("SettingNames", "Modalities"),
        "refresh_minutes": translate("SettingNames", "Ask every (minutes)"),
        "wants_reject_notes": translate("SettingNames", "Reject notes"),
        "wants_reports": translate("SettingNames", "Reports"),
        "wants_annotated": translate("SettingNames", "Annotated films"),
        "wants_presentation_states": translate("SettingNames", "Presentation states"),
        "wants_commitment": translate("SettingNames", "Commitment"),
        "tls": translate("SettingNames", "TLS"),
        "tls_certificate": translate("SettingNames", "Certificate"),
        "tls_key": translate("SettingNames", "Key"),
        "tls_authorities": translate("SettingNames", "Authorities"),
        "tls_host": translate("SettingNames", "Certificate's name"),
    }[key]


def choice_name(word: str) -> str:
    """Name of a choice."""
    return {
        "system": translate("SettingChoices", "As the system"),
        "en": "English",
        "ru": "Русский",
        "dark": translate("SettingChoices", "Dark"),
        "light": translate("SettingChoices", "Light"),
        "none": translate("SettingChoices", "No sign-in"),
        "pick": translate("SettingChoices", "Pick a name"),
        "pin": translate("SettingChoices", "Name and PIN"),
        "os_user": translate("SettingChoices", "The system's user"),
    }.get(word, word)
