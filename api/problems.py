"""The whole error contract on one screen: each slug with its status and its words, and each exception with its slug."""

# ruff: noqa: E501 - one line a problem reads like the table that it is

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug import exceptions as http

from api import errors
from api.errors import Fault
from api.language import Words
from geo import errors as places
from messaging.campaigns import errors as campaigns
from privacy.release import errors as releases
from radar import errors as radar


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem. Its page is /problems/<slug>."""

    slug: str
    status: int
    title: Words
    detail: Words


def _problem(slug: str, status: int, title: tuple[str, str], detail: tuple[str, str]) -> Problem:
    return Problem(slug, status, Words(*title), Words(*detail))


# fmt: off
PROBLEMS: dict[str, Problem] = {problem.slug: problem for problem in (
    _problem("malformed-request", 400, ("请求格式错误", "Malformed request"), ("请求正文不是有效的 JSON，或请求本身不完整。", "The body is not valid JSON, or the request itself is broken.")),
    _problem("missing-idempotency-key", 400, ("缺少幂等键", "Missing idempotency key"), ("发送类请求必须带 Idempotency-Key，8 至 128 个可见 ASCII 字符。", "A request that sends needs an Idempotency-Key of 8 to 128 visible ASCII characters.")),
    _problem("unauthenticated", 401, ("未登录", "Not signed in"), ("缺少访问令牌，或令牌已失效。请重新登录。", "There is no access token, or it is no longer good. Sign in again.")),
    _problem("login-refused", 401, ("登录失败", "Log-in refused"), ("账号或密码不正确，或账号暂时锁定。", "The login or password is wrong, or the account is locked for a while.")),
    _problem("refresh-refused", 401, ("无法续期", "Refresh refused"), ("刷新令牌未知、已过期或已被使用。请重新登录。", "The refresh token is unknown, expired or was used before. Sign in again.")),
    _problem("role-refused", 403, ("无权使用", "Role refused"), ("你的角色不能使用此功能。", "Your role may not use this route.")),
    _problem("own-review", 403, ("不能审核自己的内容", "Own text"), ("内容须由作者以外的人审核。", "A text is reviewed by another person than its author.")),
    _problem("outside-territory", 403, ("超出负责区域", "Outside your territory"), ("所选地点不在你负责的区域内。", "The chosen places are not in the districts that you answer for.")),
    _problem("not-found", 404, ("未找到", "Not found"), ("没有这个地址，或没有这条记录。", "There is no such address or record.")),
    _problem("method-not-allowed", 405, ("方法不允许", "Method not allowed"), ("此地址不支持该方法。", "This address does not take that method.")),
    _problem("duplicate-broadcast", 409, ("重复的播音", "Duplicate broadcast"), ("十分钟内已有相同对象和内容的播音。", "A broadcast to the same audience with the same text was made within ten minutes.")),
    _problem("request-in-progress", 409, ("请求处理中", "Request in progress"), ("同一幂等键的请求仍在处理，请稍后再试。", "A request with this idempotency key is still being worked on. Try again soon.")),
    _problem("wrong-state", 409, ("状态不允许", "Wrong state"), ("当前状态下不能执行此操作。", "The broadcast's state does not allow this.")),
    _problem("review-closed", 409, ("审核已结束", "Review closed"), ("已有人作出决定，或已超过 24 小时，或作者已取消。", "Somebody decided already, or 24 hours are over, or the author cancelled.")),
    _problem("conversation-over", 409, ("对话已到期", "Conversation over"), ("对话自对方首次回复起保留十四天，现已到期。", "A conversation lasts fourteen days from the first answer, which are over.")),
    _problem("payload-too-large", 413, ("请求过大", "Payload too large"), ("请求正文超过 64 KiB。", "The body exceeds 64 KiB.")),
    _problem("unsupported-media-type", 415, ("不支持的媒体类型", "Unsupported media type"), ("请求正文必须是 application/json。", "The body must be application/json.")),
    _problem("invalid-arguments", 422, ("参数无效", "Invalid arguments"), ("一个或多个参数不符合要求。", "One or more arguments are not as required.")),
    _problem("idempotency-key-reused", 422, ("幂等键已被使用", "Idempotency key reused"), ("此幂等键已用于另一个请求。", "This idempotency key was used for another request.")),
    _problem("text-refused", 422, ("内容不合规", "Text refused"), ("内容含有不允许的字符或信息，见标注位置。", "The text holds characters or information that are not allowed; see the marked spans.")),
    _problem("quota-not-allowed", 422, ("人数不允许", "Quota not allowed"), ("所选区域的需求不足以支持这个人数。", "The released need of the chosen area does not support this quota.")),
    _problem("audience-too-small", 422, ("对象太少", "Audience too small"), ("所选区域的需求不足 200 户，不能播音。", "The released need of the chosen area is below 200 households.")),
    _problem("not-released", 422, ("尚未发布", "Not released yet"), ("所选地点还没有发布数据，请等下一次月度发布。", "The chosen places are not in the current release; wait for the next month.")),
    _problem("month-not-released", 422, ("该月尚未发布", "Month not released"), ("所选地区没有这个月的发布数据，可选月份见 /v1/jiaohubao/months。", "The chosen area has no release of this month; /v1/jiaohubao/months lists those there are.")),
    _problem("card-expired", 410, ("名片已过期", "Card expired"), ("名片只在当天有效，请重新打开雷达。", "A card is good for its day only. Open the radar again.")),
    _problem("too-many-logins", 429, ("登录过于频繁", "Too many log-ins"), ("请稍后再试。", "Try again later.")),
    _problem("quota-exceeded", 429, ("已达上限", "Quota exceeded"), ("今天或本周的次数、人数或条数已用完。", "The amounts of today or this week are used up.")),
    _problem("cards-used-up", 429, ("今天的名片已看完", "Cards used up"), ("每天最多查看二十张不同的名片，看过的可以再看。", "A day holds twenty different cards; those seen can be seen again.")),
    _problem("internal-error", 500, ("内部错误", "Internal error"), ("服务器出错。请报告请求编号。", "The server failed. Please report the request id.")),
    _problem("no-release", 503, ("尚无数据", "No release yet"), ("还没有发布任何月份的数据。", "No month has been released yet.")),
    _problem("quota-unreadable", 503, ("暂时无法计数", "Quota unreadable"), ("暂时无法核对今日用量，请求未被接受。", "Today's use cannot be counted just now; nothing was accepted.")),
    _problem("database-unavailable", 503, ("服务暂不可用", "Service unavailable"), ("数据库暂时不可用，请稍后再试。", "The database cannot be reached. Try again soon.")),
)}

SLUGS: dict[type[Exception], str] = {
    errors.InvalidArgumentsError: "invalid-arguments",
    errors.UnauthenticatedError: "unauthenticated",
    errors.LoginRefusedError: "login-refused",
    errors.RefreshRefusedError: "refresh-refused",
    errors.RoleRefusedError: "role-refused",
    errors.OutsideTerritoryError: "outside-territory",
    errors.TooManyLoginsError: "too-many-logins",
    places.NoReleaseError: "no-release",
    places.UnknownLeafError: "not-released",
    places.UnknownDistrictError: "no-release",
    places.MixedCitiesError: "invalid-arguments",
    places.TileOutOfRangeError: "not-found",
    releases.ReleaseNotFoundError: "not-found",
    campaigns.IdempotencyKeyMissingError: "missing-idempotency-key",
    campaigns.IdempotencyKeyInvalidError: "missing-idempotency-key",
    campaigns.IdempotencyKeyReusedError: "idempotency-key-reused",
    campaigns.IdempotencyKeyBusyError: "request-in-progress",
    campaigns.DuplicateBroadcastError: "duplicate-broadcast",
    campaigns.QuotaExceededError: "quota-exceeded",
    campaigns.QuotaUnreadableError: "quota-unreadable",
    campaigns.QuotaNotAllowedError: "quota-not-allowed",
    campaigns.AudienceTooSmallError: "audience-too-small",
    campaigns.AudienceEmptyError: "outside-territory",
    campaigns.OutsideTerritoryError: "outside-territory",
    campaigns.TextRefusedError: "text-refused",
    campaigns.BroadcastNotFoundError: "not-found",
    campaigns.BroadcastStateError: "wrong-state",
    campaigns.ConversationNotFoundError: "not-found",
    campaigns.ConversationOverError: "conversation-over",
    campaigns.ReviewNotFoundError: "not-found",
    campaigns.ReviewClosedError: "review-closed",
    campaigns.OwnReviewError: "own-review",
    radar.UnknownAreaError: "invalid-arguments",
    radar.MonthNotReleasedError: "month-not-released",
    radar.CardsUsedUpError: "cards-used-up",
    radar.CardsUncountableError: "quota-unreadable",
    radar.CardUnknownError: "not-found",
    radar.CardExpiredError: "card-expired",
    OperationalError: "database-unavailable",
    InterfaceError: "database-unavailable",
    PoolTimeoutError: "database-unavailable",
    http.NotFound: "not-found",
    http.MethodNotAllowed: "method-not-allowed",
    http.RequestEntityTooLarge: "payload-too-large",
    http.UnsupportedMediaType: "unsupported-media-type",
    http.BadRequest: "malformed-request",
    http.HTTPException: "malformed-request",
    Exception: "internal-error",
}

FAULTS: dict[Fault, Words] = {
    Fault.UNKNOWN: Words("没有这个参数。", "There is no such argument."),
    Fault.REQUIRED: Words("此参数必填。", "This argument is required."),
    Fault.NULL: Words("不能为空值。", "This may not be null."),
    Fault.TYPE: Words("类型不正确。", "This has the wrong type."),
    Fault.RANGE: Words("超出允许范围。", "This is out of range."),
    Fault.CHOICE: Words("不是允许的取值。", "This is not one of the allowed values."),
    Fault.FORMAT: Words("格式不正确。", "This has the wrong format."),
    Fault.LENGTH: Words("长度不符合要求。", "This is too short or too long."),
    Fault.REPEATED: Words("不能重复。", "This may not be repeated."),
    Fault.INVALID: Words("不符合要求。", "This is not valid."),
    Fault.AREA_MISSING: Words("须给出 community_codes 或 cells。", "Give community_codes or cells."),
    Fault.AREA_BOTH: Words("community_codes 与 cells 只能给一个。", "Give community_codes or cells, not both."),
    Fault.NO_SUCH_PLACE: Words("没有这个地点。", "There is no such place."),
    Fault.TWO_CITIES: Words("所选地点须在同一城市。", "The chosen places must lie in one city."),
}
# fmt: on


def get_problem(error: Exception) -> Problem:
    """Return the problem of an exception: that of its nearest class in the table."""
    return next(PROBLEMS[SLUGS[kind]] for kind in type(error).__mro__ if kind in SLUGS)
