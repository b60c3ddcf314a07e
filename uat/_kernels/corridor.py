"""One sweep through a corridor: the fewest affine links between two walls (theory C3).

Arithmetic is written with + - * / and comparisons alone, so that ``fewest_links.plain`` runs on object arrays of
`fractions.Fraction` and is then a proof.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uat._kernels.compiling import compiled

# What the sweep writes about a link, one row of `marks` each:
KIND = 0  # +1: it ran into the upper wall, -1: into the lower wall, 0: it reached the end or a forced knot
EXIT = 1  # the first sample that it could not pass (kind 0: the last sample that it serves)
LEFT, RIGHT = 2, 3  # the samples of its two contacts (kind 0: those of its steepest line); -1: a constructed point
LEFT_FLAT, RIGHT_FLAT = 4, 5  # kind 0: the contacts of its flattest line
HAS_STEEP, HAS_FLAT = 6, 7  # kind 0: whether a steepest and a flattest line exist (else the slope is free that way)


@compiled
def fewest_links(x: Any, lower: Any, upper: Any, forced: Any, chain: bool, jumps: bool) -> Any:
    """Sweep once through a corridor and cut it into the fewest affine links (theory C3): O(n).

    A link is prolonged while some line fits between the walls. Two lines bound all that fit: the steepest (lower wall
    on its left, upper wall on its right) and the flattest (upper wall on its left, lower wall on its right). Each is a
    tangent to the convex hull of one wall, and its contact only ever moves to the right, which makes the sweep linear.

    Suppose the upper wall falls below the flattest line l, which touches the lower wall at v, and l leaves the corridor
    at e > v. Every admissible line is then above l at v and cannot be above it at its own exit, so no link leaves
    beyond e; and a path that goes on must cross l in [v, e]. Conversely a line that is above the lower wall from v on
    and below the upper wall from e on crosses l there. So the next link is exactly a line with those two constraints.
    (Lower and upper change places for the other exit.) v lies to the right of the exit before, so that the stretches
    [v, e] that are swept a second time are disjoint.

    Parameters
    ----------
    x : (n,) strictly increasing; lower, upper : (n,) lower <= upper
    forced : (n,) bool, samples where a knot must stand (the end samples do not count)
    chain : bool
        True: the walls are the polygonal chains through the samples, obeyed everywhere.
        False: they are windows, obeyed at the samples only.
    jumps : bool
        True: the links need not meet.

    Returns
    -------
    lines : (links, 4) two points (left contact, right contact) of the link's extreme line; kind 0: the steepest line
    flats : (links, 4) kind 0: two points of the flattest line
    marks : (links, 8) int, see the column names above
    exits : (links, 2) the point where the link leaves the corridor (the chain through the samples, also for windows)
    """
    n = len(x)
    # convex hulls of the two walls, as far as the current link needs them: abscissa, ordinate, sample
    lx, ly, li = np.empty(n + 2, x.dtype), np.empty(n + 2, x.dtype), np.empty(n + 2, np.int64)
    ux, uy, ui = np.empty(n + 2, x.dtype), np.empty(n + 2, x.dtype), np.empty(n + 2, np.int64)
    room = 64  # for links; doubled as they come, because touching memory for n of them would cost more than the sweep
    lines, flats = np.zeros((room, 4), x.dtype), np.zeros((room, 4), x.dtype)
    exits, marks = np.zeros((room, 2), x.dtype), np.zeros((room, 8), np.int64)
    links = 0
    l_from, u_from = 0, 0  # the first sample of each wall that binds the current link
    l_extra, u_extra = False, False  # a constructed point of the wall that binds before that sample
    zero = x[0] - x[0]
    elx, ely, eux, euy = zero, zero, zero, zero
    done = False
    while not done:
        if links == room:
            room *= 2
            lines = np.concatenate((lines, np.zeros_like(lines)))
            flats = np.concatenate((flats, np.zeros_like(flats)))
            exits = np.concatenate((exits, np.zeros_like(exits)))
            marks = np.concatenate((marks, np.zeros_like(marks)))
        lh, lt, uh, ut = 0, 0, 0, 0  # hulls: head (contact) and tail (one past the end)
        steep, flat = False, False
        # steepest line through (pax, pay) on the lower and (pbx, pby) on the upper wall; flattest: q.., walls swapped
        pax, pay, pbx, pby, pa, pb = zero, zero, zero, zero, -1, -1
        qax, qay, qbx, qby, qa, qb = zero, zero, zero, zero, -1, -1
        i = min(l_from, u_from)
        kind, running = 0, True
        while running:
            # first the constructed points that come before sample i, if any, then sample i itself
            add_l, add_u = l_extra and i == l_from, u_extra and i == u_from
            for constructed in range(int(add_l or add_u), -1, -1):
                if constructed:
                    tx = elx if add_l else eux
                    tl, tu, ti = ely, euy, -1
                else:
                    add_l, add_u = i >= l_from, i >= u_from
                    tx, tl, tu, ti = x[i], lower[i], upper[i], i
                    if flat and add_u and (qbx - qax) * (tu - qay) < (qby - qay) * (tx - qax):
                        kind = 1
                    elif steep and add_l and (pbx - pax) * (tl - pay) > (pby - pay) * (tx - pax):
                        kind = -1
                    if kind != 0:
                        break
                # the steepest line may not pass above a new upper point
                if (
                    add_u
                    and lt > 0
                    and lx[lh] < tx
                    and (not steep or (pbx - pax) * (tu - pay) < (pby - pay) * (tx - pax))
                ):
                    while lh + 1 < lt and (
                        (tx - lx[lh]) * (ly[lh + 1] - ly[lh]) > (tu - ly[lh]) * (lx[lh + 1] - lx[lh])
                    ):
                        lh += 1
                    steep = True
                    pax, pay, pa, pbx, pby, pb = lx[lh], ly[lh], li[lh], tx, tu, ti
                # the flattest line may not pass below a new lower point
                if (
                    add_l
                    and ut > 0
                    and ux[uh] < tx
                    and (not flat or (qbx - qax) * (tl - qay) > (qby - qay) * (tx - qax))
                ):
                    while uh + 1 < ut and (
                        (tx - ux[uh]) * (uy[uh + 1] - uy[uh]) < (tl - uy[uh]) * (ux[uh + 1] - ux[uh])
                    ):
                        uh += 1
                    flat = True
                    qax, qay, qa, qbx, qby, qb = ux[uh], uy[uh], ui[uh], tx, tl, ti
                if add_l:
                    while lt - lh >= 2 and (
                        (lx[lt - 1] - lx[lt - 2]) * (tl - ly[lt - 2]) >= (ly[lt - 1] - ly[lt - 2]) * (tx - lx[lt - 2])
                    ):
                        lt -= 1
                    lx[lt], ly[lt], li[lt] = tx, tl, ti
                    lt += 1
                if add_u:
                    while ut - uh >= 2 and (
                        (ux[ut - 1] - ux[ut - 2]) * (tu - uy[ut - 2]) <= (uy[ut - 1] - uy[ut - 2]) * (tx - ux[ut - 2])
                    ):
                        ut -= 1
                    ux[ut], uy[ut], ui[ut] = tx, tu, ti
                    ut += 1
            if kind != 0 or i == n - 1 or (forced[i] and i > 0 and i >= l_from and i >= u_from):
                running = False
            else:
                i += 1

        marks[links, 0], marks[links, 1] = kind, i
        if kind == 0:
            lines[links, 0], lines[links, 1], lines[links, 2], lines[links, 3] = pax, pay, pbx, pby
            flats[links, 0], flats[links, 1], flats[links, 2], flats[links, 3] = qax, qay, qbx, qby
            marks[links, 2], marks[links, 3], marks[links, 4], marks[links, 5] = pa, pb, qa, qb
            marks[links, 6], marks[links, 7] = steep, flat
            exits[links, 0], exits[links, 1] = x[i], lower[i]
            done = i == n - 1
            # at a forced knot the next link starts anywhere between the flattest and the steepest line
            top, bottom = upper[i], lower[i]
            if steep:
                top = pby + (pby - pay) * (x[i] - pbx) / (pbx - pax)
            if flat:
                bottom = qby + (qby - qay) * (x[i] - qbx) / (qbx - qax)
            l_extra, u_extra, l_from, u_from = True, True, i + 1, i + 1
            elx, ely, eux, euy = x[i], bottom, x[i], top
        else:
            if kind == 1:
                ax, ay, bx, by, a, b = qax, qay, qbx, qby, qa, qb
            else:
                ax, ay, bx, by, a, b = pax, pay, pbx, pby, pa, pb
            lines[links, 0], lines[links, 1], lines[links, 2], lines[links, 3] = ax, ay, bx, by
            marks[links, 2], marks[links, 3] = a, b
            # the exit: where the line meets the wall between the wall's last vertex (wx, wy) and sample i
            if kind == 1:
                wx, wy, end = x[i - 1], upper[i - 1], upper[i]
                if u_extra and u_from == i:
                    wx, wy = eux, euy
            else:
                wx, wy, end = x[i - 1], lower[i - 1], lower[i]
                if l_extra and l_from == i:
                    wx, wy = elx, ely
            inside = kind * (wy - (by + (by - ay) * (wx - bx) / (bx - ax)))
            beyond = kind * ((by + (by - ay) * (x[i] - bx) / (bx - ax)) - end)
            ex, ey = wx, wy
            if inside > 0 and beyond > 0:  # else they touch there, in floats also a rounding apart
                ex = wx + (x[i] - wx) * inside / (inside + beyond)
                ey = wy + (end - wy) * inside / (inside + beyond)
            exits[links, 0], exits[links, 1] = ex, ey
            if jumps:
                l_from, u_from, l_extra, u_extra = i, i, chain, chain
                if chain:
                    t = (ex - x[i - 1]) / (x[i] - x[i - 1])
                    if kind == 1:
                        ely, euy = lower[i - 1] + t * (lower[i] - lower[i - 1]), ey
                    else:
                        ely, euy = ey, upper[i - 1] + t * (upper[i] - upper[i - 1])
                    elx, eux = ex, ex
            elif kind == 1:
                if b >= 0:
                    l_from, l_extra = b, False
                u_from, u_extra, eux, euy = i, chain, ex, ey
            else:
                if b >= 0:
                    u_from, u_extra = b, False
                l_from, l_extra, elx, ely = i, chain, ex, ey
        links += 1
    return lines[:links].copy(), flats[:links].copy(), marks[:links].copy(), exits[:links].copy()
