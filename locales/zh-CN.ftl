# 各页共用的文字

app-name = 邻里
skip-to-content = 跳到正文
menu = 菜单
nav-label = 主导航
breadcrumb-label = 所在位置
elder-on = 长辈版
elder-off = 标准版
lang-other = English
sign-out = 退出登录
sign-in = 登录
acting-as = 身份：{ $role }
demo-stamp = 演示数据
demo-note = 本页小区、人员和诉求均为虚构
footer-hotline = 12345 政务服务便民热线
footer-request-id = 查询编号 { $id }
print = 打印
back = 返回
close = 关闭
optional = 选填
call-name = 拨打 { $name } 的电话
lost-connection = 网络已断开。已填写的内容保留在本机，恢复后可继续。
lost-connection-live = 实时更新已中断，正在重新连接
live-changed = 内容有更新

errors-title = 还有 { $n } 处需要修改
    .hint = 点击可跳到对应位置
field-photo-choose = 拍照或选择照片
field-photo-shrinking = 正在压缩照片
field-photo-ready = 照片已就绪，{ $size }
field-photo-failed = 这张照片无法读取，请换一张

pager-older = 更早的
pager-next = 下一页
pager-start = 回到开头
pager-newer = 更新的
pager-first = 回到最新
pager-label = 翻页

queue-waiting = 有 { $n } 条还没发出，联网后自动发送
queue-sending = 正在发送
queue-sent = 已全部发出
queue-failed = 这条没有被接收：{ $reason }
queue-stored = 已存在本机，联网后自动发送
queue-retry = 再试一次
queue-drop = 删除这条
queue-undo = 撤销删除
queue-signin = 请重新登录，登录后自动发送
queue-full = 本机存储空间不足，未能保存。请不要关闭本页，先腾出空间
queue-list = 未发出的记录

# 日期和时间
when-now = 刚刚（{ $at }）
when-minutes-ago = { $n } 分钟前（{ $at }）
when-in-minutes = { $n } 分钟后（{ $at }）
when-today = 今天 { $time }（{ $day }）
when-tomorrow = 明天 { $time }（{ $day }）
when-day-after-tomorrow = 后天 { $time }（{ $day }）
when-yesterday = 昨天 { $time }（{ $day }）
when-day-before-yesterday = 前天 { $time }（{ $day }）
when-days-ago = { $n } 天前（{ $at }）
when-in-days = { $n } 天后（{ $at }）
duration-days = { $n } 天
duration-hours = { $n } 小时
duration-minutes = { $n } 分钟
duration-under-a-minute = 不到 1 分钟
clock-left = 还剩 { $span }
clock-over = 已超时 { $span }

# 状态
state-act = 需立即处理
state-soon = 快到期
state-well = 正常
state-info = 提示

# 出错时
error-page-next = 接下来可以
error-switch-role = 切换岗位
error-home = 回到首页
error-sign-in = 去登录
error-enter = 去输入认领码
error-retry = 再试一次
error-request-id = 如需帮助，请告诉我们这个编号
error-fields = 需要修改的地方

error-web-not-found = 没有找到这个页面
    .next = 地址可能有误，或页面已经移动。请检查地址，或从首页进入。
    .program = 没有这个地址或记录
    .program-next = 请对照接口说明检查地址和编号。
error-web-method = 这个地址不能这样使用
    .next = 请返回上一页，重新操作。
    .program = 这个地址不接受这种方法
    .program-next = 允许的方法见 Allow 响应头。
error-web-malformed = 没有看懂这次提交的内容
    .next = 请返回上一页检查后再提交；填写的内容仍在。
    .program-next = 请对照接口说明检查请求体；什么都没有保存。
error-web-idempotency-key = Idempotency-Key 的写法不对
    .next = 请用 8 到 100 个字母、数字、- 或 _，或者不带这个请求头。
error-web-idempotency-short = Idempotency-Key 太短
    .next = 没有账号时，请用 22 到 100 个随机字符（例如 UUID），以免和别人的重复。
