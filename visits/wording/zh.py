"""Simplified Chinese."""

from __future__ import annotations

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

SENTENCES = {
    # parts
    "date": "{month}月{day}日（{weekday}）",
    "and": "、",
    "minutes": "{minutes}分钟",
    "hours": "{hours}小时",
    "hours_minutes": "{hours}小时{minutes}分钟",
    # a stop: what it is
    "planned": "{name}已安排给{rep}，{date}{start}拜访。",
    "executed": "{rep}已到过或正在前往，该站不再变动。",
    # why it is visited at all
    "due_over": "上次拜访在{days}天前，超出约定的{cadence}天周期{over}天。",
    "due": "上次拜访在{days}天前，约定周期为{cadence}天。",
    "never_visited": "尚未拜访过。",
    "wanted": "该拜访为专门提出，没有约定周期。",
    "worth": "本次拜访价值相当于{value_s}的工作时间。",
    # why this rep, day and time
    "promised": "已承诺客户{date}{start}至{end}之间到访。",
    "locked": "已由人工锁定给{rep}并固定在这一天。",
    "hours_open": "服务可开始的时段：{spans}。",
    "hours_any": "客户未登记营业时间，到访时间按最短路程安排。",
    "cheapest": "没有更省的人员或日期：次优方案要多花{extra_s}。",
    "cheaper_elsewhere": "目前另有更省{extra_s}的安排：{rep}，{date}{start}。",
    "only_place": "在所查看的日期内，其他人均无空档。",
    "detour": "在此处增加{travel_s}车程。",
    # alternatives
    "alternative": "{rep}，{date}{start}：多花{extra_s}。",
    "alternative_cheaper": "{rep}，{date}{start}：少花{extra_s}。",
    "alternative_same": "{rep}，{date}{start}：花费相同。",
    "blocked_skill": "{rep}，{date}：不具备{skills}技能。",
    "blocked_window": "{rep}，{date}：客户不营业。",
    "blocked_promise": "{rep}，{date}：承诺的安排不在此处。",
    "blocked_full": "{rep}，{date}：没有空档。",
    # a customer who is not planned: before any plan is tried
    "retired": "{name}已停用。",
    "no_territory_reps": "{date}没有人员负责该客户所在的区域。",
    "no_cadence": "{name}没有约定拜访周期，也没有人提出拜访。",
    "not_due": "{name}尚未到期：上次拜访在{days}天前，约定周期为{cadence}天。",
    "refused_today": "{date}的拜访已取消或无人在场，当天不再打扰该客户。",
    "planned_elsewhere": "{name}已改为安排给{rep}，{other_date}拜访。",
    "off_road": "{name}远离地图上的任何道路，请更正坐标。",
    "closed": "{name}在{date}不营业，或连续营业时间不足{service_s}。",
    # a customer who is not planned: as found by trying
    "reason_window": "{date}没有工作时间与营业时间重合。",
    "reason_skill": "{date}没有人员同时具备{skills}技能。",
    "reason_unreachable": "没有道路可以到达。",
    "reason_shift": "即使全天空闲也排不下：还差{short_s}。",
    "reason_time": "{date}没有足够长的空档：最合适的一处还差{short_s}。",
    "reason_time_bare": "{date}没有足够长的空档，除非移动其他拜访。",
    "reason_value": "排得下，但花费比其价值多{cost_s}。",
    "reason_displaced": "价值更高的拜访占用了位置：{names}。",
    "fits": "排得下且值得：请重新规划当天，或手动安排。",
    # what would make room
    "remedy_open_longer": "如果{name}多营业{extra_s}，{rep}可在{date}{start}到访。",
    "remedy_extend_shift": "如果{rep}在{date}多工作{extra_s}，可在{start}到访。",
    "remedy_drop": "如果{rep}在{date}不去{other}，可在{start}到访。",
    "remedy_other_rep": "如果{rep}可以承担，可在{date}{start}到访。",
    "remedy_gain": "计划将增益{gain_s}。",
    "remedy_cost": "计划将损失{cost_s}。",
    "remedy_none": "没有找到单独一项改变就能腾出位置的办法。",
}
