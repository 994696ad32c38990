"""Costs of the same round compared: the subject's over each other's, over the best peer's and over the floor's.

A ratio is made in each round and the median taken of those, because a slow moment of the machine is in
both sides of it. The best peer is the one with the lowest median in this run, in whatever configuration.
"""
import statistics


def quartiles(values):
    """{median, q1, q3}; all the same for a single value."""
    if len(values) < 2:
        return {"median": values[0], "q1": values[0], "q3": values[0]}
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "q1": q1, "q3": q3}


def over(costs, base):
    """None where the base cost nothing."""
    pairs = [(own, other) for own, other in zip(costs, base) if other > 0]
    return quartiles([own / other for own, other in pairs]) if pairs else None


def lowest(costs, names):
    """The name with the lowest median; None without any."""
    return min(names, key=lambda name: statistics.median(costs[name]), default=None)


def compare(costs, roles):
    """`costs`: {name: [per round]}, `roles`: {name: role}. What a workload's result says beside the costs:
    names of the best peer, floor and subject, and ratios by name."""
    by_role = {role: [name for name in costs if roles[name] == role] for role in ("subject", "peer", "floor")}
    subject = next(iter(by_role["subject"]), None)
    best, floor = lowest(costs, by_role["peer"]), lowest(costs, by_role["floor"])
    result = {"subject": subject, "best_peer": best, "floor": floor, "ratios": {}}
    for name in costs:
        row = result["ratios"][name] = {}
        if subject:
            row["subject"] = over(costs[subject], costs[name])  # below 1: the subject is cheaper
        if floor:
            row["floor"] = over(costs[name], costs[floor])
        if best:
            row["best_peer"] = over(costs[name], costs[best])
    return result
