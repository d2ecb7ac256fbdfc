//! Codes of the network: those that HL7 has, and our own beside them, where HL7 has none or a coarser one.

use linli_treatment::model::beds::BedType;
use linli_treatment::model::{InstitutionKind, Level, Serves, UnitKind};
use serde_json::{Value, json};

/// Roles of places.
const ROLE: (&str, &[(&str, &str)]) = (
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
    &[
        ("HOSP", "Hospital"),
        ("PC", "Primary care clinic"),
        ("INFD", "Infectious disease clinic"),
        ("ER", "Emergency room"),
        ("ICU", "Intensive care unit"),
        ("PEDICU", "Pediatric intensive care unit"),
        ("HU", "Hospital unit"),
        ("RHU", "Rehabilitation hospital unit"),
    ],
);
/// Places of care of the CDC.
const HSLOC: &str = "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html";
/// What a place is made as.
pub(crate) const PHYSICAL: &str = "http://terminology.hl7.org/CodeSystem/location-physical-type";
/// How it stands with a bed.
pub(crate) const BED_STATUS: &str = "http://terminology.hl7.org/CodeSystem/v2-0116";
/// What kind of organisation.
const ORGANISATION: &str = "http://terminology.hl7.org/CodeSystem/organization-type";
/// What HL7 has no kind of organisation for: a treatment grid.
pub(crate) const OWN_ORGANISATION: &str = "urn:linli:fhir:organization-type";
/// Kinds of institutions, of our own.
pub(crate) const OWN_INSTITUTION: &str = "urn:linli:fhir:institution-kind";
/// How much an institution can.
pub(crate) const OWN_LEVEL: &str = "urn:linli:fhir:institution-level";
/// Kinds of units.
pub(crate) const OWN_UNIT: &str = "urn:linli:fhir:unit-kind";
/// Kinds of beds.
pub(crate) const OWN_BED: &str = "urn:linli:fhir:bed-type";
/// What a unit can do.
pub(crate) const OWN_CAPABILITY: &str = "urn:linli:fhir:capability";
/// Whom a unit sees.
pub(crate) const OWN_SERVES: &str = "urn:linli:fhir:serves";
/// Kinds of services.
pub(crate) const OWN_CATEGORY: &str = "urn:linli:fhir:service-category";
/// What somebody is in a grid.
pub(crate) const OWN_ROLE: &str = "urn:linli:fhir:grid-role";
/// Kinds of treatment grids.
pub(crate) const OWN_GRID: &str = "urn:linli:fhir:grid-kind";
/// The code of an institution, as others know it.
pub(crate) const CODE: &str = "urn:linli:fhir:institution-code";
/// The code of a grid.
pub(crate) const GRID_CODE: &str = "urn:linli:fhir:grid-code";

/// A coding.
pub(crate) fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

/// A concept of some codings.
pub(crate) fn concept(codings: &[Value]) -> Value {
    json!({ "coding": codings })
}

/// A concept of one coding.
pub(crate) fn one(system: &str, code: &str) -> Value {
    concept(&[coding(system, code)])
}

fn role(code: &str) -> Option<Value> {
    let (code, display) = ROLE.1.iter().find(|(known, _)| *known == code)?;
    Some(json!({ "system": ROLE.0, "code": code, "display": display }))
}

/// Codes of HL7 and our own for one thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coded {
    /// A role of a place.
    pub(crate) role: Option<&'static str>,
    /// A place of care of the CDC.
    pub(crate) hsloc: Option<&'static str>,
    /// Our own: system and code.
    pub(crate) own: (&'static str, &'static str),
}

impl Coded {
    /// System and code of each.
    pub(crate) fn all(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let role = self.role.map(|code| (ROLE.0, code));
        let hsloc = self.hsloc.map(|code| (HSLOC, code));
        role.into_iter().chain(hsloc).chain([self.own])
    }

    /// As a concept.
    pub(crate) fn concept(self) -> Value {
        let hsloc = self.hsloc.map(|code| coding(HSLOC, code));
        let all: Vec<Value> = self.role.and_then(role).into_iter().chain(hsloc).chain([coding(self.own.0, self.own.1)]).collect();
        concept(&all)
    }
}

/// An institution as a place.
pub(crate) const fn institution(kind: InstitutionKind) -> Coded {
    let role = match kind {
        InstitutionKind::Hospital
        | InstitutionKind::ChildrensHospital
        | InstitutionKind::MaternityHospital
        | InstitutionKind::SpecialisedHospital
        | InstitutionKind::RegionalCentre => Some("HOSP"),
        InstitutionKind::HealthCentre | InstitutionKind::HealthStation | InstitutionKind::VillageClinic => Some("PC"),
        InstitutionKind::EmergencyCentre | InstitutionKind::Area | InstitutionKind::Unknown => None,
    };
    Coded { role, hsloc: None, own: (OWN_INSTITUTION, kind.as_str()) }
}

/// An institution as an organisation.
pub(crate) fn organisation(kind: InstitutionKind) -> Value {
    let own = coding(OWN_INSTITUTION, kind.as_str());
    if matches!(kind, InstitutionKind::Area | InstitutionKind::Unknown) {
        return concept(&[own]);
    }
    concept(&[json!({ "system": ORGANISATION, "code": "prov", "display": "Healthcare Provider" }), own])
}

/// A level, where one was said.
pub(crate) fn level(level: Level) -> Option<Value> {
    (level != Level::Unknown).then(|| one(OWN_LEVEL, level.as_str()))
}

/// A unit as a place.
pub(crate) const fn unit(kind: UnitKind) -> Coded {
    let (role, hsloc) = match kind {
        UnitKind::FeverClinic | UnitKind::FeverRoom => (Some("INFD"), None),
        UnitKind::Emergency => (Some("ER"), Some("1108-0")),
        UnitKind::Observation => (Some("HU"), Some("1162-7")),
        UnitKind::Icu => (Some("ICU"), None),
        UnitKind::Ward => (Some("HU"), None),
        UnitKind::InfusionOxygen | UnitKind::Dispatch | UnitKind::Other => (None, None),
    };
    Coded { role, hsloc, own: (OWN_UNIT, kind.as_str()) }
}

/// A kind of bed as a place.
pub(crate) const fn bed(kind: BedType) -> Coded {
    let (role, hsloc) = match kind {
        BedType::Icu => (Some("ICU"), None),
        BedType::Picu => (Some("PEDICU"), None),
        BedType::Observation => (Some("HU"), Some("1162-7")),
        BedType::Ward | BedType::Isolation => (Some("HU"), None),
        BedType::Rehab => (Some("RHU"), None),
        BedType::Infusion => (None, None),
    };
    Coded { role, hsloc, own: (OWN_BED, kind.as_str()) }
}

/// How one comes to a unit.
pub(crate) const fn category(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::FeverClinic | UnitKind::FeverRoom | UnitKind::InfusionOxygen => "outpatient",
        UnitKind::Emergency | UnitKind::Observation | UnitKind::Dispatch => "emergency",
        UnitKind::Icu | UnitKind::Ward => "inpatient",
        UnitKind::Other => "other",
    }
}

/// Whom it sees, where that was said.
pub(crate) fn serves(serves: Serves) -> Option<Value> {
    (serves != Serves::Unknown).then(|| one(OWN_SERVES, serves.as_str()))
}
