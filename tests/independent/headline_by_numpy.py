#!/usr/bin/env python3
"""The demo's findings computed again from its raw inputs, by NumPy and SciPy alone.

A second opinion for the Rust code: it shares no line with it, and brute force stands where the
Rust code is clever (a projection at every shift, no FFT). Bars, controls and the GEX series go in; every
number of `findings.json` that a hypothesis has and every row of `panel.parquet` are compared.

    gex demo --out DIR
    python3 tests/independent/headline_by_numpy.py DIR

DIR holds bars.parquet, vix.parquet, adv.parquet and demo/<run-id>/; the newest run is taken.
Prints the worst gap of each quantity, relative to the greater size (one row a quantity), and ends
with status 1 if one exceeds 1e-8 or a word differs. Needs numpy, scipy and polars.

Sources: Corsi (2009), log-HAR; Corsi and Reno (2012), leverage; Garman and Klass (1980); Lazarus,
Lewis, Stock and Watson (2018), cosines and 1.3 sqrt(n); Kiefer and Vogelsang (2005), fixed b;
Holm (1979); Benjamini and Yekutieli (2001); Wilson (1927).
"""

import json
import math
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import scipy.stats as st

LIMIT = 1e-8
NEW_YORK = ZoneInfo("America/New_York")
PERIODS_PER_YEAR = 252.0
LAGS = (1, 5, 22)
FIXED_B = [(0.02, (2.3263, 4.1618, 0.5368, -0.9060)), (0.05, (1.9600, 2.9694, 0.4160, -0.5324)),
           (0.10, (1.6449, 2.1859, 0.3142, -0.3427))]
FLAGS = ("With signals one session older", "One spell of a regime", "Alone the signal")
BRACKETS = ["p <= 0.02", "0.02 < p <= 0.05", "0.05 < p <= 0.10", "p > 0.10"]


class Gaps:
    """The worst gap of each quantity, and where it was."""

    def __init__(self):
        self.worst, self.count = {}, {}

    def add(self, quantity, ours, theirs, place):
        self.count[quantity] = self.count.get(quantity, 0) + 1
        gap = relative(ours, theirs)
        if gap >= self.worst.get(quantity, (-1.0, ""))[0]:
            self.worst[quantity] = (gap, f"{place}: {ours!r} here, {theirs!r} there")


def relative(ours, theirs):
    if isinstance(ours, (str, bool, type(None))) or isinstance(theirs, (str, bool, type(None))):
        return 0.0 if ours == theirs else math.inf
    if ours == theirs:
        return 0.0
    if not (math.isfinite(ours) and math.isfinite(theirs)):
        return math.inf
    return abs(ours - theirs) / max(abs(ours), abs(theirs))


# --- what is read ------------------------------------------------------------------------------

class Market:
    """Bars, controls and the GEX series, each with the instant at which it was public."""

    def __init__(self, folder, run):
        bars = pl.read_parquet(folder / "bars.parquet").sort("start")
        self.start, self.end = bars["start"].to_list(), bars["end"].to_list()
        self.known = bars["known_at"].to_list()
        self.open, self.high = bars["open"].to_numpy(), bars["high"].to_numpy()
        self.low, self.close = bars["low"].to_numpy(), bars["close"].to_numpy()
        self.controls = {name: pl.read_parquet(folder / f"{name}.parquet").sort("ts")
                         for name in ("vix", "adv")}
        self.series = pl.read_parquet(run / "series.parquet").sort("ts")
        self.gap = np.full(len(self.close), np.nan)
        self.gap[1:] = np.log(self.open[1:] / self.close[:-1])
        self.variance = self.garman_klass() + self.gap**2  # the first has no close before it

    def garman_klass(self):
        rng, body = np.log(self.high / self.low), np.log(self.close / self.open)
        return 0.5 * rng**2 - (2 * math.log(2) - 1) * body**2

    def signals(self, positioning):
        rows = self.series.filter(pl.col("positioning") == positioning)
        return rows.select("ts", "known_at", "session", "net_gex", "gross_gex").rows(named=True)

    def public(self, name, instant):
        table = self.controls[name].filter(pl.col("known_at") <= instant)
        return table["ts"].to_list(), table["value"].to_list()


