# 救治方案
error-treatment-no-plan = 方案算不出来
    .next = 台账里有不可能的数字，请核对床位台账。
