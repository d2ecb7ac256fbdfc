//! Stays: whom an institution is to take in, has taken in, or had, is an `Encounter` there. Its own end knows the bed; the end that sent the
//! patient knows how far it is and how it ended. Who the patient is stands in it as a number alone.

pub(crate) mod read;

use linli_kernel::Ts;
use linli_treatment::model::beds::{BedType, Hold, HoldState};
use linli_treatment::model::plan::At;
use linli_treatment::model::referrals::{Answer, Asks, InboundKey, Outcome, ReferralId, Severity};
use linli_treatment::model::{InstitutionKind, UnitId};
use linli_treatment::queries::directory::Directory;
use linli_treatment::queries::referrals::Sent;
use linli_treatment::queries::stays::{Stay, is_stay};
use serde_json::{Value, json};

use crate::item::Whole;
use crate::network::codes::{bed as bed_code, coding, concept, unit as unit_code};
use crate::network::{beds_id, identify, period, put, referring, versioned};
use crate::observation::read::URI;
use crate::referrals::task_id;

/// Where somebody is seen.
const CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// How urgent.
const PRIORITY: &str = "http://terminology.hl7.org/CodeSystem/v3-ActPriority";
/// From where somebody comes.
const ADMIT: &str = "http://terminology.hl7.org/CodeSystem/admit-source";
/// Where somebody goes.
pub(crate) const DISCHARGE: &str = "http://terminology.hl7.org/CodeSystem/discharge-disposition";
/// How a stay ended, in our own words, which are finer.
pub(crate) const OWN_OUTCOME: &str = "urn:linli:fhir:outcome";
/// The number of a stay.
pub(crate) const OWN_STAY: &str = "urn:linli:fhir:stay";

/// How far a stay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Awaited.
    Planned,
    /// Here, without a bed (急诊滞留).
    Arrived,
    /// In a bed.
    InProgress,
    /// Over.
    Finished,
    /// Did not come about.
    Cancelled,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Arrived => "arrived",
            Self::InProgress => "in-progress",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A stay as one of the two ends knows it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) key: InboundKey,
    /// Whether the institution where the stay is knows it so.
    pub(crate) here: bool,
    pub(crate) state: State,
    at: At,
    from: At,
    bed_type: BedType,
    severity: Severity,
    /// The bed, as far as this end knows it.
    pub(crate) hold: Option<Hold>,
    pub(crate) outcome: Option<Outcome>,
    arrived_at: Option<Ts>,
    bedded_at: Option<Ts>,
    over_at: Option<Ts>,
    changed: Ts,
}

/// How far it is, by what is answered and asked, and whether there is a bed. That the bed is known matters only where somebody is.
const fn state(answer: Answer, asks: Asks, in_bed: bool) -> State {
    match (answer, asks) {
        (Answer::Completed, _) => State::Finished,
        (Answer::Arrived, _) if in_bed => State::InProgress,
        (Answer::Arrived, _) => State::Arrived,
        (_, Asks::Withdrawn) => State::Cancelled,
        _ => State::Planned,
    }
}

fn outcome(answer: Answer, reason: Option<&str>) -> Option<Outcome> {
    reason.filter(|_| answer == Answer::Completed).and_then(|word| word.parse().ok())
}

impl From<Stay> for Known {
    fn from(stay: Stay) -> Self {
        let Stay { inbound, hold, arrived_at, bedded_at } = stay;
        Self {
            key: inbound.key,
            here: true,
            state: state(inbound.answer, inbound.asks, hold.is_some()),
            at: (inbound.district, inbound.institution),
            from: inbound.from,
            bed_type: inbound.bed_type,
            severity: inbound.severity,
            outcome: outcome(inbound.answer, inbound.reason.as_deref()),
            hold,
            arrived_at,
            bedded_at,
            over_at: inbound.over_at.filter(|_| inbound.answer == Answer::Completed),
            changed: inbound.state_at,
        }
    }
}

/// The stays that came of a referral, as the end knows them that sent it.
pub(crate) fn of_sent(sent: Sent) -> Vec<Known> {
    let Sent { referral, attempts, .. } = sent;
    let stays = attempts.into_iter().filter(|(attempt, _)| is_stay(attempt.answer));
    let known = |attempt: linli_treatment::model::referrals::Attempt| Known {
        key: InboundKey { referral: referral.id, attempt: attempt.attempt },
        here: false,
        // Which bed, and whether there is one, is the other end's to know: whoever arrived is taken for being in it.
        state: state(attempt.answer, attempt.asks, true),
        at: attempt.to,
        from: (referral.district, referral.institution),
        bed_type: referral.bed_type,
        severity: referral.severity,
        hold: None,
        outcome: outcome(attempt.answer, attempt.reason.as_deref()),
        arrived_at: None,
        bedded_at: None,
        over_at: None,
        changed: attempt.answered_at.unwrap_or(attempt.sent_at),
    };
    stays.map(|(attempt, _)| known(attempt)).collect()
}

