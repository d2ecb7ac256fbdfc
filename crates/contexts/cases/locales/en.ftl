# Cases

cases-nav-my-day = My day
cases-nav-desk = Desk

# States
cases-state-none = Not recorded
cases-state-reported = Received
cases-state-pre_filing_check = Being checked
cases-state-filed = Filed
cases-state-dispatched = Passed on
cases-state-handling = Being worked on
cases-state-feedback = Answered
cases-state-closing_check = Result being checked
cases-state-awaiting_confirmation = Waiting for you
cases-state-closed = Closed
cases-state-void = Void
cases-state-returned = Returned
cases-state-reworked = Being redone
cases-state-merged = Merged
cases-state-joined = Joined
cases-state-extended = Extended
cases-state-suspended = On hold
cases-state-reopened = Reopened

# Reporting
cases-report-title = Report a problem
cases-report-not-here = Not here? Choose another place
cases-report-danger = Somebody hurt, a fire, a smell of gas, somebody trapped? Call 120, 119 or 110 first, then come back.
cases-report-known = Reported here and nearby already ({ $n })
cases-report-known-here = Right here
cases-report-known-hint = If it is the same thing, choose “The same here”; there is no need to describe it again. You get a link to follow it.
cases-report-photo = Take a photo
cases-report-photo-hint = Up to 5. Hidden data such as time and place are removed.
cases-report-what = What has happened
cases-report-what-hint = For example: the lamp on the third floor is out and my mother cannot see the stairs
cases-report-class = Kind
cases-report-class-auto = Leave it to us, we go by your words
cases-report-phone = Your phone
cases-report-told = Who found it
cases-report-told-own = I found it myself
cases-report-told-hint = For somebody else, say how you were told, and hand over the link: whether it is mended is for them to say
cases-report-phone-hint = Only to ask you back and to tell you the result. It is kept encrypted, and every look at it is recorded.
cases-report-send = Send
cases-where-lead = Please scan the code on the board at the entrance. It fills in the place by itself.
cases-where-find = Type the code of a board
cases-where-phone = You can also call the property service number on the board, or 12345.
cases-where-unknown = No board has this code. Please check it.
cases-board-awaiting = Done, waiting for the reporter
cases-promised = Due { $when }

# The private link
cases-thanks-title = Got it, thank you
cases-number = No. { $number }
cases-promise = Promised time: { $when }
cases-promise-over = The promised time, { $when }, has passed. It is being chased.
cases-provisional = Next year's holidays are not published yet, so the date may move
cases-who-has-it = Who has it
cases-nobody-yet = Somebody is being found for it. The duty desk has seen it.
cases-nobody = Nobody yet
cases-ask-title = Is it really fixed?
cases-ask-fixed = It is fixed
cases-object-title = Not fixed after all?
cases-object-hint = For 15 days after the end it can be opened again, and one level up is told. Say what is not fixed.
cases-object-required = Please say what is not fixed; one sentence is enough.
cases-object-words = What is not fixed
cases-ended-elsewhere = Ended by the other platform (nobody here looked)
cases-ask-not-fixed = Not fixed
cases-ask-words = What is still wrong
cases-said-fixed = Thank you. This is now closed.
cases-said-not-fixed = Understood. It is open again with the same person, and one level up has been told.
cases-keep-title = Please keep this link
cases-keep-hint = It shows you how things stand and lets you say whether it is fixed. It is shown only this once: bookmark the page or take a picture, and do not pass it on.
cases-yours = What you wrote
cases-timeline = What happened
cases-danger-title = Please call first
cases-danger-hint = This may be a danger to life. Make the call, then come back. The duty desk has been alerted too.
cases-call-110 = Call 110, police
cases-call-119 = Call 119, fire
cases-call-120 = Call 120, ambulance
cases-emergency = Possible danger to life

# Why this date
cases-why-title = Why this date
cases-why-owner = Why it is theirs
cases-why-owner-roles = Asked in this order, whoever is appointed nearest: { $roles }
cases-why-term = From { $from }: { $term }
cases-why-more = More time, from { $from }: { $term }
cases-why-source = Source: { $source }
cases-why-source-unverified = Source: { $source } (rule not verified)
cases-why-outlived = This was promised under the calendar of that day; later changes do not move it.
cases-why-version = Version of the rule: { $version }
cases-way-title = Way of working
cases-why-way-title = Why this way of working
cases-why-way = It is the one under which it was filed, version { $version }; where a corrected class changed it, the version of that day.
cases-why-way-since = Version { $version }, which counts now, is for what is filed since; it changes nothing here.
cases-why-way-gone = The rules have that version no more; the steps are those of version { $version }, which counts now.
cases-handled-under = Handled under: { $source } (version { $version })
cases-handled-under-unverified = Handled under: { $source } (version { $version }, rule not verified)
cases-why-calendar = the holidays were published
cases-why-reopened = not fixed, so the clock starts anew
cases-and = { " and " }
cases-term-continuous-hours = { $n ->
    [one] { $n } hour around the clock, holidays included
   *[other] { $n } hours around the clock, holidays included
}
cases-term-continuous-days = { $n ->
    [one] { $n } day around the clock
   *[other] { $n } days around the clock
}
cases-term-working-hours = { $n ->
    [one] { $n } working hour ({ $windows })
   *[other] { $n } working hours ({ $windows })
}
cases-term-working-days = { $n ->
    [one] { $n } working day ({ $windows })
   *[other] { $n } working days ({ $windows })
}
cases-term-calendar-days = { $n ->
    [one] { $n } day, not counting the first, until midnight
   *[other] { $n } days, not counting the first, until midnight of the last
}
cases-term-calendar-months = { $n ->
    [one] { $n } month, until midnight of the same day
   *[other] { $n } months, until midnight of the same day
}

