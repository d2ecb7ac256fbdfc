# Meetings, proposals, calendars

council-nav = Meetings
council-nav-proposals = Proposals
council-nav-months = Monthly meetings
council-title = Meetings
council-source = By: { $title } ({ $version })
council-source-unverified = By: { $title } ({ $version }, rule not verified)
council-board-next = Meeting called

# Kinds and states
council-kind = Kind of meeting
council-kind-joint = Joint meeting
council-kind-single = Single-matter meeting
council-kind-hearing = Democratic hearing
council-kind-residents = Residents' meeting
council-kind-hint-joint = Monthly, led by the community's party organisation, with property company and owners' committee
council-kind-hint-single = Between two joint meetings, on one matter
council-kind-hint-hearing = A party group with community and project team hears residents
council-kind-hint-residents = The residents themselves, with a count of heads where needed
council-state-draft = Being prepared
council-state-called = Called
council-state-held = Minutes being written
council-state-approved = Minutes approved
council-state-published = Result published
council-state-cancelled = Cancelled
council-weekday-1 = Mon
council-weekday-2 = Tue
council-weekday-3 = Wed
council-weekday-4 = Thu
council-weekday-5 = Fri
council-weekday-6 = Sat
council-weekday-7 = Sun
council-hours = { $weekday } { $date }, { $from }–{ $to }

# Desk
council-working = To do
council-working-none = No meeting waits for you
council-coming = Called
council-coming-none = The next meeting has not been called
council-past = Done
council-next-call = Not called yet
council-next-hold = Say who came when it is over
council-next-minutes = Write the minutes; the result is due by { $by }
council-next-approve = Approve the minutes; the result is due by { $by }
council-next-publish = Publish the result by { $by }

# New meeting
council-new = Call a meeting
council-new-lead = Say when and where; then comes the agenda, then the notice.
council-new-do = Next: the agenda
council-new-title-usual = Joint meeting of month { $n }
council-field-title = Name of the meeting
council-field-title-hint = Stands on the notice
council-field-place = Whose meeting
council-field-place-hint = The notice appears on every board within it
council-field-day = Which day
council-field-day-hint = Filled in with the first day that a notice of today allows
council-field-from = From
council-field-until = Until
council-field-venue = Where
council-field-convener = Called by

# Meeting
council-public-page = Public page and print
council-ics = Add to calendar
council-short-because = Shorter notice than the rule, because: { $because }
council-cancelled-because = Cancelled because: { $because }
council-absent = Expected and not there: { $who }
council-publish-late = The result was due by { $by } and is late
council-promises = Promised before and not done
council-promises-hint = What earlier meetings undertook stands here until it is done
council-agenda = Agenda
council-agenda-none = Nothing on the agenda yet
council-carried-times = { $n ->
    [one] carried over once
   *[other] carried over { $n } times
}
council-carried-on = goes on at the next meeting
council-from-case = from a case
council-from-proposal = from a resident's proposal
council-from-own = raised by the meeting
council-item-remove = Take off
council-fill = Add to the agenda
council-fill-proposals = Proposals (most seconded first)
council-fill-cases = Open cases (overdue first)
council-fill-cases-hint = The agenda names class and number, never the reporter's words
council-fill-own = Write one yourself
council-fill-do = Put on the agenda
council-item-title = Matter
council-item-title-hint = One line; it is public
council-item-matter = More of it
council-item-place = Where it is about
council-electorate = Who decides
council-electorate-council = Those who sit there
council-electorate-residents = The residents' meeting votes
council-electorate-owners = The owners vote
council-electorate-hint = Matters of Civil Code art. 278 are for the owners' vote, no meeting replaces it; a residents' meeting counts heads. They never mix.
council-case-title = { $class } ({ $number })
council-case-line = { $title } · due { $due }
council-proposal-line = { $n ->
    [one] 1 home seconds it
   *[other] { $n } homes second it
} · { $number }
council-proposal-row = { $place } · { $n ->
    [one] 1 home seconds it
   *[other] { $n } homes second it
} · { $number }

