# Expert rounds

expert-nav = Expert rounds
expert-nav-findings = Findings of rounds
expert-nav-groups = Expert groups
expert-title = Expert rounds
expert-source = By: { $title } ({ $version })
expert-source-unverified = By: { $title } ({ $version }, not verified)
expert-choose = Please choose

# Rounds
expert-due-title = To be visited
expert-due-hint = By how many severe patients came by referral and lie there, with no round planned in time
expert-due-none = Nobody is to be visited for whom no round is planned
expert-due-line = { $severe } severe or critical, at least every { $days } days, { $last }
expert-due-never = never visited
expert-due-last = last { $when }
expert-due-by = by { $day }
expert-rounds-title = Rounds
expert-rounds-none = No rounds
expert-rounds-none-hint = Planned rounds and those of the last two weeks are listed here
expert-round-title = Round: { $house }
expert-round-line = { $day } · { $mode } · { $group }
expert-round-planned = Planned
expert-round-held = Held
expert-round-cancelled = Cancelled
expert-round-late = Past its day
expert-mode = How
expert-mode-on_site = On site
expert-mode-remote = Remote
expert-open-title = Findings that are open
expert-plan = Plan a round
expert-plan-do = Plan
expert-plan-no-group = Make an expert group first:
expert-institution = Institution
expert-group = Expert group
expert-day = Day
expert-cancel = Cancel this round
expert-member = { $name } ({ $speciality })
expert-found = Found in this round
expert-find = Write down a finding
expert-find-do = Write down
expert-matter = Matter
expert-told = What was seen
expert-told-hint = No name of a patient
expert-advise = Opinion on a patient
expert-advise-do = Give the opinion
expert-of-patient = Patient
expert-patient = { $name } · { $severity } · { $bed } · { $since }
expert-patient-unknown = name unknown
expert-patients-none = Nobody who came by referral lies there now
expert-severity-ordinary = ordinary
expert-severity-severe = severe
expert-severity-critical = critical
expert-opinion = Opinion
expert-opinion-hint = Kept sealed; read by this institution, the group and the health office alone, and every look is written down
expert-opinion-lost = This opinion cannot be read any more
expert-opinions = { $n ->
    [0] No opinions on patients yet
    [one] { $n } opinion on a patient
   *[other] { $n } opinions on patients
}
expert-opinions-title = Opinions on patients
expert-read = Read the opinions on patients
expert-read-hint = That you look is written down
expert-read-written = This look was written down
expert-advice = Advice to the hospital
expert-advice-label = Advice
expert-advice-hint = Nothing about a patient
expert-hold = The round is held

# Findings
expert-findings-title = Findings
expert-findings-none = No findings are open
expert-findings-none-hint = What is found in rounds is listed here, what is due first on top
expert-homeless = Your appointment is on behalf of no institution
expert-finding-title = Finding of a round
expert-finding-open = To be put right
expert-finding-answered = To be looked at again
expert-finding-put_right = Put right
expert-finding-withdrawn = Withdrawn
expert-repeated = found again
expert-reopened = { $n ->
    [one] sent back once
   *[other] sent back { $n } times
}
expert-late-told = overdue, the institution and the health office were told { $when }
expert-basis = By: { $source }
expert-its-round = See the round
expert-steps = What happened
expert-event-find = Found
expert-event-answer = The institution says it is put right
expert-event-pass = Looked at again: put right
expert-event-fail = Looked at again: not enough, open again
expert-event-withdraw = Withdrawn
expert-answer = Answer
expert-answer-tap = Put right
expert-answer-more = Say more
expert-answer-said = What was done
expert-look = Look again
expert-look-said = What was seen
expert-look-hint = Not enough, or withdrawn: say why
expert-pass = Put right
expert-fail = Not enough
expert-withdraw = Withdraw this finding

# Groups
expert-groups-title = Expert groups
expert-groups-none = No expert groups yet
expert-groups-none-hint = Those made by the health office are listed here
expert-group-days = { $from } to { $to }
expert-group-since = since { $from }
expert-group-new = Make an expert group
expert-group-name = Name
expert-from-day = From
expert-to-day = To
expert-group-make = Make
expert-group-end = Ends today
expert-expert = Expert
expert-no-experts = Nobody is appointed as a member of an expert group here
expert-join = Add
expert-leave = Leaves
expert-speciality = Speciality
expert-speciality-intensive = intensive care
expert-speciality-respiratory = respiratory medicine
expert-speciality-infection = infectious diseases
expert-speciality-emergency = emergency medicine
expert-speciality-cardiology = cardiology
expert-speciality-geriatrics = geriatrics
expert-speciality-paediatrics = paediatrics
expert-speciality-chinese = Chinese medicine
expert-speciality-nursing = nursing
expert-speciality-control = infection control
expert-speciality-pharmacy = clinical pharmacy

# Comparison
expert-compare-title = Hospitals of one level
expert-compare-lead = { $n ->
    [one] The last day
   *[other] The last { $n } days
}
expert-compare-hint = Compared only with those of the same level, by name, not ranked; together means all of the level in the city, and is withheld where they are few. With fewer than { $rounds } rounds or { $findings } findings no share is given. The same matter found again within { $days } days of being put right is found again. Who finds more may have looked more closely.
expert-compare-none = No rounds to compare yet
expert-compare-none-hint = After the first rounds they are here
expert-compare-rounds = Rounds
expert-compare-findings = Findings
expert-compare-per-round = Findings per round
expert-compare-in-time = Answered in time
expert-compare-repeated = Found again
expert-compare-put-right = Put right
expert-together = Together
expert-level-primary = Primary
expert-level-second = Second level
expert-level-tertiary = Third level
expert-level-unknown = Level not known
expert-share = { $percent } ({ $part } of { $of })
expert-few = { $part } of { $of }, too few for a share
expert-none = none
expert-per-round = { $value } ({ $findings } in { $rounds })
expert-per-round-few = { $findings } in { $rounds }, too few for a mean

# What is wrong in a form
expert-field-required = Please fill this in
expert-field-choice = Please choose one of those listed
expert-field-too-long = At most { $max } characters
expert-field-control = Holds a character that cannot be used
expert-field-day = Not a day of the calendar
expert-field-early = Too early
expert-field-away = The group is not there on that day
expert-field-open-already = This matter is open in this institution; it is not written down twice

error-expert-not-found = There is no such record, or you may not see it
    .next = Go back to the expert rounds and open it anew
error-expert-no-step = That cannot be done now; somebody may have been quicker
    .next = Load the page again and look
error-expert-open-already = This finding is open already
    .next = Look at the earlier one first
error-expert-field-invalid = Something needs to be changed
    .next = Please change what is marked
