//! An encounter that was sent back: that the patient is here, in which bed, or that the stay is over and how it ended. What it says besides is
//! what it was sent as.

use linli_treatment::commands::inbound::Bed;
use linli_treatment::model::beds::{BedType, HoldState};
use linli_treatment::model::referrals::Outcome;
use serde_json::Value;

use super::{DISCHARGE, Known, OWN_OUTCOME, State};
use crate::item::reference;
use crate::node::{Node, Reader};
use crate::outcome::{Issue, Kind};

/// The elements of an encounter in R4.
const ELEMENTS: [&str; 29] = [
    "resourceType",
    "meta",
    "language",
    "text",
    "contained",
    "identifier",
    "status",
    "statusHistory",
    "class",
    "classHistory",
    "type",
    "serviceType",
    "priority",
    "subject",
    "episodeOfCare",
    "basedOn",
    "participant",
    "appointment",
    "period",
    "length",
    "reasonCode",
    "reasonReference",
    "diagnosis",
    "account",
    "hospitalization",
    "location",
    "serviceProvider",
    "partOf",
    "extension",
];
/// The states that R4 has.
const STATES: [&str; 9] =
    ["planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown"];

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// 到达: in which bed, where one is named.
    Arrived(Option<Bed>),
    /// 入住: in the bed that is named, else in the one that is held.
    InBed(Option<Bed>),
    /// 离院.
    Over(Outcome),
}

impl Wanted {
    /// Whether that is how it is already, so that a request which is sent again changes nothing.
    pub(crate) fn is_so(self, known: &Known) -> bool {
        match self {
            Self::Arrived(bed) => matches!(known.state, State::Arrived | State::InProgress) && is_in(known, bed),
            Self::InBed(bed) => known.state == State::InProgress && is_in(known, bed),
            Self::Over(outcome) => known.state == State::Finished && known.outcome == Some(outcome),
        }
    }

    /// The bed that is to be taken: none is named for one that is held already.
    pub(crate) fn bed(self, known: &Known) -> Option<Bed> {
        let (Self::Arrived(bed) | Self::InBed(bed)) = self else { return None };
        let held = |bed: &Bed| {
            known
                .hold
                .as_ref()
                .is_some_and(|hold| hold.state == HoldState::Held && (hold.unit, hold.bed_type) == (bed.unit, bed.bed_type))
        };
        bed.filter(|bed| !held(bed))
    }
}

/// Whether somebody lies in a bed, or in any when none is named.
fn is_in(known: &Known, bed: Option<Bed>) -> bool {
    let there = |bed: Bed| known.hold.as_ref().is_some_and(|hold| (hold.unit, hold.bed_type) == (bed.unit, bed.bed_type));
    bed.is_none_or(there)
}

/// Reads what is wanted, and the id.
pub(crate) fn read(value: &Value) -> Result<(Option<String>, Wanted), Vec<Issue>> {
    let (mut reader, root) = (Reader::default(), Node::root(value, "Encounter"));
    if root.text("resourceType") != Some("Encounter") {
        return Err(vec![Issue::new(Kind::Structure, "fhir-error-type").arg("wanted", "Encounter").at("Encounter")]);
    }
    reader.shape(&root);
    reader.object(&root, &ELEMENTS);
    reader.texts(&root, &["id", "status"]);
    reader.lists(&root, &["location", "basedOn", "identifier", "type"]);
    if root.get("class").is_none() {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at("Encounter.class"));
    }
    let wanted = wanted(&mut reader, &root);
    match wanted {
        Some(wanted) if reader.issues.is_empty() => Ok((root.text("id").map(str::to_owned), wanted)),
        _ => Err(reader.issues),
    }
}

