"""Statements compiled once for each database: what a busy command sends, without building it anew every time.

``prepared(statement)`` goes wherever the statement went (``session.first(_LOOK, …)``). SQLAlchemy compiles it once
and converts its values and rows as ever; what is left out is the bookkeeping around every execution, which cost about
five times what SQLite itself needs for a short statement. Lists that grow (``IN``) and defaults made in Python are
refused: those statements stay plain.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Row
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Any  # a type's own conversion, or none: SQLAlchemy keeps the exact type to itself


class Prepared:
    """A statement and what it was compiled to, by database and by the names of its values."""

    __slots__ = ("_forms", "_statement")

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement
        self._forms: dict[tuple[str, ...], _Form] = {}

    def send(self, connection: Connection, values: dict[str, Any]) -> "Answer":
        """Execute it once; errors are those of SQLAlchemy."""
        key = (connection.dialect.name, *values)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _Form(self._statement, connection.dialect, list(values))
        return form.run(connection, values)


def prepared(statement: sa.ClauseElement) -> Prepared:
    """``statement``, to be compiled once."""
    return Prepared(statement)


class Answer:
    """The rows of one execution, as a session asks for them."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Row[Any]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def all(self) -> Sequence[Row[Any]]:
        """Every row."""
        return self._rows

    def first(self) -> Row[Any] | None:
        """The first row, if there is one."""
        return self._rows[0] if self._rows else None

    def scalar(self) -> Any:  # noqa: ANN401 (a column's own type)
        """The first column of the first row, or None."""
        return self._rows[0][0] if self._rows else None


class _Form:
    """One statement for one database: its text, how each value goes in and each column comes out."""

    def __init__(self, statement: sa.ClauseElement, dialect: Dialect, keys: list[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params or compiled.insert_prefetch:
            raise TypeError(f"cannot be prepared: {statement}")
        self._dialect = dialect
        self._text = compiled.string
        self._is_positional = compiled.positional
        names = compiled.positiontup if self._is_positional else list(compiled.params)
        self._names = list(names or [])
        self._values = [_value(compiled, name) for name in self._names]
        columns = compiled._result_columns  # noqa: SLF001 (there is no public list)
        self._types = [column.type for column in columns]
        self._converts: tuple[Convert, ...] | None = None
        self._is_learnt = False
        self._rows = SimpleResultMetaData([column.keyname for column in columns])
        self._index = self._rows._key_to_index  # noqa: SLF001 (what every row holds)

    def run(self, connection: Connection, given: dict[str, Any]) -> Answer:
        """Send it once."""
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        values = self._bound(given)
        try:
            if connection._has_events or connection.engine._has_events:  # noqa: SLF001 (what SQLAlchemy asks itself)
                for listener in connection.dispatch.before_cursor_execute:
                    listener(connection, cursor, self._text, values, None, False)
            cursor.execute(self._text, values)
            return Answer(self._fetched(cursor), cursor.rowcount)
        except self._dialect.loaded_dbapi.Error as failure:
            raise self._translated(connection, failure, values) from failure
        finally:
            cursor.close()

    def _fetched(self, cursor: Any) -> list[Row[Any]]:  # noqa: ANN401 (the driver's own)
        if not cursor.description:
            return []
        if not self._is_learnt:
            self._learn([column[1] for column in cursor.description])
        return [Row(self._rows, self._converts, self._index, row) for row in cursor.fetchall()]

    def _learn(self, codes: list[object]) -> None:
        """How columns come out; PostgreSQL says only with the first answer which type of its own each has."""
        pairs = zip(self._types, codes, strict=True)
        converts = [one._cached_result_processor(self._dialect, code) for one, code in pairs]  # noqa: SLF001
        self._converts = tuple(converts) if any(converts) else None
        self._is_learnt = True

    def _bound(self, given: dict[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        of = given.get
        bound = [convert(of(key, default)) if convert else of(key, default) for key, default, convert in self._values]
        return tuple(bound) if self._is_positional else dict(zip(self._names, bound, strict=True))

    def _translated(self, connection: Connection, failure: Exception, values: Any) -> BaseException:  # noqa: ANN401
        """The failure as SQLAlchemy tells it; a lost connection is given up."""
        is_lost = self._dialect.is_disconnect(failure, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
        if is_lost:
            connection.invalidate(failure)
        return sa.exc.DBAPIError.instance(
            self._text,
            values,
            failure,
            self._dialect.loaded_dbapi.Error,
            connection_invalidated=is_lost,
            dialect=self._dialect,
        )


def _value(compiled: SQLCompiler, name: str) -> tuple[str, Any, Convert]:
    """A value's key as given, its value if none is given, its conversion."""
    bind = compiled.binds[name]
    return bind.key, None if bind.required else bind.effective_value, compiled._bind_processors.get(name)  # noqa: SLF001
