//! Which codes are which part of a reading, in which unit, on the way in and out. LOINC, UCUM and SNOMED CT as the vital-signs profile of
//! R4 has them (<http://hl7.org/fhir/R4/observation-vitalsigns.html>); the words for consciousness are those of the value set UKCore-ACVPU.

use linli_care::follow::model::{Mind, Part};

/// LOINC.
pub(crate) const LOINC: &str = "http://loinc.org";
/// UCUM.
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
/// SNOMED CT.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
/// Codes of our own, for what has none elsewhere.
pub(crate) const OWN: &str = "urn:linli:fhir:observation";
/// Categories of observations.
pub(crate) const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
/// Why a value is absent.
pub(crate) const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/// A code of a part.
pub(crate) struct Code {
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
    pub(crate) display: &'static str,
    pub(crate) part: Part,
}

const fn loinc(code: &'static str, display: &'static str, part: Part) -> Code {
    Code { system: LOINC, code, display, part }
}

/// Every code that is taken. The first ones of a part are those that are written, in this order.
pub(crate) const CODES: [Code; 8] = [
    loinc("2708-6", "Oxygen saturation in Arterial blood", Part::SpO2),
    loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", Part::SpO2),
    Code {
        system: OWN,
        code: "spo2-after-light-activity",
        display: "Oxygen saturation after light activity",
        part: Part::SpO2Walk,
    },
    loinc("8867-4", "Heart rate", Part::Pulse),
    loinc("9279-1", "Respiratory rate", Part::Breaths),
    loinc("8310-5", "Body temperature", Part::Temperature),
    loinc("85354-9", "Blood pressure panel with all children optional", Part::Pressure),
    loinc("67775-7", "Level of responsiveness", Part::Mind),
];

/// The panel that only gathers others: what is measured is sent beside it.
pub(crate) const PANEL: (&str, &str) = (LOINC, "85353-1");
/// Systolic blood pressure.
pub(crate) const SYSTOLIC: (&str, &str) = ("8480-6", "Systolic blood pressure");
/// Diastolic blood pressure.
pub(crate) const DIASTOLIC: (&str, &str) = ("8462-4", "Diastolic blood pressure");
/// Flow of oxygen that was being given: more than nothing means that it was.
pub(crate) const OXYGEN_FLOW: &str = "3151-8";
/// Share of oxygen in what is breathed: more than 21 percent means that it was being given.
pub(crate) const OXYGEN_SHARE: &str = "3150-6";

/// Whether oxygen was being given, in a code of our own: that is all that is kept of it.
pub(crate) const OXYGEN_GIVEN: &str = "oxygen-given";

/// The profile of a part, where R4 has one.
pub(crate) const fn profile(part: Part) -> Option<&'static str> {
    match part {
        Part::SpO2 => Some("http://hl7.org/fhir/StructureDefinition/oxygensat"),
        Part::Pulse => Some("http://hl7.org/fhir/StructureDefinition/heartrate"),
        Part::Breaths => Some("http://hl7.org/fhir/StructureDefinition/resprate"),
        Part::Temperature => Some("http://hl7.org/fhir/StructureDefinition/bodytemp"),
        Part::Pressure => Some("http://hl7.org/fhir/StructureDefinition/bp"),
        Part::SpO2Walk | Part::Mind => None,
    }
}

/// The part that a coding means.
pub(crate) fn part_of(system: &str, code: &str) -> Option<Part> {
    CODES.iter().find(|known| known.system == system && known.code == code).map(|known| known.part)
}

/// The part within which a code stands as a component, by its system and code or by its code alone.
pub(crate) fn within(token: Option<(&str, &str)>, plain: &str) -> Option<Part> {
    let (system, code) = token.unwrap_or(("", plain));
    let is = |of: &str, known: &str| (system.is_empty() || system == of) && code == known;
    if is(LOINC, SYSTOLIC.0) || is(LOINC, DIASTOLIC.0) {
        Some(Part::Pressure)
    } else if is(OWN, OXYGEN_GIVEN) {
        Some(Part::SpO2)
    } else {
        None
    }
}

