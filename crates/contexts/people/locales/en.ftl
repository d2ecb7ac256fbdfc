error-people-invalid = Something is not right: { $problem }
    .next = Correct it and send again.
error-people-unknown = No such person, organisation or appointment
    .next = Check the number.
