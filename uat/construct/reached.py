"""From a search on a function to what it returns: the proofs of both sides, and a sentence on what was not decided."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uat import _checks
from uat.bounds.certification import Certificate
from uat.construct.inside import Verdict, farthest, least_half_width
from uat.construct.mesh import HOPELESS
from uat.construct.outcome import Narrowest
from uat.construct.questions import refuse_jump
from uat.construct.tube import Tube
from uat.piecewise import PiecewiseAffine

if TYPE_CHECKING:
    from uat.construct.function_pieces import Search

EDGE = 1e-7  # relative: how near to a least error a tolerance is called a knife edge


@dataclass(frozen=True, slots=True)
class Upper:
    """A function, the tube it was held against, and what was proven."""

    piecewise: PiecewiseAffine
    tube: Tube
    verdict: Verdict
    certificate: Certificate


def undecided(search: Search) -> str:
    """Why the two counts differ: a knife edge, where the neighbouring count says so, or a proof that fell short."""
    if abs(search.fewer - 1) <= max(EDGE, search.margin):
        return "the tolerance is a knife edge, where one count ends and the next begins"
    if search.fewer >= HOPELESS:
        return "they would have to touch f, from which the search keeps a little away"
    return f"they seem to keep {search.fewer:.7g} times the tolerance, and not less, which is not proven"


def outcome(search: Search, stopped: str) -> Narrowest:
    """Whatever has been reached, with its proofs; `stopped` says what ended the search early."""
    assert search.upper is not None
    p, tube, verdict = search.upper.piecewise, search.upper.tube, search.upper.verdict
    needed = 1 if search.witness is None else search.witness.pieces
    notes = [stopped] if stopped else []
    doubt = search.found_jump or not verdict.inside or (search.least_error and search.error_witness is None)
    jump = search.jump() if doubt else None
    half, sentence = (jump.size / 2, jump.sentence().removesuffix(".")) if jump else (0.0, "")
    if not search.least_error:
        refuse_jump(tube, jump)
    if verdict.inside and sentence:
        notes.append(sentence)
    why = sentence or verdict.note
    certificate = search.upper.certificate
    if certificate.lower < half <= certificate.upper:  # a theorem, where samples beside the jump see little
        certificate = replace(certificate, lower=half)
    outside = verdict.outside or half > farthest(p, tube)
    if search.mesh.clear and not verdict.inside and (verdict.where in search.mesh.through or not (why or outside)):
        why = "`through` asks for f there in float64, which may lie beyond f by half a unit in its last place"
    if search.lower.refusal:
        notes.append(f"no lower bound is proven, because {search.lower.refusal}")
    if outside:
        seen = f"it does not lie in the tube, as its difference from f near x = {verdict.where!r} shows"
        notes.append(seen + (f": {why}" if why else ""))
    elif not verdict.inside:
        notes.append("that it lies in the tube is not proven" + (f": {why}" if why else ""))
    elif needed < p.pieces and stopped:
        notes.append(f"the proven bracket is {needed} to {p.pieces} pieces")
    elif needed < p.pieces and not search.lower.refusal and not sentence:
        fewer = _checks.count(p.pieces - 1, "piece")
        notes.append(f"whether {fewer} could do is not decided: {undecided(search)}")
    least = 0.0 if search.error_witness is None else float(search.error_witness.tube.tol)
    return Narrowest(
        p, tube, certificate, verdict.inside, needed, search.witness,
        (least, float(tube.tol) if verdict.inside else math.inf), search.error_witness, "; ".join(notes),
        room=max(1 - verdict.ratio * (1 + 1e-15), 0.0) * least_half_width(p, tube) if verdict.inside else 0.0,
        outside=outside, stopped=bool(stopped), nearest=half,
    )  # fmt: skip
