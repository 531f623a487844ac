"""The one file you run: ``python main.py serve``; ``--help`` lists the rest."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click
from aiohttp import web
from alembic import command as alembic
from alembic.config import Config
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress as Bar
from sqlalchemy.engine import Connection

import intents
from base import log
from base.clock import Clock
from base.db import Database
from base.errors import BadInput, HallError
from base.journal import verify
from base.settings import Settings, load
from bot import Asker, Bands, answer_once, answer_text
from hallqueue import QueueSettings, load_hall_file, open_day, plan_of, simulate
from intents import IntentSettings, Progress, evaluate_files, held_out_examples, html, lines
from knowledge import KnowledgeSettings, Library, Loaded
from server.access import STAFF_ROLES, Role
from server.announce import Announcement, announce
from server.app import create_app
from server.demo import Demo
from server.doors import NewStaff
from server.house import SECTIONS, House, prepare_folder
from server.learning import Stock, reader_of, search_of, stock_of, train_model
from server.settings import ClockSettings, DatabaseSettings, HallSettings, LogSettings, ServerSettings
from server.voice import CLIPS, OWN_FOLDER

HERE = Path(__file__).parent
QUESTIONS = HERE / "intents" / "data" / "heldout.jsonl"
STOP_SECONDS = 10.0
NAME_CELLS = 22
LAST_LINE = "按 Ctrl+C 停止。"


class Context:
    """What every command gets: the settings, read once."""

    def __init__(self, config: Path) -> None:
        self.settings = load(config, os.environ, SECTIONS)
        own = self.settings[LogSettings]
        log.set_up(own.level, pretty=own.pretty and sys.stderr.isatty())


def told(main: Callable[..., Any]) -> Callable[..., Any]:
    """Tell an error of the family as a sentence and exit with 1; anything else is a bug and shows its trace."""

    def guarded(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 (click's own)
        try:
            return main(*arguments, **options)
        except HallError as error:
            click.echo(error.message, err=True)
            sys.exit(1)

    return guarded


@click.group(
    help="政务服务大厅：排队叫号、智能问答、诉求工单。", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--config", type=click.Path(path_type=Path), default=HERE / "config.toml", help="配置文件")
@click.pass_context
def cli(context: click.Context, config: Path) -> None:
    """Read the settings for every command."""
    context.obj = Context(config)


@cli.command(help="启动大厅：建库、载入知识、训练阅读模型、打印各页面地址。")
@click.pass_obj
def serve(context: Context) -> None:
    """Start the hall."""
    migrate_database(context.settings)
    run(context.settings)


@cli.command(help="演示：模拟的一天，有人取号、叫号、提问、转工单；数据在 var/demo.db，每次重来。")
@click.option("--speed", type=click.FloatRange(0.5, 60), default=6.0, help="比真实时间快几倍")
@click.pass_obj
def demo(context: Context, speed: float) -> None:
    """Run a hall of its own with a simulated day."""
    fresh = (HERE / "var" / "demo.db", HERE / "var" / "demo.db-wal", HERE / "var" / "demo.db-shm")
    for path in fresh:
        path.unlink(missing_ok=True)
    zone = ZoneInfo(context.settings[HallSettings].time_zone)
    day = open_day(load_hall_file(Path(context.settings[HallSettings].file)), datetime.now(zone).date())
    starts = datetime.combine(day, time(8, 25), zone)
    settings = context.settings.replace(DatabaseSettings(f"sqlite:///{fresh[0]}"), ClockSettings(starts, speed))
    migrate_database(settings)
    run(settings, is_demo=True)


@cli.command("simulate", help="模拟若干营业日：各业务的等候、窗口忙闲，以及兑现承诺要配的窗口。同一种子结果相同。")
@click.option("--seed", type=int, default=1, help="种子")
@click.option("--days", type=click.IntRange(1, 100), default=5, help="模拟几天")
@click.option("--visitors", type=click.FloatRange(1, 5000), help="平均每天来客；不给则按窗口忙到八五成")
@click.option("--counters", type=int, help="窗口数（不含导办台）；不给则按大厅文件")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="哪一天的开放时间；不给则从今天起第一个开放日")
@click.pass_obj
def simulate_days(
    context: Context, *, seed: int, days: int, visitors: float | None, counters: int | None, on: datetime | None
) -> None:
    """Play days in memory and search for a staffing plan."""
    hall_file = load_hall_file(Path(context.settings[HallSettings].file))
    day = on.date() if on else open_day(hall_file, datetime.now(ZoneInfo(hall_file.hall.zone)).date())
    plan = plan_of(hall_file, day, visitors=visitors, counters=counters)
    console = Console()
    console.print(f"{hall_file.hall.name}，{day} 的开放时间，{len(plan.booths)} 个窗口，种子 {seed}")
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("模拟", total=1.0)
        for part in simulate(
            plan, seed, days, context.settings[QueueSettings], lambda share: bar.update(task, completed=share)
        ):
            console.print(part)


@cli.command(help="建立或升级数据库的表。")
@click.pass_obj
def migrate(context: Context) -> None:
    """Make or upgrade the tables."""
    migrate_database(context.settings)
    click.echo("数据库已是最新。")


@cli.command(help="检查配置、数据库和审计封条。")
@click.pass_obj
def check(context: Context) -> None:
    """Verify settings and the audit's seals."""
    faults = asyncio.run(_with_database(context.settings, lambda db: db.read(verify)))
    for fault in faults:
        click.echo(fault, err=True)
    click.echo("审计封条完整。" if not faults else f"发现 {len(faults)} 处问题。")
    sys.exit(bool(faults))


