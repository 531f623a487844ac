"""The supervisor's pages and the enquiry desk."""

from datetime import UTC, datetime, timedelta

import pytest

from base.clock import SetClock
from base.settings import Settings
from bot import BotSettings, Inbound
from hallqueue import WaitingView
from server.access import Role
from server.house import House
from server.supervisor import left, slow_words, spoken_span
from tests.server.conftest import Client, SignIn
from tests.server.staff_builders import QUESTION, asked, counted, open_case, page, words


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A desk where people answer live."""
    return settings.replace(BotSettings(live_desk=True))


async def wants_person(house: House) -> tuple[int, str]:
    """A web conversation that waits for a person, and its secret."""
    first = await house.receptionist.exchange(Inbound("web", "", "k-1", "人工"))
    return first.conversation.id, first.conversation.secret


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=3, hours=5), "3 天"),
        (timedelta(hours=2, minutes=59), "2 小时"),
        (timedelta(minutes=40), "40 分钟"),
        (timedelta(seconds=5), "1 分钟"),
    ],
)
def test_span_is_told_in_its_largest_unit(span: timedelta, text: str) -> None:
    """As people say it."""
    assert spoken_span(span) == text


def test_lines_too_long_are_one_sentence() -> None:
    """Three are named, more are counted."""
    lines = [WaitingView("K", "跨域通办", 5, 147, 20, "red", None)]
    assert slow_words(lines) == "等候过久：跨域通办 5 人、最长 147 分钟"
    assert slow_words(lines * 4).startswith("等候过久 4 项业务：")


async def test_time_left_counts_down_to_overdue(house: House) -> None:
    """“剩 2 小时”, then “超期 1 天”."""
    case = await open_case(house)
    told = [left(case, case.due_at + delta) for delta in (timedelta(hours=-2), timedelta(days=1), timedelta(days=-3))]
    assert [(one.text, one.tone) for one in told] == [("剩 2 小时", "warn"), ("超期 1 天", "late"), ("剩 3 天", "ok")]


async def test_list_shows_due_and_next_act(house: House, sign_in: SignIn) -> None:
    """Each row: the question, who owes the answer, what to press."""
    one = await sign_in("liu", Role.SUPERVISOR)
    case = await open_case(house)
    status, html = await page(one, "/supervisor")
    assert status == 200
    for told in (QUESTION, case.number, "综合咨询台", "受理并派单", "剩 3 天", "全部在办"):
        assert told in words(html)


async def test_overdue_cases_come_first_and_under_their_tab(house: House, clock: SetClock, sign_in: SignIn) -> None:
    """The page is sorted by how late a case is."""
    one = await sign_in("liu", Role.SUPERVISOR)
    await open_case(house, summary="早登记的诉求")
    clock.set(datetime(2026, 3, 6, 1, tzinfo=UTC))
    await open_case(house, summary="新登记的诉求")
    one = await sign_in("liu2", Role.SUPERVISOR)
    _, html = await page(one, "/supervisor/cases")
    assert 0 < html.index("早登记的诉求") < html.index("新登记的诉求")
    _, late = await page(one, "/supervisor/cases?show=overdue")
    assert ("早登记的诉求" in late, "新登记的诉求" in late) == (True, False)


async def test_lists_make_the_same_queries_at_1_and_30_rows(house: House, sign_in: SignIn) -> None:
    """No query a row."""
    one = await sign_in("liu", Role.SUPERVISOR)
    await open_case(house)
    with counted("case") as few:
        await page(one, "/supervisor/cases")
    for _ in range(29):
        await open_case(house)
    with counted("case") as many:
        await page(one, "/supervisor/cases")
    assert len(many) == len(few) > 0


async def test_empty_list_says_what_fills_it(sign_in: SignIn) -> None:
    """An empty state is a sentence, not a gap."""
    one = await sign_in("liu", Role.SUPERVISOR)
    _, html = await page(one, "/supervisor/cases")
    assert "会自动登记到这里" in html


async def test_unknown_filter_is_refused(sign_in: SignIn) -> None:
    """A mistyped address is told, not guessed."""
    one = await sign_in("liu", Role.SUPERVISOR)
    assert (await page(one, "/supervisor?show=everything"))[0] == 400


async def test_case_page_offers_exactly_the_allowed_actions(house: House, sign_in: SignIn) -> None:
    """Buttons are the case's actions for this role, each with the version seen."""
    supervisor, office = await sign_in("liu", Role.SUPERVISOR), await sign_in("zhao", Role.OFFICE)
    case = await open_case(house)
    _, mine = await page(supervisor, f"/supervisor/case/{case.id}")
    assert all(f"/api/v1/cases/{case.id}/{act}" in mine for act in ("accept_and_dispatch", "answer_now", "refuse"))
    assert f'name="version" value="{case.version}"' in mine
    _, theirs = await page(office, f"/supervisor/case/{case.id}")
    assert f"/api/v1/cases/{case.id}/accept" not in theirs


