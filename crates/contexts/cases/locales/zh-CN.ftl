# 诉求与案卷

cases-nav-my-day = 我的一天
cases-nav-desk = 工单台

# 状态
cases-state-none = 未登记
cases-state-reported = 已收到
cases-state-pre_filing_check = 立案前核实
cases-state-filed = 已立案
cases-state-dispatched = 已派出
cases-state-handling = 正在处理
cases-state-feedback = 已反馈
cases-state-closing_check = 结案前核查
cases-state-awaiting_confirmation = 等您确认
cases-state-closed = 已办结
cases-state-void = 已作废
cases-state-returned = 已退回
cases-state-reworked = 返工
cases-state-merged = 已并案
cases-state-joined = 已并入
cases-state-extended = 已延期
cases-state-suspended = 暂停处理
cases-state-reopened = 重新打开

# 报事
cases-report-title = 报修报事
cases-report-not-here = 不是这里？换一个地点
cases-report-danger = 有人受伤、着火、漏燃气或有人被困，请先拨打 120、119 或 110，再回来填写。
cases-report-known = 这里已经有人报过（{ $n }）
cases-report-known-hint = 如果是同一件事，不用再报；办结后会在公告牌上公布。
cases-report-photo = 拍张照片
cases-report-photo-hint = 最多 5 张。照片里的时间、地点等隐藏信息会被去掉。
cases-report-what = 发生了什么
cases-report-what-hint = 例如：三楼楼道灯不亮，晚上老人下楼看不见
cases-report-class = 类别
cases-report-class-auto = 不用选，按您写的判断
cases-report-phone = 您的电话
cases-report-told = 谁发现的
cases-report-told-own = 我自己发现的
cases-report-told-hint = 替别人报事时选他怎么告诉您的，并把链接交给他：修没修好由他说了算
cases-report-phone-hint = 只用于问清情况和告诉您结果，加密保存，谁看过都有记录。
cases-report-send = 提交
cases-where-lead = 请扫描单元门口公告牌上的二维码，地点就会自动填好。
cases-where-find = 输入公告牌编号
cases-where-phone = 也可以拨打公告牌上的物业值班电话或 12345。
cases-where-unknown = 没有找到这块公告牌，请检查编号。
cases-board-awaiting = 已处理，等报事人确认
cases-promised = 承诺{ $when }前处理好

# 私人链接
cases-thanks-title = 收到了，谢谢您
cases-number = 编号 { $number }
cases-promise = 承诺{ $when }前处理好
cases-promise-over = 承诺时间{ $when }已过，正在催办
cases-provisional = 次年放假安排尚未公布，日期暂定
cases-who-has-it = 由谁负责
cases-nobody-yet = 正在安排负责人，值班人员已看到。
cases-nobody = 暂无负责人
cases-ask-title = 真的修好了吗？
cases-ask-fixed = 修好了
cases-ask-not-fixed = 没修好
cases-ask-words = 还有什么问题
cases-said-fixed = 谢谢您的确认，这件事已办结。
cases-said-not-fixed = 知道了。已重新打开，退回原负责人，并告知上一级。
cases-keep-title = 请保存这个链接
cases-keep-hint = 凭它可以随时查看进度、确认结果。它只显示这一次，请收藏本页或截图，不要转给别人。
cases-yours = 您报的内容
cases-timeline = 处理经过
cases-danger-title = 请先打电话
cases-danger-hint = 这件事可能危及生命。打完电话再看本页，值班人员也已收到提醒。
cases-call-110 = 拨打 110 报警
cases-call-119 = 拨打 119 消防
cases-call-120 = 拨打 120 急救
cases-emergency = 可能危及生命

# 为什么是这个时间
cases-why-title = 为什么是这个时间
cases-why-term = 自{ $from }起，{ $term }
cases-why-source = 依据：{ $source }
cases-why-source-unverified = 依据：{ $source }（规则未核实）
cases-why-outlived = 这个承诺按当时的规则和日历作出，之后的调整不改变它。
cases-why-version = 规则版本：{ $version }
cases-handled-under = 办理流程依据：{ $source }（版本 { $version }）
cases-handled-under-unverified = 办理流程依据：{ $source }（版本 { $version }，规则未核实）
cases-why-calendar = 放假安排公布后重新计算
cases-why-reopened = 未解决，重新计时
cases-and = 、
cases-term-continuous-hours = { $n } 小时（昼夜、节假日连续计算）
cases-term-continuous-days = { $n } 天（连续计算）
cases-term-working-hours = { $n } 个工作时（{ $windows }）
cases-term-working-days = { $n } 个工作日（{ $windows }）
cases-term-calendar-days = { $n } 天（当日不计，至最后一天 24:00）
cases-term-calendar-months = { $n } 个月（至对应日 24:00）

# 经过
cases-who-reporter = 报事人
cases-words-erased = （内容已按规定删除）
cases-photo-report = 上报时的照片
cases-photo-evidence = 处理后的照片
cases-step-reported = 已收到上报
cases-step-taken = 已接单，开始处理
cases-step-assigned = 派给 { $who }
cases-step-noted = 留言
cases-step-finished = 处理完成，等待确认
cases-step-confirmed = 确认已修好，办结
cases-step-reopened = 反映没有修好，重新打开
cases-step-voided = 已作废
cases-step-overdue = 超过承诺时间
cases-step-deadline-moved-from = 承诺时间由 { $before } 改为 { $at }（{ $why }）
cases-step-deadline-moved = 承诺时间改为 { $at }（{ $why }）
cases-step-contact-seen = 查看了联系电话
cases-step-imported = 由 { $system } 导入，原状态：{ $status }

