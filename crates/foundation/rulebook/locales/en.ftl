# Rule packs

rulebook-unverified = Rule not verified
rulebook-unverified-hint = This rule has not been checked against its source; take the result as a guide only
rulebook-citation = Source: { $title } { $article }
rulebook-version = Rule version { $version }

error-rulebook-pack-invalid = A rule file is wrong; correct the file, line and field named. The rules in use stay as they were
error-rulebook-overlap = Two rules count at the same place at the same time or bear the same version; change one. The rules in use stay as they were
error-rulebook-none-in-force = No rule is in force here at this time; ask the administrator to add one
error-rulebook-unknown = A rule is missing from the system; tell the administrator
