//! What the ground knows without asking the store.

use std::cmp::Ordering;

use linli_kernel::{PathError, PlacePath, Ts};

use crate::error::Problem;

/// The last year of completion that makes an estate an old one (老旧小区).
///
/// 国办发〔2020〕23号 of 2020-07-10: mainly estates built by the end of 2000.
pub const OLD_BUILT_UNTIL: i64 = 2000;

/// Whether an estate counts as old; `None` when its year is not known.
#[must_use]
pub fn is_old(year_built: Option<i64>) -> Option<bool> {
    year_built.map(|year| year <= OLD_BUILT_UNTIL)
}

/// The longest name or part of a natural key, in characters.
pub const NAME_MAX: usize = 60;

/// Checks a part of a natural key or a name: 1 to [`NAME_MAX`] characters, no control characters, and no `/`, which separates
/// the parts of a key. Blanks around it are taken off.
///
/// # Errors
/// The problem of the field.
pub fn key_part(field: &'static str, text: &str) -> Result<String, Problem> {
    let text = clean(field, text)?;
    if text.contains('/') { Err(Problem::new(field, "slash", text)) } else { Ok(text) }
}

/// Checks a name: 1 to [`NAME_MAX`] characters, no control characters. Blanks around it are taken off.
///
/// # Errors
/// The problem of the field.
pub fn clean(field: &'static str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::new(field, "missing", ""));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::new(field, "control_characters", ""));
    }
    let length = text.chars().count();
    if length > NAME_MAX {
        return Err(Problem::new(field, "too_long", format!("{length} > {NAME_MAX}")));
    }
    Ok(text.to_owned())
}

/// The number that a division's code gives it under its parent: the whole of a city code, the last two digits of a district,
/// the last three of a subdistrict or community. `None` when the code has another length or is not digits.
#[must_use]
pub fn division_number(code: &str) -> Option<u32> {
    linli_kernel::division_code(code).ok()?;
    let own = match code.len() {
        4 => code,
        6 => code.get(4..)?,
        length => code.get(length - 3..)?,
    };
    own.parse().ok()
}

/// The code of the division above; `None` for a city (provinces are no level here) and for what is no code.
#[must_use]
pub fn parent_code(code: &str) -> Option<&str> {
    match code.len() {
        6 => code.get(..4),
        9 => code.get(..6),
        12 => code.get(..9),
        _ => None,
    }
}

/// Whether a community code is that of a virtual community (虚拟社区) of a development zone, a farm or the like, which has no
/// residents' committee: third group 400 to 599.
#[must_use]
pub fn is_virtual_community(code: &str) -> bool {
    code.len() == 12 && code.get(9..10).is_some_and(|digit| digit == "4" || digit == "5")
}

/// The number of the last segment of a path; `None` for the root.
#[must_use]
pub fn last_number(path: &PlacePath) -> Option<u32> {
    const ALPHABET: &str = "0123456789abcdefghjkmnpqrstvwxyz";
    let segment = path.as_str().get(path.parent()?.as_str().len()..)?;
    segment.chars().try_fold(0_u32, |number, letter| {
        let digit = u32::try_from(ALPHABET.find(letter)?).ok()?;
        number.checked_mul(32)?.checked_add(digit)
    })
}

/// The path that a place of this path has after the move of `from` to `to`; itself when it does not lie under `from`.
#[must_use]
pub fn moved_path(path: &PlacePath, from: &PlacePath, to: &PlacePath) -> PlacePath {
    if !from.contains(path) {
        return path.clone();
    }
    let rest = path.as_str().get(from.as_str().len()..).unwrap_or_default();
    // Both ends are whole segments, so the sum is one as well; only a path too deep could fail, and levels are checked before.
    format!("{to}{rest}").parse().unwrap_or_else(|_: PathError| path.clone())
}

/// Compares names as people sort them: `2栋` before `10栋`.
#[must_use]
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(first_a), Some(first_b)) = (a.chars().next(), b.chars().next()) else {
            return a.len().cmp(&b.len());
        };
        if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (number_a, rest_a) = split_number(a);
            let (number_b, rest_b) = split_number(b);
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
        } else if first_a == first_b {
            a = a.get(first_a.len_utf8()..).unwrap_or_default();
            b = b.get(first_b.len_utf8()..).unwrap_or_default();
        } else {
            return first_a.cmp(&first_b);
        }
    }
}

/// The leading digits without leading zeros, and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

/// What is wrong with the moment from which something exists no more: not before it began, and not still to come, for what is closed
/// is closed at once.
///
/// # Errors
/// `ends_before_it_begins`, `in_the_future`.
pub fn check_end(began: Option<Ts>, at: Ts, now: Ts) -> Result<(), Problem> {
    if at > now {
        return Err(Problem::new("at", "in_the_future", at.rfc3339()));
    }
    match began.filter(|began| at < *began) {
        Some(began) => Err(Problem::new("at", "ends_before_it_begins", began.rfc3339())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_comes_before_ten() {
        let mut names = vec!["10栋", "2栋", "1栋", "02栋甲", "A座", "2栋甲"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["1栋", "2栋", "02栋甲", "2栋甲", "10栋", "A座"]);
    }

    #[test]
    fn numbers_come_from_codes_and_back_from_paths() {
        assert_eq!(division_number("3201"), Some(3201));
        assert_eq!(division_number("320102"), Some(2));
        assert_eq!(division_number("320102400"), Some(400));
        assert_eq!(division_number("320102400498"), Some(498));
        assert_eq!(division_number("32010"), None);
        assert_eq!(division_number("32010x"), None);
        for number in [0, 31, 32, 3201, 1_048_575] {
            assert_eq!(last_number(&PlacePath::root().child(number).unwrap()), Some(number));
        }
        assert_eq!(last_number(&PlacePath::root()), None);
        assert!(is_virtual_community("320102400498") && !is_virtual_community("320102002001"));
    }

    #[test]
    fn the_end_of_2000_is_still_old() {
        assert_eq!([is_old(Some(2000)), is_old(Some(2001)), is_old(None)], [Some(true), Some(false), None]);
    }

    #[test]
    fn keys_have_no_slash_and_no_control_characters() {
        assert_eq!(key_part("room", " 301 ").unwrap(), "301");
        assert_eq!(key_part("room", "3/1").unwrap_err().what, "slash");
        assert_eq!(key_part("room", "3\u{7}1").unwrap_err().what, "control_characters");
        assert_eq!(key_part("room", "  ").unwrap_err().what, "missing");
        assert_eq!(key_part("room", &"长".repeat(61)).unwrap_err().what, "too_long");
    }
}
