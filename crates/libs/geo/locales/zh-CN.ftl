# 坐标与边界。$feature 要素序号，$field 字段，$detail 说明。

error-geo-out-of-range = 坐标超出范围：经度 { $lon }，纬度 { $lat }；请检查经度和纬度是否写反
error-geo-unknown-crs = 不认识坐标系“{ $name }”；可用：wgs84、cgcs2000、gcj02、bd09
error-geo-not-json = 不是可读的 GeoJSON：{ $detail }
error-geo-field = 第 { $feature } 个要素的“{ $field }”有误：{ $detail }
error-geo-too-large = 第 { $feature } 个要素过大：{ $what } 为 { $actual }，最多 { $limit }
