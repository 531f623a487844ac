"""What stands before every handler: who is asking, may they, is it their own page, and how errors are told."""

import json
import secrets
import time
import traceback

import structlog
from aiohttp import hdrs, web
from yarl import URL

from base.errors import BadInput, Conflict, Forbidden, HallError, NotFound, Unavailable
from server.access import CALLER, Caller, Handler, Role, door
from server.limits import TooMany
from server.metrics import observe
from server.pages import render

log = structlog.get_logger("http")

COOKIE = "hall_session"
SECURE_COOKIE = "__Host-hall_session"


class NotSignedIn(Forbidden):
    """The route asks for a role and the caller has shown none."""

    code = "not_signed_in"


STATUS: dict[type[Exception], int] = {
    NotSignedIn: 401,
    BadInput: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    TooMany: 429,
}
TITLES = {
    400: "填写有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    409: "情况已变",
    413: "内容太大",
    429: "请稍等",
    503: "暂时不可用",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
NOT_CACHED = "no-store"


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the caller, check the route's permission and the origin, tell errors in the form the caller reads."""
    started = time.perf_counter()
    try:
        await _admit(request)
        response = await handler(request)
    except web.HTTPException as failure:
        response = _http_failure(request, failure)
    except HallError as error:
        response = _refused(request, error)
    except web.RequestPayloadError:
        response = _refused(request, BadInput("提交的内容没有收全，或与其编码不符，请重新提交。", field="body"))
    except Exception as failure:  # noqa: BLE001 (the edge: a bug is logged and told with a number)
        response = _broken(request, failure)
    observe(request, response.status, time.perf_counter() - started)
    if not response.prepared:
        response.headers.update(HEADERS)
        response.headers.setdefault(hdrs.CACHE_CONTROL, NOT_CACHED)
    return response


async def _admit(request: web.Request) -> None:
    request[CALLER] = visitor = Caller("visitor", frozenset({Role.VISITOR}), request.app["house"].hall_id)
    _readable(request)
    token, has_cookie = token_of(request)
    if request.method not in SAFE and (has_cookie or not token):
        _same_origin(request)
    if token:
        request[CALLER] = await request.app["house"].doors.find(token) or visitor
    who = request[CALLER]
    if token is not None and not has_cookie and who is visitor:
        raise NotSignedIn("令牌无效或已作废，请联系管理员换一个。")
    stands = door(request.match_info.handler)
    if stands is None:
        return
    if not who.may(stands.permission):
        raise Forbidden("您的账号没有这项权限，请联系管理员。") if who.is_signed_in else NotSignedIn("请先登录。")
    if who.must_change_password and request.method not in SAFE and not request.path.startswith("/api/v1/session"):
        raise Forbidden("请先把一次性密码换成您自己的，再继续操作。")


def token_of(request: web.Request) -> tuple[str | None, bool]:
    """The session token of ``request``, and whether it came as a cookie; over HTTPS only the host's own cookie."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), False
    is_secure = request.app["house"].is_https(request)
    kept = request.cookies.get(SECURE_COOKIE if is_secure else COOKIE)
    return kept, kept is not None


def set_cookie(request: web.Request, response: web.StreamResponse, token: str, seconds: int | None) -> None:
    """Hand ``token`` to the browser; over HTTPS under a name that only this host can set."""
    is_secure = request.app["house"].is_https(request)
    name = SECURE_COOKIE if is_secure else COOKIE
    response.set_cookie(name, token, max_age=seconds, httponly=True, samesite="Strict", secure=is_secure, path="/")


def forget_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Take the token back from the browser."""
    is_secure = request.app["house"].is_https(request)
    response.del_cookie(
        SECURE_COOKIE if is_secure else COOKIE, path="/", httponly=True, samesite="Strict", secure=is_secure
    )


def _readable(request: web.Request) -> None:
    """Refuse what no database can keep: NUL in the address, bytes that are no text in the idempotency key."""
    if "\x00" in request.path or "\x00" in request.query_string:
        raise BadInput("地址里有不能使用的字符，请检查后再试。")
    if not request.headers.get("Idempotency-Key", "").isascii():
        raise BadInput("Idempotency-Key 只能用英文字母、数字和符号，请换一个。", field="Idempotency-Key")


def _same_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in OWN_SITES:
        raise Forbidden("这个操作只能从本系统自己的页面提交。")
    if site is None and origin is not None and origin.partition("://")[2].lower() != request.host.lower():
        raise Forbidden("这个操作只能从本系统自己的页面提交。")


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks for a page (else: JSON)."""
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def status_of(error: HallError) -> int:
    """The HTTP status of an error of the family."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _refused(request: web.Request, error: HallError) -> web.StreamResponse:
    status = status_of(error)
    if status == 401 and wants_page(request) and request.method in SAFE:  # noqa: PLR2004 (asks for sign-in)
        return web.Response(status=303, headers={hdrs.LOCATION: _sign_in_and_back(request)})
    if wants_page(request):
        response = _page(request, status, error.message)
    else:
        body: dict[str, object] = {"code": error.code, "message": error.message}
        body |= {name: value for name in ("field", "allowed", "detail") if (value := getattr(error, name)) is not None}
        response = _json(body, status)
    response.headers.update(_advice(error, status))
    return response


def _advice(error: HallError, status: int) -> dict[str, str]:
    """What HTTP itself says with some refusals: how to sign in, when to come again."""
    if status == 401:  # noqa: PLR2004 (asks for sign-in)
        return {hdrs.WWW_AUTHENTICATE: "Bearer"}
    wait = (error.detail or {}).get("retry_seconds")
    return {} if wait is None else {hdrs.RETRY_AFTER: str(wait)}


def _sign_in_and_back(request: web.Request) -> str:
    return str(URL("/sign-in").with_query(after=request.path_qs))


def _http_failure(request: web.Request, failure: web.HTTPException) -> web.StreamResponse:
    if isinstance(failure, web.HTTPRedirection):  # an exception of its own kind may not be returned
        return web.Response(status=failure.status, headers={hdrs.LOCATION: failure.headers[hdrs.LOCATION]})
    message = {
        404: "没有这个页面，请检查地址。",
        405: "这个地址不接受这种请求方式。",
        413: f"提交的内容不能超过 {request.client_max_size // 1024} KB，请缩短后再试。",
    }.get(failure.status, "请求无法处理，请检查后再试。")
    if wants_page(request):
        response = _page(request, failure.status, message)
    else:
        response = _json({"code": failure.reason.lower().replace(" ", "_"), "message": message}, failure.status)
    if hdrs.ALLOW in failure.headers:
        response.headers[hdrs.ALLOW] = failure.headers[hdrs.ALLOW]
    return response


def _broken(request: web.Request, failure: Exception) -> web.StreamResponse:
    number = secrets.token_hex(3)
    log.error(
        "bug",
        number=number,
        path=request.path,
        method=request.method,
        trace="".join(traceback.format_exception(failure)),
    )
    message = f"系统出了点问题，我们已记录（编号 {number}）。请稍后再试，或告诉工作人员这个编号。"
    if wants_page(request):
        return _page(request, 500, message, number)
    return _json({"code": "bug", "message": message}, 500)


def _json(error: dict[str, object], status: int) -> web.Response:
    return web.json_response(
        {"error": error}, status=status, dumps=lambda data: json.dumps(data, ensure_ascii=False, default=str)
    )


def _page(request: web.Request, status: int, message: str, number: str = "") -> web.Response:
    request.setdefault(CALLER, Caller("visitor", frozenset({Role.VISITOR}), request.app["house"].hall_id))
    return render(
        request, "error.html", status=status, title=TITLES.get(status, "出了点问题"), message=message, number=number
    )
