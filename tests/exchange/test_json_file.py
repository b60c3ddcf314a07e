"""The project's own file: bit for bit there and back, and a sentence for everything that is wrong with it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import uat
from uat.exchange.json_file import checksum


def saved(tmp_path: Path, **options: object) -> Path:
    path = tmp_path / "net.json"
    uat.approximate("exp(-x)*sin(3*x)", (-1, 2), **({"tol": 1e-2} | options)).save(path)
    return path


def rewritten(path: Path, change: object, *, checked: bool = True) -> Path:
    content = json.loads(path.read_text())
    change(content)
    if checked:
        content["sha256"] = checksum(content)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
@pytest.mark.parametrize("f", ["sin(x)/(1+x**2)", "tanh", np.cos])
def test_bit_for_bit(tmp_path: Path, f: object, form: str) -> None:
    r = uat.approximate(f, (-3, 3), tol=1e-3, form=form)
    r.save(tmp_path / "a.json")
    back = uat.load(tmp_path / "a.json")
    for one, two in ((r.piecewise, back.piecewise), (r.net, back.net)):
        for name in ("knots", "values") if one is r.piecewise else ("weights", "biases", "coefficients"):
            assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    assert back.net.output_bias == r.net.output_bias
    assert back.certificate == r.certificate
    assert back.source == r.source
    assert back.provenance == r.provenance
    assert back.function is not None
    assert np.array_equal(back.function(r.piecewise.knots), r.piecewise.values)
    back.save(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_extreme_floats_survive(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=50) * 10.0 ** rng.integers(-300, 12, 50)
    with pytest.warns(uat.NotProvenWarning):
        r = uat.approximate(lambda x: values[np.rint(x).astype(int)], (0, 49), width=50)
    r.save(tmp_path / "a.json")
    assert uat.load(tmp_path / "a.json").piecewise.values.tobytes() == values.tobytes()


def test_the_file_holds_what_others_ask_for(tmp_path: Path) -> None:
    content = json.loads(saved(tmp_path).read_text())
    pieces = content["piecewise"]
    assert len(pieces["breakpoints"]) == len(pieces["slopes"]) + 1 == len(pieces["intercepts"]) + 1
    assert content["function"]["text"] == "exp(-x)*sin(3*x)"
    assert content["provenance"]["uat"] == uat.__version__
    assert content["provenance"]["arguments"]["tol"] == 0.01


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: text[: len(text) // 2], "is truncated"),
        (lambda text: "", "is truncated"),
        (lambda text: "not json", "is not JSON"),
        (lambda text: "[1, 2]", "is not a file of uat"),
        (lambda text: '{"format": "onnx"}', "is not a file of uat"),
        (lambda text: "[" * 100_000, "is not a file of uat: it is nested too deeply"),
        (lambda text: text.replace('"version": 1', '"version": 99'), "has format version 99, but this uat reads"),
    ],
)
def test_damaged_files(tmp_path: Path, damage: object, sentence: str) -> None:
    path = saved(tmp_path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.load(path)


@pytest.mark.parametrize("section", ["piecewise", "network", "certificate", "function", "options"])
def test_an_edited_number_is_noticed(tmp_path: Path, section: str) -> None:
    """Every number in the file, one after the other."""
    path = saved(tmp_path, tol=0.5)
    original = path.read_text()
    content = json.loads(original)
    for key, value in content[section].items():
        for index in range(len(value)) if isinstance(value, list) else [None]:
            number = value if index is None else value[index]
            if isinstance(number, float):
                changed = json.loads(original)
                if index is None:
                    changed[section][key] = np.nextafter(number, 1e300)
                else:
                    changed[section][key][index] = np.nextafter(number, 1e300)
                path.write_text(json.dumps(changed))
                with pytest.raises(uat.InputError, match="was edited or damaged after it was saved"):
                    uat.load(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.pop("network"), "is incomplete: the section 'network' is missing"),
        (lambda c: c["network"].pop("biases"), "is incomplete: 'network' has no 'biases'"),
        (lambda c: c["piecewise"]["slopes"].__setitem__(0, 9.0), "its slopes are not those of its breakpoints"),
        (
            lambda c: c["piecewise"]["breakpoints"].reverse(),
            "holds no piecewise-affine function: `knots` must be strictly",
        ),
        (lambda c: c["piecewise"]["values"].pop(), "holds no piecewise-affine function: `values` must have"),
        (lambda c: c["function"].__setitem__("domain", [0, 1]), "its breakpoints do not span its domain"),
        (lambda c: c["network"].__setitem__("weights", "abc"), "`weights` must be an array of real numbers"),
        (lambda c: c["network"]["coefficients"].pop(), "`coefficients` must have"),
        (
            lambda c: c["network"].__setitem__("coefficients", [7.0] * len(c["network"]["weights"])),
            "its network is not",
        ),
        (lambda c: c["certificate"].__setitem__("proven", "yes"), "`proven`"),
        (lambda c: c["certificate"].__setitem__("upper", 1e-9), "certificate"),
        (
            lambda c: c["certificate"].__setitem__("where", 2.5),
            "`where` of a certificate must lie in [-1.0, 2.0], but is",
        ),
        (lambda c: c["certificate"].__setitem__("boxes", -1), "`boxes` must be an integer >= 0, but is -1."),
        (lambda c: c["certificate"].__setitem__("boxes", True), "`boxes` must be an integer >= 0, but is True."),
        (lambda c: c["options"].__setitem__("seconds_taken", None), "`seconds_taken` must be a finite real number"),
        (lambda c: c["options"].__setitem__("side", "left"), "`side` must be one of"),
        (lambda c: c["options"].__setitem__("rtol", "x"), "`rtol` must be a finite real number"),
        (lambda c: c["options"].__setitem__("rtol", 1e308), "`rtol` must be < 1, but is 1e+308"),
        (lambda c: c.__setitem__("optimality", {}), "its `optimality` is not one that `save` writes"),
        (lambda c: c["piecewise"].__setitem__("slopes", [{}]), "slopes"),
        (lambda c: c["options"].__setitem__("tol", "x"), "`tol`"),
        (lambda c: c["function"].__setitem__("text", "x +"), "`expression`"),
    ],
)
def test_forged_files(tmp_path: Path, change: object, sentence: str) -> None:
    """An edit that also mends the checksum."""
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.load(rewritten(saved(tmp_path, lipschitz=30), change))


@pytest.mark.parametrize(
    ("section", "key", "offender"),
    [
        ("optimality", "witness", "optimality.witness.{}[1] is {}"),
        ("optimality", "least_error", "optimality.least_error[1] is {1}"),
        ("provenance", "arguments", "provenance.arguments.{}[0] is {}"),
        ("certificate", "where", "certificate.where is {1}"),
        ("network", "weights", "network.weights[2] is {1}"),
        ("piecewise", "values", "piecewise.values[0] is {1}"),
    ],
)
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_no_finite_number_is_named(tmp_path: Path, section: str, key: str, offender: str, value: str) -> None:
    """Python reads NaN, Infinity and 1e400, which are no JSON: they would fail when the file is saved or printed."""
    path = saved(tmp_path, method="narrowest", breaks=0.5, form="output-bias")
    place = {"witness": "x", "arguments": "breaks"}.get(key, "")
    k = int(re.search(r"\[(\d)\]", offender)[1]) if "[" in offender else None  # type: ignore[index]

    def change(content: dict[str, Any]) -> None:
        part = content[section]
        if place:
            part, inner = part[key], place
        else:
            inner = key
        if k is None:
            part[inner] = float(value)
        else:
            part[inner][k] = float(value)

    rewritten(path, change)
    sentence = f"must hold finite numbers only, but its {offender.format(place, value)}."
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.load(path)
    path.write_text(path.read_text().replace("Infinity", "1e400"))
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.load(path)


def test_the_time_taken_is_not_the_budget(tmp_path: Path) -> None:
    path = saved(tmp_path, seconds=60)
    content = json.loads(path.read_text())
    assert content["provenance"]["arguments"]["seconds"] == 60
    assert 0 < content["options"]["seconds_taken"] < 60
    assert uat.load(path).seconds == content["options"]["seconds_taken"]


@pytest.mark.parametrize("name", ["gelu.npz", "gelu", "gelu.json.gz"])
def test_another_ending_promises_another_format(tmp_path: Path, name: str) -> None:
    r = uat.approximate("gelu", width=3)
    with pytest.raises(uat.InputError, match=r"`path` of a saved network must end in \.json, but is "):
        r.save(tmp_path / name)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(uat.InputError, match="must be a file that exists"):
        uat.load(tmp_path / "none.json")
    with pytest.raises(uat.InputError, match="must be an ordinary file, but"):
        uat.load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(uat.InputError, match="cannot be read as text"):
        uat.load(tmp_path / "binary")
    r = uat.approximate("x**2", (0, 1), width=3)
    with pytest.raises(uat.InputError, match="must lie in a folder that exists"):
        r.save(tmp_path / "none" / "a.json")
    with pytest.raises(uat.InputError, match="must be a file, but"):
        r.save(tmp_path)


def test_writing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def broken(self: Path, text: str, encoding: str) -> None:
        with self.open("w") as file:
            file.write(text[:100])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", broken)
    with pytest.raises(OSError, match="disk full"):
        uat.approximate("x", (0, 1), width=3).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.json"]


def test_saved_files_have_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    assert saved(tmp_path).stat().st_mode == (tmp_path / "plain").stat().st_mode