# Steps
cases-who-reporter = the reporter
cases-words-erased = (erased under the retention rules)
cases-photo-report = Photo of what was reported
cases-photo-evidence = Photo of the result
cases-step-reported = Reported
cases-step-caller-noted = Call notes
cases-step-contact-said = Called back: the reporter says: { $said }
cases-step-taken = Taken, work begins
cases-step-assigned = Passed on to { $who }
cases-step-assigned-class = Sent to { $who }, whom the corrected class names
cases-step-assigned-nobody = Whoever had it has it no longer; it waits to be given to somebody
cases-step-noted = Note
cases-step-finished = Done, waiting for the reporter
cases-step-confirmed = Confirmed as fixed, closed
cases-step-reopened = Said to be not fixed, opened again
cases-step-reopened-by-merged = The reporter of { $number }, which goes on as this, said it is not fixed; opened again
cases-elsewhere-open = open
cases-elsewhere-closed = closed
cases-system-outside = another system
cases-step-handed-elsewhere = To be handed over to { $system }, which has not taken it yet
cases-step-refused-elsewhere = { $system } did not take it; it goes on here
cases-step-sent-elsewhere = { $system } has it as { $id }
cases-step-heard-elsewhere = { $system }: { $status }
cases-step-ended-elsewhere = { $system } says that it is done; nobody here has looked
cases-step-gone-on-elsewhere = { $system } says that it goes on
cases-step-voided = Void
cases-step-overdue = The promised time has passed
cases-step-deadline-same = Promise stays { $at } ({ $why })
cases-step-deadline-moved-from = Promise moved from { $before } to { $at } ({ $why })
cases-step-deadline-moved = Promise moved to { $at } ({ $why })
cases-step-contact-seen = Looked at the phone number
cases-step-imported = Imported from { $system }, state there: { $status }

# My day
cases-my-day-title = My day
cases-day-mine = Mine ({ $n })
cases-day-flagged = Said to be not fixed ({ $n })
cases-day-flagged-hint = Not yours, but somebody has to look into them.
cases-day-nobodys = Nobody has taken these ({ $n })
cases-day-waiting = Waiting for the reporter ({ $n })
cases-day-waiting-hint = The clock has stopped. Nothing to do.
cases-day-empty = Nothing to do right now
cases-day-empty-hint = What people report at your entrances will appear here by itself.
cases-take = I will do it
cases-queue-take = Take { $number }
cases-queue-finish = Finish { $number }
cases-queue-answer = Report on { $number }
cases-queue-note = Note on { $number }
cases-queue-mark = Not sent yet
cases-queue-mark-take = Taken, but not sent yet. You can finish it when it is done.
cases-queue-mark-finish = Finished, but not sent yet.
cases-queue-mark-answer = The result is written, but not sent yet.
cases-finish = Finish
cases-finish-title = It is done
cases-finish-photo = Photo of the result
cases-finish-photo-hint = Show how it looks now. The reporter will see it.
cases-finish-done = What was done
cases-finish-because = Why there is no photo
cases-finish-because-hint = Only where there is nothing to take a picture of, such as noise that has stopped.
cases-done-words = What was done: { $words }
cases-no-photo-words = Why there is no photo: { $words }

