# The plan
error-treatment-no-plan = The plan cannot be made
    .next = The ledger holds numbers that cannot be; please check it.
