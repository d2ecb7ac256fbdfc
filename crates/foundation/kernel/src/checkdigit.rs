//! Identifiers that carry their own proof: unified social credit code, resident ID number, component id, division code.

/// Why an identifier is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Wrong number of characters.
    #[error("needs {expected} characters, has {found}")]
    Length {
        /// Characters a valid one has.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// A character that cannot stand there.
    #[error("character {0} cannot stand there")]
    Character(usize),
    /// The check character does not fit the rest.
    #[error("check character should be {0}")]
    Check(char),
}

/// Letters of the unified social credit code, values 0 to 30 (no I O S V Z).
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Checks a unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters, the last one computed.
///
/// # Errors
/// Says what is wrong, counted from 1.
pub fn social_credit_code(code: &str) -> Result<(), CheckError> {
    let bytes = exactly(code, 18)?;
    let mut sum: u32 = 0;
    let mut weight: u32 = 1;
    for (i, byte) in bytes.iter().take(17).enumerate() {
        sum += value_in(CREDIT_ALPHABET, *byte).ok_or(CheckError::Character(i + 1))? * weight;
        weight = weight * 3 % 31;
    }
    let expected = char_in(CREDIT_ALPHABET, (31 - sum % 31) % 31);
    check_last(bytes, expected)
}

/// Checks a resident ID number (公民身份号码), GB 11643-1999 with ISO 7064 MOD 11-2.
///
/// # Errors
/// Says what is wrong, counted from 1. The date inside is not judged here.
pub fn resident_id(number: &str) -> Result<(), CheckError> {
    let bytes = exactly(number, 18)?;
    let mut sum: u32 = 0;
    for (i, byte) in bytes.iter().take(17).enumerate() {
        if !byte.is_ascii_digit() {
            return Err(CheckError::Character(i + 1));
        }
        let weight = (0..17 - i).fold(1_u32, |w, _| w * 2 % 11);
        sum += u32::from(byte - b'0') * weight;
    }
    check_last(bytes, char_in(b"10X98765432", sum % 11))
}

/// Checks the form of a component identifier (部件标识码), GB/T 47678.5-2026: 17 digits = 6 division + 5 class + 6 serial.
///
/// # Errors
/// Says what is wrong, counted from 1. Whether division and class exist is for `territory` to say.
pub fn component_id(id: &str) -> Result<(), CheckError> {
    digits(exactly(id, 17)?)
}

/// Checks the form of a statistical division code: 4, 6, 9 or 12 digits.
///
/// # Errors
/// Says what is wrong, counted from 1.
pub fn division_code(code: &str) -> Result<(), CheckError> {
    match code.len() {
        4 | 6 | 9 | 12 => digits(code.as_bytes()),
        found => Err(CheckError::Length { expected: 12, found }),
    }
}

fn exactly(text: &str, expected: usize) -> Result<&[u8], CheckError> {
    let found = text.chars().count();
    if found == expected && text.len() == expected { Ok(text.as_bytes()) } else { Err(CheckError::Length { expected, found }) }
}

fn digits(bytes: &[u8]) -> Result<(), CheckError> {
    match bytes.iter().position(|b| !b.is_ascii_digit()) {
        Some(i) => Err(CheckError::Character(i + 1)),
        None => Ok(()),
    }
}

fn value_in(alphabet: &[u8], byte: u8) -> Option<u32> {
    alphabet.iter().position(|b| *b == byte).and_then(|i| u32::try_from(i).ok())
}

fn char_in(alphabet: &[u8], value: u32) -> char {
    usize::try_from(value).ok().and_then(|i| alphabet.get(i)).copied().map_or('?', char::from)
}

fn check_last(bytes: &[u8], expected: char) -> Result<(), CheckError> {
    if bytes.last().copied().map(char::from) == Some(expected) { Ok(()) } else { Err(CheckError::Check(expected)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors_hold() {
        assert_eq!(social_credit_code("91350100M000100Y43"), Ok(()));
        assert_eq!(social_credit_code("91350100M000100Y44"), Err(CheckError::Check('3')));
        assert_eq!(resident_id("11010519491231002X"), Ok(()));
        assert_eq!(resident_id("440524188001010014"), Ok(()));
        assert_eq!(resident_id("440524188001010015"), Err(CheckError::Check('4')));
    }

    #[test]
    fn forms_are_refused_with_the_place() {
        assert_eq!(component_id("32050801010000012"), Ok(()));
        assert_eq!(component_id("3205080101000001"), Err(CheckError::Length { expected: 17, found: 16 }));
        assert_eq!(component_id("32050801010O00012"), Err(CheckError::Character(12)));
        assert_eq!(division_code("320102002001"), Ok(()));
        assert!(social_credit_code("91350100M000100Y4三").is_err());
    }
}