async def test_users_text_is_text(house: House, sign_in: SignIn) -> None:
    """Markup from an enterprise is shown, never run."""
    one = await sign_in("liu", Role.SUPERVISOR)
    case = await open_case(house, summary="<script>alert(1)</script>问题")
    for path in ("/supervisor", f"/supervisor/case/{case.id}"):
        _, html = await page(one, path)
        assert ("<script>alert" in html, "&lt;script&gt;alert" in html) == (False, True)


async def test_page_masks_the_phone(house: House, sign_in: SignIn) -> None:
    """The middle is hidden until somebody gives a reason."""
    one = await sign_in("liu", Role.SUPERVISOR)
    case = await open_case(house)
    _, html = await page(one, f"/supervisor/case/{case.id}")
    assert ("138****2345" in html, "13841512345" in html) == (True, False)


async def test_waiting_chat_is_claimed_answered_and_made_a_case(house: House, sign_in: SignIn) -> None:
    """The desk's whole way, as the enterprise reads it in its own chat."""
    one = await sign_in("chen", Role.ENQUIRY)
    chat, secret = await wants_person(house)
    _, listed = await page(one, "/desk")
    assert f"/desk/chat/{chat}" in listed
    assert (await asked(one, f"/api/v1/desk/{chat}/say", {"text": "您好"}))[0] == 409
    status, claimed = await asked(one, f"/api/v1/desk/{chat}/claim")
    assert (status, claimed["state"]) == (200, "human")
    assert (await asked(one, f"/api/v1/desk/{chat}/say", {"text": "您好，请说。"}))[0] == 200
    _, said = await house.receptionist.read(secret)
    assert [each.text for each in said if each.sender.startswith("staff:")] == ["您好，请说。"]
    status, case = await asked(one, f"/api/v1/desk/{chat}/case", {"text": QUESTION})
    _, html = await page(one, f"/supervisor/case/{case['id']}/conversation")
    assert (status, "您好，请说。" in html) == (200, True)
    assert (case["number"] in html, "/c/" in html) == (True, False)
    status, back = await asked(one, f"/api/v1/desk/{chat}/give-back")
    assert (status, back["state"]) == (200, "bot")


async def test_second_claim_is_told_who_has_it(house: House, sign_in: SignIn) -> None:
    """One owner."""
    first, second = await sign_in("chen", Role.ENQUIRY), await sign_in("lin", Role.ENQUIRY)
    chat, _ = await wants_person(house)
    await asked(first, f"/api/v1/desk/{chat}/claim")
    status, answer = await asked(second, f"/api/v1/desk/{chat}/claim")
    assert (status, answer["error"]["code"]) == (409, "conflict")


async def test_slow_chat_becomes_an_alert(house: House, clock: SetClock, sign_in: SignIn) -> None:
    """The supervisor sees who waits too long for a person."""
    await wants_person(house)
    clock.advance(minutes=3)
    one = await sign_in("liu", Role.SUPERVISOR)
    _, html = await page(one, "/supervisor/now")
    assert "1 段对话在等人工，最久 3 分钟" in html


async def test_pages_are_for_their_roles(client: Client, sign_in: SignIn) -> None:
    """A visitor goes to the sign-in, a clerk is refused."""
    clerk = await sign_in("sun", Role.CLERK)
    for path in ("/supervisor", "/desk", "/library", "/admin", "/reports"):
        assert (await page(clerk, path))[0] == 403
        async with client.get(path, headers={"Accept": "text/html"}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"/sign-in?after={path}")
