"""YAML into dataclasses, where every mistake knows its file, line and field."""

import dataclasses
import difflib
import keyword
import types
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # built without libyaml: the same, slower
    from yaml import SafeLoader as _Base  # type: ignore[assignment]

D = TypeVar("D")
Node = yaml.nodes.Node


@dataclasses.dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where; ``line`` counts from 1."""

    file: str
    line: int
    field: str
    text: str


class _Loader(_Base):
    """Leaves dates as text: a field of text stays text, a field of a date is converted by its type."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (yaml's own way)
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _Base.yaml_implicit_resolvers.items()
    }


def parse_nodes(file: str, text: str, mistakes: list[Mistake]) -> Node | None:
    """The root node of ``text``; what is no YAML, or empty, is a mistake."""
    try:
        root: Node | None = yaml.compose(text, _Loader)
    except yaml.YAMLError as failure:
        mark = getattr(failure, "problem_mark", None)
        problem = getattr(failure, "problem", None) or str(failure)
        mistakes.append(Mistake(file, mark.line + 1 if mark else 1, "YAML", f"不是有效的 YAML：{problem}"))
        return None
    if root is None:
        mistakes.append(Mistake(file, 1, "YAML", "文件是空的"))
    return root


class Reader:
    """Builds dataclasses from the nodes of one file and notes what does not fit.

    A key that is a word of Python (``is``, ``in``) fills the field with an underscore (``is_``).
    """

    def __init__(self, file: str, mistakes: list[Mistake]) -> None:
        self._file = file
        self._mistakes = mistakes

    def build(self, kind: type[D], node: Node | None, common: Mapping[str, object] | None = None) -> D | None:
        """A ``kind`` from a mapping, what it lacks taken from ``common``; None if anything is wrong."""
        before = len(self._mistakes)
        built = None if node is None else self._dataclass(kind, node, "", dict(common or {}))
        return built if len(self._mistakes) == before else None

    def split(self, root: Node, name: str) -> tuple[Node, list[Node]]:
        """The mapping without its key ``name``, and the list that stood there."""
        pairs = self._pairs(root, "")
        bodies = [value for key, value in pairs if key.value == name]
        if not bodies or not isinstance(bodies[0], yaml.SequenceNode):
            self._note(root, name, "须为一个列表")
        items = bodies[0].value if bodies and isinstance(bodies[0], yaml.SequenceNode) else []
        rest = [(key, value) for key, value in pairs if key.value != name]
        return yaml.MappingNode(root.tag, rest, root.start_mark, root.end_mark), items

    def line(self, node: Node, field: str) -> int:
        """The line of ``field`` (its first part, if dotted) in a mapping, else of the mapping."""
        first = field.partition(".")[0]
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value == first:
                return int(key.start_mark.line) + 1
        return int(node.start_mark.line) + 1

    def _dataclass(self, kind: type[D], node: Node, path: str, values: dict[str, object]) -> D | None:
        hints = get_type_hints(kind)
        before = len(self._mistakes)
        seen: set[str] = set()
        for key, value in self._pairs(node, path):
            where = f"{path}{key.value}"
            name = f"{key.value}_" if keyword.iskeyword(str(key.value)) else key.value
            if name not in hints:
                near = difflib.get_close_matches(str(key.value), list(hints), 1)
                self._note(key, where, "没有这个字段" + (f"，是不是想写 {near[0]}？" if near else ""))
            elif name in seen:
                self._note(key, where, "这个字段写了两次")
            else:
                seen.add(name)
                values[name] = self._value(hints[name], value, where)
        self._note_missing(kind, node, path, {*values})
        return kind(**values) if len(self._mistakes) == before else None

    def _note_missing(self, kind: type, node: Node, path: str, given: set[str]) -> None:
        for field in dataclasses.fields(kind):
            if field.default is dataclasses.MISSING and field.name not in given:
                self._note(node, f"{path}{field.name}", "缺少这个字段")

    def _value(self, hint: Any, node: Node, where: str) -> object:  # noqa: ANN401 (a type)
        if isinstance(hint, types.UnionType) and dataclasses.is_dataclass(inner := get_args(hint)[0]):
            return None if _plain(node) is None else self._value(inner, node, where)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            built: object = self._dataclass(hint, node, f"{where}.", {})
            return built
        if get_origin(hint) is tuple:
            return self._tuple(get_args(hint)[0], node, where)
        try:
            return msgspec.convert(_plain(node), hint)
        except (msgspec.ValidationError, yaml.YAMLError) as failure:
            self._note(node, where, _explained(str(failure)))
            return None

    def _tuple(self, hint: Any, node: Node, where: str) -> tuple[object, ...]:  # noqa: ANN401 (a type)
        if not isinstance(node, yaml.SequenceNode):
            self._note(node, where, "须为一个列表")
            return ()
        return tuple(self._value(hint, item, f"{where}[{place}]") for place, item in enumerate(node.value, 1))

    def _pairs(self, node: Node, path: str) -> list[tuple[Node, Node]]:
        if isinstance(node, yaml.MappingNode):
            return list(node.value)
        self._note(node, path.rstrip(".") or "YAML", "须为“字段: 值”的形式")
        return []

    def _note(self, node: Node, field: str, text: str) -> None:
        self._mistakes.append(Mistake(self._file, int(node.start_mark.line) + 1, field, text))


def _plain(node: Node) -> object:
    loader = _Loader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()


def _explained(text: str) -> str:
    for english, chinese in _PHRASES:
        text = text.replace(english, chinese)
    return text


_PHRASES = (
    ("Expected `str`", "须为文字"),
    ("Expected `int | null`", "须为整数"),
    ("Expected `int`", "须为整数"),
    ("Expected `float | null`", "须为数字"),
    ("Expected `date | null`", "须为日期（年-月-日）"),
    ("Expected `", "须为 "),
    ("Invalid RFC3339 encoded date", "须为日期（年-月-日）"),
    ("Invalid enum value ", "不认识的取值 "),
    ("`, got `", "，收到的是 "),
    (", got `", "，收到的是 "),
    ("`", ""),
)
