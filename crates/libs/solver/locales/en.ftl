# The cheapest flow. $what a thing, $number its number from 0, $capacity a capacity, $surplus supply less demand.

error-solver-unknown = There is no { $what } { $number }
error-solver-capacity = A capacity cannot be below zero: { $capacity }
error-solver-unbalanced = Supply and demand differ by { $surplus }
error-solver-too-large = The { $what } are too large: sums of them could run over