# 我的一天
cases-my-day-title = 我的一天
cases-day-mine = 我手上的（{ $n }）
cases-day-flagged = 报事人说没修好的（{ $n }）
cases-day-flagged-hint = 不在您手上，但需要您过问。
cases-day-nobodys = 还没有人接的（{ $n }）
cases-day-waiting = 等报事人确认的（{ $n }）
cases-day-waiting-hint = 计时已停，不用再做什么。
cases-day-empty = 现在没有要做的事
cases-day-empty-hint = 有人在您负责的楼道报事，会自动出现在这里。
cases-take = 我来处理
cases-queue-take = 接单 { $number }
cases-queue-finish = 办结 { $number }
cases-queue-note = 留言 { $number }
cases-queue-mark = 还没发出
cases-queue-mark-take = 已接单，还没发出；修好后可以直接办结。
cases-queue-mark-finish = 已办结，还没发出。
cases-finish = 办结
cases-finish-title = 处理好了
cases-finish-photo = 处理后的照片
cases-finish-photo-hint = 拍下处理后的样子，报事人会看到。
cases-finish-done = 做了什么
cases-finish-because = 没有照片的原因
cases-finish-because-hint = 确实拍不到时填写，例如：噪声已停止。

# 工单台
cases-desk-title = 工单台
cases-desk-list = 工单列表
cases-desk-open = 未办结
cases-desk-new = 新上报
cases-desk-awaiting = 等报事人确认
cases-desk-overdue = 已超时
cases-desk-ended = 已结束
cases-desk-filter = 筛选
cases-desk-state = 状态
cases-desk-class = 类别
cases-desk-any = 全部
cases-desk-apply = 筛选
cases-desk-empty = 这里没有工单
cases-desk-empty-hint = 换一个条件看看；新的上报会自动出现。
cases-desk-choose = 从左边选一件，在这里处理。

# 案卷
cases-place = 地点
cases-due = 承诺时间
cases-flagged = 已提醒
cases-contact-title = 联系报事人
cases-contact-reason = 为什么要看电话
cases-contact-reason-hint = 例如：约上门时间。查看会被记录。
cases-contact-show = 显示电话
cases-contact-is = 报事人电话
cases-assign-title = 派给别人
cases-assign-to = 派给
cases-assign = 派出
cases-note-title = 留言
cases-note-words = 内容
cases-note-public = 报事人也能看到
cases-note = 保存
cases-behalf-title = 替报事人答复
cases-behalf-hint = 报事人亲口或书面告诉您的，才可以代为答复。
cases-told-by = 怎么告诉您的
cases-told-phone = 电话
cases-told-doorstep = 上门
cases-told-paper = 书面
cases-void-title = 作废
cases-void-reason = 原因
cases-void-hint = 报事人会看到。
cases-void = 作废

# 出错时
cases-field-required = 请填写这一项
cases-field-evidence = 请拍一张处理后的照片，或写明没有照片的原因
cases-field-not-answering = 请从列出的人员中选择
cases-field-place-unknown = 没有这个地点
cases-field-point = 请填写 WGS-84 经纬度，例如 118.7969、32.0603
cases-field-not-understood = 这个条件看不懂，请按接口说明填写
error-cases-not-found = 没有找到这件事
    .next = 编号可能有误，或不在您负责的范围内。
error-cases-link-unknown = 这个链接打不开任何内容
    .next = 请检查链接是否完整。如果丢失了链接，请凭编号询问物业值班电话。
error-cases-transition-invalid = 现在不能这样做
    .next = 可能有人先您一步处理了。请刷新页面，看看现在的情况。
error-cases-not-yours = 这一步要由别人来做
    .next = 请看看这件事由谁负责；自己办的事不能自己确认。
error-cases-changed = 有人先您一步改动了它
    .next = 请刷新页面，看看现在的情况再操作。
error-cases-evidence-missing = 还没有处理后的照片
    .next = 请拍一张处理后的照片，或写明没有照片的原因。
error-cases-field-invalid = 有内容需要修改
    .next = 请按提示修改后再提交。
error-cases-class-unknown = 没有这个类别
    .next = 请从列出的类别中选择，或不选。

# 导入
cases-import-status-unknown = 状态“{ $value }”没有对应关系
cases-import-closed-before-reported = 办结时间早于上报时间（{ $value }）
cases-import-closing-unknown = 已办结，但没有办结时间；以最后更新时间代替，不计入每日统计
cases-import-open-with-closing = 状态“{ $value }”未办结，却有办结时间
cases-import-class-unknown = 没有“{ $value }”这个类别，按文字判断
cases-import-point-missing = 没有坐标
cases-import-point-outside = 坐标不在范围内（{ $value }）
cases-import-point-repeated = 很多行共用同一个坐标（{ $value }）
cases-import-own-case = 案卷“{ $value }”是这里的，文件内容与现状不同；请在案卷页面上处理，文件不改动
cases-import-own-unknown = 这里没有案卷“{ $value }”
cases-import-place-missing = 没有地点，也没有指定默认地点
cases-import-place-unknown = 没有“{ $value }”这个地点
cases-import-reporter-not-kept = 报事人一栏不是电话号码，未保存
cases-import-key-twice = 编号“{ $value }”在文件中出现两次，内容不同
cases-import-worked-on-here = 这里已经处理过，来源的状态“{ $value }”只作记录
