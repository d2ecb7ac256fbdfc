//! Texts to numbers, yes or no, and places. Nothing passes through floating point where a right may depend on it.

use linli_geo::{Crs, GeoError};

/// A whole number: digits with an optional sign, groups of three separated by commas, a fraction of zeros only.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
    scaled_number(text, 0).ok()
}

/// Why a decimal number was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    NotANumber,
    TooPrecise,
    TooLarge,
}

/// A decimal number in units of its last place: `85.3` at scale 2 is 8530. More places than that are refused unless they
/// are the noise that a spreadsheet's floating point leaves (`85.30000000000001`).
pub(crate) fn scaled_number(text: &str, scale: u8) -> Result<i64, NumberError> {
    let half = half_width(text);
    let (negative, digits) = match half.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, half.strip_prefix('+').unwrap_or(&half)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = ungrouped(whole).ok_or(NumberError::NotANumber)?;
    if whole.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) || (digits.contains('.') && fraction.is_empty()) {
        return Err(NumberError::NotANumber);
    }
    let scale = usize::from(scale);
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(scale).collect();
    let excess = fraction.get(scale..).unwrap_or_default();
    let number: i64 = format!("{whole}{kept}").parse().map_err(|_| NumberError::TooLarge)?;
    let number = number.checked_add(rounding(excess)?).ok_or(NumberError::TooLarge)?;
    Ok(if negative { -number } else { number })
}

fn rounding(excess: &str) -> Result<i64, NumberError> {
    const NOISE_FROM: usize = 7;
    let all = |part: &str, digit: u8| part.bytes().all(|b| b == digit);
    let lead = excess.get(..NOISE_FROM.saturating_sub(1)).filter(|_| excess.len() >= NOISE_FROM);
    match lead {
        _ if all(excess, b'0') => Ok(0),
        Some(lead) if all(lead, b'0') => Ok(0),
        Some(lead) if all(lead, b'9') => Ok(1),
        _ => Err(NumberError::TooPrecise),
    }
}

/// Digits without their grouping commas; `None` when the commas do not stand before groups of three.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let grouped = rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|g| g.len() == 3));
    (grouped && digits(first) && rest.iter().all(|g| digits(g))).then(|| format!("{first}{}", rest.concat()))
}

fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' | '．' | '，' | '－' | '＋' => {
                u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
            }
            '−' => '-',
            _ => c,
        })
        .collect()
}

/// An identifier that a spreadsheet or a data frame has made a number: `10033.0` is `10033`.
pub(crate) fn integer_text(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') && is_digits(whole) => whole,
        _ => text,
    }
}

fn is_digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text is a number with an exponent and a fraction, as spreadsheets show long numbers: `4.22003E+15`. `09005E` and
/// `12E5` are identifiers.
pub(crate) fn has_exponent(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let signed = exponent.strip_prefix(['+', '-']).unwrap_or_default();
    let number = mantissa.split_once('.').is_some_and(|(w, f)| is_digits(w) && is_digits(f)) || is_digits(mantissa);
    number && is_digits(signed)
}

/// Yes or no.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "1.0" | "yes" | "y" | "是" | "有" => Some(true),
        "false" | "0" | "0.0" | "no" | "n" | "否" | "无" | "没有" => Some(false),
        _ => None,
    }
}

/// Longitude and latitude from `POINT (lon lat)`.
pub(crate) fn wkt_point(text: &str) -> Option<(&str, &str)> {
    let rest = text.get(..5).filter(|w| w.eq_ignore_ascii_case("point")).and_then(|_| text.get(5..))?;
    let (lon, lat) = rest.trim().strip_prefix('(')?.strip_suffix(')')?.trim().split_once(' ')?;
    Some((lon.trim(), lat.trim()))
}

/// Why a place was refused: code and hint.
pub(crate) type PlaceError = (&'static str, Option<String>);

/// A point from two texts.
pub(crate) fn place(lon: &str, lat: &str, crs: Crs) -> Result<linli_geo::Point, PlaceError> {
    let number = |text: &str| half_width(text).parse::<f64>().map_err(|_| ("not_a_coordinate", None));
    crs.point(number(lon)?, number(lat)?).map_err(|e| match e {
        GeoError::OutOfRange { swapped: true, .. } => ("coordinates_swapped", None),
        _ => ("coordinates_out_of_range", None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        assert_eq!(whole_number("3,005"), Some(3005));
        assert_eq!(whole_number("３００５"), Some(3005));
        assert_eq!(whole_number("10033.0"), Some(10033));
        assert_eq!(whole_number("-12"), Some(-12));
        for bad in ["", "-", "3,05", "12.5", "1e3", "65栋", "0x10", "1 000", ".5", "5."] {
            assert_eq!(whole_number(bad), None, "{bad}");
        }
        assert_eq!(scaled_number("85.3", 2), Ok(8530));
        assert_eq!(scaled_number("-85.30", 2), Ok(-8530));
        assert_eq!(scaled_number("85.30000000000001", 2), Ok(8530));
        assert_eq!(scaled_number("85.29999999999999", 2), Ok(8530));
        assert_eq!(scaled_number("85.333", 2), Err(NumberError::TooPrecise));
        assert_eq!(scaled_number("85.3333333333333", 2), Err(NumberError::TooPrecise));
        assert_eq!(scaled_number("99999999999999999999", 2), Err(NumberError::TooLarge));
    }

    #[test]
    fn identifiers_keep_their_digits() {
        assert_eq!(integer_text("2054110210.0"), "2054110210");
        assert_eq!(integer_text("007.0"), "007");
        assert_eq!(integer_text("1.5"), "1.5");
        assert_eq!(integer_text("A.0"), "A.0");
        assert!(has_exponent("4.22003E+15") && has_exponent("3.2e+11") && has_exponent("3E+11"));
        assert!(!has_exponent("09005E") && !has_exponent("12E5") && !has_exponent("E+1") && !has_exponent("4220032269403517"));
    }

    #[test]
    fn places_are_read_from_numbers_and_from_text() {
        assert_eq!(wkt_point("POINT (-85.3 31.2)"), Some(("-85.3", "31.2")));
        assert_eq!(wkt_point("point(1  2)"), Some(("1", "2")));
        assert_eq!(wkt_point("LINE (1 2)"), None);
        assert_eq!(place("32.05", "118.79", Crs::Wgs84), Err(("coordinates_swapped", None)));
        assert_eq!(place("x", "1", Crs::Wgs84), Err(("not_a_coordinate", None)));
        assert_eq!(place("nan", "1", Crs::Wgs84), Err(("coordinates_out_of_range", None)));
    }
}
