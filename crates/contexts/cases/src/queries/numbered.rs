//! What a number means that somebody reads out (编号、工单编号): our own or the city's, whole or its last digits.

use linli_db::{Conn, DbError};
use linli_kernel::DistrictId;

use crate::commands::number_text;
use crate::model::CaseId;
use crate::store::numbers;

/// Fewer digits than this are no number that somebody reads out; they are words of a text.
const LEAST_DIGITS: usize = 3;
/// Most cases that one look-up by the end of a number gives.
const MOST: i64 = 20;
/// Numbers of ours that are tried for the last digits somebody typed; what is older has to be written whole.
const TRIED: usize = 2_000;
/// Digits of the count in a number of ours.
const COUNT_DIGITS: usize = 6;

/// What was typed, as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered(String);

impl Numbered {
    /// Reads what somebody typed: one word of Latin letters, digits and what stands between them in numbers, with some digits in it. `None` for
    /// everything else, which is looked for in the text alone.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let typed = linli_search::fold(typed).trim().to_uppercase();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
        let digits = typed.chars().filter(char::is_ascii_digit).count();
        (digits >= LEAST_DIGITS && typed.chars().all(fits)).then_some(Self(typed))
    }

    /// A number of ours, also when its noughts were left out: `2026-123`.
    fn ours(&self) -> Option<String> {
        let (year, count) = self.0.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let year = Some(year).filter(|year| year.len() == 4 && digits(year))?;
        Some(number_text(year.parse().ok()?, Some(count).filter(|count| digits(count))?.parse().ok()?))
    }

    /// Numbers of ours that end in these digits: of the latest year first, the latest first.
    fn ours_ending(&self, years: &[(i16, i64)]) -> Vec<String> {
        let digits = self.0.as_str();
        let few = digits.len() <= COUNT_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        let (Some(end), Ok(length)) = (digits.parse::<i64>().ok().filter(|_| few), u32::try_from(digits.len())) else {
            return Vec::new();
        };
        let step = 10_i64.pow(length);
        let of_year = |(year, last): &(i16, i64)| {
            let highest = last - (last - end).rem_euclid(step);
            let year = *year;
            (0..).map(move |n| highest - n * step).take_while(|count| *count > 0).map(move |count| number_text(year, count))
        };
        years.iter().flat_map(of_year).take(TRIED).collect()
    }
}

/// The cases that a number means, the likeliest first, and whether it was written whole.
///
/// # Errors
/// Store errors.
pub(super) async fn meant(c: &mut Conn<'_>, district: DistrictId, typed: &Numbered) -> Result<(Vec<CaseId>, bool), DbError> {
    let mut whole = match typed.ours() {
        Some(number) => numbers::ours(c, district, &[number]).await?,
        None => Vec::new(),
    };
    let tickets = numbers::tickets_ending(c, district, &typed.0, MOST).await?;
    whole.extend(tickets.iter().filter(|(_, ticket_no)| ticket_no.eq_ignore_ascii_case(&typed.0)).map(|(id, _)| *id));
    if !whole.is_empty() {
        return Ok((whole, true));
    }
    let years = numbers::years(c, district).await?;
    let mut found = numbers::ours(c, district, &typed.ours_ending(&years)).await?;
    // The newest report has the highest id.
    found.sort_by(|a, b| b.cmp(a));
    found.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    for (id, _) in tickets {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok((found, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_out_is_a_number_and_what_is_told_is_not() {
        for typed in ["2026-000123", "123", "１２３４", "NJ20261128-0007", "12345/20/77"] {
            assert!(Numbered::read(typed).is_some(), "{typed}");
        }
        for typed in ["", "井盖", "3栋", "12", "楼道 123", "lamp", "123 456"] {
            assert_eq!(Numbered::read(typed), None, "{typed}");
        }
    }

    #[test]
    fn last_digits_are_tried_from_the_latest_down() {
        let ending = |typed: &str| Numbered::read(typed).unwrap().ours_ending(&[(2026, 12_100), (2025, 1_123)]);
        assert_eq!(ending("0123").first_chunk::<2>(), Some(&["2026-010123".to_owned(), "2026-000123".to_owned()]),);
        assert_eq!(ending("001123"), ["2026-001123", "2025-001123"]);
        assert_eq!(ending("123").len(), 12 + 2);
        assert!(ending("1234567").is_empty() && ending("A123").is_empty());
        assert_eq!(Numbered::read("2026-123").unwrap().ours(), Some("2026-000123".to_owned()));
    }
}