# --- signal and regime -------------------------------------------------------------------------

def session_open(session):
    local = datetime(session.year, session.month, session.day, 9, 30, tzinfo=NEW_YORK)
    return local.astimezone(timezone.utc)


def scaled(market, rows, scale):
    """The signal of each row from what was public at it; None where its scale is not known."""
    past, out = [], []
    for row in rows:
        value = row["net_gex"]
        if scale == "usd":
            divisor = 1.0
        elif scale == "per-adv":  # the 20 sessions before: the session's own volume is not among them
            _, volumes = market.public("adv", session_open(row["session"]))
            divisor = float(np.median(volumes[-20:])) if len(volumes) >= 20 else None
        elif scale == "own-deviation":
            divisor = float(np.std(past[-252:], ddof=1)) if len(past) >= 63 else None
            past.append(value)
        else:
            raise SystemExit(f"scale {scale!r} is not part of the demo")
        out.append(None if divisor is None or value is None else value / divisor)
    return out


def regimes(signal, rule):
    """Labels from strictly earlier values; the rule as findings.json words it."""
    if rule == "sign of the signal":
        return signs(signal), ["negative", "positive"]
    words = r"low at or below ([\d.]+), high at or above ([\d.]+), hysteresis ([\d.]+), after (\d+)"
    low, high, slack, history = map(float, re.search(words, rule).groups())
    return percentiles(signal, low, high, slack, history), ["low", "mid", "high"]


def signs(signal):
    label, out = None, []
    for value in signal:
        if value is not None and (value != 0.0 or label is None):
            label = 0 if value < 0.0 else 1
        out.append(label)
    return out


def percentiles(signal, low, high, slack, history):
    label, past, out = None, [], []
    for value in signal:
        if value is not None:
            if len(past) >= history:
                earlier = np.array(past)
                rank = np.mean(earlier < value) + 0.5 * np.mean(earlier == value)
                stays = (label == 0 and rank <= low + slack) or (label == 2 and rank >= high - slack)
                if not stays:
                    label = 0 if rank <= low else 2 if rank >= high else 1
            past.append(value)
        out.append(label)
    return out


# --- what came after, and what was known -------------------------------------------------------

def outcome(market, known_at, slots, kind):
    """(value, variance, return, start, end) of the window that opens at or after known_at."""
    first = next((i for i, start in enumerate(market.start) if known_at <= start), None)
    if first is None or len(market.close) < first + slots:
        return None
    if first > 0 and known_at <= market.end[first - 1]:
        raise SystemExit("the demo's signals come after the close; this script knows no other")
    last = first + slots - 1
    log_return = math.log(market.close[last] / market.open[first])
    variance = market.garman_klass()[first:last + 1] + np.r_[0.0, market.gap[first + 1:last + 1] ** 2]
    if kind == "log return":
        value, spread = log_return, log_return**2 / slots
    else:
        spread = float(np.mean(variance))
        value = math.log(spread)
    return value, spread, log_return, market.start[first], market.end[last]


def controls(market, known_at, names):
    """Columns of the named controls at known_at, or None where the past is too short."""
    last = max(i for i, known in enumerate(market.known) if known <= known_at)
    out = []
    for name in names:
        if name == "implied-variance":
            stamps, values = market.public("vix", known_at)
            if not stamps or known_at - stamps[-1] > timedelta(days=7):
                return None
            out.append(math.log((values[-1] / 100) ** 2 / PERIODS_PER_YEAR))
            continue
        for lag in LAGS:
            if last - lag < 0:
                return None
            if name == "log-har":
                window = market.variance[last - lag + 1:last + 1]
                out.append(math.log(float(np.mean(window))))
            elif name == "leverage":
                out.append(min(math.log(market.close[last] / market.close[last - lag]) / lag, 0.0))
            else:
                raise SystemExit(f"control {name!r} is not part of the demo")
    return out


# --- estimates ---------------------------------------------------------------------------------