fn wanted(reader: &mut Reader, root: &Node<'_>) -> Option<Wanted> {
    let path = "Encounter.status";
    match root.text("status") {
        None => {
            reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path));
            None
        }
        Some("arrived") => Some(Wanted::Arrived(bed(reader, root))),
        Some("in-progress") => Some(Wanted::InBed(bed(reader, root))),
        Some("finished") => outcome(reader, root).map(Wanted::Over),
        Some(code) if STATES.contains(&code) => {
            reader.note(Issue::new(Kind::NotSupported, "fhir-error-encounter-status").arg("status", code).at(path));
            None
        }
        Some(code) => {
            reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-status").arg("status", code).at(path));
            None
        }
    }
}

/// The bed: the location that is not over, `Location/{unit}.{kind}`.
fn bed(reader: &mut Reader, root: &Node<'_>) -> Option<Bed> {
    let open: Vec<Node<'_>> =
        root.list("location").into_iter().filter(|one| !matches!(one.text("status"), Some("completed"))).collect();
    let [one] = open.as_slice() else {
        if open.len() > 1 {
            reader.note(Issue::new(Kind::BusinessRule, "fhir-error-one-bed").at("Encounter.location"));
        }
        return None;
    };
    let named = one.get("location").and_then(|location| location.text("reference")).and_then(reference);
    let bed = named.filter(|(kind, _)| *kind == "Location").and_then(|(_, id)| {
        let (unit, bed_type) = id.split_once('.')?;
        Some(Bed { unit: unit.parse().ok()?, bed_type: bed_type.parse::<BedType>().ok()?, guest_of: None })
    });
    if bed.is_none() {
        reader.note(Issue::new(Kind::Value, "fhir-error-bed").at(format!("{}.location", one.path)));
    }
    bed
}

/// How the stay ended: in our own words, or in those of HL7 where they say it.
fn outcome(reader: &mut Reader, root: &Node<'_>) -> Option<Outcome> {
    let path = "Encounter.hospitalization.dischargeDisposition";
    let Some(said) = root.get("hospitalization").and_then(|hospitalization| hospitalization.get("dischargeDisposition")) else {
        reader.note(Issue::new(Kind::Required, "fhir-error-required").at(path));
        return None;
    };
    let codings = reader.concept(&said);
    let own = codings.iter().find(|(system, ..)| *system == OWN_OUTCOME);
    let found = match own {
        Some((_, code, _)) => code.parse().ok(),
        None => codings.iter().filter(|(system, ..)| *system == DISCHARGE).find_map(|(_, code, _)| match *code {
            "home" => Some(Outcome::Home),
            "rehab" => Some(Outcome::SteppedDown),
            "other-hcf" | "long" | "snf" | "psy" | "hosp" => Some(Outcome::Elsewhere),
            "exp" => Some(Outcome::Died),
            _ => None,
        }),
    };
    if found.is_none() {
        reader.note(Issue::new(Kind::CodeInvalid, "fhir-error-reason").arg("system", OWN_OUTCOME).at(path));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ended(codings: Value) -> Result<Wanted, Vec<Issue>> {
        let over = json!({ "resourceType": "Encounter", "id": "1", "status": "finished", "class": { "code": "IMP" },
            "hospitalization": { "dischargeDisposition": { "coding": codings } } });
        read(&over).map(|(_, wanted)| wanted)
    }

    #[test]
    fn how_it_ended_is_read_in_our_words_before_those_of_hl7() {
        let hl7 = |code: &str| json!({ "system": DISCHARGE, "code": code });
        let own = |code: &str| json!({ "system": OWN_OUTCOME, "code": code });
        for (codings, outcome) in [
            (json!([hl7("home")]), Outcome::Home),
            (json!([hl7("exp")]), Outcome::Died),
            (json!([hl7("other-hcf")]), Outcome::Elsewhere),
            (json!([hl7("other-hcf"), own("stepped_down")]), Outcome::SteppedDown),
        ] {
            assert_eq!(ended(codings), Ok(Wanted::Over(outcome)));
        }
        for wrong in [json!([hl7("oth")]), json!([own("vanished"), hl7("home")]), json!([{ "code": "home" }])] {
            assert_eq!(ended(wrong).unwrap_err()[0].kind, Kind::CodeInvalid);
        }
    }
}
