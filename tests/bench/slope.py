"""Whether memory grows with the work: of all processes, after so many escalations each time."""

from tests.bench.rig import DESK, Bench, Figures

POINTS = 3


def measure(bench: Bench, number: int) -> Figures:
    """`number` escalations in equal parts, the memory after each, and the line through them."""
    points = []
    for _ in range(POINTS):
        before = bench.tickets()
        bench.send(number // POINTS)
        bench.wait(before + number // POINTS, 900)
        bench.settled()
        points.append({"tickets": bench.tickets(), "memory_mb": bench.memory()})
    first, last = points[0], points[-1]
    thousands = (last["tickets"] - first["tickets"]) / 1000
    slopes = {
        name: (megabytes - first["memory_mb"][name]) / thousands
        for name, megabytes in last["memory_mb"].items()
    }
    ours = sum(slope for name, slope in slopes.items() if name != DESK)
    return {"points": points, "mb_per_1000": slopes, "ours_mb_per_1000": ours}
