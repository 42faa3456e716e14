//! The columns of an archive file, schema version 1: the single definition.

use std::sync::Arc;

use gex_compute::market::snapshot::NumberColumn;
use parquet::errors::ParquetError;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;

/// The version that is written. Every version up to it stays readable.
pub const SCHEMA_VERSION: u32 = 1;

/// Places of the columns in the schema, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Ts,
    KnownAt,
    Session,
    Underlying,
    Root,
    Expiry,
    Strike,
    Right,
    Exercise,
    Bid,
    Ask,
    Mark,
    BidIv,
    AskIv,
    Iv,
    OpenInterest,
    Volume,
    Spot,
    Forward,
    Multiplier,
    Payoff,
    Currency,
    VendorGamma,
    VendorDelta,
    DealerPosition,
    TakerNet,
    Flags,
}

impl Place {
    /// Where a column of numbers that may be unknown stands.
    pub(super) fn of(column: NumberColumn) -> Self {
        match column {
            NumberColumn::Bid => Self::Bid,
            NumberColumn::Ask => Self::Ask,
            NumberColumn::Mark => Self::Mark,
            NumberColumn::BidIv => Self::BidIv,
            NumberColumn::AskIv => Self::AskIv,
            NumberColumn::Iv => Self::Iv,
            NumberColumn::OpenInterest => Self::OpenInterest,
            NumberColumn::Volume => Self::Volume,
            NumberColumn::Forward => Self::Forward,
            NumberColumn::VendorGamma => Self::VendorGamma,
            NumberColumn::VendorDelta => Self::VendorDelta,
            NumberColumn::DealerPosition => Self::DealerPosition,
            NumberColumn::TakerNet => Self::TakerNet,
        }
    }
}

/// Instants are UTC; prices are in `currency`, in coin for inverse options; volatilities are
/// annual decimals; open interest, volume and positions are contracts; null is unknown.
const COLUMNS: &str = "message archive {
  required int64 ts (TIMESTAMP(MICROS,true));
  required int64 known_at (TIMESTAMP(MICROS,true));
  required int32 session (DATE);
  required binary underlying (STRING);
  required binary root (STRING);
  required int64 expiry (TIMESTAMP(MICROS,true));
  required double strike;
  required binary right (STRING);
  required binary exercise (STRING);
  optional double bid;
  optional double ask;
  optional double mark;
  optional double bid_iv;
  optional double ask_iv;
  optional double iv;
  optional double open_interest;
  optional double volume;
  required double spot;
  optional double forward;
  required double multiplier;
  required binary payoff (STRING);
  required binary currency (STRING);
  optional double vendor_gamma;
  optional double vendor_delta;
  optional double dealer_position;
  optional double taker_net;
  required int32 flags (INTEGER(32,false));
}";

/// The schema as the library wants it.
pub(super) fn schema() -> Result<Arc<Type>, ParquetError> {
    parse_message_type(COLUMNS).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_schema() {
        let schema = schema().unwrap();
        let name = |place: Place| schema.get_fields()[place as usize].name().to_owned();
        assert_eq!(name(Place::Ts), "ts");
        assert_eq!(name(Place::Strike), "strike");
        assert_eq!(name(Place::OpenInterest), "open_interest");
        assert_eq!(name(Place::Flags), "flags");
        assert_eq!(schema.get_fields().len(), Place::Flags as usize + 1);
    }
}
