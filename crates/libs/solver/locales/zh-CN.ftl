# 最小费用流。$what 对象，$number 编号（从 0 数起），$capacity 容量，$surplus 供大于求的数量。

error-solver-unknown = 没有编号为 { $number } 的对象（{ $what }）
error-solver-capacity = 容量不能小于零：{ $capacity }
error-solver-unbalanced = 供给与需求相差 { $surplus }
error-solver-too-large = 数值过大，求和可能溢出（{ $what }）
