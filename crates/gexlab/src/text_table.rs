//! Tables for a terminal of 80 columns.

use unicode_width::UnicodeWidthStr;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The widest line that a table may have.
pub const MAX_WIDTH: usize = 80;

/// Lays rows out under a header, two spaces between columns, no line wider than [`MAX_WIDTH`].
///
/// The last column gives way: what does not fit is wrapped onto lines of its own, under the column.
pub fn lay_out(header: &[(&str, Side)], rows: &[Vec<String>]) -> String {
    let widths = widths(header, rows);
    let mut text = line(
        header,
        &widths,
        &header
            .iter()
            .map(|(h, _)| (*h).to_owned())
            .collect::<Vec<_>>(),
    );
    for row in rows {
        text.push_str(&line(header, &widths, row));
    }
    text
}

fn widths(header: &[(&str, Side)], rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths: Vec<usize> = header.iter().map(|(name, _)| name.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let fixed: usize = widths.iter().rev().skip(1).map(|w| w + 2).sum();
    if let Some(last) = widths.last_mut() {
        *last = (*last).min(MAX_WIDTH.saturating_sub(fixed).max(16));
    }
    widths
}

fn line(header: &[(&str, Side)], widths: &[usize], row: &[String]) -> String {
    let mut text = String::new();
    let fixed: usize = widths.iter().rev().skip(1).map(|w| w + 2).sum();
    for (i, ((cell, width), (_, side))) in row.iter().zip(widths).zip(header).enumerate() {
        let last = i + 1 == widths.len();
        let lines = if last {
            wrap(cell, *width)
        } else {
            vec![cell.clone()]
        };
        for (k, part) in lines.iter().enumerate() {
            if 0 < k {
                text.push('\n');
                text.push_str(&" ".repeat(fixed));
            }
            let gap = " ".repeat(width.saturating_sub(part.width()));
            match side {
                Side::Right => text.extend([gap.as_str(), part]),
                Side::Left if last => text.push_str(part),
                Side::Left => text.extend([part, gap.as_str()]),
            }
        }
        if !last {
            text.push_str("  ");
        }
    }
    let mut trimmed = text.trim_end().to_owned();
    trimmed.push('\n');
    trimmed
}

/// Breaks `text` at spaces into lines of at most `width` columns; a longer word stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let current = lines.last_mut().map_or(0, |line| line.width());
        if 0 < current && width < current + 1 + word.width() {
            lines.push(word.to_owned());
        } else if let Some(line) = lines.last_mut() {
            if 0 < current {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_words_left() {
        let rows = vec![
            vec!["net-gex".to_owned(), "12".to_owned()],
            vec!["flip".to_owned(), "4,966".to_owned()],
        ];
        let table = lay_out(&[("measure", Side::Left), ("value", Side::Right)], &rows);
        assert_eq!(table, "measure  value\nnet-gex     12\nflip     4,966\n");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let long = "a sentence that goes on and on ".repeat(8);
        let rows = vec![vec![
            "stale-open-interest".to_owned(),
            long.trim_end().to_owned(),
        ]];
        let table = lay_out(&[("rule", Side::Left), ("what", Side::Left)], &rows);
        assert!(
            table.lines().all(|line| line.width() <= MAX_WIDTH),
            "{table}"
        );
        assert!(table.lines().count() > 3);
    }
}
