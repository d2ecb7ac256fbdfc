//! Numbers as they are typed: read in their unit, or named as what they most likely were.

use crate::follow::model::Mind;

/// What looks wrong with a number that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// Not a number.
    NotANumber,
    /// Nothing living has it.
    OutOfRange,
    /// Oxygen saturation told as a fraction: 0.92 for 92.
    Fraction,
    /// Oxygen saturation above 100: most likely the pulse, which the same device shows.
    PulseForSaturation,
    /// A temperature in degrees Fahrenheit.
    Fahrenheit,
    /// A temperature without its decimal point: 367 for 36.7.
    PointMissing,
    /// A blood pressure in kilopascal.
    KiloPascal,
    /// The lower number of a blood pressure is not lower.
    Upside,
    /// Nothing was told.
    Nothing,
}

impl Slip {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotANumber => "not-a-number",
            Self::OutOfRange => "out-of-range",
            Self::Fraction => "fraction",
            Self::PulseForSaturation => "pulse-for-saturation",
            Self::Fahrenheit => "fahrenheit",
            Self::PointMissing => "point-missing",
            Self::KiloPascal => "kilopascal",
            Self::Upside => "upside",
            Self::Nothing => "nothing",
        }
    }
}

/// A number that cannot be; nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impossible {
    /// The field, as the form names it.
    pub field: &'static str,
    /// What looks wrong.
    pub slip: Slip,
    /// The least that can be, in the unit of the field (0.1 °C for temperatures).
    pub least: i64,
    /// The most that can be.
    pub most: i64,
}

/// Vital signs as they were typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'a> {
    /// Oxygen saturation at rest.
    pub spo2: &'a str,
    /// Oxygen saturation after light activity.
    pub spo2_walk: &'a str,
    /// Pulse.
    pub pulse: &'a str,
    /// Breaths per minute.
    pub breaths: &'a str,
    /// Temperature in °C.
    pub temperature: &'a str,
    /// Systolic blood pressure.
    pub systolic: &'a str,
    /// Diastolic blood pressure.
    pub diastolic: &'a str,
    /// Whether oxygen was being given.
    pub on_oxygen: bool,
    /// Consciousness.
    pub mind: Option<Mind>,
    /// Whether short of breath.
    pub breathless: bool,
}

/// What a typed number is: in tenths where `tenths`, so that 36.7 is 367. Full-width digits and the unit behind it are read too.
pub(super) fn number(typed: &str, tenths: bool) -> Result<Option<i64>, Slip> {
    let plain: String = typed
        .trim()
        .trim_end_matches(['%', '％', '℃'])
        .trim_end_matches("°C")
        .trim()
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            '．' | '。' => '.',
            other => other,
        })
        .collect();
    if plain.is_empty() {
        return Ok(None);
    }
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || whole.len() > 6 || part.len() > 6 {
        return Err(Slip::NotANumber);
    }
    let whole_number: i64 = whole.parse().map_err(|_| Slip::NotANumber)?;
    let beyond = part.trim_end_matches('0');
    match (tenths, beyond.len()) {
        (true, 0) => Ok(Some(whole_number * 10)),
        // 36.75 is told to a twentieth by some thermometers: rounded half up to the tenth that the scores know.
        (true, _) => {
            let mut places = beyond.bytes().map(|b| i64::from(b - b'0'));
            let (tenth, next) = (places.next().unwrap_or(0), places.next().unwrap_or(0));
            Ok(Some(whole_number * 10 + tenth + i64::from(next >= 5)))
        }
        (false, 0) => Ok(Some(whole_number)),
        (false, _) if whole_number == 0 => Err(Slip::Fraction),
        (false, _) => Err(Slip::NotANumber),
    }
}

/// What a number out of range most likely was.
pub(super) fn looks_like(field: &str, value: i64) -> Slip {
    match (field, value) {
        ("spo2" | "spo2_walk", 101..=250) => Slip::PulseForSaturation,
        // 86.0 to 113.0 °F are 30 to 45 °C.
        ("temperature", 860..=1_130) => Slip::Fahrenheit,
        ("temperature", 3_000..=4_400) => Slip::PointMissing,
        ("systolic", 7..=40) | ("diastolic", 3..=19) => Slip::KiloPascal,
        _ => Slip::OutOfRange,
    }
}