@cli.command("add-staff", help="添加一名工作人员，打印一次性密码。")
@click.argument("username")
@click.argument("name")
@click.option("--role", "roles", multiple=True, type=click.Choice(STAFF_ROLES), required=True, help="可多次给出")
@click.pass_obj
def add_staff(context: Context, username: str, name: str, roles: tuple[str, ...]) -> None:
    """Add a member of staff."""
    chosen = tuple(Role(role) for role in roles)

    async def add(house: House) -> str:
        return await house.doors.add_staff(NewStaff(username, name, chosen, house.hall_id))

    click.echo(f"已添加 {name}（{username}）。一次性密码：{asyncio.run(_with_house(context.settings, add))}")


@cli.command("add-token", help="生成一个接口令牌（Authorization: Bearer …），只显示这一次。")
@click.option("--role", type=click.Choice([str(role) for role in Role if role is not Role.VISITOR]), required=True)
@click.pass_obj
def add_token(context: Context, role: str) -> None:
    """Make a bearer token."""

    async def add(house: House) -> str:
        return await house.doors.add_token(Role(role), house.hall_id)

    click.echo(asyncio.run(_with_house(context.settings, add)))


@cli.command("make-voice", help="制作大屏自带的语音片段（需要 espeak-ng）；--list 列出文件名和内容，供大厅自行录音。")
@click.option("--out", type=click.Path(path_type=Path), default=OWN_FOLDER, help="写到哪个文件夹")
@click.option("--list", "only_list", is_flag=True, help="只列出文件名和内容")
def make_voice(out: Path, only_list: bool) -> None:  # noqa: FBT001 (click's flag)
    """Make the clips that the screen joins into calls."""
    if only_list:
        click.echo("\n".join(f"{name:14}{text}" for name, text in CLIPS.items()))
        return
    from server import voice_maker  # noqa: PLC0415 (numpy, for this one command)

    click.echo(f"已在 {out} 写出 {len(CLIPS)} 个片段，共 {voice_maker.make(out) // 1024} KB。")


