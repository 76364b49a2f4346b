"""What goes along with a film: after it, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from tests.support.console import PACS, WARNED, Console, eventually
from workstation.dicom.network.errors import PeerFailed
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryKind, DeliveryState
from workstation.domain.exposure import Exposure, ExposureState, IllegalTransition
from workstation.domain.turn import Turn
from workstation.settings.network import SetAside

SR = "1.2.840.10008.5.1.4.1.1.88.33"
GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
NOTE = "1.2.840.10008.5.1.4.1.1.88.59"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    made = Console(tmp_path / "data")
    yield made
    made.close()


class TestCompanionsFollowTheirFilm:
    """What goes along with a film (here its report and its turn) leaves after it, or not at all."""

    @pytest.fixture
    def film(self, console: Console) -> Exposure:
        console.settings = replace(
            console.settings, undo_seconds=0.0, destinations=(replace(PACS, wants_reports=True),)
        )
        film = console.film()
        console.disposition.record_verdict(film.id, WARNED)
        return console.disposition.choose(film.id, Choice.SEND, "Ivanova", turn=Turn(1))

    def kinds(self, console: Console) -> list[str]:
        return [str(pydicom.dcmread(BytesIO(content)).SOPClassUID) for _, content in console.post.sent]

    def states(self, console: Console, film: Exposure) -> dict[DeliveryKind, DeliveryState]:
        return {d.kind: d.state for d in console.get(film).deliveries}

    def number(self, console: Console, film: Exposure, kind: DeliveryKind = DeliveryKind.FILM) -> int:
        return next(d.id for d in console.get(film).deliveries if d.kind is kind)

    def test_a_refused_film_goes_with_nothing_and_can_be_taken_back(
        self, console: Console, film: Exposure
    ) -> None:
        console.derived.make_due()
        console.post.answers = [PeerFailed("film_refused", "No.", "Ask.", passing=False)]
        console.delivery.start()
        other = console.disposition.choose(console.film().id, Choice.SEND, "Ivanova")
        console.delivery.wake()
        eventually(lambda: console.get(other).state is ExposureState.SENT)
        console.clock.forward(3600)
        console.delivery.wake()
        assert self.states(console, film) == {
            DeliveryKind.FILM: DeliveryState.FAILED,
            DeliveryKind.REPORT: DeliveryState.WAITING,
            DeliveryKind.TURN: DeliveryState.WAITING,
        }
        assert len(console.post.sent) == 1
        assert console.get(film).can_undo
        console.delivery.retry_now(self.number(console, film), "Ivanova")
        eventually(lambda: set(self.states(console, film).values()) == {DeliveryState.SENT})
        assert self.kinds(console)[1:] == [film.header.sop_class_uid, GSPS, SR]

    @pytest.mark.parametrize("made_before", [True, False], ids=["made", "made afterwards"])
    def test_a_film_taken_off_the_queue_takes_its_companions_off(
        self, console: Console, film: Exposure, made_before: bool
    ) -> None:
        if made_before:
            console.derived.make_due()
        console.delivery.cancel(self.number(console, film), "Ivanova")
        console.derived.make_due()
        assert set(self.states(console, film).values()) == {DeliveryState.CANCELLED}
        assert len(self.states(console, film)) == 3
        report = self.number(console, film, DeliveryKind.REPORT)
        console.delivery.cancel(report, "Ivanova")  # chosen together with the film: no mistake
        with pytest.raises(IllegalTransition):
            console.delivery.retry_now(report, "Ivanova")
        console.delivery.start()
        other = console.disposition.choose(console.film().id, Choice.SEND, "Ivanova")
        console.delivery.wake()
        eventually(lambda: console.get(other).state is ExposureState.SENT)
        assert len(console.post.sent) == 1
        console.delivery.retry_now(self.number(console, film), "Ivanova")
        eventually(lambda: set(self.states(console, film).values()) == {DeliveryState.SENT})
        assert self.kinds(console)[1:] == [film.header.sop_class_uid, GSPS, SR]

    @pytest.mark.parametrize("reports", [True, False], ids=["wanted", "not wanted"])
    def test_a_film_that_is_moved_takes_its_companions_along(
        self, console: Console, film: Exposure, reports: bool
    ) -> None:
        console.derived.make_due()
        mini = replace(PACS, name="Mini", called_ae="MINI", wants_reports=reports)
        console.settings = replace(console.settings, destinations=(*console.settings.destinations, mini))
        console.delivery.move(self.number(console, film), "Mini", "Ivanova")
        console.delivery.start()
        gone = {
            DeliveryKind.FILM: DeliveryState.SENT,
            DeliveryKind.TURN: DeliveryState.SENT,
            DeliveryKind.REPORT: DeliveryState.SENT if reports else DeliveryState.CANCELLED,
        }
        eventually(lambda: self.states(console, film) == gone)
        assert {called for called, _ in console.post.sent} == {"MINI"}
        assert self.kinds(console) == [film.header.sop_class_uid, GSPS, *([SR] if reports else [])]
        assert console.get(film).state is ExposureState.SENT

    def test_a_companion_taken_off_alone_leaves_the_film_on(self, console: Console, film: Exposure) -> None:
        console.derived.make_due()
        console.delivery.cancel(self.number(console, film, DeliveryKind.REPORT), "Ivanova")
        console.delivery.start()
        eventually(lambda: self.states(console, film)[DeliveryKind.TURN] is DeliveryState.SENT)
        assert self.kinds(console) == [film.header.sop_class_uid, GSPS]

    def test_one_destination_does_not_wait_for_the_other(self, console: Console, film: Exposure) -> None:
        mini = replace(PACS, name="Mini", called_ae="MINI", wants_reports=True)
        console.settings = replace(console.settings, destinations=(*console.settings.destinations, mini))
        console.derived.make_due()  # set after the decision: the film is not for it, the report and the turn are
        console.delivery.cancel(self.number(console, film), "Ivanova")
        console.delivery.start()
        eventually(lambda: len(console.post.sent) == 2)
        assert {called for called, _ in console.post.sent} == {"MINI"}
        assert self.kinds(console) == [GSPS, SR]

    def test_a_film_taken_off_at_one_destination_takes_nothing_off_at_the_other(
        self, console: Console
    ) -> None:
        two = tuple(replace(PACS, name=name, wants_reports=True) for name in ("PACS", "Mini"))
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=two)
        both = console.film()
        console.disposition.record_verdict(both.id, WARNED)
        console.disposition.choose(both.id, Choice.SEND, "Ivanova")
        console.delivery.cancel(
            self.number(console, both), "Ivanova"
        )  # at the PACS, before its report is made
        console.derived.make_due()
        states = {(d.destination, d.kind): d.state for d in console.get(both).deliveries}
        assert states == {
            ("PACS", DeliveryKind.FILM): DeliveryState.CANCELLED,
            ("PACS", DeliveryKind.REPORT): DeliveryState.CANCELLED,
            ("Mini", DeliveryKind.FILM): DeliveryState.WAITING,
            ("Mini", DeliveryKind.REPORT): DeliveryState.WAITING,
        }

    def test_all_that_goes_along_waits_for_a_destination_with_faulty_settings(self, console: Console) -> None:
        aside = SetAside("PACS", wants_reject_notes=True, wants_reports=True)
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=(), set_aside=(aside,))
        turned, rejected = console.film(), console.film()
        console.disposition.record_verdict(turned.id, WARNED)
        console.disposition.choose(turned.id, Choice.SEND, "Ivanova", turn=Turn(1))
        console.disposition.choose(rejected.id, Choice.RETAKE, "Ivanova", reason="motion")
        console.derived.make_due()
        assert self.states(console, turned) == {
            DeliveryKind.FILM: DeliveryState.WAITING,
            DeliveryKind.REPORT: DeliveryState.WAITING,
            DeliveryKind.TURN: DeliveryState.WAITING,
        }
        assert self.states(console, rejected) == {DeliveryKind.REJECT_NOTE: DeliveryState.WAITING}
        console.settings = replace(console.settings, destinations=(PACS,), set_aside=())
        console.delivery.start()
        both = (turned, rejected)
        eventually(
            lambda: {s for film in both for s in self.states(console, film).values()} == {DeliveryState.SENT}
        )
        assert sorted(self.kinds(console)) == sorted([turned.header.sop_class_uid, GSPS, SR, NOTE])
