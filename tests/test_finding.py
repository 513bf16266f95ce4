"""What a rule says: the order of severities, the primary place, and that a finding is a value."""

from __future__ import annotations

import dataclasses

import pytest

from connlint.finding import Confidence, Finding, Fix, Label, Lack, Safety, Severity
from connlint.source import Edit, Source

UWSGI = Source("uwsgi.ini", "[uwsgi]\nprocesses = 9\nthreads = 4\n")
PROCESSES = Label(UWSGI.span_at(2, 1, 2, 14), "9 processes")
THREADS = Label(UWSGI.span_at(3, 1, 3, 12), "of 4 threads each")


def finding(**changes: object) -> Finding:
    first = Finding(
        rule="exceeds-max-connections",
        severity=Severity.ERROR,
        confidence=Confidence.CERTAIN,
        message="36 connections can be asked for and 20 are granted",
        labels=(PROCESSES, THREADS),
        subject="web -> default",
    )
    return dataclasses.replace(first, **changes)


def test_severities_are_ranked_by_their_consequence() -> None:
    assert sorted(Severity, key=lambda severity: severity.rank) == [Severity.ERROR, Severity.WARNING, Severity.INFO]


def test_the_first_label_is_the_primary_place() -> None:
    assert finding().primary is PROCESSES


def test_equal_findings_are_one() -> None:
    fix = Fix(Safety.UNSAFE, "use fewer processes", (Edit(PROCESSES.span, "processes = 4"),))
    assert len({finding(), finding(), finding(fix=fix), finding(fix=fix), finding(subject="worker -> default")}) == 3


@pytest.mark.parametrize("thing", [finding(), PROCESSES, Lack("how many CPUs there are", "cpus = 4")])
def test_nothing_a_rule_says_can_be_changed_afterwards(thing: object) -> None:
    name = dataclasses.fields(thing)[0].name  # type: ignore[arg-type]  # each of them is a dataclass
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, name, None)


def test_a_finding_does_not_repeat_the_text_of_its_files() -> None:
    assert "threads = 4" not in repr(finding())
