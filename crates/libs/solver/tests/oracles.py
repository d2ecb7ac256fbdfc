"""Two solvers that others wrote, for comparison: HiGHS (PyPI highspy) and the network simplex of networkx.

Reads networks from standard input until its end: a line `p NODES ARCS TIERS`, a line of supplies, then a line
`FROM TO CAPACITY COST…` for each arc. For each it writes a line that begins with `=` (HiGHS
writes lines of its own): the cheapest cost by HiGHS and by networkx, tiers with commas
between them or `none`, then milliseconds: HiGHS for the first tier, for all tiers, networkx.

HiGHS knows no tiers: it solves the first, keeps it as a row, solves the second, and so on. networkx has numbers of any size, so
its one cost weighs each tier by more than all later ones can come to.
"""

import sys
import time

import highspy
import networkx
import numpy


def by_highs(supplies, arcs, tiers):
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(arcs), len(supplies)
    lp.col_cost_ = numpy.array([float(arc[3][0]) for arc in arcs])
    lp.col_lower_ = numpy.zeros(len(arcs))
    most = max(1, sum(supply for supply in supplies if supply > 0))
    # No cheapest flow of costs that are not below zero sends more over an arc than is sent in all.
    bounded = all(cost >= 0 for arc in arcs for cost in arc[3])
    lp.col_upper_ = numpy.array([float(min(arc[2], most) if bounded else arc[2]) for arc in arcs])
    lp.row_lower_ = lp.row_upper_ = numpy.array([float(supply) for supply in supplies])
    start, index, value = [0], [], []
    for from_, to, _, _ in arcs:
        if from_ != to:
            index += [from_, to]
            value += [1.0, -1.0]
        start.append(len(index))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = start, index, value
    model.passModel(lp)
    columns = numpy.arange(len(arcs), dtype=numpy.int32)
    found, took = [], []
    for tier in range(tiers):
        costs = numpy.array([float(arc[3][tier]) for arc in arcs])
        if tier > 0:
            model.changeColsCost(len(arcs), columns, costs)
        begun = time.perf_counter()
        model.run()
        took.append((time.perf_counter() - begun) * 1e3)
        if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None, took
        found.append(round(model.getInfo().objective_function_value))
        used = numpy.nonzero(costs)[0].astype(numpy.int32)
        model.addRow(float(found[-1]), float(found[-1]), len(used), used, costs[used])
    return found, took


def by_networkx(supplies, arcs, tiers):
    graph = networkx.MultiDiGraph()
    for node, supply in enumerate(supplies):
        graph.add_node(node, demand=-supply)
    weights = [1] * tiers
    for tier in range(tiers - 2, -1, -1):
        weights[tier] = weights[tier + 1] * (1 + 2 * sum(arc[2] * abs(arc[3][tier + 1]) for arc in arcs))
    for number, (from_, to, capacity, costs) in enumerate(arcs):
        cost = sum(weight * cost for weight, cost in zip(weights, costs))
        graph.add_edge(from_, to, key=number, capacity=capacity, weight=cost)
    begun = time.perf_counter()
    try:
        _, flow = networkx.network_simplex(graph)
    except networkx.NetworkXUnfeasible:
        return None, (time.perf_counter() - begun) * 1e3
    took = (time.perf_counter() - begun) * 1e3
    found = [0] * tiers
    for from_, to, _, costs, number in [(*arc, number) for number, arc in enumerate(arcs)]:
        units = flow[from_][to][number]
        found = [sum_ + units * cost for sum_, cost in zip(found, costs)]
    return found, took


def main():
    lines = (line.split() for line in sys.stdin)
    for head in lines:
        _, nodes, many, tiers = head[0], int(head[1]), int(head[2]), int(head[3])
        supplies = [int(word) for word in next(lines)]
        assert len(supplies) == nodes
        arcs = []
        for _ in range(many):
            numbers = [int(word) for word in next(lines)]
            arcs.append((numbers[0], numbers[1], numbers[2], numbers[3:]))
        highs, took = by_highs(supplies, arcs, tiers)
        other, nx = by_networkx(supplies, arcs, tiers)
        said = lambda found: "none" if found is None else ",".join(str(one) for one in found)
        print("=", said(highs), said(other), f"{took[0]:.4f} {sum(took):.4f} {nx:.4f}", flush=True)


main()
