#!/usr/bin/env python3
"""Gamma exposure of three real SPX sessions by NumPy and SciPy alone.

A second opinion for the Rust code: it shares no line with it. It prints aggregates as JSON; no row
of the data leaves it.

    python3 gex_by_scipy.py DATA_FOLDER > figures.json

DATA_FOLDER holds `cboe_delayed_2026/SPX/<session>.parquet` and
`cboe_snap_2026/SPX_<month>.parquet`. The rule set is RULES below and is written into the JSON.
"""

import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import scipy
from scipy.optimize import brentq
from scipy.stats import norm

NEW_YORK = ZoneInfo("America/New_York")
YEAR_SECONDS = 365.0 * 86_400.0
MULTIPLIER = 100.0
# Third Fridays on which XNYS is closed (Juneteenth): the AM-settled monthly expires a day earlier.
CLOSED_THIRD_FRIDAYS = {date(2026, 6, 19), date(2027, 6, 18)}

RULES = {
    "forward": "carry with rate 0 and dividend 0: F = S, D = 1",
    "volatility": "given only: iv > 0",
    "open_interest": "> 0",
    "ts": "16:15 New York of the session",
    "expiry": "SPX 09:30 New York, SPXW 16:00 New York of the expiry date",
    "time": "T = seconds from ts to expiry / (365 * 86400); rows with T <= 0 out",
    "gamma": "phi(d1) / (S sigma sqrt T), d1 = ln(S/K)/(sigma sqrt T) + sigma sqrt T / 2",
    "exposure": "gamma * open_interest * 100 * S^2 * 0.01, USD per 1 %",
    "positioning": "calls +1, puts -1 (net); all +1 (gross)",
    "flips": "roots of the book repriced at x with K, sigma, T fixed, on [0.8 S, 1.2 S]: "
    "401 log-spaced brackets (402 edges), each sign change by brentq, xtol 1e-12",
    "walls": "call wall: strike >= S with most call exposure; put wall: strike <= S with most put "
    "exposure; expiries and roots summed by strike",
}


def instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, NEW_YORK).astimezone(ZoneInfo("UTC"))


def years_left(session: date, expiry: date, root: str) -> float:
    settles = instant(expiry, time(9, 30) if root == "SPX" else time(16, 0))
    return (settles - instant(session, time(16, 15))).total_seconds() / YEAR_SECONDS


def is_am_monthly(day: date) -> bool:
    """Whether an AM-settled SPX monthly expires on `day`."""
    def third_friday(d: date) -> bool:
        return d.weekday() == 4 and 15 <= d.day <= 21
    after = day + timedelta(days=1)
    if after in CLOSED_THIRD_FRIDAYS:
        return True
    return third_friday(day) and day not in CLOSED_THIRD_FRIDAYS


def load_delayed(folder: Path, session: date) -> pl.DataFrame:
    frame = pl.read_parquet(folder / f"cboe_delayed_2026/SPX/{session}.parquet")
    return frame.select(
        "root", "expiry", "strike", "right", "iv",
        pl.col("open_interest").cast(pl.Float64).alias("oi"),
        pl.col("underlying_price").alias("spot"),
    )


def load_snap(folder: Path, session: date, single_monthly: str) -> pl.DataFrame:
    """The rootless set; `single_monthly` is the root given to an unpaired row of an AM monthly."""
    frame = pl.read_parquet(folder / f"cboe_snap_2026/SPX_{session:%Y-%m}.parquet")
    frame = frame.filter(pl.col("session_date") == session).with_columns(
        (pl.lit(session) + pl.duration(days=pl.col("dte"))).cast(pl.Date).alias("expiry")
    )
    key = ["expiry", "strike", "cp"]
    frame = frame.with_columns(
        pl.int_range(pl.len()).over(key).alias("nth"), pl.len().over(key).alias("copies")
    )
    monthly = [is_am_monthly(day) for day in frame["expiry"]]
    single_on_monthly = (pl.col("copies") == 1) & pl.Series("monthly", monthly)
    root = (
        pl.when(pl.col("copies") == 2)
        .then(pl.when(pl.col("nth") == 0).then(pl.lit("SPX")).otherwise(pl.lit("SPXW")))
        .when(single_on_monthly)
        .then(pl.lit(single_monthly))
        .otherwise(pl.lit("SPXW"))
    )
    assert frame["copies"].max() <= 2, "a key stands more than twice"
    return frame.select(
        root.alias("root"), "expiry", "strike", pl.col("cp").alias("right"), "iv", "oi",
        pl.col("underlying_price").alias("spot"), single_on_monthly.alias("ambiguous"),
    )