def autocorrelations(x, lags):
    x = np.asarray(x, float) - np.mean(x)
    return np.array([np.dot(x[j:], x[:-j]) for j in range(1, lags + 1)]) / np.dot(x, x)


def effective(x, y):
    n = len(x)
    lags = min(math.floor(1.3 * math.sqrt(n)), n - 1)
    weights = 1 - np.arange(1, lags + 1) / (lags + 1)
    inflation = 1 + 2 * np.sum(weights * autocorrelations(x, lags) * autocorrelations(y, lags))
    return min(max(n / inflation, 1.0), n) if inflation > 0 else float(n)


def terms_of(n):
    return max(4, math.floor(0.1 * n ** (2 / 3)))


def ewc_error(design, residual, column):
    """Standard error of a coefficient: nu cosines, divided by nu."""
    n, nu = len(residual), terms_of(len(residual))
    t = np.arange(n)
    scores = design * residual[:, None]
    meat = np.zeros((design.shape[1],) * 2)
    for j in range(1, nu + 1):
        wave = math.sqrt(2 / n) * np.cos(math.pi * j * (t + 0.5) / n)
        term = wave @ scores
        meat += np.outer(term, term) / nu
    bread = np.linalg.inv(design.T @ design)
    return math.sqrt((n * bread @ meat @ bread)[column, column]), nu


def bartlett_error(design, residual, bandwidth, column):
    scores = design * residual[:, None]
    meat = scores.T @ scores
    for j in range(1, bandwidth):
        lagged = scores[j:].T @ scores[:-j]
        meat += (1 - j / bandwidth) * (lagged + lagged.T)
    bread = np.linalg.inv(design.T @ design)
    return math.sqrt((bread @ meat @ bread)[column, column])


def shift_test(y, x, others, horizon):
    """p of the partial circular shift: a regression at each shift of x."""
    n, edge = len(y), max(2 * horizon, 63)
    basis, _ = np.linalg.qr(others)
    left = y - basis @ (basis.T @ y)
    x = x - x.mean()
    stats = []
    for k in [0, *range(edge, n - edge + 1)]:
        moved = np.roll(x, k)
        moved = moved - basis @ (basis.T @ moved)
        stats.append(abs(np.dot(left, moved)) / np.linalg.norm(moved))
    bar = stats[0] * (1 - 1e-12)
    return (1 + sum(s >= bar for s in stats[1:])) / len(stats), len(stats) - 1


def adjusted_r2(y, design):
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    n, k = design.shape
    residual = np.sum((y - design @ coefficients) ** 2)
    return 1 - residual / (n - k) / (np.sum((y - y.mean()) ** 2) / (n - 1)), residual


def regress(y, x, others, horizon, effect):
    """Everything told about one regressor; `effect` turns a coefficient into its unit."""
    n = len(y)
    rest = np.column_stack([np.ones(n), *others])
    lengths = np.r_[np.linalg.norm(x), np.linalg.norm(rest, axis=0)]
    design = np.column_stack([x, rest]) / lengths
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    residual = y - design @ coefficients
    b = coefficients[0] / lengths[0]
    error, nu = ewc_error(design, residual, 0)
    error /= lengths[0]
    law = st.t(nu)
    half = law.ppf(0.975) * error
    width = max(math.ceil(1.3 * math.sqrt(n)), horizon + 1)
    t_fixed = abs(b) / (bartlett_error(design, residual, width, 0) / lengths[0])
    beyond = [p for p, cubic in FIXED_B
              if t_fixed >= sum(c * (width / n) ** i for i, c in enumerate(cubic))]
    bracket = {0.02: 0, 0.05: 1, 0.10: 2}[beyond[0]] if beyond else 3
    classical = math.sqrt(np.sum(residual**2) / (n - design.shape[1])
                          * np.linalg.inv(design.T @ design)[0, 0]) / lengths[0]
    p_shift, shifts = shift_test(y, x, rest, horizon)
    with_r2, with_rss = adjusted_r2(y, design)
    without_r2, without_rss = adjusted_r2(y, rest)
    return {
        "value": effect(b), "std_error": error * effect.slope(b), "n": n,
        "low": effect(b - half), "high": effect(b + half),
        "mde80": effect((law.ppf(0.975) + law.ppf(0.80)) * error),
        "p ewc": 2 * law.sf(abs(b) / error), "p shift": p_shift, "shifts": shifts,
        "p naive": 2 * st.t(n - design.shape[1]).sf(abs(b) / classical),
        "fixed-b": f"S = {width}, fixed-b: {BRACKETS[bracket]}", "terms": nu,
        "n_effective": effective(x, y),
        "partial_r2": (without_rss - with_rss) / without_rss,
        "delta_r2_adjusted": with_r2 - without_r2,
    }


