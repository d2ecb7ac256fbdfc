# 公开日志。$number 条目号（从 0 数起），$n 条数，$at 时刻，$before、$now 检查点的条数。

record-title = 公开日志
record-lead = 公告、决定、选票承诺和公布的数字都按顺序记在这里，只增不改。任何人都可以核对，不必相信本系统的运营方。
record-none = 还没有日志。程序启动时会为每个区生成密钥。
record-all = 全部日志
record-entries = { $n } 条
record-log-grows = { $size }，检查点签于 { $at }
record-log-ended = { $size }，{ $at } 起由新日志接续
record-origin = 日志名称
record-size = 现有
record-waiting = { $n } 条等待编号
record-begun = 密钥生成于
record-key = 验证公钥
record-key-hint = 请在别处（例如纸质公告上）核对这把公钥，再用它核验。
record-checkpoint = 最新检查点
record-checkpoint-hint = 保存这段文字。以后有人删改日志，凭它就能发现。
record-checkpoint-file = 只看检查点文件
record-compare = 核对您保存过的检查点
record-compare-label = 以前保存的检查点
record-compare-hint = 整段粘贴，包括以“—”开头的签名行
record-compare-do = 核对
record-compare-right = 相符：现有 { $now } 条日志以您保存时的 { $before } 条开头，没有删改。
record-verify = 自己核验全部日志
record-verify-lead = 在任何一台电脑上运行下面的命令，它会下载并核对每一条和每一个文件。支持 C2SP 的其他工具也可以读取。
record-latest = 最近的条目
record-latest-none = 还没有条目
record-number = 第 { $number } 号
record-signed = 最近签署的检查点

record-proof-title = 收录证明
record-in-log = 已收录，可核验
record-waits = 等待编号
record-waits-hint = 已经公布，几秒钟内会得到编号，请稍后刷新。
record-shown = 查看原页面
record-public = 公开内容
record-public-none = 没有公开文字
record-words = 公布的文字（不在日志里，依法删除后证明仍然成立）：
record-sealed = 不进日志的内容，只收录它的加盐承诺：
record-salt = 盐值。文字加上它算出的承诺应与上面一致：
record-proof = 证明
record-proof-lead = 从本条目的哈希出发，依次与下列哈希合并，得到检查点签署的根哈希。
record-entry-number = 条目号（从 0 数起）
record-published = 公布于
record-up-to = 核至检查点
record-leaf = 本条目的哈希
record-hashes = 证明哈希和检查点
record-proof-file = 证明文件
record-entry-file = 条目原文
record-log-page = 本日志的公钥和检查点
record-back = 返回证明页
record-printed = 打印于 { $at }

record-standing = 公开日志第 { $number } 号，可核验
record-standing-waits = 已公布，等待公开日志编号
record-scan = 扫码查看收录证明

record-kind-record-log-continued = 新日志接续旧日志

error-record-not-found = 日志里没有这一项
error-record-waiting = 这一条还在等待编号
    .next = 几秒钟后再试。
error-record-field-invalid = 有一项填写不对
error-record-too-long = 要公开的内容太长
error-record-key = 打不开日志的签名密钥
    .next = 请管理员检查安装目录里的密钥文件。
error-record-witness = 读不到日志在数据库之外的留存
    .next = 请管理员检查安装目录是否可以读写。
