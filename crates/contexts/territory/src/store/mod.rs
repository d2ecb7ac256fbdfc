//! The SQL of this room. Nobody else touches these tables.

pub(crate) mod boundaries;
pub(crate) mod components;
pub(crate) mod divisions;
pub(crate) mod estates;
pub(crate) mod grids;
pub(crate) mod places;

use linli_geo::Point;

/// How many values one `IN` list carries: a power of two, see [`round`].
pub(crate) const IN_LIST: usize = 512;

/// How many values a list of so many is filled up to by repeating the last: with ten lengths instead of five hundred, the statements stay
/// prepared.
pub(crate) fn round(count: usize) -> usize {
    count.next_power_of_two().min(IN_LIST)
}

/// `$from, $from+1 …`, for `count` values.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 5);
    for i in from..from + count {
        if i > from {
            text.push(',');
        }
        text.push('$');
        text.push_str(&i.to_string());
    }
    text
}

/// A point from two columns; damage beyond ±180 or ±90 is absence.
pub(crate) fn point(lon_e7: Option<i64>, lat_e7: Option<i64>) -> Option<Point> {
    Some(Point { lon_e7: i32::try_from(lon_e7?).ok()?, lat_e7: i32::try_from(lat_e7?).ok()? })
}

/// A date column; what is no date is absence.
pub(crate) fn date(text: Option<String>) -> Option<jiff::civil::Date> {
    text.and_then(|t| t.parse().ok())
}
