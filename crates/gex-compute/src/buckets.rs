//! Time to settlement in five disjoint buckets.

use chrono::TimeDelta;

use crate::market::Instant;

/// When a contract settles, counted from the quotes, in calendar days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// At or before the end of the next session.
    NextSession,
    /// Later, within 7 days.
    Days7,
    /// Later, within 30 days.
    Days30,
    /// Later, within 90 days.
    Days90,
    /// Beyond 90 days.
    Far,
}

/// The instants that bound the buckets of one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketEdges {
    /// Instant of the quotes.
    pub ts: Instant,
    /// End of the next session, which the first bucket includes.
    pub next_session_end: Instant,
}

impl Bucket {
    /// Every bucket, the nearest first.
    pub const ALL: [Self; 5] = [
        Self::NextSession,
        Self::Days7,
        Self::Days30,
        Self::Days90,
        Self::Far,
    ];

    /// The bucket of a contract that settles at `settles`.
    ///
    /// ```
    /// use chrono::{TimeDelta, TimeZone, Utc};
    /// use gex_compute::buckets::{Bucket, BucketEdges};
    ///
    /// let ts = Utc.with_ymd_and_hms(2024, 1, 5, 21, 15, 0).unwrap();
    /// let edges = BucketEdges { ts, next_session_end: ts + TimeDelta::days(3) };
    /// assert_eq!(Bucket::of(ts + TimeDelta::days(3), edges), Bucket::NextSession);
    /// assert_eq!(Bucket::of(ts + TimeDelta::days(30), edges), Bucket::Days30);
    /// ```
    pub fn of(settles: Instant, edges: BucketEdges) -> Self {
        let within = |days| settles <= edges.ts + TimeDelta::days(days);
        if settles <= edges.next_session_end {
            Self::NextSession
        } else if within(7) {
            Self::Days7
        } else if within(30) {
            Self::Days30
        } else if within(90) {
            Self::Days90
        } else {
            Self::Far
        }
    }

    /// The place of the bucket in [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    #[test]
    fn every_instant_has_one_bucket_and_edges_belong_to_the_nearer() {
        let ts = Utc.with_ymd_and_hms(2024, 1, 5, 21, 15, 0).unwrap();
        let next_session_end = Utc.with_ymd_and_hms(2024, 1, 8, 21, 0, 0).unwrap();
        let edges = BucketEdges {
            ts,
            next_session_end,
        };
        let second = TimeDelta::seconds(1);
        let last_instants = [
            next_session_end,
            ts + TimeDelta::days(7),
            ts + TimeDelta::days(30),
            ts + TimeDelta::days(90),
        ];
        for (place, last) in last_instants.into_iter().enumerate() {
            assert_eq!(Bucket::of(last, edges), Bucket::ALL[place]);
            assert_eq!(Bucket::of(last + second, edges), Bucket::ALL[place + 1]);
            assert_eq!(Bucket::ALL[place].index(), place);
        }
    }
}