web-body-unreadable = 请求体读不出来。技术说明：{ $why }
web-body-content-type = 请求体要用 JSON 发送：请写上 Content-Type: application/json。技术说明：{ $why }
web-body-syntax = 请求体不是正确的 JSON：第 { $line } 行第 { $column } 个字节处读不下去。技术说明：{ $why }
web-body-kind = 请求体里有一项写法不对（第 { $line } 行第 { $column } 个字节）：文字、数字和清单请按接口说明写。技术说明：{ $why }
web-body-missing = 请求体里缺少 { $name } 这一项。技术说明：{ $why }
web-body-unknown = 接口里没有 { $name } 这一项。技术说明：{ $why }
error-web-invalid = 有内容需要修改
    .next = 请按提示修改后再提交；填写的内容仍在。
    .program-next = 请改正 errors 里列出的各项再发送；什么都没有保存。
error-web-too-large = 提交的内容太大
    .next = 单次最多 25 MB。请减少照片张数，或换一张小一些的照片。
    .program-next = 请分几次发送；每个接口的上限见接口说明。
error-web-media-type = 不支持这种格式
    .next = 请返回上一页，用页面上的表单提交。
    .program-next = 请按接口说明填写 Content-Type。
error-web-cross-site = 这次提交来自别的网站，为了您的安全已被拦下
    .next = 请直接打开本站，再操作一次。
error-web-too-many = 操作太频繁了
    .next = 请稍等 { $secs } 秒再试；没有任何内容丢失。
error-web-timeout = 处理时间太长，这次没有完成
    .next = 什么都没有保存。请稍后再试。
error-web-unavailable = 暂时无法处理
    .next = 什么都没有保存。请过一会儿再试。
error-web-internal = 我们这边出了问题
    .next = 问题已经记录。请稍后再试；如果着急，请拨打物业值班电话或 12345。
error-web-unauthenticated = 请先登录
    .next = 登录后会回到这里。
    .program = 没有带密钥（或登录会话），或它无效
    .program-next = 请在请求头里写 Authorization: Bearer 加上发给本系统的密钥；密钥可能已停用。
error-web-other-owner = 这条记录是别人填写的
    .next = 记录仍存在本机，由填写的人重新登录后发出。
error-web-no-home = 这台设备还没有认领住户
    .next = 请输入管家当面交给您的认领码。看公告、报修都不用认领。
error-web-forbidden = 您当前的身份不能这样做
    .next = 如果需要这个权限，请联系管理员，或切换到另一个身份。
    .program = 这个密钥不能做这件事
    .program-next = 需要的话，请管理员另发一个密钥。
error-web-gone = 这个链接已经用过或已过期
    .next = 请向给您链接的人再要一个。
error-web-conflict = 有人先您一步改动了它
    .next = 请刷新页面，看看现在的情况再操作。

error-web-photo-format = 这不是能识别的照片
    .next = 请上传 JPG、PNG 或 WebP 格式的照片。
error-web-photo-too-large = 照片尺寸太大
    .next = 照片最多 2400 万像素。请换一张，或用手机直接拍摄。
error-web-photo-broken = 照片文件已损坏
    .next = 请重新拍摄或换一张照片。

# 字段错误
field-required = 请填写{ $label }
field-choose = 请选择{ $label }
field-line = { $label }：{ $text }
field-too-long = 最多 { $max } 个字，现在是 { $found } 个字
field-too-short = 至少 { $min } 个字
field-control-character = 含有无法显示的字符，请删去后再提交
field-not-a-number = 请填写整数，例如 12
field-out-of-range = 请填写 { $min } 到 { $max } 之间的数
field-not-a-date = 请填写日期，例如 2026-11-24
field-not-a-choice = 请从列出的选项中选择
field-not-a-phone = 请填写手机号或座机号，例如 13800000000 或 025-12345678
field-too-many-files = 最多 { $max } 张
field-repeated = 只能填写一次

offline-title = 现在没有网络
offline-next = 这一页没有存在本机。请返回上一页；已填写的内容会在联网后自动发送。
