# Open311 GeoReport v2

open311-contact = { $address }
open311-key-service = 密钥由本系统管理员发放（linli open311-key add）。
open311-service-common = 涉及公共部位。类别、地点、进度和承诺时间向所有人公开，文字和照片不公开。
open311-service-private = 只有经办人员能看到，不在公开列表中。
open311-group-common = 公共部位
open311-group-private = 不公开
open311-line-address = 所填地点：{ $words }
open311-line-attribute = { $name }：{ $words }
open311-notice-call = 如有人身危险，请先拨打 { $numbers }。
open311-notice-due = 承诺{ $when }前办结

# 拒绝时说明下一步怎么办
open311-error-ours = 系统出了问题，请稍后再试；如一直如此，请告知管理员。
open311-error-nowhere = 这个地址没有内容。各方法以 .xml 或 .json 结尾，见 discovery.xml。
open311-error-nothing-served = 这里还没有服务的区县。
open311-error-jurisdiction = 这里没有 jurisdiction_id { $id }。
open311-error-jurisdiction-missing = 这里服务多个区县，请带上 jurisdiction_id，可选：{ $ids }。
open311-error-key-missing = 缺少 api_key。密钥由管理员发放。
open311-error-key = 这个 api_key 不存在或已作废。
open311-error-key-elsewhere = 这个 api_key 属于别的区县。
open311-error-service-missing = 缺少 service_code，代码见 services.xml。
open311-error-service = 没有 service_code { $code }，代码见 services.xml。
open311-error-no-definition = { $code } 不要求其他内容（metadata 为 false），所以没有定义。
open311-error-token-missing = 缺少 token。
open311-error-token = 没有 token { $token }。每次上报都立即得到 service_request_id。
open311-error-request-missing = 缺少 service_request_id。
open311-error-request = 没有公开的诉求 { $id }。
open311-error-location-missing = 请说明地点：lat 和 long，或 address_string，或 address_id。
open311-error-location-half = lat 和 long 要一起填，现在缺一个。
open311-error-location-two = 只填一个地点：address_id 本身就是地点，不能再带 lat、long 或 address_string。
open311-error-location-point = lat 和 long 应是 WGS-84 的度数，例如 lat=32.06、long=118.79。
open311-error-location-unknown = address_id { $id } 不是这里公告牌的编号，也不是地点的编码。
open311-error-elsewhere = { $name }：{ $to }如果是另外的事，请带上 insist=1。
open311-error-status = { $status } 不是状态，只有 open 和 closed。
open311-error-date = { $field } { $value } 不是带时区的时间，例如 2026-01-31T08:00:00+08:00。
open311-error-span = 一次最多查 { $days } 天，其余请再查一次。
open311-error-span-backwards = end_date 早于 start_date。
open311-error-too-many = 一次最多 { $most } 个编号。
open311-error-page = { $field } 应是从 1 开始的整数。
open311-error-page-far = 翻页最多到 { $most } 条，请缩小 start_date 和 end_date 的范围。
open311-error-attribute-missing = 这项服务必须填 attribute[{ $code }]，见它的定义。
open311-error-attribute = attribute[{ $code }] 与这项服务的定义不符。
open311-error-photos = 最多 { $most } 张照片。
