"""Small entries for the library's tests."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from knowledge import Confidence, Entry, Kind, PolicyKind, Starter, Validity, Verification

GUIDE = Entry(
    id="company-change",
    kind=Kind.GUIDE,
    title="公司变更登记",
    domain="d01-registration",
    domain_name="开办与变更注销",
    source="公司法",
    confidence=Confidence.SURE,
    verification=Verification.TEXT_CHECKED,
    as_of="2026-11",
    validity=Validity.OPEN,
    aliases=("改执照",),
    office="县市场监督管理局",
    who="登记事项变化的公司",
)
POLICY = replace(
    GUIDE,
    id="stable-refund",
    kind=Kind.POLICY,
    title="失业保险稳岗返还",
    aliases=("稳岗补贴",),
    policy_kind=PolicyKind.BENEFIT,
    domain="d10-labor-social",
    domain_name="社保公积金与用工",
)
BROKEN = """\
domain: d01-registration
entries:
  - id: one
    kind: guide
    title: 甲
    office: 局
    who: 公司
    source: 法
    confidence: certain
    verification: text-checked
    as_of: 2026-11
    validity: fixed
    aliasses: [乙]
    materials:
      - {name: 章程, count: 一份}
      - {form: 原件}
  - id: two
    kind: policy
    title: 丙
    source: 法
    confidence: sure
    verification: text-checked
    as_of: 2026-11
    validity: fixed
    effective_from: 2026-13-01
  - id: three
    kind: policy
    title: 丁
    source: ""
    confidence: sure
    verification: text-checked
    as_of: 2026-11
    validity: fixed
"""


def starter_of(*entries: Entry, edition: str = "2026-11", drafts: tuple[str, ...] = ()) -> Starter:
    """A starter edition of these entries, whose mark is its name and its text."""
    return Starter(edition, entries, frozenset(drafts), f"{edition}:{abs(hash(entries))}"[:100])


def dated(entry: Entry, start: date | None = None, end: date | None = None, **changes: object) -> Entry:
    """``entry`` with a term: fixed where it has an end."""
    validity = Validity.FIXED if end else Validity.OPEN
    changed: Entry = replace(entry, effective_from=start, effective_to=end, validity=validity, **changes)  # type: ignore[arg-type]
    return changed


def write_folder(folder: Path, files: dict[str, str]) -> Path:
    """``files`` in ``folder``, with an ``edition.yaml`` unless there is one."""
    for name, text in ({"edition.yaml": 'edition: "2026-11"\n'} | files).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