# Seats
council-seats = Who sits there
council-seats-none = Nobody is invited yet
council-party = For whom
council-party-community = Community
council-party-property = Property company
council-party-owners_committee = Owners' committee
council-party-residents = Residents
council-party-party_group = Party group
council-party-project_team = Project team
council-party-guest = Others
council-presence = Attendance
council-presence-invited = Invited
council-presence-present = There
council-presence-excused = Excused
council-presence-absent = Absent
council-people = { $n ->
    [one] 1 person
   *[other] { $n } people
}
council-heads = People
council-invite = Invite more
council-invite-do = Invite
council-person = Staff
council-person-hint = They see it in their list and calendar
council-person-none = Not one of the staff
council-seat-title = As what
council-seat-title-hint = Such as: chair of the owners' committee. Public, so no name
council-seat-name = Name
council-seat-name-hint = Kept sealed; only who writes the minutes sees it
council-seat-remove = Remove
council-hold = Note who came and begin the minutes
council-hold-hint = Only once the meeting has begun
council-confirmed-version = Confirmed version { $n } of the minutes

# Notice
council-call = Send the notice
council-call-earliest = With a notice of now it may be held from { $at } on
council-call-do = Send the notice
council-notice-title = Title of the notice
council-notice-body = Text of the notice
council-notice-body-hint = Written from the agenda above; you may change it
council-short = Why the notice is shorter than the rule
council-short-hint = Stands in the public result
council-change = Put off or cancel
council-change-when = Change time or place
council-change-do = Change and tell everybody again
council-cancel = Cancel the meeting
council-cancel-because = Reason
council-cancel-hint = Boards and calendars say so, and its matters go on to the next meeting
council-cancel-do = Cancel the meeting

# Minutes
council-say = Note an opinion
council-say-do = Note it
council-stance = Opinion
council-stance-for = For
council-stance-against = Against
council-stance-advice = Advice
council-reason = Short reason
council-answered = How it was answered
council-answered-accepted = Accepted
council-answered-partly = Partly accepted
council-answered-explained = Explained
council-answered-mediated = To be settled afterwards
council-answered-later = Left for later
council-answer = The answer
council-answer-do = Answer
council-how-answered = Answer:
council-count = Note a vote of the residents' meeting
council-count-do = Note the vote
council-represented = Who votes
council-represented-adults = Residents of 18 and over
council-represented-households = One for each household
council-represented-groups = Representatives of the residents' groups
council-eligible = How many there are
council-present = How many came
council-yes = For
council-no = Against
council-abstained = Abstained
council-ruling-passed = passed
council-ruling-failed = not passed
council-ruling-no_quorum = too few came to vote
council-decide = Decide
council-decide-do = Decide
council-outcome = Outcome
council-outcome-open = Not discussed
council-outcome-agreed = Agreed
council-outcome-rejected = Rejected
council-outcome-deferred = Next time
council-outcome-to_owners = To the owners' vote
council-outcome-to_residents = To the residents' meeting
council-outcome-withdrawn = Withdrawn
council-decision = The decision
council-undertake = Who does what by when
council-undertake-hint = It becomes an ordinary case, and is chased like one
council-undertake-nobody = Nobody at this place can take it on
council-undertake-do = Undertake
council-what = What
council-owner = Who
council-due = By which day
council-action-line = { $who }, by { $by } · { $number }
council-action-moved = { $who }, agreed by { $agreed }, now by { $by } · { $number }
council-action-open = Under way
council-action-late = Overdue
council-action-waits = Waits for confirmation
council-action-done = Done
council-action-gone = Not found
council-minutes = Minutes
council-minutes-body = Minutes
council-minutes-hint = Written from opinions, decisions and tasks; add what is missing
council-minutes-reason = Why it is changed
council-minutes-do = Save as a new version
council-minutes-line = Version { $n } · { $at } { $reason }
council-minutes-approved = Version { $n } · { $at } · approved { $reason }
council-confirm = Confirm this version
council-signed = Signed on paper
council-approve = Approve the minutes
council-correct = Correct the minutes
council-publish = Publish the result
council-publish-hint = Date, convener, matters, opinions, how each conflict was answered, decisions, who does what by when: all of it, nothing is left out
council-publish-do = Publish on the boards
council-hung = Where the papers hang
council-hung-none = No photo yet
council-hung-line = { $paper } · { $at }
council-hung-public = { $place } · { $paper } · { $at }
council-hang = Note where a paper hangs
council-hang-place = Where
council-hang-photo = Photo
council-hang-photo-hint = The paper where it hangs, and no people
council-hang-do = Note it
council-paper = Which paper
council-paper-notice = Notice of the meeting
council-paper-result = Public result

