//! A chain as a table: the columns of the archive, one row a contract.

use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot};
use gex_ingest::table::{Column, Table};

/// The rows of one snapshot under the archive's own names of columns; `flags` is the bit set.
pub(crate) fn chain_table(chain: &ChainSnapshot) -> Table {
    let head = chain.head();
    let rows: Vec<ChainRow> = chain.rows().collect();
    let each = |value: i64| Column::Instant(vec![Some(value); rows.len()]);
    let word = |text: &str| Column::Text(vec![Some(text.to_owned()); rows.len()]);
    let text = |read: fn(&ChainRow) -> &str| {
        Column::Text(rows.iter().map(|row| Some(read(row).to_owned())).collect())
    };
    let number = |read: fn(&ChainRow) -> Option<f64>| Column::F64(rows.iter().map(read).collect());
    let micros = |row: &ChainRow| Some(row.expiry.timestamp_micros());
    Table::new()
        .with("ts", each(head.ts.timestamp_micros()))
        .with("known_at", each(head.known_at.timestamp_micros()))
        .with(
            "session",
            Column::Date(vec![Some(head.session); rows.len()]),
        )
        .with("underlying", word(&head.underlying))
        .with("root", text(|row| &row.root))
        .with("expiry", Column::Instant(rows.iter().map(micros).collect()))
        .with("strike", number(|row| Some(row.strike)))
        .with("right", text(|row| Right::letter(row.right)))
        .with("exercise", text(|row| Exercise::word(row.exercise)))
        .with("bid", number(|row| row.bid))
        .with("ask", number(|row| row.ask))
        .with("mark", number(|row| row.mark))
        .with("bid_iv", number(|row| row.bid_iv))
        .with("ask_iv", number(|row| row.ask_iv))
        .with("iv", number(|row| row.iv))
        .with("open_interest", number(|row| row.open_interest))
        .with("volume", number(|row| row.volume))
        .with("spot", Column::F64(vec![Some(head.spot.get()); rows.len()]))
        .with("forward", number(|row| row.forward))
        .with("multiplier", number(|row| Some(row.multiplier)))
        .with("payoff", text(|row| Payoff::word(row.payoff)))
        .with("currency", word(head.currency.code()))
        .with("vendor_gamma", number(|row| row.vendor_gamma))
        .with("vendor_delta", number(|row| row.vendor_delta))
        .with("dealer_position", number(|row| row.dealer_position))
        .with("taker_net", number(|row| row.taker_net))
        .with(
            "flags",
            Column::I64(rows.iter().map(|row| Some(row.flags.0.into())).collect()),
        )
}
