//! The number of a resident (公民身份号码, GB 11643) where a patient is named by it: what it says itself has to fit what is said beside it.

use jiff::civil::Date;

/// Under which system such a number stands (WS/T 500: the OID of 居民身份证号码).
pub(crate) const RESIDENT: &str = "urn:oid:2.16.156.10011.1.3";

/// Which element is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    /// The number: its length, a character, its last character, or the day in it.
    Number,
    /// The birthday beside it is another.
    Born,
    /// The gender beside it is another.
    Gender,
}

/// What is said beside the number.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    /// The birthday as it was written.
    pub(crate) born: Option<&'a str>,
    /// The administrative gender.
    pub(crate) gender: Option<&'a str>,
}

/// The number as it is kept, when it is one of somebody who was born until today.
///
/// # Errors
/// Which element is wrong.
pub(crate) fn resident(typed: &str, beside: Beside<'_>, today: Date) -> Result<String, Slip> {
    let number = typed.trim().to_ascii_uppercase();
    linli_kernel::resident_id(&number).map_err(|_| Slip::Number)?;
    let born = number.get(6..14).and_then(|day| Date::strptime("%Y%m%d", day).ok());
    let born = born.filter(|born| *born <= today && born.year() >= 1880).ok_or(Slip::Number)?;
    // A birthday may be known to the month alone.
    if beside.born.is_some_and(|said| !born.to_string().starts_with(said.trim())) {
        return Err(Slip::Born);
    }
    let is_male = number.as_bytes().get(16).is_some_and(|digit| digit % 2 == 1);
    match beside.gender {
        Some("male") if !is_male => Err(Slip::Gender),
        Some("female") if is_male => Err(Slip::Gender),
        _ => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 24);

    fn read(number: &str, born: Option<&str>, gender: Option<&str>) -> Result<String, Slip> {
        resident(number, Beside { born, gender }, TODAY)
    }

    /// 11010519491231002X is the example of GB 11643.
    #[test]
    fn a_number_has_its_last_character_its_day_and_its_gender() {
        let own = || Ok("11010519491231002X".to_owned());
        assert_eq!(read("11010519491231002X", Some("1949-12-31"), Some("female")), own());
        assert_eq!(read(" 11010519491231002x ", None, Some("unknown")), own());
        assert_eq!(read("11010519491231002X", Some("1949-12"), None), own());
        for wrong in ["110105194912310021", "1101051949123100", "110105194912310O2X", "11010519491231002", "", "11010549123100"] {
            assert_eq!(read(wrong, None, None), Err(Slip::Number), "{wrong}");
        }
        assert_eq!(read("11010519491231002X", Some("1949-12-30"), None), Err(Slip::Born));
        assert_eq!(read("11010519491231002X", None, Some("male")), Err(Slip::Gender));
    }

    /// Every number that differs in one character, or has two neighbours changed, is found out: that is what the last character is for.
    #[test]
    fn one_wrong_character_is_found_out() {
        let number = "11010519491231002X";
        for at in 0..17 {
            for digit in '0'..='9' {
                let other: String = number.chars().enumerate().map(|(i, c)| if i == at { digit } else { c }).collect();
                assert_eq!(read(&other, None, None).is_ok(), other == number, "{other}");
            }
        }
        let turned = "11010519491230102X";
        assert_eq!(read(turned, None, None), Err(Slip::Number));
    }

    /// A day that was not, with a last character that fits.
    #[test]
    fn a_day_that_was_not_is_no_day() {
        let with_last = |most: &str| {
            let fits = "0123456789X"
                .chars()
                .map(|last| format!("{most}{last}"))
                .find(|number| linli_kernel::resident_id(number).is_ok());
            fits.unwrap()
        };
        for most in ["11010519490231002", "11010520270101002", "11010518790101002", "11010519491331002"] {
            assert_eq!(read(&with_last(most), None, None), Err(Slip::Number), "{most}");
        }
        assert!(read(&with_last("11010520240229002"), None, None).is_ok());
    }
}
