# The public log. $path a file, $detail what is wrong, $size, $old, $new, $before, $now numbers of entries.

error-publiclog-outside = The log has { $size } entries; there is no entry { $index } (counted from 0)
error-publiclog-sizes = A log of { $old } entries cannot have grown to { $new }
error-publiclog-proof = The proof does not lead to the root hash: what it is about, the proof or the checkpoint was altered
error-publiclog-tile-missing = The file of hashes “{ $path }” is missing or incomplete
error-publiclog-key = Not a key: { $detail }
error-publiclog-note = Not a signed text: { $detail }
error-publiclog-signature = The signature of “{ $name }” is false
error-publiclog-stranger = Not signed by a known key; signed by: { $names }
error-publiclog-checkpoint = Not a checkpoint: { $detail }
error-publiclog-origin = This is a checkpoint of “{ $found }”, not of “{ $expected }”
error-publiclog-rolled-back = The log was rolled back or rewritten: its { $now } entries do not begin with the { $before } that were signed before
error-publiclog-path = The log has no file “{ $path }”
error-publiclog-file = “{ $path }”: { $detail }
error-publiclog-differs = “{ $path }” does not follow from the entries of the log
error-publiclog-too-long = The entry has { $bytes } bytes; at most 65535 are possible
error-publiclog-entry = Not an entry: { $detail }
error-publiclog-proof-line = Line { $line } of the proof: { $detail }