impl Known {
    /// Where somebody is seen: without a bed in the emergency department, else by the kind of bed.
    fn class(&self) -> &'static str {
        let bed_type = match (&self.hold, self.here) {
            (Some(hold), _) => hold.bed_type,
            (None, true) if self.state == State::Arrived => return "EMER",
            (None, _) => self.bed_type,
        };
        match bed_type {
            BedType::Icu | BedType::Picu | BedType::Ward | BedType::Isolation | BedType::Rehab => "IMP",
            BedType::Observation => "OBSENC",
            BedType::Infusion => "AMB",
        }
    }

    /// The stay.
    pub(crate) fn encounter(&self, register: &Directory) -> Whole {
        let id = task_id(self.key);
        let mut resource = json!({
            "resourceType": "Encounter",
            "id": id,
            "identifier": [{ "system": OWN_STAY, "value": id }],
            "status": self.state.as_str(),
            "class": coding(CLASS, self.class()),
            "type": [bed_code(self.bed_type).concept()],
            "priority": concept(&[coding(PRIORITY, priority(self.severity))]),
            "subject": subject(self.key.referral),
            "basedOn": [referring("ServiceRequest", self.key.referral, "")],
            "serviceProvider": referring("Organization", self.at.1, ""),
        });
        put(&mut resource, "serviceType", self.department(register));
        let began = self.arrived_at.map(|from| period((from, self.over_at)));
        put(&mut resource, "period", began);
        put(&mut resource, "location", self.location().map(|location| json!([location])));
        let mut hospitalization = json!({ "origin": referring("Organization", self.from.1, "") });
        let from = register.institution(self.from.1).and_then(|listed| admit(listed.institution.kind));
        put(&mut hospitalization, "admitSource", from.map(|code| concept(&[coding(ADMIT, code)])));
        let ended =
            self.outcome.map(|ended| concept(&[coding(DISCHARGE, disposition(ended)), coding(OWN_OUTCOME, ended.as_str())]));
        put(&mut hospitalization, "dischargeDisposition", ended);
        put(&mut resource, "hospitalization", Some(hospitalization));
        let mut value = versioned(resource, self.changed);
        identify(&mut value, register);
        Whole { value, changed: self.changed }
    }

    /// Which department answers for the patient: whose guest somebody is (借床收治), else that of the bed.
    fn department(&self, register: &Directory) -> Option<Value> {
        let hold = self.hold.as_ref()?;
        let answers: UnitId = hold.guest_of.unwrap_or(hold.unit);
        let (_, ward) = register.unit(answers)?;
        Some(unit_code(ward.unit.kind).concept())
    }

    /// The bed: held for who is awaited (`reserved` is said here, because no bed has a status for it), lain in, or left.
    fn location(&self) -> Option<Value> {
        let hold = self.hold.as_ref()?;
        let (status, from, to) = match hold.state {
            HoldState::Held => ("reserved", Some(hold.held_at), Some(hold.until)),
            HoldState::Occupied => ("active", self.bedded_at, None),
            HoldState::Left => ("completed", self.bedded_at, self.over_at),
            // Nobody ever was there.
            HoldState::Released | HoldState::Expired => return None,
        };
        let mut location = json!({ "location": referring("Location", beds_id(hold.unit, hold.bed_type), ""), "status": status });
        put(&mut location, "period", from.map(|from| period((from, to))));
        Some(location)
    }
}

/// The patient, by the number of the referral.
fn subject(id: ReferralId) -> Value {
    json!({ "type": "Patient", "identifier": { "system": URI, "value": format!("urn:uuid:{id}") } })
}

const fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "EM",
        Severity::Severe => "UR",
        Severity::Ordinary => "R",
    }
}

/// From where somebody comes, where HL7 has a code for it.
const fn admit(kind: InstitutionKind) -> Option<&'static str> {
    match kind {
        InstitutionKind::Hospital
        | InstitutionKind::ChildrensHospital
        | InstitutionKind::MaternityHospital
        | InstitutionKind::SpecialisedHospital
        | InstitutionKind::RegionalCentre => Some("hosp-trans"),
        InstitutionKind::HealthCentre | InstitutionKind::HealthStation | InstitutionKind::VillageClinic => Some("gp"),
        InstitutionKind::EmergencyCentre | InstitutionKind::Area | InstitutionKind::Unknown => None,
    }
}

/// Where somebody went, as coarse as HL7 has it.
const fn disposition(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Home => "home",
        Outcome::SteppedDown | Outcome::Elsewhere => "other-hcf",
        Outcome::Died => "exp",
    }
}