# Desk
cases-desk-title = Desk
cases-desk-list = List of cases
cases-desk-open = Open
cases-desk-new = New
cases-desk-awaiting = Waiting for the reporter
cases-desk-overdue = Overdue
cases-desk-ended = Ended
cases-desk-all = All
cases-desk-awaiting-hint = The clock has stopped. Nothing to do.
cases-desk-standing = Clock paused, or waiting to be checked
cases-desk-standing-hint = The promised time is not running. What is to be checked should be checked soon.
cases-desk-by-place = Cases at “{ $place }”.
cases-desk-by-words = Look for it in the text instead
cases-desk-places = Or a place:
cases-desk-export = Export { $format }
cases-export-number = Number
cases-export-class = Class
cases-export-title = Title
cases-export-place = Place
cases-export-state = State
cases-export-owner = With
cases-export-channel = Came by
cases-export-reported = Reported
cases-export-due = Promised by
cases-export-city-due = City wants it by
cases-export-finished = Done
cases-export-closed = Closed
cases-export-cut = Only the first { $n }; narrow the list to export the others
cases-desk-search = Find by title, text, number or place
cases-desk-search-hint = For example: lamp, 2026-000123, 樟浦大院 3栋
cases-desk-numbered = Found by its number
cases-desk-numbered-hint = The number of the case or of the city’s ticket is the one you typed, or ends in it; what has ended is included.
cases-desk-search-do = Find
cases-desk-channel = How it came
cases-desk-role = Who has it
cases-desk-clear = Clear
cases-desk-wider = Look through all cases, ended ones too
cases-desk-no-words = There is nothing in it to look for. Type words or numbers.
cases-desk-late = Cases are still being read for the search. What was imported just now, or long ago, may not be found yet.
cases-channel-web = Online
cases-channel-api = Another system
cases-desk-filter = Filter
cases-desk-state = State
cases-desk-class = Kind
cases-desk-any = All
cases-desk-apply = Apply
cases-desk-empty = No cases here
cases-desk-empty-hint = Try another filter. New reports appear by themselves.
cases-desk-choose = Choose a case on the left to work on it here.

# A case
cases-place = Place
cases-due = Promised for
cases-flagged = Told
cases-contact-title = Call the reporter
cases-contact-reason = Why you need the number
cases-contact-reason-hint = For example: to agree on a time. Every look is recorded.
cases-contact-show = Show the number
cases-contact-is = The reporter's phone
cases-assign-title = Pass it on
cases-assign-to = To
cases-assign = Pass on
cases-note-title = Write a note
cases-note-words = Note
cases-note-public = The reporter may read it
cases-note = Save
cases-behalf-title = Answer for the reporter
cases-behalf-hint = Only what the reporter has told you in person or in writing.
cases-told-by = How you were told
cases-told-phone = By phone
cases-told-doorstep = At the door
cases-told-paper = On paper
cases-void-title = Declare void
cases-void-reason = Reason
cases-void-hint = The reporter will read it.
cases-void = Declare void

# When something is wrong
cases-field-required = Please fill this in
cases-field-evidence = Add a photo of the result, or say why there is none
cases-field-not-answering = Please choose one of the people listed
cases-field-elsewhere = { $name }: { $to } If you report something else, send insist.
cases-field-place-unknown = There is no such place
cases-field-point = Give longitude and latitude in WGS-84, for example 118.7969 and 32.0603
cases-field-not-understood = This is not understood here; see the interface description
error-cases-not-found = This case was not found
    .next = The number may be wrong, or it lies outside your area.
error-cases-link-unknown = This link opens nothing
    .next = Please check that it is complete. If you have lost it, call the property service number and give the case number.
error-cases-transition-invalid = This cannot be done now
    .next = Somebody may have been quicker. Reload the page and see how things stand.
error-cases-not-yours = This step is for somebody else
    .next = See who has the case. Nobody confirms their own work.
error-cases-changed = Somebody was quicker
    .next = Reload the page and see how things stand.
error-cases-evidence-missing = There is no photo of the result yet
    .next = Take a photo of the result, or say why there is none.
error-cases-field-invalid = Something needs correcting
    .next = Please correct the fields named and send it again.
error-cases-class-unknown = There is no such kind
    .next = Choose one of those listed, or none.

# Import
cases-import-status-unknown = Nothing says what the status "{ $value }" means here. There are: { $states }; another word is told as one of them by a mapping
cases-import-in-the-future = The time has not come yet ({ $value })
cases-import-closed-before-reported = Closed before it was reported ({ $value })
cases-import-closing-unknown = Closed, but the source does not say when; its last change is used, and no day counts it
cases-import-open-with-closing = The status "{ $value }" is open, yet there is a closing time
cases-import-class-unknown = There is no kind "{ $value }"; the words decided
cases-import-point-missing = No coordinates
cases-import-point-outside = The point lies outside ({ $value })
cases-import-point-repeated = Very many rows share this point ({ $value })
cases-import-own-case = Case “{ $value }” was reported here and stands differently now; it is worked on in its page, not by a file
cases-import-own-unknown = There is no case “{ $value }” here
cases-import-place-missing = No place, and no default place was given
cases-import-place-unknown = There is no place "{ $value }"
cases-import-reporter-not-kept = The reporter's column holds no phone number and was not kept
cases-import-key-twice = The key "{ $value }" comes twice in this file with different content
cases-import-worked-on-here = It has been worked on here; the source's status "{ $value }" is only noted
cases-import-decided-here = It was decided otherwise here; what the source says ("{ $value }") is only noted

