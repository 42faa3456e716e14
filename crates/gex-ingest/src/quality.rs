//! Rules that data must keep, by name: what each one does and how often it did it.

use std::collections::BTreeMap;

use gex_compute::market::snapshot::Flags;

/// What a rule does with what it catches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The row goes to `rejected.parquet`.
    SetAside,
    /// The row is kept, repaired or in doubt, and says so.
    RepairAndFlag,
    /// The row is kept as it is; the report speaks of it.
    Warn,
}

impl Action {
    /// The word in `archive.json` and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::SetAside => "set-aside",
            Self::RepairAndFlag => "repair-and-flag",
            Self::Warn => "warn",
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $action:ident;)*) => {
        /// A rule on rows, snapshots or sessions. Rules on files are the variants of
        /// [`SourceError`](crate::source::SourceError): those refuse the import.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $($(#[$doc])* $variant,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in files and messages.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the rule does.
            pub fn action(self) -> Action {
                match self { $(Self::$variant => Action::$action,)* }
            }
        }
    };
}

rules! {
    /// A field that a contract can't do without is empty.
    NullRequired, "null_required", SetAside;
    /// Text where a number, a date or an instant must stand.
    Malformed, "malformed_value", SetAside;
    /// The right is neither call nor put.
    UnknownKind, "unknown_kind", SetAside;
    /// A strike that is not finite and above zero, or beyond any price.
    InvalidStrike, "invalid_strike", SetAside;
    /// A spot that is not finite and above zero.
    InvalidSpot, "invalid_spot", SetAside;
    /// A volatility that is negative or infinite.
    InvalidIv, "invalid_iv", SetAside;
    /// A volatility too small or too large to be one.
    ImplausibleIv, "implausible_iv", SetAside;
    /// A contract that has neither a volatility nor a price that holds one.
    IvNotSolvable, "iv_not_solvable", SetAside;
    /// Open interest that is negative, or more than was ever open.
    InvalidOpenInterest, "invalid_open_interest", SetAside;
    /// The contract had settled at the instant of the quotes.
    ExpiredContract, "expired_contract", SetAside;
    /// The same contract again: equal copies beyond the first, or every copy where they differ.
    DuplicateContract, "duplicate_contract", SetAside;
    /// A daily bar whose prices contradict each other, or are not finite and above zero.
    InvalidBar, "invalid_bar", SetAside;
    /// A second value for a date that has one.
    RepeatedDate, "repeated_date", SetAside;
    /// A daily value on a day without a session.
    DateWithoutSession, "date_without_session", SetAside;
    /// Text longer than any symbol.
    StringTooLong, "string_too_long", SetAside;
    /// A snapshot saved on a day when the exchange was closed: stale quotes under a new date.
    ClosedDay, "closed_day", SetAside;
    /// A snapshot fetched before the open: quotes of the night, a spot of the last close.
    FetchedBeforeOpen, "fetched_before_open", SetAside;
    /// A second snapshot of a session that another file holds better.
    RepeatedSession, "repeated_session", SetAside;
    /// A future, or anything else that is no option, among the options.
    NotAnOption, "not_an_option", SetAside;
    /// A volatility of zero: the vendor's word for unknown.
    ZeroIv, "zero_iv", RepairAndFlag;
    /// A price that is negative or not finite was made unknown.
    InvalidQuote, "invalid_quote", RepairAndFlag;
    /// An offer of zero: nobody offers.
    NoOffer, "no_offer", RepairAndFlag;
    /// A volume that is negative or not finite was made unknown.
    InvalidVolume, "invalid_volume", RepairAndFlag;
    /// The bid stands above the offer.
    CrossedQuote, "crossed_quote", RepairAndFlag;
    /// A strike was rounded by less than a millionth.
    StrikeNoise, "strike_noise", RepairAndFlag;
    /// The root was worked out, because the vendor gives none.
    RootInferred, "root_inferred", RepairAndFlag;
    /// The root could be one of two.
    RootAmbiguous, "root_ambiguous", RepairAndFlag;
    /// The session is another than the file's name or label says.
    SessionRelabelled, "session_relabelled", RepairAndFlag;
    /// Rows of one snapshot disagree on the spot; the value of most rows stands.
    InconsistentSpot, "inconsistent_spot", RepairAndFlag;
    /// The vendor gives no level of the underlying: the forward of the nearest expiry stands for it.
    SpotFromForward, "spot_from_forward", RepairAndFlag;
    /// An expiry more than fifty years away.
    ImplausibleExpiry, "implausible_expiry", Warn;
    /// A chain with calls alone or puts alone.
    OneSidedChain, "one_sided_chain", Warn;
    /// A snapshot on a day without a session.
    NotASession, "not_a_session", Warn;
    /// A snapshot outside the hours of its session.
    SessionTime, "session_time", Warn;
    /// A session of the calendar between two others has no snapshot.
    MissingSession, "missing_session", Warn;
    /// Quotes of one snapshot carry instants up to a second apart; the last one stands.
    SnapshotJitter, "snapshot_jitter", Warn;
    /// Most sessions have one snapshot, and this one has more.
    MixedCadence, "mixed_cadence", Warn;
    /// Spot moved by more than a quarter between two sessions.
    SpotJump, "spot_jump", Warn;
    /// Total open interest changed a hundredfold between two sessions.
    OpenInterestJump, "open_interest_jump", Warn;
    /// The file was fetched on a later day than its session's.
    FetchedLate, "fetched_late", Warn;
    /// Another file holds the same open interest, contract by contract.
    SameOpenInterest, "same_open_interest", Warn;
}