class Effect:
    """How a coefficient is told."""

    def __init__(self, tell, slope):
        self.tell, self.slope = tell, slope

    def __call__(self, b):
        return float(self.tell(b))


def effect_of(kind, y):
    if kind == "log return":
        typical = np.std(y, ddof=1)
        return Effect(lambda b: b / typical, lambda b: 1 / typical)
    return Effect(lambda b: math.expm1(b / 2), lambda b: math.exp(b / 2) / 2)  # a share of volatility


# --- comparison --------------------------------------------------------------------------------

def compare_estimate(gaps, mine, theirs, place, what):
    for key in ("value", "std_error", "n", "mde80", "n_effective"):
        gaps.add(f"{what} {key}", mine[key], theirs[key], place)
    for key, value in zip(("low", "high"), theirs["interval"]):
        gaps.add(f"{what} interval", mine[key], value, place)
    found = {p["method"]: p["value"] for p in theirs["p_values"]}
    shift = f"circular shift beyond controls, {mine['shifts']} shifts"
    for key, method in (("p ewc", "equal-weighted cosines"), ("p shift", shift),
                        ("p naive", "independent rows (least squares t)")):
        gaps.add(f"{what} {key}", mine[key], found.get(method), place)
    fixed = next(method for method in found if "fixed-b" in method)
    gaps.add(f"{what} fixed-b", mine["fixed-b"], fixed.split("Bartlett, ")[1], place)
    gaps.add(f"{what} terms", True, f"t({mine['terms']})" in theirs["method"], place)


