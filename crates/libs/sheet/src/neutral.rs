//! Texts that a spreadsheet program would take for a formula (CWE-1236).

use std::borrow::Cow;

const fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
}

fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

fn is_dangerous(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(starts_formula) && !is_plain_number(text)
}

/// A text as it may stand in a csv file: with one more apostrophe in front where it would start a formula.
#[must_use]
pub fn neutralise(text: &str) -> Cow<'_, str> {
    if is_dangerous(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`neutralise`] was given.
#[must_use]
pub fn restore(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_dangerous(rest) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_get_an_apostrophe_and_numbers_stay_numbers() {
        assert_eq!(neutralise("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(neutralise("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(neutralise("-2+3"), "'-2+3");
        assert_eq!(neutralise("＝1+1"), "'＝1+1");
        assert_eq!(neutralise("\t=1"), "'\t=1");
        assert_eq!(neutralise("-12.50"), "-12.50");
        assert_eq!(neutralise("路灯-不亮"), "路灯-不亮");
        assert_eq!(neutralise("'=x"), "''=x");
        assert_eq!(restore("'-12.50"), "'-12.50");
    }

    proptest! {
        #[test]
        fn restoring_undoes_neutralising(text in "['=+@\\-＝\ta0-9.甲]{0,6}") {
            let written = neutralise(&text);
            prop_assert_eq!(restore(&written), text.as_str());
            prop_assert!(!written.starts_with(starts_formula) || is_plain_number(&written));
        }
    }
}
