# Texts that all pages share

app-name = Linli
skip-to-content = Skip to content
menu = Menu
nav-label = Main navigation
nav-rest = More
breadcrumb-label = You are here
elder-on = Large text
elder-off = Standard text
lang-other = 中文
sign-out = Sign out
sign-in = Sign in
acting-as = Acting as { $role }
demo-stamp = Demo data
demo-note = Estates, people and complaints on this page are invented
footer-hotline = 12345 public service hotline
footer-request-id = Reference { $id }
print = Print
back = Back
close = Close
optional = optional
call-name = Call { $name }
lost-connection = You are offline. What you typed is kept on this device; carry on when the connection is back.
lost-connection-live = Live updates have stopped; reconnecting
live-changed = This page has new content

errors-title = { $n ->
    [one] One thing needs correcting
   *[other] { $n } things need correcting
  }
    .hint = Select one to jump to it
field-photo-choose = Take or choose a photo
field-photo-shrinking = Making the photo smaller
field-photo-ready = Photo ready, { $size }
field-photo-failed = This photo cannot be read; please choose another

pager-next = Next page
pager-start = Back to the start
pager-older = Older
pager-newer = Newer
pager-first = Back to the newest
pager-label = Pages

queue-waiting = { $n ->
    [one] One entry not sent yet; it goes out when you are online
   *[other] { $n } entries not sent yet; they go out when you are online
  }
queue-sending = Sending
queue-sent = Everything has been sent
queue-failed = This one was not accepted: { $reason }
queue-stored = Kept on this device; it goes out when you are online
queue-retry = Try again
queue-drop = Delete
queue-undo = Undo
queue-signin = Please sign in again; sending carries on after that
queue-full = This device is out of space and could not keep it. Leave this page open and free some space
queue-list = Not sent yet

# Dates and times
when-now = just now ({ $at })
when-soon = in a moment ({ $at })
when-minutes-ago = { $n ->
    [one] 1 minute ago ({ $at })
   *[other] { $n } minutes ago ({ $at })
  }
when-in-minutes = { $n ->
    [one] in 1 minute ({ $at })
   *[other] in { $n } minutes ({ $at })
  }
when-today = today { $time } ({ $day })
when-tomorrow = tomorrow { $time } ({ $day })
when-day-after-tomorrow = in 2 days, { $time } ({ $day })
when-yesterday = yesterday { $time } ({ $day })
when-day-before-yesterday = 2 days ago, { $time } ({ $day })
when-days-ago = { $n } days ago ({ $at })
when-in-days = in { $n } days ({ $at })
duration-days = { $n ->
    [one] 1 day
   *[other] { $n } days
  }
duration-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
  }
duration-minutes = { $n ->
    [one] 1 minute
   *[other] { $n } minutes
  }
duration-under-a-minute = less than a minute
clock-left = { $span } left
clock-over = { $span } overdue

# States
state-act = Act now
state-soon = Due soon
state-well = All well
state-info = Note

# When something goes wrong
error-page-next = What you can do
error-switch-role = Switch role
error-home = Go to the start page
error-sign-in = Sign in
error-enter = Enter a claim code
error-retry = Try again
error-danger = In danger ring at once, without waiting for this page:
error-request-id = If you need help, tell us this reference
error-fields = What needs correcting

error-web-not-found = There is no such page
    .next = The address may be mistyped, or the page has moved. Check it, or go in by the start page.
    .program = There is no such address or record
    .program-next = Compare the address and the ids with the description of the interface.
error-web-method = This address cannot be used that way
    .next = Go back and try again from the page before.
    .program = This address does not take that method
    .program-next = The Allow header names those that it takes.
error-web-malformed = We could not read what was sent
    .next = Go back, check it and send again; what you typed is still there.
    .program-next = Compare the body with the description of the interface; nothing was saved.
error-web-idempotency-key = The Idempotency-Key is not one
    .next = Use 8 to 100 letters, digits, - or _, or leave the header out.
error-web-idempotency-short = The Idempotency-Key is too short
    .next = Without an account it needs 22 to 100 random characters, a UUID for example: others must not come upon the same.
web-body-unreadable = The body cannot be read. Technical: { $why }
web-body-content-type = Send the body as JSON, with Content-Type: application/json. Technical: { $why }
web-body-syntax = The body is not JSON: it cannot be read on from line { $line }, byte { $column }. Technical: { $why }
web-body-kind = Something in the body is of another kind than the interface says (line { $line }, byte { $column }). Technical: { $why }
web-body-missing = In the body { $name } is missing. Technical: { $why }
web-body-unknown = There is no field { $name } in this interface. Technical: { $why }
error-web-invalid = Something needs correcting
    .next = Correct what is listed and send again; what you typed is still there.
    .program-next = Correct what stands in errors and send again; nothing was saved.
error-web-too-large = That is too large
    .next = At most 25 MB at a time. Send fewer photos, or smaller ones.
    .program-next = Send it in several parts; the description of the interface names the limit.
error-web-media-type = This format is not supported
    .next = Go back and use the form on the page.
    .program-next = Set Content-Type as the description of the interface says.
error-web-cross-site = This came from another website and was stopped for your safety
    .next = Open this site directly and do it again.
error-web-too-many = That was too often
    .next = Wait { $secs } seconds and try again; nothing has been lost.
error-web-timeout = This took too long and was not finished
    .next = Nothing was saved. Please try again shortly.
error-web-unavailable = We cannot do this right now
    .next = Nothing was saved. Please try again in a little while.
error-web-internal = Something went wrong on our side
    .next = It has been recorded. Try again shortly; if it is urgent, call the property duty phone or 12345.
error-web-unauthenticated = Please sign in first
    .next = You will come back here afterwards.
    .program = No key (or session), or one that is not valid
    .program-next = Send the header Authorization: Bearer with the key that was given to your system; it may have been withdrawn.
error-web-other-owner = This was filled in by somebody else
    .next = It stays on this device. Whoever filled it in signs in again; then it is sent.
error-web-no-home = No home has been claimed on this device
    .next = Enter the code your steward handed you. Reading the board and reporting need no claim.
error-web-forbidden = You may not do this in your present role
    .next = If you need to, ask your administrator, or switch to another role.
    .program = This key may not do this
    .program-next = If it has to, ask the administrator for another key.
error-web-gone = This link has been used or has run out
    .next = Ask whoever gave it to you for a new one.
error-web-conflict = Somebody changed this before you did
    .next = Reload the page, see how it stands now, and try again.

error-web-photo-format = This is not a photo we can read
    .next = Send a JPG, PNG or WebP photo.
error-web-photo-too-large = The photo has too many pixels
    .next = At most 24 megapixels. Choose another one, or take it with your phone.
error-web-photo-broken = The photo file is damaged
    .next = Take it again, or choose another one.

# Field errors
field-required = Please fill in: { $label }
field-choose = Please choose: { $label }
field-line = { $label }: { $text }
field-too-long = At most { $max } characters; there are { $found }
field-too-short = At least { $min } characters
field-control-character = It has characters that cannot be shown; remove them and send again
field-not-a-number = Enter a whole number, such as 12
field-out-of-range = Enter a number from { $min } to { $max }
field-not-a-date = Enter a date, such as 2026-11-24
field-not-a-choice = Choose one of those listed
field-not-a-phone = Enter a mobile or landline number, such as 13800000000 or 025-12345678
field-too-many-files = At most { $max } photos
field-repeated = Can be given only once

offline-title = You are offline
offline-next = This page is not kept on this device. Go back; what you filled in goes out by itself when the connection returns.
