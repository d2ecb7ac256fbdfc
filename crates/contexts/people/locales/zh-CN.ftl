error-people-invalid = 有一项填得不对:{ $problem }
    .next = 请改正这一项再提交。
error-people-unknown = 没有找到这个人、单位或任职
    .next = 请检查编号是否正确。
