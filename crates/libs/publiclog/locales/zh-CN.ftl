# 公开日志。$path 文件，$detail 问题所在，$size、$old、$new、$before、$now 条数。

error-publiclog-outside = 日志共 { $size } 条，没有第 { $index } 条（从 0 数起）
error-publiclog-sizes = { $old } 条的日志不可能变成 { $new } 条
error-publiclog-proof = 证明推不出根哈希：内容、证明或检查点被改动过
error-publiclog-tile-missing = 缺少哈希文件“{ $path }”，或文件不完整
error-publiclog-key = 不是有效的密钥：{ $detail }
error-publiclog-note = 不是有效的签名文本：{ $detail }
error-publiclog-signature = “{ $name }”的签名不真实
error-publiclog-stranger = 没有已知密钥的签名；签名者：{ $names }
error-publiclog-checkpoint = 不是有效的检查点：{ $detail }
error-publiclog-origin = 这是“{ $found }”的检查点，不是“{ $expected }”的
error-publiclog-rolled-back = 日志被回退或改写：现有的 { $now } 条并不以之前已签署的 { $before } 条开头
error-publiclog-path = 日志中没有“{ $path }”这个文件
error-publiclog-file = “{ $path }”：{ $detail }
error-publiclog-differs = “{ $path }”与日志条目不符
error-publiclog-too-long = 条目有 { $bytes } 字节，最多 65535 字节
error-publiclog-entry = 不是有效的条目：{ $detail }
error-publiclog-proof-line = 证明第 { $line } 行：{ $detail }
