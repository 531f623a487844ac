"""Cases over HTTP: open, list, act, and who may."""

from server.access import Role
from server.house import House
from tests.server.conftest import Bearer, Client, SignIn
from tests.server.staff_builders import QUESTION, asked, open_case, told

NEW = {"kind": "consult", "summary": QUESTION, "enterprise": "宽甸绿源食用菌有限公司", "phone": "13841512345"}


async def test_case_is_opened_answered_and_approved_by_another(sign_in: SignIn) -> None:
    """From registration to the second person's approval."""
    enquiry, supervisor = await sign_in("chen", Role.ENQUIRY), await sign_in("liu", Role.SUPERVISOR)
    status, case = await asked(enquiry, "/api/v1/cases", NEW)
    assert (status, case["state"], case["phone"]) == (201, "registered", "138****2345")
    order = {"version": case["version"], "text": "搬迁属于新建，须重新办理环评。"}
    status, case = await asked(enquiry, f"/api/v1/cases/{case['id']}/answer-now", order)
    assert (status, case["state"], case["answer"]) == (200, "answered", "搬迁属于新建，须重新办理环评。")
    assert "approve" not in case["actions"]
    status, case = await asked(supervisor, f"/api/v1/cases/{case['id']}/approve", {"version": case["version"]})
    assert (status, case["state"]) == (200, "call_back")


async def test_own_answer_is_not_approved_by_oneself(sign_in: SignIn) -> None:
    """Nobody reviews their own work, whatever their roles."""
    one = await sign_in("wang", Role.SUPERVISOR, Role.ADMIN)
    _, case = await asked(one, "/api/v1/cases", NEW)
    await asked(one, f"/api/v1/cases/{case['id']}/answer_now", {"text": "可以办理。"})
    status, answer = await asked(one, f"/api/v1/cases/{case['id']}/approve")
    assert (status, answer["error"]["code"]) == (403, "forbidden")


async def test_stale_version_conflicts_and_changes_nothing(house: House, sign_in: SignIn) -> None:
    """Two people at one case: the second is told."""
    one = await sign_in("liu", Role.SUPERVISOR)
    case = await open_case(house)
    await asked(one, f"/api/v1/cases/{case.id}/screen", {"version": case.version})
    status, answer = await asked(
        one, f"/api/v1/cases/{case.id}/accept_and_dispatch", {"version": case.version, "office": "县环境局"}
    )
    assert (status, answer["error"]["code"], answer["error"]["detail"]["state"]) == (409, "conflict", "screening")
    _, now = await told(one, f"/api/v1/cases/{case.id}")
    assert (now["state"], now["office"]) == ("screening", None)


async def test_forbidden_action_lists_what_is_allowed(house: House, sign_in: SignIn) -> None:
    """A button that is not there answers with those that are."""
    one = await sign_in("liu", Role.SUPERVISOR)
    case = await open_case(house)
    status, answer = await asked(one, f"/api/v1/cases/{case.id}/close")
    assert status == 409
    assert "screen" in answer["error"]["allowed"]
    assert (await asked(one, f"/api/v1/cases/{case.id}/fly"))[0] == 404


async def test_list_names_states_and_pages(house: House, sign_in: SignIn) -> None:
    """Filters by state; what is unknown is refused with the names that are known."""
    one = await sign_in("liu", Role.SUPERVISOR)
    first, second = await open_case(house), await open_case(house)
    await asked(one, f"/api/v1/cases/{second.id}/screen")
    _, found = await told(one, "/api/v1/cases?state=registered")
    assert ([case["id"] for case in found["cases"]], found["next"]) == ([first.id], None)
    _, both = await told(one, "/api/v1/cases?state=registered,screening")
    assert [case["id"] for case in both["cases"]] == [first.id, second.id]
    status, answer = await told(one, "/api/v1/cases?state=lost")
    assert (status, answer["error"]["field"]) == (400, "state")


async def test_same_key_opens_one_case(sign_in: SignIn) -> None:
    """A repeated request is answered with the same case; with another body it is refused."""
    one = await sign_in("chen", Role.ENQUIRY)
    key = {"Idempotency-Key": "k-0001-aaaa"}
    numbers = []
    for _ in range(2):
        async with one.post("/api/v1/cases", json=NEW, headers=key) as answer:
            numbers.append((await answer.json())["number"])
    assert numbers[0] == numbers[1]
    async with one.post("/api/v1/cases", json={**NEW, "summary": "另一件事"}, headers=key) as answer:
        assert answer.status == 409


async def test_looking_at_the_reporter_needs_a_reason_and_is_logged(house: House, sign_in: SignIn) -> None:
    """The full number is told once, and the timeline says who looked."""
    one = await sign_in("liu", Role.SUPERVISOR)
    case = await open_case(house, contact="于海波")
    assert (await asked(one, f"/api/v1/cases/{case.id}/reveal", {"reason": ""}))[0] == 400
    status, contact = await asked(one, f"/api/v1/cases/{case.id}/reveal", {"reason": "电话核实"})
    assert (status, contact) == (200, {"enterprise": None, "contact": "于海波", "phone": "13841512345"})
    _, now = await told(one, f"/api/v1/cases/{case.id}")
    assert (now["timeline"][-1]["line"], now["timeline"][-1]["reason"]) == ("查看反映人信息", "电话核实")


async def test_confidential_case_hides_its_reporter(house: House, sign_in: SignIn) -> None:
    """Sealed until a supervisor gives a reason; an office may not."""
    office = await sign_in("zhao", Role.OFFICE)
    case = await open_case(house, is_confidential=True, enterprise="某公司")
    _, seen = await told(office, f"/api/v1/cases/{case.id}")
    assert (seen["enterprise"], seen["phone"]) == ("已保密", None)
    assert (await asked(office, f"/api/v1/cases/{case.id}/reveal", {"reason": "想知道"}))[0] == 403


async def test_main_case_is_named_by_its_number(house: House, sign_in: SignIn) -> None:
    """Merging takes the number that people know."""
    one = await sign_in("liu", Role.SUPERVISOR)
    first, second = await open_case(house), await open_case(house)
    status, answer = await asked(one, f"/api/v1/cases/{second.id}/merge", {"parent": "K1"})
    assert (status, answer["error"]["field"]) == (400, "parent")
    status, merged = await asked(one, f"/api/v1/cases/{second.id}/merge", {"parent": first.number})
    assert (status, merged["state"]) == (200, "merged")


async def test_cases_are_for_staff(client: Client, bearer: Bearer) -> None:
    """A visitor is asked to sign in; a kiosk may not; another system may register but not read."""
    assert (await told(client, "/api/v1/cases"))[0] == 401
    kiosk, system = await bearer(Role.KIOSK), await bearer(Role.INTEGRATION)
    assert (await told(kiosk, "/api/v1/cases"))[0] == 403
    assert (await asked(system, "/api/v1/cases", NEW))[0] == 201
    assert (await told(system, "/api/v1/cases"))[0] == 403
