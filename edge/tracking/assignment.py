"""The assignment problem, exactly: shortest augmenting paths (Jonker and Volgenant, Computing 38, 1987). Pure numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def assign(cost: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pair rows with columns at the least total cost.

    Args:
        cost: (n, m), finite.

    Returns:
        min(n, m) pairs (row, column), by row.
    """
    rows, columns = cost.shape
    if rows == 0 or columns == 0:
        return []
    if rows > columns:
        return sorted((row, column) for column, row in assign(cost.T))
    u = np.zeros(rows + 1)
    v = np.zeros(columns + 1)
    owner = np.zeros(columns + 1, np.intp)
    way = np.zeros(columns + 1, np.intp)
    for row in range(1, rows + 1):
        owner[0] = row
        at = 0
        least = np.full(columns + 1, np.inf)
        used = np.zeros(columns + 1, np.bool_)
        while owner[at]:
            used[at] = True
            current = owner[at]
            reduced = cost[current - 1] - u[current] - v[1:]
            better = (reduced < least[1:]) & ~used[1:]
            least[1:][better] = reduced[better]
            way[1:][better] = at
            open_ = np.where(used[1:], np.inf, least[1:])
            step_at = int(open_.argmin()) + 1
            delta = open_[step_at - 1]
            u[owner[used]] += delta
            v[used] -= delta
            least[~used] -= delta
            at = step_at
        while at:
            before = way[at]
            owner[at] = owner[before]
            at = int(before)
    return sorted((int(owner[column]) - 1, column - 1) for column in range(1, columns + 1) if owner[column])