def moments(y):
    cuts = np.quantile(y, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
    return {
        "mean": np.mean(y), "median": np.median(y), "sd": np.std(y, ddof=1),
        "mad": np.median(np.abs(y - np.median(y))), "skew": st.skew(y, bias=False),
        "excess_kurtosis": st.kurtosis(y, bias=False), "es5": np.mean(y[y <= cuts[1]]),
        "quantiles": cuts,
    }


def spells(labels):
    edges = np.flatnonzero(np.diff(labels)) + 1
    return np.split(np.asarray(labels), edges)


def compare_regimes(gaps, sample, finding, place):
    y, labels = sample["y"], sample["labels"]
    runs = spells(labels)
    for i, row in enumerate(finding["conditional"]):
        inside = np.ones(len(y), bool) if row["regime"] == "all" else labels == i
        here = f"{place}, {row['regime']}"
        n_spells = len(runs) if row["regime"] == "all" else sum(run[0] == i for run in runs)
        gaps.add("conditional n", int(inside.sum()), row["n"], here)
        gaps.add("conditional spells", n_spells, row["spells"], here)
        if row["regime"] == "all":
            worth = effective(y, y)
        else:
            worth = max(effective(inside.astype(float), y) * inside.mean(), 1.0)
        gaps.add("conditional n_effective", worth, row["n_effective"], here)
        mine = moments(y[inside])
        for a, b in zip(mine.pop("quantiles"), row["moments"]["quantiles"]):
            gaps.add("conditional quantiles", a, b, here)
        for key, value in mine.items():
            gaps.add(f"conditional {key}", value, row["moments"][key], here)
        compare_hits(gaps, sample["log_return"][inside], row, here)
        compare_volatility(gaps, sample["variance"], inside, row["volatility"], here)
    compare_steps(gaps, runs, labels, finding["transitions"], place)


def compare_hits(gaps, returns, row, place):
    gaps.add("conditional mean_return_bp", 1e4 * returns.mean(), row["mean_return_bp"], place)
    hit = float(np.mean(returns > 0))
    gaps.add("conditional hit", hit, row["hit"], place)
    wilson = st.binomtest(int((returns > 0).sum()), len(returns)).proportion_ci(0.95, "wilson")
    for a, b in zip((wilson.low, wilson.high), row["hit_wilson"]):
        gaps.add("conditional hit_wilson", a, b, place)


def compare_volatility(gaps, variance, inside, theirs, place):
    """Root of the mean variance; its error from the rows' deviations, zero outside the regime."""
    level = variance[inside].mean()
    design = np.column_stack([inside.astype(float)])
    error, nu = ewc_error(design, np.where(inside, variance - level, 0.0), 0)
    percent = 100 * math.sqrt(PERIODS_PER_YEAR * level)
    gaps.add("conditional volatility", percent, theirs["value"], place)
    gaps.add("conditional volatility std_error", percent * error / level / 2, theirs["std_error"], place)
    half = st.t(nu).ppf(0.975) * error / level / 2
    for a, b in zip((percent * math.exp(-half), percent * math.exp(half)), theirs["interval"]):
        gaps.add("conditional volatility interval", a, b, place)


def compare_steps(gaps, runs, labels, theirs, place):
    for i, row in enumerate(theirs["counts"]):
        for j, count in enumerate(row):
            mine = int(np.sum((labels[:-1] == i) & (labels[1:] == j)))
            gaps.add("transition counts", mine, count, place)
    for i, length in enumerate(theirs["mean_spell"]):
        own = [len(run) for run in runs if run[0] == i]
        gaps.add("transition mean_spell", float(np.mean(own)) if own else None, length, place)


def rows_of(market, finding, names):
    """The panel of one hypothesis, from the raw inputs."""
    raw = market.signals(finding["positioning"])
    signal = scaled(market, raw, finding["scale"])
    labels, words = regimes(signal, finding["regime"])
    slots = int(re.match(r"(\d+)session$", finding["horizon"])[1])
    rows = []
    for t, row in enumerate(raw):
        rows.append({
            "session": row["session"], "known_at": row["known_at"], "signal": signal[t],
            "lagged": signal[t - 1] if t > 0 else None, "label": labels[t],
            "outcome": outcome(market, row["known_at"], slots, finding["outcome"]),
            "controls": controls(market, row["known_at"], names),
        })
    return rows, words, slots


def complete(row):
    return all(row[key] is not None for key in ("signal", "label", "outcome", "controls"))


def compare_panel(gaps, rows, words, names, panel, place):
    theirs = panel.sort("ts").rows(named=True)
    gaps.add("panel rows", len(rows), len(theirs), place)
    columns = [f"{n.replace('-', '_')}_{lag}" for n in names if n != "implied-variance" for lag in LAGS]
    columns += ["log_implied_variance"] if "implied-variance" in names else []
    for mine, row in zip(rows, theirs):
        here = f"{place}, {mine['session']}"
        gaps.add("panel signal", mine["signal"], row["signal"], here)
        gaps.add("panel signal_lagged", mine["lagged"], row["signal_lagged"], here)
        label = None if mine["label"] is None else words[mine["label"]]
        gaps.add("panel regime", label, row["regime"], here)
        gaps.add("panel excluded", complete(mine), row["excluded"] is None, here)
        kept = ("outcome", "outcome_variance", "outcome_return", "window_start", "window_end")
        for value, key in zip(mine["outcome"] or [None] * 5, kept):
            same = (value == row[key]) if key.startswith("window") else None
            gaps.add(f"panel {key}", *((True, same) if same is not None else (value, row[key])), here)
        if mine["controls"] is not None:
            for value, column in zip(mine["controls"], columns):
                gaps.add(f"panel {column}", value, row[column], here)
        if mine["outcome"] is not None and not row["known_at"] <= row["window_start"] < row["window_end"]:
            gaps.add("panel window after known_at", True, False, here)


def sample_of(rows):
    kept = [row for row in rows if complete(row)]
    return {
        "kept": kept,
        "x": np.array([row["signal"] for row in kept]),
        "labels": np.array([row["label"] for row in kept]),
        "controls": np.array([row["controls"] for row in kept]).reshape(len(kept), -1),
        "y": np.array([row["outcome"][0] for row in kept]),
        "variance": np.array([row["outcome"][1] for row in kept]),
        "log_return": np.array([row["outcome"][2] for row in kept]),
    }


def standardised(x):
    return (x - x.mean()) / np.std(x, ddof=1)


def columns_of(names, wanted, table):
    places = [j for name in names for j in [name] * (1 if name == "implied-variance" else 3)]
    return [table[:, j] for j, name in enumerate(places) if name in wanted]


def compare_hypothesis(gaps, market, finding, panel):
    place, names = finding["id"], finding["ladder"][-1]["controls"]
    rows, words, slots = rows_of(market, finding, names)
    compare_panel(gaps, rows, words, names, panel, place)
    sample = sample_of(rows)
    y, effect = sample["y"], effect_of(finding["outcome"], sample["y"])
    lowest = (sample["labels"] == 0).astype(float)
    for rung in finding["ladder"]:
        here = f"{place}, {rung['name']}"
        others = columns_of(names, rung["controls"], sample["controls"])
        level = regress(y, standardised(sample["x"]), others, slots, effect)
        compare_estimate(gaps, level, rung["level"], here, "level")
        gaps.add("level partial_r2", level["partial_r2"], rung["partial_r2"], here)
        gaps.add("level delta_r2_adjusted", level["delta_r2_adjusted"], rung["delta_r2_adjusted"], here)
        if rung["regime"]["value"] is not None:
            compare_estimate(gaps, regress(y, lowest, others, slots, effect), rung["regime"], here, "regime")
        marginal = level if rung["name"] == "marginal" else marginal
    lagged = compare_lagged(gaps, sample, finding, (names, slots), place)
    compare_regimes(gaps, sample, finding, place)
    compare_difference(gaps, sample, finding["difference"], (slots, len(words)), place)
    gaps.add("signal_ar1", autocorrelations(sample["x"], 1)[0], finding["signal_ar1"], place)
    sample["shares"] = spell_shares(sample, columns_of(names, names, sample["controls"]))
    return {**level, "gated": gated(sample, slots, len(words)),
            "flags": red_flags(sample, level, (marginal, lagged), len(finding["ladder"]))}


def gated(sample, slots, regime_count):
    """Whether a gate of length, horizon or episodes fails."""
    n, labels = len(sample["y"]), sample["labels"]
    few = [sum(run[0] == i for run in spells(labels)) < 8 or np.sum(labels == i) < 60
           for i in range(regime_count)]
    return n < 250 or slots >= n / 8 or any(few)


def spell_shares(sample, others):
    """What each spell carries of the coefficient: the covariance with its rows alone, over all."""
    rest = np.column_stack([np.ones(len(sample["y"])), *others])
    def beyond(values):
        return values - rest @ np.linalg.lstsq(rest, values, rcond=None)[0]
    parts = beyond(standardised(sample["x"])) * beyond(sample["y"])
    edges = np.r_[0, np.flatnonzero(np.diff(sample["labels"])) + 1]
    return np.add.reduceat(parts, edges) / parts.sum()


def red_flags(sample, headline, around, rungs):
    """The flags that stand, by name: dies with age, one spell, only clustering."""
    marginal, lagged = around
    found = headline["p ewc"] <= 0.05
    survives = headline["value"] * lagged["value"] > 0 and lagged["p ewc"] <= 0.05
    stand = [("age", found and not survives), ("spell", sample["shares"].max() > 0.5),
             ("clustering", rungs > 1 and marginal["p ewc"] <= 0.05 and not found)]
    return [name for name, stands in stand if stands]


def compare_lagged(gaps, sample, finding, how, place):
    names, slots = how
    kept = np.array([row["lagged"] is not None for row in sample["kept"]])
    older = np.array([row["lagged"] for row in sample["kept"] if row["lagged"] is not None])
    y = sample["y"][kept]
    others = columns_of(names, names, sample["controls"][kept])
    mine = regress(y, standardised(older), others, slots, effect_of(finding["outcome"], y))
    compare_estimate(gaps, mine, finding["lagged_open_interest"], place, "lagged")
    return mine


def compare_difference(gaps, sample, theirs, how, place):
    slots, regime_count = how
    if theirs["value"] is None:
        return
    labels, y, top = sample["labels"], sample["y"], regime_count - 1
    middle = [(labels == i).astype(float) for i in range(1, top)]
    mine = regress(y, (labels == 0).astype(float), middle, slots, Effect(lambda b: b, lambda b: 1.0))
    compare_estimate(gaps, mine, theirs, place, "difference")
    found = {p["method"]: p["value"] for p in theirs["p_values"]}
    low, high = y[labels == 0], y[labels == top]
    welch = st.ttest_ind(low, high, equal_var=False).pvalue
    ranks = st.mannwhitneyu(low, high, method="asymptotic", use_continuity=True).pvalue
    gaps.add("difference Welch", welch, found["Welch, rows taken as independent"], place)
    gaps.add("difference Mann-Whitney", ranks, found["Mann-Whitney, rows taken as independent"], place)


def adjusted(p_values, role):
    p = np.asarray(p_values)
    if role == "primary":  # Holm
        order, m, running = np.argsort(p), len(p), 0.0
        out = np.empty(m)
        for i, place in enumerate(order):
            running = max(running, (m - i) * p[place])
            out[place] = min(running, 1.0)
        return out
    return st.false_discovery_control(p, method="by")


def judge(gaps, findings, headlines):
    for role in ("primary", "exploratory"):
        family = [(h, level) for h, level in zip(findings, headlines) if h["role"] == role]
        p_family = adjusted([level["p ewc"] for _, level in family], role)
        for (finding, level), p in zip(family, p_family):
            verdict, place = finding["verdict"], finding["id"]
            gaps.add("verdict holm_p", float(p) if role == "primary" else None, verdict["holm_p"], place)
            gaps.add("verdict shift_p", level["p shift"], verdict["shift_p"], place)
            gaps.add("verdict mde80", level["mde80"], verdict["mde80"], place)
            sign = (level["value"] < 0) == (finding["expect"] == "negative")
            gaps.add("verdict sign", sign, verdict["sign_as_expected"], place)
            gaps.add("verdict word", word(p, level, sign, verdict["smallest_effect"]), verdict["word"], place)
            flagged = [reason for reason in verdict["reasons"] if reason.startswith(FLAGS)]
            gaps.add("verdict flags", len(level["flags"]), len(flagged), place)


def word(p, level, sign, smallest_effect):
    """One rule: gates, then the test with its red flags, then power."""
    if level["gated"]:
        return "not-testable"
    if p <= 0.05 and level["p shift"] <= 0.05 and sign and not level["flags"]:
        return "supported"
    return "underpowered" if level["mde80"] > smallest_effect else "not-supported"


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    runs = sorted((folder / "demo").glob("*/findings.json"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise SystemExit(f"no demo/<run-id>/findings.json in {folder}")
    findings = json.loads(runs[-1].read_text())["hypotheses"]
    panels = pl.read_parquet(runs[-1].parent / "panel.parquet")
    market, gaps = Market(folder, runs[-1].parent), Gaps()
    headlines = [compare_hypothesis(gaps, market, h, panels.filter(pl.col("hypothesis") == h["id"]))
                 for h in findings]
    judge(gaps, findings, headlines)
    bad = [q for q, (gap, _) in gaps.worst.items() if not gap <= LIMIT]
    for quantity, (gap, place) in sorted(gaps.worst.items()):
        print(f"{quantity:36} {gaps.count[quantity]:7} compared   worst gap {gap:.1e}"
              + (f"   {place}" if quantity in bad else ""))
    print(f"{sum(gaps.count.values())} numbers of {len(findings)} hypotheses; "
          + (f"{len(bad)} quantities disagree" if bad else f"all within {LIMIT:.0e}"))
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
