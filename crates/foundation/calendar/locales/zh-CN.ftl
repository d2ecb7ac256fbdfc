# 时限说明与日历数据错误

calendar-step-begins = 从下一个工作时段 { $at } 起算
calendar-step-start-day = 开始当日 { $date } 不计入（民法典第二百零一条）
calendar-step-month-end = 当月没有对应日，以月末日 { $date } 为准（民法典第二百零二条）
calendar-step-weekend = { $from } 至 { $to } 为周末，不计入
calendar-step-holiday = { $from } 至 { $to } 为{ $name }假期，不计入
calendar-step-local-off = { $from } 至 { $to } 因{ $name }不计入
calendar-step-weekend-day = { $from } 为周末，不计入
calendar-step-holiday-day = { $from } 为{ $name }假期，不计入
calendar-step-local-off-day = { $from } 因{ $name }不计入
calendar-step-worked = { $date } 上班（{ $name }），计入
calendar-step-closed = { $from } 至 { $to } 停止办公（{ $name }）
calendar-step-paused = { $from } 至 { $to } 暂停计时
calendar-step-paused-still = { $from } 起暂停计时，尚未恢复
calendar-step-rolled-over = 最后一日 { $from } 为法定休假日，顺延至 { $to }（民法典第二百零三条）
calendar-step-weekends-alone = { $year } 年放假安排尚未公布，暂按周末推算，公布后重新计算

calendar-provisional = 暂定

error-calendar-plan-not-json = 文件不是有效的 JSON，请检查后重新上传
error-calendar-plan-not-published = 该年度的放假安排为空，尚未公布；请等公布后再导入
error-calendar-plan-invalid = 放假安排有误，请按提示的字段修改
error-calendar-term-invalid = 时限设置有误，请按提示的字段修改
error-calendar-local-day-invalid = 本地调整日有误，请检查日期和时间