class Book:
    """The usable rows of one session as arrays."""

    def __init__(self, frame: pl.DataFrame, session: date):
        self.all_rows = frame
        self.spot = float(frame["spot"].unique().item())
        pairs = frame.select("root", "expiry").unique().rows()
        tau = {(r, e): years_left(session, e, r) for r, e in pairs}
        years = np.array([tau[p] for p in frame.select("root", "expiry").rows()])
        iv, oi = (frame[c].fill_null(0.0).to_numpy() for c in ("iv", "oi"))
        self.alive = years > 0.0
        usable = self.alive & (iv > 0.0) & (oi > 0.0)
        self.usable = usable
        self.strike = frame["strike"].to_numpy()[usable]
        self.call = (frame["right"] == "C").to_numpy()[usable]
        self.oi, self.spread = oi[usable], (iv * np.sqrt(np.maximum(years, 0.0)))[usable]
        self.oi_alive = float(oi[self.alive].sum())

    def exposure(self, level: float) -> np.ndarray:
        d1 = np.log(level / self.strike) / self.spread + self.spread / 2.0
        gamma = norm.pdf(d1) / (level * self.spread)
        return gamma * self.oi * MULTIPLIER * level**2 * 0.01

    def net(self, level: float) -> float:
        return float(np.where(self.call, 1.0, -1.0) @ self.exposure(level))

    def flips(self) -> list[float]:
        edges = np.exp(np.linspace(np.log(0.8 * self.spot), np.log(1.2 * self.spot), 402))
        value = [self.net(x) for x in edges]
        return [
            brentq(self.net, low, high, xtol=1e-12, rtol=8.9e-16)
            for low, high, a, b in zip(edges, edges[1:], value, value[1:])
            if a * b < 0.0
        ]

    def wall(self, side: np.ndarray) -> float | None:
        exposure = self.exposure(self.spot)
        strikes, where = np.unique(self.strike[side], return_inverse=True)
        if len(strikes) == 0:
            return None
        return float(strikes[np.argmax(np.bincount(where, weights=exposure[side]))])

    def figures(self) -> dict:
        exposure = self.exposure(self.spot)
        call, put = float(exposure[self.call].sum()), float(exposure[~self.call].sum())
        flips = self.flips()
        return {
            "spot": self.spot,
            "rows": self.all_rows.height,
            "open_interest_all_rows": float(self.all_rows["oi"].fill_null(0.0).sum()),
            "open_interest_with_time_left": self.oi_alive,
            "open_interest_usable": float(self.oi.sum()),
            "contracts_usable": int(self.usable.sum()),
            "gross_gex_usd_per_pct": call + put,
            "net_gex_usd_per_pct": call - put,
            "call_gex_usd_per_pct": call,
            "put_gex_usd_per_pct": -put,
            "flips": flips,
            "flip_nearest_spot": min(flips, key=lambda x: abs(x - self.spot), default=None),
            "call_wall": self.wall(self.call & (self.strike >= self.spot)),
            "put_wall": self.wall(~self.call & (self.strike <= self.spot)),
        }


def snap_figures(folder: Path, session: date) -> dict:
    choices = {root: load_snap(folder, session, root) for root in ("SPX", "SPXW")}
    ambiguous = choices["SPX"].filter("ambiguous")
    return {
        "ambiguous_rows": ambiguous.height,
        "ambiguous_open_interest": float(ambiguous["oi"].sum()),
        **{
            f"single_monthly_rows_as_{root}": Book(frame, session).figures()
            for root, frame in choices.items()
        },
    }


def main() -> None:
    folder = Path(sys.argv[1])
    delayed = [date(2026, 7, 28), date(2026, 8, 19)]
    snap = date(2026, 7, 15)
    figures = {
        "made_by": "gex_by_scipy.py",
        "packages": {
            "python": sys.version.split()[0],
            "numpy": np.__version__, "scipy": scipy.__version__, "polars": pl.__version__,
        },
        "rules": RULES,
        "cboe_delayed_2026": {
            str(day): Book(load_delayed(folder, day), day).figures() for day in delayed
        },
        "cboe_snap_2026": {str(snap): snap_figures(folder, snap)},
    }
    json.dump(figures, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