# ---- Steps ----
cases-way-check = Check before filing
cases-way-file = File it
cases-way-check-result = Check the result
cases-way-ask-reporter = Ask the resident
cases-way-rework = Not good enough: work again
cases-way-close = Close after the check
cases-way-return = Return it
cases-way-reopen = Open again
cases-way-extend = More time
cases-way-suspend = Put on hold
cases-way-resume = Go on
cases-way-merge = Same as another case
cases-answer = Report the result
cases-extend-clock = How much more time
cases-extend-hint = Counted from the time that was promised.
cases-suspend-hint = Everybody who sees the case sees the reason. The clock stands meanwhile.
cases-suspend-until = On hold until
cases-suspend-until-hint = It goes on by itself that day.
cases-resume-hint = The promised time moves by the time it was on hold.
cases-merge-other = Number of the other case
cases-merge-hint = For example 2026-000123. The reporter still follows it by the same link.
cases-rating = How satisfied are you
cases-rating-satisfied = Satisfied
cases-rating-fair = Fairly satisfied
cases-rating-dissatisfied = Not satisfied
cases-contacted = Has anybody got in touch with you?
cases-contacted-yes = Yes
cases-contacted-no = Nobody
cases-step-check-asked = A check before filing was asked for
cases-step-filed = Filed
cases-step-dispatched = Sent to { $who }
cases-step-answered = Result reported
cases-step-result-check-asked = A check of the result was asked for
cases-step-reporter-asked = The resident was asked
cases-step-reworked = Not good enough, to be done again
cases-step-closed = Checked and closed
cases-step-returned = Returned, to be given to somebody else
cases-step-extended = More time given
cases-step-suspended = Put on hold
cases-step-suspended-until = Put on hold until { $at }
cases-step-resumed = Going on
cases-step-personal-erased = The phone and the words of the reporter were erased on request
cases-step-merged-private = Goes on as another case, which is not public
cases-step-joined-private = Goes on as another case, which is not public
cases-step-absorbed-private = A case that is not public was joined to this one
cases-step-merged = Goes on as { $number }
cases-step-joined = Goes on as { $number }
cases-step-absorbed = { $number } was joined to this case
cases-step-lapsed = Nobody answered in the stated time; taken as done
cases-step-left-waiting = Answered, and nobody has looked at it; told to: { $role }
cases-step-escalated = Not done in time; told to: { $role }
cases-why-extended = more time was given
cases-why-resumed = the time on hold does not count
cases-goes-on-as = This goes on as { $number }; below is how that stands.
cases-field-not-later = Please choose a longer time: by this one the promise would be over already
cases-field-not-within-a-year = Please give a date within a year
cases-field-no-such-case = There is no case with this number
cases-field-not-another-open-case = Please name another case that is still open
cases-join = The same here
cases-join-none = None of these, something else
cases-join-words = The same as { $number }.
cases-join-unknown = There is nothing here with the number { $number } that you could join. Choose from those below, or “None of these”.
cases-join-ended = { $number } has ended and cannot be joined any more. If it is still so, choose “None of these” and report it.

# ---- The telephone ----
cases-nav-calls = Calls
cases-calls-title = Duty telephone
cases-calls-danger = Somebody is hurt, it burns, or a crime is happening: have the caller ring 110, 119 or 120 at once, or ring for them, and write it down afterwards.
cases-script-title = What to ask when life is in danger
cases-script-call = First: “Please ring 110, 119 or 120 now; if you cannot, I shall ring for you.”
cases-script-where = “Which estate, which building, entrance and floor? How does one get in?”
cases-script-who = “How many are you? Is anybody hurt or trapped? Is there still fire, can you still smell it?”
cases-script-away = “Get away from the danger, do not use the lift or any switch, and stay on the line.”
cases-script-note = Write while you listen; such a case stands on top of the desk at once, with the shortest promise.
cases-calls-phone = Number of the caller
cases-calls-phone-hint = Shows what was reported from this number before. Who looked, and when, is kept.
cases-calls-earlier-none = Nothing was reported from this number before. Listen, and press “New case” to write it down.
cases-calls-look = Earlier cases
cases-calls-new = New case
cases-calls-elsewhere = This number is also known in { $districts }. What was reported there is not shown here; ask the duty desk of that district.
cases-calls-earlier = { $n ->
    [one] One case from this number
   *[other] { $n } cases from this number
}
cases-calls-back = { $n ->
    [one] One person to call back
   *[other] { $n } people to call back
}
cases-calls-back-none = Nobody to call back.
cases-calls-back-hint = Ask three things: Did somebody contact you? Is it fixed? Are you satisfied? Write the answer on the case, under “Answer for the reporter”.
cases-rates-title = The three rates, last 30 days
cases-rates-contacted = Contacted (as the reporter says)
cases-rates-contacted-how = Said that somebody had got in touch ÷ those who were asked when called back
cases-rates-response = Taken in time
cases-rates-response-how = taken first within the time promised then ÷ taken, or promised time over
cases-rates-resolution = Resolution
cases-rates-resolution-how = confirmed by the reporter ÷ all that reporters judged, those not fixed included
cases-rates-satisfaction = Satisfaction
cases-rates-satisfaction-how = satisfied and fairly satisfied ÷ all who said so
cases-rates-value = { $percent }% ({ $of } of { $all })
cases-rates-none = nothing to count yet
cases-rates-checked = { $n ->
    [one] One more was closed after a check by a desk, without a word of the reporter; it does not count for resolution.
   *[other] { $n } more were closed after a check by a desk, without a word of the reporter; they do not count for resolution.
}
cases-rates-lapsed = { $n ->
    [one] One more was closed because nobody answered in time; it is in no rate.
   *[other] { $n } more were closed because nobody answered in time; they are in no rate.
}

