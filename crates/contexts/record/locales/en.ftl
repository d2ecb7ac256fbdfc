# The public log. $number the number of an entry (from 0), $n how many, $at a moment, $before, $now entries of checkpoints.

record-title = Public log
record-lead = Notices, decisions, commitments to ballots and published figures stand here one after the other; nothing is ever changed or taken out. Anyone can check it without trusting whoever runs this system.
record-none = There is no log yet. The program makes a key for every district when it starts.
record-all = All logs
record-entries = { $n ->
    [one] 1 entry
   *[other] { $n } entries
}
record-log-grows = { $size }, checkpoint signed { $at }
record-log-ended = { $size }, continued by another log since { $at }
record-origin = Name of the log
record-size = Holds
record-waiting = { $n ->
    [one] 1 waits for its number
   *[other] { $n } wait for their numbers
}
record-begun = Key made
record-key = Public key
record-key-hint = Compare this key with one you have from elsewhere, such as a notice on paper, before you rely on it.
record-checkpoint = Newest checkpoint
record-checkpoint-hint = Keep this text. If anybody changes the log later, it shows.
record-checkpoint-file = The checkpoint alone
record-compare = Compare a checkpoint you kept
record-compare-label = The checkpoint you kept
record-compare-hint = Paste all of it, with the signature lines that begin with “—”
record-compare-do = Compare
record-compare-right = Right: the { $now } entries there are now begin with the { $before } you kept. Nothing was changed or taken out.
record-verify = Check the whole log yourself
record-verify-lead = Run this on any computer. It fetches and checks every entry and every file. Other tools that know C2SP can read the log too.
record-latest = Newest entries
record-latest-none = No entries yet
record-number = No. { $number }
record-signed = Checkpoints signed lately

record-proof-title = Proof of entry
record-in-log = In the log, can be checked
record-waits = Waits for its number
record-waits-hint = It has been published and gets its number within seconds. Look again soon.
record-shown = The page it stands on
record-public = What is public
record-public-none = No public text
record-words = The words (not in the log: when they are erased, the proof still holds):
record-sealed = What does not enter the log stands there as a salted commitment:
record-salt = The salt. With it the words give the commitment above:
record-proof = Proof
record-proof-lead = The hash of this entry, joined with the following hashes one after the other, gives the root that the checkpoint signs.
record-entry-number = Number (from 0)
record-published = Published
record-up-to = Checked up to a checkpoint of
record-leaf = Hash of this entry
record-hashes = Hashes and checkpoint
record-proof-file = Proof file
record-entry-file = Entry as it is
record-log-page = Key and checkpoints of this log
record-back = Back to the proof
record-printed = Printed { $at }

record-standing = No. { $number } of the public log, can be checked
record-standing-waits = Published, waits for its number in the public log
record-scan = Scan to see the proof

record-kind-record-log-continued = A new log continues an old one

error-record-not-found = The log has no such thing
error-record-waiting = This entry still waits for its number
    .next = Try again in some seconds.
error-record-field-invalid = One field is not right
error-record-too-long = What is to be public is too long
error-record-key = The signing key of the log cannot be opened
    .next = The administrator should look at the key file of this installation.
error-record-witness = What is kept of the log outside the database cannot be read
    .next = The administrator should see whether the folder of this installation can be read and written.
