"""What is said at each step: to the enterprise, and to the office.

``{due}`` and ``{step}`` are dates as they are spoken (“3 月 5 日（周四）16:30 前”), the promise and the step's term.
"""

from collections.abc import Mapping

from cases.rules.case import Action, State

_A, _S = Action, State
Said = Mapping[str, object]

TOLD: dict[Action, str] = {
    _A.ACCEPT: "您的诉求 {number} 已受理，正在确定承办单位，最迟 {due}答复您。",
    _A.CONFIRM_REFUSAL: "您的诉求 {number} 经两人审核，不予受理。{pending}\n"
    "如有不同意见，您可以在诉求页面申请复核一次，我们在 {review_days} 个工作日内复核。",
    _A.CONTEST_REFUSAL: "已收到您对 {number} 的复核申请，最迟 {step}告诉您结果。",
    _A.EMERGENCY: "您反映的情况（{number}）已按紧急事项转接：{reason}。如现场有危险，请立即拨打 119、120 或 110。",
    _A.MERGE: "您的诉求 {number} 与正在办理的同类诉求合并处理，每一步进展同样会告诉您。",
    _A.DISPATCH: "您的诉求 {number} 已受理，由{office}办理，最迟 {due}答复您。",
    _A.SIGN: "{office}已签收您的诉求 {number}，最迟 {due}答复您。",
    _A.REDISPATCH: "您的诉求 {number} 改由{office}办理，答复期限不变，最迟 {due}答复您。",
    _A.UPHOLD: "您的诉求 {number} 已明确由{office}办理，答复期限不变，最迟 {due}答复您。",
    _A.ASK_MORE: "办理 {number} 还需要您补充：{text}\n请在 {step}直接在这里回复，或在诉求页面补充；"
    "补充之前办理期限暂停计算。",
    _A.SUPPLY: "已收到您的补充，{number} 继续办理，最迟 {due}答复您。",
    _A.LAPSE: "{number} 的补充期限已到，我们按现有材料继续办理，最迟 {due}答复您；您仍可随时补充。",
    _A.ANSWER: "您的诉求 {number} 有答复了（{office}）：\n{text}{basis}",
    _A.SEND_BACK: "您的诉求 {number} 正在进一步核实，有结果会马上告诉您。",
    _A.APPROVE: "您的诉求 {number} 已办理完毕。您对办理结果满意吗？请在 {step}告诉我们：满意、基本满意或不满意；"
    "不评价的按未评价办结。",
    _A.CLOSE: "您的诉求 {number} 已办结（{rating}）。如情况有变，{reopen_days} 个工作日内可以重新打开一次。",
    _A.OBJECT: "已记录您对 {number} 不满意，我们会另派人员核实原因，并告诉您结果。",
    _A.REDO: "经核实，您的诉求 {number} 将由{office}重新办理，最迟 {due}答复您。",
    _A.RECTIFY: "经核实，您的诉求 {number} 反映的问题已责成{office}整改，最迟 {due}告诉您结果。",
    _A.CONFIRM_FINAL: "您的诉求 {number} 的最终答复：\n{pending}",
    _A.REOPEN: "您的诉求 {number} 已重新打开，由{office}继续办理，最迟 {due}答复您。",
    _A.GRANT_EXTENSION: "您的诉求 {number} 经批准延期。原因：{pending}。最迟 {due}答复您。",
    _A.MAKE_COMPLEX: "您的诉求 {number} 经审核认定为复杂诉求，办理期限为 {days} 个工作日。原因：{reason}。"
    "最迟 {due}答复您。",
    _A.JOIN: "您的诉求 {number} 由{office}牵头，{helper}参与办理，答复期限不变。",
    _A.RECOUNT: "国家公布了新的放假安排，您的诉求 {number} 的答复期限相应调整为 {due}。",
}
LINE: dict[Action, str] = {
    _A.OPEN: "登记，时限 {days} 个工作日，{due}答复",
    _A.FOLLOW: "随主单告知企业",
    _A.SCREEN: "开始受理审核",
    _A.ACCEPT: "受理",
    _A.REFUSE: "提出不予受理：{reason}，待第二人复核",
    _A.CONFIRM_REFUSAL: "复核同意，不予受理",
    _A.REJECT_REFUSAL: "复核不同意不予受理：{reason}",
    _A.CONTEST_REFUSAL: "企业申请复核：{reason}，{step}复核",
    _A.EMERGENCY: "紧急转接：{reason}",
    _A.MERGE: "并入主单",
    _A.DISPATCH: "派单给{office}，{step}签收或退单，逾期视为签收",
    _A.SIGN: "{office}签收，{step}首次联系企业",
    _A.RETURN: "{office}申请退单：{reason}",
    _A.TAKE_UP: "开始异议审核",
    _A.REDISPATCH: "改派给{office}：{reason}，原期限不变（{due}）",
    _A.UPHOLD: "指定{office}办理，不得再退：{reason}",
    _A.CONTACT: "已首次联系企业",
    _A.ASK_MORE: "请企业补充，时钟暂停，{step}补充",
    _A.SUPPLY: "企业已补充，时钟恢复，{due}答复",
    _A.LAPSE: "企业逾期未补充，时钟恢复，{due}答复",
    _A.ANSWER: "已答复企业",
    _A.SUBMIT: "提请结案审核",
    _A.APPROVE: "同意结案，{step}回访",
    _A.SEND_BACK: "退回重办：{reason}",
    _A.CLOSE: "办结（{rating}）",
    _A.OBJECT: "企业不满意",
    _A.VERIFY: "核实：{reason}",
    _A.REDO: "重新办理：{reason}，{due}答复",
    _A.RECTIFY: "责成{office}整改：{reason}，{due}完成",
    _A.PROPOSE_FINAL: "拟最终答复，待领导签发",
    _A.CONFIRM_FINAL: "签发最终答复，办结",
    _A.REJECT_FINAL: "未签发：{reason}",
    _A.REOPEN: "重新打开：{reason}，{due}答复",
    _A.ASK_EXTENSION: "申请延期 {asked_days} 个工作日：{reason}",
    _A.GRANT_EXTENSION: "同意延期，{due}答复",
    _A.REFUSE_EXTENSION: "不同意延期：{reason}，期限不变",
    _A.MAKE_COMPLEX: "认定为复杂诉求，时限 {days} 个工作日，{due}答复：{reason}",
    _A.JOIN: "邀请{helper}会商，{office}牵头",
    _A.RAISE: "提级：{reason}",
    _A.URGE: "督办（催办）：{watched_why}",
    _A.NOTE: "内部备注",
    _A.ADD: "补充说明",
    _A.WARN: "期限预警：{light}，{due}到期",
    _A.RECOUNT: "按新公布的工作日历重算期限：{due}",
}
STATUS: dict[State, str] = {
    _S.REGISTERED: "已登记，等待受理审核，最迟 {due}答复您",
    _S.SCREENING: "正在受理审核，最迟 {due}答复您",
    _S.REFUSED: "不予受理，原因和途径见诉求页面",
    _S.EMERGENCY: "已按紧急事项转接",
    _S.MERGED: "已与同类诉求合并办理，进展会告诉您",
    _S.ACCEPTED: "已受理，正在确定承办单位，最迟 {due}答复您",
    _S.DISPATCHED: "已转{office}，最迟 {due}答复您",
    _S.RETURNED: "正在确定承办单位，最迟 {due}答复您",
    _S.ADJUDICATION: "正在确定承办单位，最迟 {due}答复您",
    _S.IN_HAND: "{office}正在办理，最迟 {due}答复您",
    _S.WAITING_ON_ENTERPRISE: "等您补充材料，请在 {step}补充，期间办理期限暂停计算",
    _S.ANSWERED: "已答复，正在审核办理结果",
    _S.REVIEW: "已答复，正在审核办理结果",
    _S.CALL_BACK: "已办理完毕，等您评价",
    _S.DISSATISFIED: "您不满意，正在核实",
    _S.VERIFIED: "已核实，正在研究处理",
    _S.REDO: "{office}正在重新办理，最迟 {due}答复您",
    _S.RECTIFY: "{office}正在整改，最迟 {due}告诉您结果",
    _S.FINAL_ANSWER: "已核实，正在作最终答复",
    _S.CLOSED: "已办结",
}
REFUSAL = "原因：{reason}。{basis}您可以这样办：{text}"
FINAL_TEXT = "{text}{basis}"


def told(action: Action, said: Said) -> str | None:
    """What the enterprise is told of ``action``; None if nothing."""
    return TOLD.get(action, "").format_map(said) or None


def line(action: Action, said: Said) -> str:
    """The office's wording of ``action``."""
    return LINE[action].format_map(said)


def status(state: State, number: str, kind: str, said: Said) -> str:
    """One sentence for whoever asks how a case stands."""
    return f"您的诉求 {number}（{kind}）：{STATUS[state].format_map(said)}。"


def basis_line(basis: str) -> str:
    """The basis as a line of its own, nothing if there is none."""
    return f"\n依据：{basis}" if basis else ""