cases-elsewhere-hint = Nothing of what you wrote was kept.
cases-elsewhere-insist = I report something else; please take it

cases-nav-classes = Classes and codes
cases-unverified = rule not verified
cases-class-report = Class of report
cases-class-message = 12345 class
cases-class-matter = City management matter
cases-class-none = nothing corresponds
cases-class-not-mapped = no class of report corresponds
cases-class-by-class = by the class of report
cases-class-by-message = by the 12345 class
cases-class-several = by the class of report, { $n } in all, none chosen
cases-class-closed = closed since { $on }
cases-class-old = code of 2013: { $code }
cases-class-old-pattern = code of 2013: { $code } (inferred from the pattern of the codes)
cases-class-correct = Correct the class
cases-class-title = Correct the class
cases-class-reason = Why it is corrected
cases-class-reason-hint = The reporter is told.
cases-class-clock-hint = Where the new class has another deadline, the promise is computed anew from where its clock began, and the timeline says so; one that was extended stays.
cases-class-owner-hint = Where the new class names another post, the case is sent there and has to be taken anew.
cases-class-keep = { $who } goes on with it, nobody else
cases-class-send = Correct
cases-look-title = 12345 class, city management matter
cases-look-label = Look up
cases-look-hint = Write some of its characters, words apart by blanks; or the code of a matter, also the four digits of 2013.
cases-look-hint-form = Write some of its characters or the code of a matter and press “Look up”. What you filled in stays; choose photos last.
cases-look-do = Look up
cases-look-none = None
cases-look-by-class = As the class of report says
cases-look-no-list = No 12345 list has been brought in here yet.
cases-look-more = More than { $n } were found; write more of it.
cases-look-nothing = Nothing was found.
cases-field-not-in-the-list = The list that counts here does not have it, or it is closed
cases-field-ended = The case has ended
cases-field-nothing-new = This is what it is classed as already
cases-step-class-corrected = Class corrected
cases-why-class = computed anew after the class was corrected
cases-classes-title = Classes and codes
cases-classes-lead = The three classifications that count at the chosen place, each with its source, version, conditions, owners, deadline and basis.
cases-classes-report = Classes of reports
cases-classes-message = 12345 classes
cases-classes-matter = City management matters
cases-classes-component = City management components
cases-classes-source = Source
cases-classes-version = Version
cases-classes-since = Valid from
cases-classes-file = { $file } (since { $since })
cases-classes-closed = Closed
cases-classes-count = { $n ->
    [one] { $n } entry
   *[other] { $n } entries
}
cases-classes-name = Class
cases-classes-clock = Deadline
cases-classes-links = Corresponds to
cases-classes-basis = Basis
cases-classes-conditions = Taken up when: { $text }
cases-classes-owners = Asked in this order: { $roles }
cases-classes-clock-by = Deadline by: { $source }
cases-classes-which-clock = The deadline of the 12345 class counts where one is written; else that of the class of report it is mapped to. The national standard of matters has no deadlines. Conditions, owners, ways of handling and basis go the same way.
cases-classes-clock-inherited = { $clock } (of the class of report)
cases-classes-clock-unmapped = that of the class of report that the words suggest
cases-classes-clock-none = not in the standard
cases-classes-to-report = Class of report: { $name }
cases-classes-to-matter = Matter: { $name }
cases-classes-no-matter = no matter corresponds
cases-classes-local = added locally
cases-classes-became = { $list }: code { $old } of 2013 is now { $to }
cases-classes-became-pattern = { $list }: code { $old } of 2013 is now { $to } (inferred from the pattern of the codes, not verified)
cases-classes-became-nothing = { $list }: nothing known corresponds to code { $old } of 2013 { $to }
cases-import-class-ambiguous = several 12345 classes are called “{ $value }”; write all its levels
cases-import-class-unmapped = “{ $value }” corresponds to no class of report; judged by the words
cases-import-message-class-unknown = the 12345 list that counts here has no “{ $value }”
cases-import-matter-unknown = there is no matter “{ $value }”
cases-import-clock-unknown = there is no clock “{ $value }”
cases-import-profile-unknown = there is no way of handling “{ $value }”
cases-import-class-not-here = there is no class of report “{ $value }”
cases-import-owner-unknown = there is no role “{ $value }”
cases-import-level-missing = the level above “{ $value }” is missing
cases-import-path-twice = “{ $value }” is in the file twice with different contents
cases-import-list-full = a list has at most 20,000 entries

