# Why a deadline falls where it falls, and errors in calendar data

calendar-step-begins = Counted from the next working time, { $at }
calendar-step-start-day = The day of the start, { $date }, is not counted (Civil Code art. 201)
calendar-step-month-end = The month has no such day; its last day { $date } counts (Civil Code art. 202)
calendar-step-weekend = { $from } to { $to }: weekend, not counted
calendar-step-holiday = { $from } to { $to }: holiday ({ $name }), not counted
calendar-step-local-off = { $from } to { $to }: not counted ({ $name })
calendar-step-weekend-day = { $from }: weekend, not counted
calendar-step-holiday-day = { $from }: holiday ({ $name }), not counted
calendar-step-local-off-day = { $from }: not counted ({ $name })
calendar-step-worked = { $date } is a working day ({ $name }) and counts
calendar-step-closed = Closed from { $from } to { $to } ({ $name })
calendar-step-paused = Clock paused from { $from } to { $to }
calendar-step-paused-still = Clock paused since { $from }, not yet running again
calendar-step-rolled-over = The last day { $from } is a day off, so the period ends on { $to } (Civil Code art. 203)
calendar-step-weekends-alone = The holidays of { $year } are not published yet; counted on weekends alone until they are

calendar-provisional = Provisional

error-calendar-plan-not-json = The file is not valid JSON; check it and upload it again
error-calendar-plan-not-published = The plan of that year is empty, so it is not published yet; import it when it is
error-calendar-plan-invalid = Something in the plan is wrong; correct the field named
error-calendar-term-invalid = Something in the time limit is wrong; correct the field named
error-calendar-local-day-invalid = The local day is wrong; check its date and times
