"""One inspection from files to findings: the only place that knows every room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from connlint.deployment.assembly.deployments import deployments
from connlint.deployment.assembly.gather import gather
from connlint.deployment.model import Deployment
from connlint.finding import Finding, Lack, Severity
from connlint.ignores import Aftermath, Applied, apply
from connlint.project.configuration import Configuration, ConfigurationError, load_configuration
from connlint.project.patterns import matcher
from connlint.project.tree import Tree
from connlint.records import dataclass, replace
from connlint.report.model import Report
from connlint.rulebook import Found, Rule, rules
from connlint.source import Source

if TYPE_CHECKING:  # only a running Django has loaded anything
    from connlint.python.loaded import Loaded

BASELINE: Final = ".connlint-baseline.json"  # in the root of the project, unless configured


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line (or the editor) asks for; texts as the user wrote them.

    `paths`: project-relative files; only findings that touch one of them are reported. `loaded`: the settings that a
    running Django has loaded, which are better evidence than their files. `answers`: what servers that were asked say, as
    keys of the configuration like `overrides`, each with a note on who said so. `baseline`: a project-relative file of
    accepted findings in place of the configured one; empty: none is used.
    """

    settings: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    config: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    loaded: Loaded | None = None
    answers: tuple[tuple[str, str], ...] = ()
    baseline: str | None = None


def inspect(tree: Tree, options: Options) -> Report:
    """Read the project, build its map, ask every chosen rule; raises `ConfigurationError` for a mistaken declaration.

    Nothing of what is read is executed. Findings that several deployments share at the same lines are one.
    """
    configuration = load_configuration(
        tree, config=options.config, overrides=options.overrides, env=options.env, answers=options.answers
    )
    chosen = _chosen(configuration, options)
    gathered = gather(tree, configuration, options.settings, options.loaded)
    asked = [m for each in gathered.materials if each.project.named for m in each.evaluated(each.project.modules)]
    found = deployments(gathered)
    findings, lacks = _judged(found, chosen)
    applied = apply(findings, _sources(found, findings))
    visible, silenced = _allowed((*applied.kept, *_about_ignores(applied, chosen)), configuration, chosen)
    evaluated = (module for material in gathered.materials for module in material.evaluator.modules)
    modules = tuple(dict.fromkeys((*asked, *evaluated)))
    report = Report(
        findings=tuple(sorted(visible, key=_order)),
        lacks=lacks,
        deployments=tuple(found),
        modules=modules,
        documents=gathered.documents,
        files_read=tree.read_count,
        files_parsed=len(tree.parsed),
        suppressed=len(applied.suppressed) + silenced,
        notes=tuple(tree.notes),
        fail_on=Severity(str(configuration.fail_on.only)),
        secrets=options.loaded.secrets if options.loaded is not None else frozenset(),
    )
    report = _without_accepted(report, tree, baseline_of(tree, configuration, options.baseline), chosen)
    return replace(report, findings=_touching(report.findings, options.paths)) if options.paths else report


def baseline_of(tree: Tree, configuration: Configuration, asked: str | None) -> str:
    """The file of accepted findings: the one asked for, the one configured, the usual one where it is there, or none."""
    if asked is not None:
        return asked
    if configuration.baseline is not None:
        return str(configuration.baseline.only)
    return BASELINE if tree.is_file(BASELINE) else ""


def _without_accepted(report: Report, tree: Tree, path: str, chosen: tuple[Rule, ...]) -> Report:
    """The report less what the baseline at `path` accepts, with a note on what it need not accept any more."""
    if not path:
        return report
    from connlint import baseline
    from connlint.report.secrets import redactor

    settled = baseline.settle(report.findings, baseline.read(tree, path), redactor(report))
    asked = {rule.name for rule in chosen}
    unused = [entry for entry in settled.unused if entry.rule in asked]
    notes = report.notes
    if unused:
        told = (
            f"{path} accepts what is not there any more: {baseline.listed(unused)}; connlint baseline --update drops it"
        )
        notes = (*notes, told)
    return replace(report, findings=settled.kept, accepted=len(settled.accepted), notes=notes)