cases-field-take-over-first = What the last shift handed over has not been taken over; please take it over first
cases-field-own-handover = Nobody takes over from himself
cases-duty-title = Handover
cases-duty-details = What was handed over
cases-duty-next = Whoever comes next
cases-duty-note-ask = Ask whoever handed over for the note.
cases-duty-from-to = { $from } handed over to { $to }, { $at }, for the shift until { $until }
cases-duty-taken-by = { $who } took over, { $at }
cases-duty-count = { $why }: { $n }
cases-duty-take = Take over
cases-duty-hand-over = Hand over
cases-duty-handed = What was handed over ({ $n })
cases-duty-hours = How long the next shift is
cases-duty-hours-hint = From now on. After choosing another length press “List again”; notes that are written stay.
cases-duty-hours-n = { $n } hours
cases-duty-look = List again
cases-duty-to = To whom
cases-duty-matters = What concerns the next shift ({ $n })
cases-duty-matters-hint = Listed by themselves: danger to life, what runs out in the next shift, what is on hold until a time in it, whom to call back. Of each kind the first 50.
cases-duty-note-of = Note to { $number }
cases-duty-note = What else is to be said
cases-duty-note-hint = No names or numbers of residents.
cases-duty-why-danger = Possible danger to life
cases-duty-why-runs-out = Runs out in the next shift
cases-duty-why-hold = Goes on in the next shift
cases-duty-why-call-back = To be called back
cases-wall-title = About to run out
cases-wall-at = As of { $at }
cases-wall-today = { $place } today
cases-wall-reported = Reported today
cases-wall-closed = Closed today
cases-wall-reopened = Reopened today
cases-wall-open = Open
cases-wall-overdue = Overdue
cases-wall-told = Told where else to go (asked { $all } times today)
cases-wall-dangers = Possible danger to life
cases-wall-no-dangers = None.
cases-wall-next = Runs out within 24 hours
cases-wall-nothing-next = Nothing runs out within 24 hours.
cases-wall-overdue-by = Overdue, by whose business it is now
cases-wall-no-overdue = Nothing is overdue.
cases-class-clock-counts = its deadline counts
# ---- Organisations ----
cases-nav-units = Unit links
cases-units-title = Links of organisations
cases-units-hint = Departments, utilities and contractors without an account work on their cases by a private link. It opens only the cases that the organisation has in your area, and every opening is kept.
cases-units-made = The link is made and is shown this once. Please hand it to the organisation:
cases-units-unit = Organisation
cases-units-choose = Please choose
cases-units-few = For a few kinds of cases only
cases-units-last = Not usually for such cases
cases-unit-had = { $name } ({ $n } of the like before)
cases-call-units-more = Other organisations
cases-units-none = There is no organisation that can be given a case. Ask the administrator to import departments, utilities or contractors.
cases-units-days = A new link opens for { $n } days.
cases-units-make = Make a link
cases-units-links = Links
cases-units-no-links = No link has been made yet.
cases-units-unused = Never opened
cases-units-used = { $n ->
    [one] Opened once, on { $at }
   *[other] Opened { $n } times, last { $at }
}
cases-units-opens = Open
cases-units-left = Stopped: its maker has left and nobody followed; make a new one
cases-units-over = Run out
cases-units-revoked = Closed
cases-units-revoke = Close
cases-units-openings = Openings
cases-units-when = When
cases-units-what = What was looked at
cases-units-list = The list
cases-entrust-title = Give it to an organisation
cases-entrust = Give it to this organisation
cases-call-title = Call organisations
cases-call-kind = How
cases-call-kind-whistle = Whistle: come to the place
cases-call-kind-assist = Help: do a part of it
cases-call-hint = Whoever has the case keeps it.
cases-call-units = Whom
cases-call-matter = What it is about, and what they should do
cases-call-answer-by = Answer by
cases-call-answer-by-hint = Left empty, the time of the rules counts.
cases-call = Call them
cases-call-line-whistle = { $unit } is called to the place, to answer by { $by }
cases-call-line-assist = { $unit } is asked to help, to report by { $by }
cases-call-open = No answer yet
cases-call-silent = Not answered in time
cases-call-comes = Comes { $at }
cases-call-done = Reported
cases-call-explained = Explained
cases-time-ask = The organisation asks for more time: { $term }. Give it under “More time”, or say why not.
cases-time-refuse = Give no more time
cases-unit-cases = { $n ->
    [one] One case to do
   *[other] { $n } cases to do
}
cases-unit-waiting = { $n ->
    [one] One done, waiting to be confirmed
   *[other] { $n } done, waiting to be confirmed
}
cases-unit-calls = You are called
cases-unit-none = Nothing for you now
cases-unit-none-hint = New cases, and calls to come, will stand here.
cases-unit-until = The link opens until { $at }.
cases-unit-keep = Please do not pass it on: whoever holds it can work on these cases.
cases-unit-take = Accept and begin
cases-unit-finish = Done
cases-unit-note = Say how far you are
cases-unit-note-words = How far are you
cases-unit-ask-time = Ask for more time
cases-unit-ask-hint = Those who gave you the case see it and decide.
cases-unit-asked = More time was asked for on { $at }; no answer yet
cases-unit-return = Not ours, give it back
cases-unit-return-hint = Please say why, and whose it is if you know. The reporter sees it too.
cases-call-comes-at = When do you come
cases-call-who-comes = Who comes, with what
cases-call-come = We come
cases-call-what-done = What you did
cases-call-report = Report
cases-call-cannot = We cannot
cases-call-why-not = Why
cases-call-explain = Explain
cases-step-called-whistle = { $unit } was called to the place, to answer by { $by }
cases-step-called-assist = { $unit } was asked to help, to report by { $by }
cases-step-call-answered-comes = Comes { $at }
cases-step-call-answered-done = Did its part
cases-step-call-answered-explained = Explained why not
cases-step-call-overdue = { $unit } did not answer by { $by }; told to: { $role }
cases-step-call-escalated = { $unit } still has not answered; told to: { $role }
cases-step-time-asked = More time asked for, until { $at }
cases-step-time-refused = No more time given
cases-field-not-a-unit = Please choose one of the organisations in the list
cases-field-called-already = This organisation was called already and has not answered yet
cases-field-asked-already = More time was asked for already and is not decided yet
error-cases-link-left = This link has stopped: whoever made it has left the post, and nobody has followed yet
    .next = Ask the subdistrict or community for a new one, made by the successor; nothing that you have is lost.