impl Rule {
    /// Marks a row, if the rule is one that rows carry.
    pub fn raise(self, flags: &mut Flags) {
        flags.0 |= self.bit();
    }

    /// The bit in the column `flags`; 0 for rules that no row carries. Bits keep their meaning for
    /// as long as archives last: new rules take new ones.
    pub fn bit(self) -> u32 {
        match self {
            Self::RootInferred => 1,
            Self::RootAmbiguous => 1 << 1,
            Self::SessionRelabelled => 1 << 3,
            Self::CrossedQuote => 1 << 4,
            Self::InvalidQuote => 1 << 5,
            Self::InvalidVolume => 1 << 6,
            Self::NoOffer => 1 << 7,
            Self::ZeroIv => 1 << 8,
            Self::StrikeNoise => 1 << 9,
            Self::InconsistentSpot => 1 << 10,
            Self::SpotFromForward => 1 << 11,
            _ => 0,
        }
    }
}

/// What one rule found in an import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rows caught.
    pub rows: u64,
    /// Places in words, in the order found, at most [`Ledger::PLACES`].
    pub places: Vec<String>,
}

/// Counts by rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    tallies: BTreeMap<Rule, Tally>,
}

impl Ledger {
    /// Places remembered for each rule.
    pub const PLACES: usize = 50;

    /// Counts one row.
    pub fn count(&mut self, rule: Rule) {
        self.tallies.entry(rule).or_default().rows += 1;
    }

    /// Counts `rows` and remembers where.
    pub fn note(&mut self, rule: Rule, rows: u64, place: String) {
        let tally = self.tallies.entry(rule).or_default();
        tally.rows += rows;
        if tally.places.len() < Self::PLACES && !tally.places.contains(&place) {
            tally.places.push(place);
        }
    }

    /// Adds the counts of another ledger.
    pub fn absorb(&mut self, other: Self) {
        for (rule, tally) in other.tallies {
            self.tallies.entry(rule).or_default().rows += tally.rows;
            for place in tally.places {
                self.note(rule, 0, place);
            }
        }
    }

    /// What one rule found; nothing where it found nothing.
    pub fn tally(&self, rule: Rule) -> Tally {
        self.tallies.get(&rule).cloned().unwrap_or_default()
    }

    /// Every rule that found something, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, &Tally)> {
        self.tallies.iter().map(|(rule, tally)| (*rule, tally))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledgers_add_up_and_places_stay_few() {
        let mut first = Ledger::default();
        first.count(Rule::ZeroIv);
        first.note(Rule::MissingSession, 0, "2024-01-08".to_owned());
        let mut second = Ledger::default();
        for day in 0..100 {
            second.note(Rule::MissingSession, 0, format!("day {day}"));
        }
        second.count(Rule::ZeroIv);
        first.absorb(second);
        assert_eq!(first.tally(Rule::ZeroIv).rows, 2);
        let places = first.tally(Rule::MissingSession).places;
        assert_eq!(places.len(), Ledger::PLACES);
        assert_eq!(places[0], "2024-01-08");
    }

    #[test]
    fn a_rule_has_a_bit_exactly_if_it_keeps_the_row_and_flags_it() {
        let mut taken = 0;
        for rule in Rule::ALL {
            let flags = rule.action() == Action::RepairAndFlag;
            assert_eq!(rule.bit().count_ones(), u32::from(flags), "{}", rule.name());
            assert_eq!(rule.bit() & taken, 0, "{}", rule.name());
            taken |= rule.bit();
        }
    }

    #[test]
    fn names_of_rules_are_distinct() {
        let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
    }
}
