//! SANER: the forms of the daily returns as measures, and returns as reports. Unknown, suppressed and zero are three things, in both
//! directions: a count that is not known says so, and is never a zero.

pub(crate) mod live;
pub(crate) mod read;
pub(crate) mod table;
pub(crate) mod write;

use linli_treatment::model::Stated;

/// Figures of returns, by the field of their form.
pub(crate) const FIGURE: &str = "urn:linli:fhir:figure";
/// Values that SANER measures.
pub(crate) const MEASURED: &str = "http://hl7.org/fhir/uv/saner/CodeSystem/MeasuredValues";
/// Why there is no value.
pub(crate) const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// How several days of a figure become one: `count` or `point-in-time` of SANER's rate aggregation.
pub(crate) const OVER_TIME: &str = "urn:linli:fhir:over-time";
/// How many of what was put together are not in a sum, because they are unknown or kept back.
pub(crate) const NOT_IN_IT: &str = "urn:linli:fhir:not-in-sum";
/// How a measure is scored, in the words of SANER.
pub(crate) const SCORING: &str = "http://hl7.org/fhir/uv/saner/CodeSystem/PublicHealthMeasureScoring";
/// Why a return is as it is, or why it was corrected: the forms ask for it where the pages do.
pub(crate) const BECAUSE: &str = "urn:linli:fhir:because";
/// The measure of SANER that hospitals report by.
pub(crate) const CDC: &str = "http://hl7.org/fhir/uv/saner/Measure/CDCPatientImpactAndHospitalCapacity";
/// The form that takes what of it is kept.
pub(crate) const CDC_FORM: &str = "icu";

/// Fields that SANER has a code for: form, field, code.
pub(crate) const OF_SANER: [(&str, &str, &str); 2] = [("icu", "icu_open", "numICUBeds"), ("icu", "icu_used", "numICUBedsOcc")];

/// Codes of that measure that are understood and not kept: beds of other kinds are in the ledger, and what is available is derived, never told.
pub(crate) const NOT_KEPT: [&str; 15] = [
    "numTotBeds",
    "numTotBedsOcc",
    "numTotBedsAvail",
    "numbeds",
    "numBedsOcc",
    "numICUBedsAvail",
    "numVent",
    "numVentUse",
    "numVentAvail",
    "numC19HospPats",
    "numC19MechVentPats",
    "numC19OverflowPats",
    "numC19HOPats",
    "numC19OFMechVentPats",
    "numC19Died",
];

/// The id of the measure of a form: ids have no underscores.
pub(crate) fn measure_id(form: &str) -> String {
    form.replace('_', "-")
}

/// The word for a figure that is no number.
pub(crate) const fn absent(stated: Stated) -> Option<&'static str> {
    match stated {
        Stated::Number(_) => None,
        Stated::Unknown => Some("unknown"),
        Stated::Suppressed => Some("masked"),
    }
}

/// What a reason says: kept back, or not known; `None` for one that is neither.
pub(crate) fn stated(reason: &str) -> Option<Stated> {
    match reason {
        "masked" => Some(Stated::Suppressed),
        "unknown" | "asked-unknown" | "temp-unknown" | "asked-declined" => Some(Stated::Unknown),
        _ => None,
    }
}
