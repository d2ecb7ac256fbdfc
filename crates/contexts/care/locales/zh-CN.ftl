# 关爱
error-care-not-found = 没有这条记录，或您无权查看。
error-care-field-invalid = 有一项填写不对，请看红字。