error-cases-link-over = This link was closed or has run out
    .next = Ask the subdistrict or community that gave it to you for a new one.
error-cases-ended = This case has ended
    .next = There is nothing more to do.

# ---- Receiver of the city's hotline ----
cases-ticket = Ticket of the city's hotline
cases-ticket-limit = Limit of the city
cases-ticket-city = City
cases-ticket-city-first = City (first)
cases-ticket-ours = Promise
cases-ticket-contacted = Caller contacted
cases-ticket-not-contacted = Not yet
cases-ticket-city-over = The city's limit has passed, our promise has not.
cases-ticket-ours-over = Our promise has passed, the city's limit has not.
cases-ticket-contact = Write down a contact
cases-ticket-contact-do = Write it down
cases-ticket-outcome = How it went
cases-contact-reached = The caller was reached
cases-contact-no-answer = The caller did not answer
cases-contact-refused = The caller did not want to talk
cases-ticket-contact-words = What was said
cases-ticket-contact-at = When
cases-ticket-contact-at-hint = Left empty: now.
cases-ticket-ask = Ask the city for more time
cases-ticket-until = Until
cases-ticket-ask-hint = The city reads it. If it agrees, it sends the ticket with the new limit.
cases-ticket-return = Return it to the city's hotline
cases-step-ticket-received = Ticket { $ticket } of the city's hotline, its limit { $at }
cases-step-ticket-changed = The city changed ticket { $ticket }, its limit { $at }
cases-step-ticket-changed-category = The city changed ticket { $ticket }, its category: { $what }
cases-category-none = no category
cases-step-ticket-changed-place = The city changed ticket { $ticket }: another place, and the case goes there
cases-step-city-time-asked = The city was asked for time until { $at }
cases-field-in-the-future = This time has not come yet; write when it happened
cases-field-before-receipt = The limit must be later than the receipt
cases-field-not-since-receipt = Please give a time after the receipt and not in the future
cases-field-name-taken = An open key has this name
cases-field-of-another-place = The ticket belongs to another place than this key
cases-field-unknown = There is no such field
cases-field-not-a-text = Please send a text
cases-field-not-an-instant = Please give an instant with its offset, for example 2026-11-24T08:00:00+08:00
cases-import-ticket-again = The ticket “{ $value }” has a row above in this file; each is taken in its turn
cases-import-received-in-the-future = The time of receipt has not come yet
cases-import-before-receipt = The limit is not later than the receipt
cases-import-not-a-phone = The phone number is none
cases-import-of-another-place = The ticket belongs to another place than these tickets may be of
cases-import-ticket-too-long = Title and content together are too long
cases-import-ticket-control-character = There are control characters
cases-import-ticket-field = Something is missing
cases-import-not-since-receipt = The time of sending back is not between the receipt and now