/// The unit of a part: how it is shown, and its code.
pub(crate) const fn unit(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::SpO2 | Part::SpO2Walk => ("%", "%"),
        Part::Pulse => ("beats/minute", "/min"),
        Part::Breaths => ("breaths/minute", "/min"),
        Part::Temperature => ("Cel", "Cel"),
        Part::Pressure | Part::Mind => ("mmHg", "mm[Hg]"),
    }
}

/// Consciousness and its SNOMED CT code.
pub(crate) const MINDS: [(Mind, &str, &str); 5] = [
    (Mind::Alert, "248234008", "Mentally alert"),
    (Mind::Confused, "130987000", "Acute confusion"),
    (Mind::Voice, "300202002", "Responds to voice"),
    (Mind::Pain, "450847001", "Responds to pain"),
    (Mind::Unresponsive, "422768004", "Unresponsive"),
];

/// What may be done with a unit so that the number is exactly the same measure in ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convert {
    /// Nothing.
    As,
    /// From degrees Fahrenheit, whose relation to Celsius is exact by definition.
    Fahrenheit,
}

/// The units of UCUM that are taken for a part. What has no exact factor (`kPa` and `mm[Hg]`) is refused rather than rounded twice.
pub(crate) fn convert(part: Part, code: &str) -> Option<Convert> {
    match (part, code) {
        (Part::SpO2 | Part::SpO2Walk, "%")
        | (Part::Pulse, "/min" | "1/min" | "min-1" | "{beats}/min" | "{Beats}/min" | "{beat}/min")
        | (Part::Breaths, "/min" | "1/min" | "min-1" | "{breaths}/min" | "{Breaths}/min" | "{breath}/min")
        | (Part::Temperature, "Cel")
        | (Part::Pressure, "mm[Hg]") => Some(Convert::As),
        (Part::Temperature, "[degF]") => Some(Convert::Fahrenheit),
        _ => None,
    }
}

/// Degrees Fahrenheit as they were written, in Celsius with two decimals, rounded half away from zero. `None` for what is no plain number.
pub(crate) fn celsius(fahrenheit: &str) -> Option<String> {
    let (whole, part) = fahrenheit.split_once('.').unwrap_or((fahrenheit, ""));
    if part.len() > 6 || whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millionths: i64 = format!("{whole}{part:0<6}").parse().ok()?;
    // (F − 32) × 5 ⁄ 9, in hundredths.
    let ninths = (millionths.checked_sub(32_000_000)?).checked_mul(5)?;
    let per_hundredth = 9 * 10_000;
    let hundredths = (ninths + ninths.signum() * per_hundredth / 2) / per_hundredth;
    let (sign, size) = if hundredths < 0 { ("-", -hundredths) } else { ("", hundredths) };
    Some(format!("{sign}{}.{:02}", size / 100, size % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fahrenheit_is_converted_exactly() {
        for (fahrenheit, cel) in
            [("98.6", "37.00"), ("100.4", "38.00"), ("104", "40.00"), ("99.5", "37.50"), ("97.7", "36.50"), ("99", "37.22")]
        {
            assert_eq!(celsius(fahrenheit).as_deref(), Some(cel), "{fahrenheit}");
        }
        assert_eq!((celsius("32").as_deref(), celsius("30.2").as_deref()), (Some("0.00"), Some("-1.00")));
        for wrong in ["", "-98.6", "9e1", "98,6", "1.1234567", "99999999999999999999"] {
            assert_eq!(celsius(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_has_no_exact_factor_is_not_converted() {
        assert_eq!(convert(Part::Pressure, "kPa"), None);
        assert_eq!(convert(Part::SpO2, "1"), None);
        assert_eq!(convert(Part::Pulse, "Hz"), None);
        assert_eq!(convert(Part::Temperature, "[degF]"), Some(Convert::Fahrenheit));
        assert_eq!(convert(Part::Pulse, "%"), None);
    }

    #[test]
    fn every_part_is_written_with_a_code_and_every_code_is_read() {
        for part in Part::ALL.iter().copied() {
            assert!(CODES.iter().any(|known| known.part == part), "{part}");
        }
        for known in CODES {
            assert_eq!(part_of(known.system, known.code), Some(known.part));
        }
        assert_eq!(part_of(LOINC, "29463-7"), None);
    }
}
