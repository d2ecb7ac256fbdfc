# The board
board-who-to-call = Who to call
board-no-phone = Call the duty phone below
board-vacant = Not appointed yet: { $roles }. Call a number below.
board-nobody = No stewards or grid worker are appointed here yet. Call a number below: it is always answered.
board-list-separator = ,{" "}
board-duty = Property service, 24 hours
board-duty-none = No property duty phone is registered here yet. Call 12345.
board-hotline = 12345 government service hotline
board-emergency = In danger: police 110, fire 119, ambulance 120
board-danger = In danger call
board-police = police 110
board-fire = fire 119
board-ambulance = ambulance 120
board-report = Report something here
board-pledge = Our pledge
board-working = Being worked on
board-working-none = Nothing shared is being worked on at the moment.
board-solved = Lately solved
board-promised = to be done by { $when }
board-overdue = was due { $at }, { $over }
board-no-promise = no date yet
board-solved-at = solved { $when }
board-number = No. { $number }
board-notices = Notices and results
board-notice-read = Read it all
board-notice-until = until { $date }
board-notice-signed = { $signed } · { $date }
board-kind-notice = Notice
board-kind-result = Meeting result
board-kind-planned_work = Planned work
board-kind-service = Service
board-print-a4 = Print A4
board-print-a3 = Print A3
board-code = Board code { $code }
board-updated = Updated { $at }
board-privacy = Nothing here is about residents
board-elsewhere = Not here? Enter another board code

board-find-title = Find the board at your door
board-find-lead = A board hangs at every entrance and at the gate of the estate. Its code stands under the QR code.
board-find-label = Board code
board-find-hint = 7 letters and digits, such as 7k2 m9px. Capitals do not matter.
board-find-submit = Open the board
board-find-unknown = No board has this code. Compare it with the board at the door: codes have no 0 or 1, and no i, l or o.
board-find-empty = Enter the board code

board-paper-title = Who to call
board-paper-scan = Scan to report, follow and read notices
board-paper-scan-hint = Nothing to install, no sign-in
board-paper-type = or type in a browser
board-paper-printed = printed { $date }
board-paper-as-of = as of { $date }
board-paper-more = { $n ->
    [one] one more: scan to read
   *[other] { $n } more: scan to read
  }
board-paper-duty = Property service, 24 hours
board-paper-vacant = not appointed yet
board-paper-through-duty = through the duty phone
board-paper-back = Back to the board
board-paper-other-a3 = As A3
board-paper-other-a4 = As A4

board-field-empty = Please fill this in
board-field-ends-before = It must end after it begins, and after now
error-board-unknown-code = No board has this code
    .next = Compare the code with the board at the door, or call 12345.
error-board-unknown-place = This place is no more
    .next = The estate or building may have been rearranged. Call 12345.
error-board-unknown-notice = This notice was not found
    .next = It may have been taken down.
error-board-already-withdrawn = This notice has been taken down already
    .next = There is nothing left to do.
error-board-field = Something needs correcting
    .next = Correct what is marked and send it again.
error-board-no-free-code = No board code can be made at the moment
    .next = Try again later; if it stays, tell the administrator.