# ---- Discretion, answers by telephone, organisations of a district ----
cases-kept = This case speaks of somebody who works here. It is not shown to them, and not given to them.
cases-step-class-corrected-to = Class corrected: { $what }
cases-step-class-corrected-keeps = { $what }; whoever had it keeps it
cases-step-category-followed = The city changed the category; the case goes by it
cases-step-category-followed-to = The city changed the category; the case goes by it: { $what }
cases-field-not-mapped = This 12345 class is mapped to no class of reports; please name class as well
cases-call-told = { $unit }: answer by telephone
cases-call-told-hint = The organisation answered on the telephone, and you write it down. The timeline says who did.
cases-call-told-what = What they answered
cases-call-told-words = What they said
cases-call-told-do = Write the answer down
cases-units-district = You may make links for any district. Please choose one first.
cases-desk-keys = Keys: j and k down and up, Enter opens, f goes to the case
cases-note-told = These are the reporter's words (whoever works here and is named is kept from the case)
cases-step-kept = The reporter's words name somebody who works here; the case is kept from them
cases-step-kept-to = The reporter's words name somebody who works here; the case is kept from them and goes on with { $who }
cases-step-danger-heard = What was said later may mean danger to life; 110, 119 and 120 come first
cases-step-kept-lifted = No longer kept from somebody
cases-lift-title = Lift what is kept
cases-lift-person = For whom
cases-lift-hint = Only where the wrong person was meant. They can see the case afterwards; it is not given to them by itself.
cases-lift-reason-hint = Say why it was a mistake; it stays in the record. The reporter does not see it.
cases-lift = Lift it
cases-field-not-kept = The case is not kept from this person.
cases-classes-district = District
cases-classes-whole-city = Whole city

# Taking a call at the desk
cases-intake-title = New case
cases-call-notes = Call notes
cases-call-notes-hint = In the caller’s words, in which mood, when to call back. The reporter does not see it; staff who may call him do, with who wrote it and when.
cases-intake-place = Where
cases-intake-place-hint = The estate, then building and entrance if known: “锁金三村 3栋 2单元”
cases-intake-phone = Caller's number
cases-intake-phone-hint = Only if the caller agrees; used to reach and to call back
cases-intake-look = Look for the place
cases-intake-found = { $n ->
    [0] No such place
    [one] Choose the place (one)
   *[other] Choose the place ({ $n })
  }
cases-intake-none = There is no such estate or building within your reach. Check the name, or type the estate alone; for places elsewhere, ask the caller to ring 12345.
cases-intake-more = Only the first are listed; add the building or the entrance.
cases-intake-code = When the caller can read the code on the board:
cases-report-phone-caller = Caller's number
cases-report-phone-caller-hint = Only if the caller agrees; used to reach and to call back, and every look is on record
cases-link-desk = Back to the desk
cases-desk-dangers-more = { $n } more on the wall
cases-desk-dangers = { $n ->
    [one] May be danger to life: one case, before all else
   *[other] May be danger to life: { $n } cases, before all else
}
cases-report-see-photo = (see the photo)

# What the city fetches, as a table
cases-outbox-seq = No.
cases-outbox-ticket-no = Ticket
cases-outbox-step-no = Step no.
cases-outbox-step = Step
cases-outbox-at = When
cases-outbox-moment = Time it is about
cases-outbox-outcome = Outcome
cases-outbox-words = Words
cases-outbox-no-photo-because = Why there is no photo
cases-outbox-erased-at = Words erased
cases-outbox-step-accepted = Accepted
cases-outbox-step-contacted = Caller contacted
cases-outbox-step-answered = Answered
cases-outbox-step-time-asked = More time asked for
cases-outbox-step-merged = Merged
cases-outbox-step-returned = Returned
cases-outbox-step-closed = Closed
cases-outbox-outcome-reached = Reached
cases-outbox-outcome-no-answer = No answer
cases-outbox-outcome-refused = Did not want to talk
cases-outbox-outcome-satisfied = Satisfied
cases-outbox-outcome-fair = Fairly satisfied
cases-outbox-outcome-dissatisfied = Dissatisfied
cases-outbox-outcome-lapsed = No answer in time, taken as done
cases-outbox-outcome-elsewhere = Ended by another system

# Passed on to the police, with a note
cases-handed-do = Passed on to the police; write it down
cases-handed-note = Note (how, and to whom)
cases-handed-note-hint = It becomes no case: only time, place and this sentence are kept. Please write nothing that says who somebody is.
cases-duty-passed-on = { $n ->
    [one] One matter passed on to another office in the last three days
   *[other] { $n } matters passed on to another office in the last three days
}
cases-duty-passed-on-hint = They became no case; they are written down so that the next shift knows.