def _chosen(configuration: Configuration, options: Options) -> tuple[Rule, ...]:
    """The rules that run: the command line's choice, else the configuration's, less what is ignored."""
    names = {name for rule in rules() for name in (rule.name, rule.family)}
    for value in (
        *configuration.select,
        *configuration.ignore,
        *(v for vs in configuration.per_file_ignores.values() for v in vs),
    ):
        if value.only not in names:
            raise ConfigurationError(
                f"there is no rule or family {value.only}", value.span, _nearest(str(value.only), names)
            )
    select = set(options.select) or {str(value.only) for value in configuration.select}
    ignore = {*options.ignore, *(str(value.only) for value in configuration.ignore)}

    def wanted(rule: Rule) -> bool:
        listed = not select or rule.name in select or rule.family in select
        dropped = rule.name in ignore or (rule.family in ignore and rule.name not in select)
        return listed and not dropped

    return tuple(rule for rule in rules() if wanted(rule))


def _nearest(name: str, names: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(names), n=1)
    return f"did you mean {near[0]}?" if near else "connlint rules lists them"


def _judged(found: Iterable[Deployment], chosen: tuple[Rule, ...]) -> tuple[list[Finding], tuple[Lack, ...]]:
    """What the rules say of every deployment, shared findings once, and the facts that some rule lacked.

    Deployments for a developer's machine are on the map and are not judged (docs/adr/0015).
    """
    findings: dict[tuple[object, ...], Finding] = {}
    lacks: dict[tuple[str, str], dict[str, None]] = {}
    for deployment in (each for each in found if not each.development):
        for rule in chosen:
            for said in rule.check(deployment) if rule.check is not None else ():
                if isinstance(said, Found):
                    finding = _finding(rule, said, deployment.name)
                    findings.setdefault((rule.name, finding.message, finding.labels), finding)
                else:
                    lacks.setdefault((said.fact, said.declare), {})[rule.name] = None
        for fact, declare in deployment.lacks:
            lacks.setdefault((fact, declare), {})
    return list(findings.values()), tuple(Lack(fact, declare, tuple(by)) for (fact, declare), by in lacks.items())


def _about_ignores(applied: Applied, chosen: tuple[Rule, ...]) -> Iterator[Finding]:
    """What the rules about ignore comments say, now that it is known which comments silence something."""
    aftermath = Aftermath(applied, frozenset(r.name for r in rules()), frozenset(r.name for r in chosen))
    for rule in chosen:
        if rule.afterthought is not None:
            for said in rule.afterthought(aftermath):
                yield _finding(rule, said, "")


def _finding(rule: Rule, said: Found, deployment: str) -> Finding:
    labels = said.labels()
    if not labels:
        raise RuntimeError(f"{rule.name}: a finding needs a place, and no evidence has one")
    return Finding(
        rule=rule.name,
        severity=said.severity or rule.severity,
        confidence=said.confidence,
        message=said.message,
        labels=labels,
        subject=said.subject,
        help=said.help,
        deployment=deployment,
        amount=said.amount,
        fix=said.offered,
    )


def _sources(found: Iterable[Deployment], findings: Iterable[Finding]) -> tuple[Source, ...]:
    """Each file whose ignore comments count: those that findings point at, every config file and settings module."""
    spans = (label.span for finding in findings for label in finding.labels)
    modules = (module.span.source for d in found for module in d.modules if module.span is not None)
    documents = (document.source for d in found for document in d.documents)
    every = (*(span.source for span in spans), *modules, *documents)
    return tuple({source.path: source for source in every}.values())


def _allowed(
    findings: Iterable[Finding], configuration: Configuration, chosen: tuple[Rule, ...]
) -> tuple[list[Finding], int]:
    """The findings that per-file-ignores leave, and how many they silence."""
    family = {rule.name: rule.family for rule in chosen}
    kept, silenced = [], 0
    for finding in findings:
        paths = {label.span.path for label in finding.labels}
        muted = any(
            value.only in (finding.rule, family[finding.rule]) and any(map(matcher((pattern,)), paths))
            for pattern, values in configuration.per_file_ignores.items()
            for value in values
        )
        silenced += muted
        if not muted:
            kept.append(finding)
    return kept, silenced


def _touching(findings: Iterable[Finding], paths: tuple[str, ...]) -> tuple[Finding, ...]:
    return tuple(f for f in findings if any(label.span.path in paths for label in f.labels))


def _order(finding: Finding) -> tuple[int, str, int, int, str]:
    span = finding.primary.span
    return finding.severity.rank, span.path, span.line, span.column, finding.rule
