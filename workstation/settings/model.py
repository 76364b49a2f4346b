"""Every setting, declared once: type, default, range and what it is for, in English and Russian.

`describe()` lists them for the settings dialog and the documentation; `file.py` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from workstation.settings.network import Destination, Listener, SetAside, WorklistPeer
from workstation.settings.rules import Rule, keys, rule_of, setting


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one console. Immutable: change with `dataclasses.replace`, write with `file.save`."""

    language: str = setting("system", "Language of the window.", "Язык окна.", choices=("system", "en", "ru"))
    theme: str = setting("dark", "Colours of the window.", "Цвета окна.", choices=("dark", "light"))
    text_scale: int = setting(
        100, "Size of the type, in per cent.", "Размер шрифта, в процентах.", low=100, high=200
    )
    room: str = setting(
        "", "Name of the room, for the statistics.", "Название кабинета для статистики.", longest=64, own=True
    )
    operator: str = setting(
        "", "Who decides at this console.", "Кто принимает решения за этой станцией.", longest=64, own=True
    )
    sign_in: str = setting(
        "none",
        "How people sign in: not at all, by picking a name, by name and PIN, or as the system's user.",
        "Как входят: без входа, выбором имени, по имени и ПИН-коду или как пользователь системы.",
        choices=("none", "pick", "pin", "os_user"),
    )
    lock_minutes: int = setting(
        0,
        "Lock after so many minutes without key or mouse; films go on arriving. 0: never.",
        "Блокировать через столько минут без клавиатуры и мыши; снимки продолжают поступать. 0 — никогда.",
        low=0,
        high=240,
    )
    cascade_dir: str = setting(
        "",
        "Folder of the cascade (manifest.json); empty for the one shipped.",
        "Папка каскада (manifest.json); пусто — встроенный.",
        own=True,
    )
    execution_providers: tuple[str, ...] = setting(
        ("CPUExecutionProvider",),
        "ONNX Runtime execution providers, best first.",
        "Провайдеры выполнения ONNX Runtime (execution providers), в порядке предпочтения.",
        own=True,
    )
    intra_op_threads: int = setting(
        0,
        "Threads of one model run; 0 lets the program choose.",
        "Потоки на один запуск модели; 0 — выбирает программа.",
        low=0,
        high=256,
        own=True,
    )
    watch_folders: tuple[str, ...] = setting(
        (),
        "Folders where new films appear.",
        "Папки, в которых появляются новые снимки.",
        # A blank one would be the folder that the program happens to be started from.
        pattern=r".*\S.*",
        hint="the path of a folder",
        own=True,
    )
    undo_seconds: float = setting(
        10.0,
        "How long a decision can be taken back before the film leaves, in seconds.",
        "Сколько секунд решение можно отменить до отправки снимка.",
        low=0,
        high=600,
    )
    auto_send_seconds: int = setting(
        0,
        "Send a film that came in by itself, without warnings (and nothing unsure), automatically after this many"
        " seconds; any key or click stops it. 0: never.",
        "Отправлять поступивший снимок, к которому нет ни замечаний, ни сомнений, автоматически через столько секунд;"
        " любая клавиша или щелчок остановят отсчёт. 0 — никогда.",
        low=0,
        high=120,
    )
    send_turned: bool = setting(
        False,
        "Send a film that was turned or mirrored on screen so that whoever reads it sees it turned as well"
        " (an instruction on how to show it, GSPS, goes along; the film stays as it is)."
        " The person can choose otherwise for each film.",
        "Повёрнутый или отражённый на экране снимок отправлять так, чтобы и врач увидел его повёрнутым"
        " (вместе уходит указание о повороте, GSPS; сам снимок не меняется). Для каждого снимка можно выбрать иначе.",
    )
    keep_committed_days: int = setting(
        0,
        "Days that a film stays here after every destination took over its safekeeping; 0 keeps all films.",
        "Сколько дней снимок остаётся здесь после подтверждения хранения всеми получателями; 0 — не удалять никогда.",
        low=0,
        high=36500,
    )
    keep_rejected_days: int = setting(
        0,
        "Days that a rejected film stays here after its decision, and after its note was sent; 0 keeps all films."
        " The statistics count it on.",
        "Сколько дней забракованный снимок остаётся здесь после решения и отправки отметки о браке; 0 — не удалять."
        " Статистика его учитывает и дальше.",
        low=0,
        high=36500,
    )
    typical_dose_frontal_msv: float = setting(
        0.02,
        "Typical effective dose of a frontal chest film in mSv, where the header gives no dose.",
        "Типичная эффективная доза прямого снимка, мЗв, если в заголовке дозы нет.",
        low=0,
        high=10,
    )
    typical_dose_lateral_msv: float = setting(
        0.08,
        "Typical effective dose of a lateral chest film in mSv, where the header gives no dose.",
        "Типичная эффективная доза бокового снимка, мЗв, если в заголовке дозы нет.",
        low=0,
        high=10,
    )
    reject_target_percent: float = setting(
        8.0,
        "Reject rate to stay under, in per cent.",
        "Целевая доля брака, в процентах: не выше неё.",
        low=0,
        high=100,
    )
    reject_action_percent: float = setting(
        10.0,
        "Reject rate from which to act, in per cent.",
        "Доля брака, с которой нужно вмешаться, в процентах.",
        low=0,
        high=100,
    )
    reject_low_percent: float = setting(
        2.0,
        "Reject rate below which rejects may go unrecorded, in per cent; 0 for none.",
        "Доля брака, ниже которой брак, возможно, не записывают, в процентах; 0 — не проверять.",
        low=0,
        high=100,
    )
    listener: Listener = setting(  # noqa: RUF009 - immutable
        Listener(), "How films come in by network.", "Как снимки поступают по сети."
    )
    worklist: WorklistPeer = setting(  # noqa: RUF009 - immutable
        WorklistPeer(), "Orders that films are compared with.", "Назначения, с которыми сверяются снимки."
    )
    destinations: tuple[Destination, ...] = setting(
        (), "Where decided films are sent.", "Куда отправляются снимки."
    )
    set_aside: tuple[SetAside, ...] = ()
    """In no file: destinations whose tables hold a mistake. Films for them wait (`file.load_usable`)."""

    def destination(self, name: str) -> Destination | None:
        """The destination called `name`, or None."""
        return next((d for d in self.destinations if d.name == name), None)


def describe(
    kind: type[Settings] | type[Listener] | type[WorklistPeer] | type[Destination] = Settings,
) -> Mapping[str, tuple[Any, Rule]]:
    """Default (None where one must be given) and rule of each key."""
    return {
        item.name: (None if item.default is MISSING else item.default, rule_of(item)) for item in keys(kind)
    }