# Public page
council-when = When
council-where = Where
council-convener = Called by
council-attended = There
council-not-there = Expected and not there
council-result = Result
council-goes-on = Goes on at the next meeting
council-scan = Scan to see this meeting
council-printed = Printed { $at }

# Words of notices and results
council-say-and = {", "}
council-say-notice = { $kind }: { $title }
council-say-changed = { $kind } changed: { $title }
council-say-cancelled = { $kind } cancelled: { $title }
council-say-result = Result of { $kind }: { $title }
council-say-minutes = Minutes of { $kind }: { $title }
council-say-when = When: { $when }
council-say-where = Where: { $venue }
council-say-convener = Called by: { $convener }
council-say-sides = With: { $sides }
council-say-agenda = Agenda:
council-say-item = { $no }. { $title }
council-say-item-carried = { $no }. { $title } (carried over, { $carried })
council-say-promises = And { $n ->
    [one] one thing that was
   *[other] { $n } things that were
} promised before and not done yet.
council-say-propose = To propose something, scan the code on the board or tell your steward.
council-say-cancelled-body = The meeting of { $when } is cancelled. Reason: { $because } Its matters go on to the next one.
council-say-attended = There: { $who }
council-say-absent = Expected and not there: { $who }
council-say-came = { $party } { $heads }
council-say-short = Shorter notice than the rule, because: { $because }
council-say-opinion = { $party }, { $stance }: { $reason }
council-say-answer = Answer ({ $how }): { $answer }
council-say-against = { $n ->
    [one] One opinion
   *[other] { $n } opinions
} against; words and answers are on the public page
council-say-tally = Vote of the residents' meeting ({ $represented }): of { $eligible }, { $present } came, { $yes } for, { $no } against, { $abstained } abstained: { $ruling }
council-say-decision = Outcome: { $outcome } { $decision }
council-say-action = Task: { $what }; by { $who }; until { $by }; no. { $number }
council-say-carried = Goes on at the next meeting.
council-say-more = This is long: opinions and answers in full are on the public page.

# Monthly meetings
council-months = Monthly joint meetings
council-months-none = There is no community here yet
council-month-community = Community
council-month-lead = { $n ->
    [0] { $all } communities, none missed its month
   *[other] { $all } communities, { $n } of them missed a month or never met
}
council-month-count = { $n ->
    [0] none missed
    [one] 1 month missed
   *[other] { $n } months missed
}
council-month-never = never met
council-month-held = Held
council-month-missed = Missed
council-month-called = Called
council-month-waiting = Not yet
council-month-before = –

# Calendars
council-feed = Subscribe to my meetings
council-feed-lead = Add this address to the calendar of your phone or computer: meetings you are invited to appear by themselves and follow every change. The address is for you alone.
council-feed-since = Your address was made { $at }. If you lost it, make a new one; the old one ends.
council-feed-once = It is shown this once:
council-feed-make = Make my address
council-feed-renew = Make a new one
council-cal-name = Meetings: { $name }
council-cal-summary = { $kind } ({ $place }): { $title }
council-cal-cancelled = Cancelled: { $because }

# Proposals
council-proposals = Proposals
council-proposals-none = No proposals yet
council-proposals-none-hint = Residents scan the code on the board or tell a steward; then it appears here
council-proposal-waiting = To be looked at
council-proposal-open = Open to seconds
council-proposal-listed = On an agenda
council-proposal-settled = Settled
council-proposal-declined = Declined
council-shown-waiting = To be looked at
council-shown-shown = Shown
council-shown-hidden = Not shown
council-comments-wait = { $n ->
    [one] 1 comment to look at
   *[other] { $n } comments to look at
}
council-told = Write down a proposal for somebody
council-told-place = Where
council-told-do = Write it down
council-way = How you were told
council-way-doorstep = At the door
council-way-phone = By telephone
council-way-paper = On paper
council-look = Look before it is shown
council-look-hint = Take out names, flats and telephones of others; leave the meaning
council-show = Show
council-hide = Do not show
council-decline = Decline
council-decline-reason = Reason
council-decline-hint = Whoever proposed it reads it under its number
council-decline-do = Decline with this reason
council-contact = See the telephone
council-contact-written = That you looked is written down
council-comments = What people say
council-comments-none = No comments yet
council-comment = Your words
council-comment-hint = No names, flats or telephones. It is looked at, then shown
council-comment-told = Write down a comment for somebody
council-comment-do = Send
council-second = Second it
council-second-told = Write down that a home seconds it
council-second-do = Write it down
council-second-own = My home seconds it
council-second-how = One home, once: claim your home with the code on paper and second it here, or tell your steward.
council-second-claim = Claim my home
council-home = Which home
council-home-hint = Such as: 锁金三村 3栋 2单元 501
council-said = Received, thank you
council-declined = This proposal comes on no agenda. Reason: { $reason }

