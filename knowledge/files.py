"""Entries as YAML: reading with every mistake named by file, line and field, and writing the same shape back.

A file is ``domain``, ``domain_name`` and ``entries``; what an entry leaves out has its default. The starter folder also
holds ``edition.yaml``: ``edition``, ``drafts`` (ids that are not published), and ``eligibility.yaml``.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from base.errors import BadInput
from knowledge.checks import faults
from knowledge.eligibility import NO_SCHEME, Scheme
from knowledge.entry import Entry, Kind
from knowledge.scheme import ELIGIBILITY_FILE, parse_scheme
from knowledge.yamlnodes import Mistake, Reader, parse_nodes

EDITION_FILE = "edition.yaml"
OF_NO_ENTRIES = frozenset({EDITION_FILE, ELIGIBILITY_FILE})
_PLURALS = {Kind.POLICY: "policies-", Kind.BUNDLE: "bundles-", Kind.NOTICE: "notices-", Kind.FAQ: "faq-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The head of a file: what its entries have in common."""

    domain: str
    domain_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """``edition.yaml``: the name of the starter edition and which of its entries are drafts."""

    edition: str
    note: str = ""
    drafts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Starter:
    """The starter files, read and checked. ``mark`` tells one content of the files from another."""

    edition: str
    entries: tuple[Entry, ...]
    drafts: frozenset[str]
    mark: str
    scheme: Scheme = NO_SCHEME


def read_starter(folder: Path) -> Starter:
    """Read every YAML file of ``folder``; one ``BadInput`` lists all mistakes."""
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    if EDITION_FILE not in files:
        raise BadInput(f"资料目录 {folder} 里没有 {EDITION_FILE}，请核对目录。", field="folder")
    mistakes: list[Mistake] = []
    reader = Reader(EDITION_FILE, mistakes)
    edition = reader.build(Edition, parse_nodes(EDITION_FILE, files[EDITION_FILE], mistakes))
    entries = parse({name: text for name, text in files.items() if name not in OF_NO_ENTRIES}, mistakes)
    digest = hashlib.sha256("\0".join(files.values()).encode()).hexdigest()[:16]
    ids = {each.id for each in entries}
    mistakes += [
        Mistake(EDITION_FILE, 1, "drafts", f"没有编号为“{each}”的条目")
        for each in (edition.drafts if edition else ())
        if each not in ids
    ]
    scheme = parse_scheme(files[ELIGIBILITY_FILE], entries, mistakes) if ELIGIBILITY_FILE in files else NO_SCHEME
    _refuse(mistakes)
    assert edition is not None  # noqa: S101 (a missing edition is among the mistakes)
    return Starter(edition.edition, entries, frozenset(edition.drafts), f"{edition.edition}:{digest}", scheme)


def parse(files: Mapping[str, str], mistakes: list[Mistake] | None = None) -> tuple[Entry, ...]:
    """The entries of ``files`` (text by name). Mistakes go to ``mistakes``, or into one ``BadInput``."""
    found: list[Mistake] = []
    entries: list[Entry] = []
    for name, text in files.items():
        entries += _file_entries(name, text, found, {each.id for each in entries})
    if mistakes is None:
        _refuse(found)
    else:
        mistakes += found
    return tuple(entries)


def dump(entries: Iterable[Entry], *, has_records: bool = False) -> dict[str, str]:
    """YAML text by file name, one file a kind and domain; with ``has_records`` each entry carries its record."""
    files: dict[str, list[Entry]] = {}
    for entry in entries:
        files.setdefault(f"{_PLURALS.get(entry.kind, '')}{entry.domain}.yaml", []).append(entry)
    return {name: _file_text(group, has_records=has_records) for name, group in files.items()}


def _file_entries(name: str, text: str, mistakes: list[Mistake], taken: set[str]) -> list[Entry]:
    root = parse_nodes(name, text, mistakes)
    if root is None:
        return []
    reader = Reader(name, mistakes)
    head, bodies = reader.split(root, "entries")
    header = reader.build(Header, head)
    common = {} if header is None else {"domain": header.domain, "domain_name": header.domain_name}
    entries = []
    for body in bodies:
        entry = reader.build(Entry, body, common)
        if entry is None:
            continue
        mistakes += [Mistake(name, reader.line(body, fault.field), fault.field, fault.text) for fault in faults(entry)]
        if entry.id in taken:
            mistakes.append(Mistake(name, reader.line(body, "id"), "id", f"编号“{entry.id}”重复"))
        taken.add(entry.id)
        entries.append(entry)
    return entries


def _refuse(mistakes: list[Mistake]) -> None:
    if mistakes:
        lines = "\n".join(f"  · {each.file} 第 {each.line} 行，{each.field}：{each.text}" for each in mistakes)
        raise BadInput(f"知识库资料有 {len(mistakes)} 处错误：\n{lines}", field="library")


class _Flow(dict[str, object]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes ``_Flow`` on one line and indents lists under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists too."""
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _Flow, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)
)


def _file_text(group: list[Entry], *, has_records: bool) -> str:
    head = {"domain": group[0].domain, "domain_name": group[0].domain_name}
    left_out = {*head} if has_records else {*head, "record"}
    bodies = [{key: value for key, value in _fields(entry).items() if key not in left_out} for entry in group]
    whole = head | {"entries": bodies}
    return yaml.dump(whole, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _fields(thing: object) -> dict[str, object]:
    """What differs from the defaults, in the order of the fields."""
    return {
        field.name: _plain(value)
        for field in dataclasses.fields(thing)  # type: ignore[arg-type]
        if (value := getattr(thing, field.name)) != field.default
    }


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return _Flow(_fields(value))
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value