@cli.command("export", help="把整个知识库写成 YAML 文件，连同审核和核验记录，可用 import 读回。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export_library(context: Context, folder: Path) -> None:
    """Write the library out."""
    library = Library(context.settings[KnowledgeSettings])
    files = asyncio.run(_with_database(context.settings, lambda db: db.read(library.export_files)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(f"已在 {folder} 写出 {len(files)} 个文件。")


@cli.command("import", help="读入 export 写出的文件：空的知识库照原样恢复，否则有不同的存为草稿。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def import_library(context: Context, folder: Path) -> None:
    """Bring exported files in."""
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    if not files:
        raise BadInput(f"{folder} 里没有 .yaml 文件，请核对文件夹。", field="folder")
    migrate_database(context.settings)
    library = Library(context.settings[KnowledgeSettings])

    async def bring(db: Database) -> Loaded:
        return await db.write(lambda session: library.import_files(session, files, "system"), "library")

    done = asyncio.run(_with_database(context.settings, bring))
    click.echo(f"新条目 {len(done.added)} 条，有改动 {len(done.proposed)} 条，没有变化 {len(done.unchanged)} 条。")


@cli.command("train", help="训练阅读模型；过关才启用。")
@click.pass_obj
def train_reader(context: Context) -> None:
    """Train the reader on the library in use."""

    def act(stock: Stock, tell: Progress) -> None:
        click.echo(f"知识来源：{stock.source}，{len(stock.entries)} 条。")
        click.echo(str(train_model(context.settings[IntentSettings], stock, tell)))

    _with_stock(context.settings, act)


@cli.command("rollback", help="回退到上一次启用的阅读模型；正在运行的大厅一分钟内换上，不用重启。")
@click.pass_obj
def roll_back(context: Context) -> None:
    """Use the reader that was in use before."""
    click.echo(f"已回退，现在使用阅读模型 {intents.rollback(Path(context.settings[IntentSettings].folder))}。")


@cli.command(
    "evaluate", help="评测阅读模型：打印报告，写出 HTML 和 JSON。--data 与 --test 给出时，在任意标注集上跑同一流程。"
)
@click.option("--data", "data", type=click.Path(exists=True, path_type=Path), help="训练用 TSV：文本⇥标签")
@click.option("--test", "test", type=click.Path(exists=True, path_type=Path), help="测试用 TSV：文本⇥标签")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "var" / "evaluation", help="报告放在哪个文件夹")
@click.pass_obj
def evaluate_reader(context: Context, data: Path | None, test: Path | None, out: Path) -> None:
    """Measure the reader on sentences it was never trained on."""
    if (data is None) != (test is None):
        raise BadInput("--data 和 --test 须同时给出。", field="data")
    if data is not None and test is not None:
        click.echo(json.dumps(evaluate_files(data, test), ensure_ascii=False, indent=1))
        return
    own = context.settings[IntentSettings]

    def act(stock: Stock, tell: Progress) -> None:
        reader = reader_of(own, stock, tell)
        report = intents.evaluate(
            reader, held_out_examples(), search_of(stock.library), own.high, own.middle, progress=tell
        )
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
        (out / "report.html").write_text(html(report), encoding="utf-8")
        click.echo("\n".join([f"知识来源：{stock.source}", *lines(report), f"完整报告：{out / 'report.html'}"]))

    _with_stock(context.settings, act)


@cli.command("ask", help="问一句，答一句；--json --file 每行一问一答。")
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 回答")
@click.option("--file", "file", type=click.File(encoding="utf-8"), help='每行一个 {"id", "text"} 的文件，- 为标准输入')
@click.option("--explain", is_flag=True, help="说明是哪些字词起了作用")
@click.pass_obj
def ask(context: Context, text: str | None, as_json: bool, file: TextIO | None, explain: bool) -> None:  # noqa: FBT001 (click's flags)
    """Answer like the chat does, keeping nothing."""
    if (text is None) == (file is None):
        raise BadInput("请给出一句话，或用 --file 给出一个文件。", field="text")
    own = context.settings[IntentSettings]

    def act(stock: Stock, tell: Progress) -> None:
        reader = reader_of(own, stock, tell)
        asker = Asker(reader, stock.library, bands=Bands(own.high, own.middle))
        if file is not None:
            _answer_lines(asker, file)
            return
        said = text or ""
        click.echo(json.dumps(answer_once(asker, said), ensure_ascii=False) if as_json else answer_text(asker, said))
        if explain:
            click.echo(reader.explain(reader.read(said, search_of(stock.library)(reader.plain(said)))))

    _with_stock(context.settings, act)


def _answer_lines(asker: Asker, lines_in: TextIO) -> None:
    has_error = False
    for answer in asker.answer_lines(lines_in):
        has_error |= "error" in answer
        click.echo(json.dumps(answer, ensure_ascii=False))
    sys.exit(has_error)


def _with_stock(settings: Settings, act: Callable[[Stock, Progress], None]) -> None:
    """Run ``act`` on the library in use, with a progress bar on standard error for what takes long."""
    library = Library(settings[KnowledgeSettings])
    stock = asyncio.run(_with_database(settings, lambda db: stock_of(db, library, datetime.now(UTC).date())))
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        act(stock, lambda stage, share: bar.update(task, description=stage, completed=share))


def migrate_database(settings: Settings) -> None:
    """Bring the database to the newest tables; makes a SQLite file that is not there."""
    url = settings[DatabaseSettings].url
    prepare_folder(url)
    db = Database(url, Clock())
    db.migrate(upgrade)
    asyncio.run(db.close())


def upgrade(connection: Connection) -> None:
    """Run the migrations that ``connection``'s database lacks."""
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.attributes["connection"] = connection
    alembic.upgrade(config, "head")


def run(settings: Settings, *, is_demo: bool = False) -> None:
    """Serve until told to stop."""
    app = create_app(settings)
    addresses: list[str] = []

    async def _note_addresses(app: web.Application) -> None:
        addresses.append(_written(await announce(app["house"])))

    app.on_startup.append(_note_addresses)
    if is_demo:
        app.cleanup_ctx.append(_demonstrate)
    own = settings[ServerSettings]
    web.run_app(
        app,
        host=own.host,
        port=own.port,
        ssl_context=_tls(own),
        shutdown_timeout=STOP_SECONDS,
        print=lambda *_: click.echo(addresses.pop()),  # aiohttp calls it once, when the port answers
        access_log=None,
    )


def _tls(own: ServerSettings) -> ssl.SSLContext | None:
    if not own.tls_cert:
        return None
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(own.tls_cert, own.tls_key or None)
    return made


async def _demonstrate(app: web.Application) -> AsyncIterator[None]:
    questions = [row["text"] for row in map(json.loads, QUESTIONS.open(encoding="utf-8")) if row["act"] == "ask_facet"]
    people = asyncio.create_task(Demo(app["house"], questions).run())
    yield
    people.cancel()
    await asyncio.gather(people, return_exceptions=True)


def _written(told: Announcement) -> str:
    lines = ["", "大厅已启动。", "", "页面："]
    lines += [f"  {_padded(words)}  {address}" for address, words in told.pages]
    if told.devices:
        lines += ["", "设备配对（在那台机器的浏览器里打开，按一下按钮；每个链接只能用一次）："]
        lines += [f"  {_padded(name)}  {address}" for address, name in told.devices]
    if told.admin_password:
        lines += ["", f"管理员：用户名 admin，一次性密码 {told.admin_password}（只显示这一次，首次登录后请更换）"]
    return "\n".join([*lines, "", LAST_LINE])


def _padded(words: str) -> str:
    return words + " " * (NAME_CELLS - cell_len(words))


async def _with_database(settings: Settings, act: Callable[[Database], Any]) -> Any:  # noqa: ANN401 (what act answers)
    url = settings[DatabaseSettings].url
    prepare_folder(url)
    db = Database(url, Clock())
    try:
        return await act(db)
    finally:
        await db.close()


async def _with_house(settings: Settings, act: Callable[[House], Any]) -> Any:  # noqa: ANN401 (what act answers)
    house = House(settings)
    try:
        await house.found()
        return await act(house)
    finally:
        await house.db.close()


if __name__ == "__main__":
    told(cli)()