# Board
council-board-title = Meetings and proposals: { $place }
council-board-back = Meetings and proposals
council-board-meetings = Meetings
council-board-meetings-none = No meetings soon
council-board-calendar = Address for your calendar:
council-board-proposals = What neighbours propose
council-board-proposals-none = Nothing yet; yours may be the first
council-propose = Propose something
council-propose-lead = Anything that is everybody's. It is looked at, then shown; with enough homes behind it, it goes to the meeting. Report what is broken on the board; in danger ring 110, 119 or 120.
council-propose-title = What do you propose
council-propose-title-hint = One line
council-propose-body = Why
council-propose-body-hint = No names, flats or telephones
council-propose-phone = Telephone
council-propose-phone-hint = Kept sealed, only to ask you back
council-propose-do = Send the proposal
council-propose-done = Received, number { $number }. It is shown here once somebody has looked at it.

# What is wrong
council-field-required = Please fill this in
council-field-choice = Please choose from the list
council-field-too-long = At most { $max } characters
council-field-control = Has characters that cannot be shown
council-field-time = A day and a time, such as 2026-11-28 and 19:00
council-field-early = Too early: choose a later time
council-field-late = Too late
council-field-number = A whole number, please
council-field-home = There is no such home here; write estate, building, entrance and room
council-field-claim = Claim your home first, or tell your steward
council-field-no-agenda = Nothing is on the agenda, so there is nothing to tell
council-field-twice = It is on the list already; a single-matter meeting has one matter
council-field-too-soon = The notice is too short: it may be held from { $at } on
council-field-too-soon-reason = The notice is too short: it may be held from { $at } on; if it cannot wait, say why
council-field-missing-community = The community is not there, so it cannot be held
council-field-missing-property = The property company is not there, so it cannot be held
council-field-missing-owners_committee = The owners' committee is not there, so it cannot be held
council-field-missing-residents = No residents are there, so it cannot be held
council-field-missing-party_group = The party group is not there, so it cannot be held
council-field-missing-project_team = The project team is not there, so it cannot be held
council-field-missing-guest = The others are not there, so it cannot be held
council-field-unanswered = { $n ->
    [one] One opinion against has no answer
   *[other] { $n } opinions against have no answer
}
council-field-no-minutes = Something was noted since: save the minutes as a new version first
council-field-unconfirmed-community = The community has not confirmed this version
council-field-unconfirmed-property = The property company has not confirmed this version
council-field-unconfirmed-owners_committee = The owners' committee has not confirmed this version
council-field-unconfirmed-residents = The residents have not confirmed this version
council-field-unconfirmed-party_group = The party group has not confirmed this version
council-field-unconfirmed-project_team = The project team has not confirmed this version
council-field-unconfirmed-guest = The others have not confirmed this version
council-field-for-owners = The owners decide this (Civil Code art. 278): choose “To the owners' vote”; neither this meeting nor the residents' meeting replaces it
council-field-for-residents = The residents' meeting decides this: note its vote first; the outcome follows the heads
council-field-sums = The numbers do not add up: for, against and abstained make up those who came, and no more came than there are

error-council-not-found = Not found
    .next = Open it from the list of meetings
error-council-no-step = That cannot be done now
    .next = Load the page again and see how far the meeting is
error-council-changed = Somebody changed it a moment ago
    .next = Load the page again and try once more
error-council-carried = This matter has gone on to the next meeting
    .next = Go on there

record-kind-council-result = Result of a meeting
