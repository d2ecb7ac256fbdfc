# Care
error-care-not-found = There is no such record, or you may not see it.
error-care-field-invalid = Something is not filled in right; see below.
