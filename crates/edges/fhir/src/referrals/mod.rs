//! Referrals: what is asked for is a `ServiceRequest`, each institution that is asked has a `Task` of it, and what is known of the patient is a
//! `Patient`. States come from the table of referrals, by which the pages go too.

pub(crate) mod new;
pub(crate) mod read;
pub(crate) mod resident;

use linli_kernel::Ts;
use linli_treatment::model::beds::BedType;
use linli_treatment::model::plan::At;
use linli_treatment::model::referrals::{
    Answer, Asks, Consent, Direction, InboundKey, Patient, ReferralId, ReferralState, Severity,
};
use linli_treatment::queries::referrals::{Came, Sent};
use linli_treatment::queries::stays::is_stay;
use linli_treatment::rules::referrals::Referrals;
use serde_json::{Value, json};

use crate::item::Whole;
use crate::network::codes::{OWN_CAPABILITY, bed, coding, concept, one};
use crate::network::{period, put, referring, versioned};
use crate::observation::read::URI;
use crate::observation::write::instant;
use crate::stays::OWN_STAY;

/// How far a referral is, in the words of BSeR.
const BUSINESS: &str = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS";
/// On what the sending of what is known of a patient rests.
pub(crate) const OWN_CONSENT: &str = "urn:linli:fhir:consent";
/// What a task is for.
pub(crate) const TASK: &str = "http://hl7.org/fhir/CodeSystem/task-code";
/// Up or down.
pub(crate) const OWN_DIRECTION: &str = "urn:linli:fhir:referral-direction";
/// How sick.
pub(crate) const OWN_SEVERITY: &str = "urn:linli:fhir:severity";
/// Why somebody is not taken.
pub(crate) const OWN_DECLINING: &str = "urn:linli:fhir:declining";
/// Why a referral is taken back.
pub(crate) const OWN_WITHDRAWING: &str = "urn:linli:fhir:withdrawing";
/// What goes into a task and comes out of it.
pub(crate) const OWN_OF_TASK: &str = "urn:linli:fhir:task";

/// The number of a task.
const OWN_NUMBER: &str = "urn:linli:fhir:task-number";
/// The number of a request and of everything that came of it.
const OWN_REQUISITION: &str = "urn:linli:fhir:requisition";

/// A referral as one of its two ends knows it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: ReferralId,
    /// Whether it is the sending end that knows it so.
    pub(crate) sender: bool,
    state: ReferralState,
    from: At,
    direction: Direction,
    bed_type: BedType,
    needs: Vec<String>,
    severity: Severity,
    /// On what it rests; the end that is asked is not told.
    consent: Option<Consent>,
    asked_at: Ts,
    changed: Ts,
    pub(crate) patient: Option<Patient>,
    pub(crate) asked: Vec<Asked>,
}

/// An institution that is asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) attempt: i64,
    pub(crate) to: At,
    asks: Asks,
    pub(crate) answer: Answer,
    reason: Option<String>,
    until: Option<Ts>,
    sent_at: Ts,
    changed: Ts,
}

impl Asked {
    /// Where this attempt stands in the table of referrals.
    const fn state(&self) -> ReferralState {
        match (self.answer, self.asks) {
            (Answer::Arrived, _) => ReferralState::Arrived,
            (Answer::Completed, _) => ReferralState::Completed,
            (Answer::Declined, _) => ReferralState::Declined,
            (_, Asks::Withdrawn) => ReferralState::Cancelled,
            (_, Asks::UnderWay) => ReferralState::UnderWay,
            (Answer::Accepted, Asks::Offered) => ReferralState::Accepted,
            (Answer::Sent, Asks::Offered) => ReferralState::Requested,
            // A hold that lapsed is asked for anew: it can be taken in again.
            (Answer::Received | Answer::Lapsed, Asks::Offered) => ReferralState::Received,
        }
    }
}

impl From<Sent> for Record {
    fn from(sent: Sent) -> Self {
        let Sent { referral, patient, attempts, .. } = sent;
        let asked = attempts.into_iter().map(|(attempt, _)| Asked {
            attempt: attempt.attempt,
            to: attempt.to,
            asks: attempt.asks,
            answer: attempt.answer,
            reason: attempt.reason,
            until: attempt.until,
            changed: attempt.answered_at.unwrap_or(attempt.sent_at),
            sent_at: attempt.sent_at,
        });
        Self {
            id: referral.id,
            sender: true,
            state: referral.state,
            from: (referral.district, referral.institution),
            direction: referral.direction,
            bed_type: referral.bed_type,
            needs: referral.needs,
            severity: referral.severity,
            consent: Some(referral.consent),
            asked_at: referral.asked_at,
            changed: referral.state_at,
            patient,
            asked: asked.collect(),
        }
    }
}

impl From<Came> for Record {
    fn from(came: Came) -> Self {
        let Came { inbound, patient, .. } = came;
        let asked = Asked {
            attempt: inbound.key.attempt,
            to: (inbound.district, inbound.institution),
            asks: inbound.asks,
            answer: inbound.answer,
            reason: inbound.reason,
            until: inbound.until,
            sent_at: inbound.sent_at,
            changed: inbound.state_at,
        };
        Self {
            id: inbound.key.referral,
            sender: false,
            state: asked.state(),
            from: inbound.from,
            direction: inbound.direction,
            bed_type: inbound.bed_type,
            needs: inbound.needs,
            severity: inbound.severity,
            consent: None,
            asked_at: inbound.sent_at,
            changed: inbound.state_at,
            patient,
            asked: vec![asked],
        }
    }
}

const fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "stat",
        Severity::Severe => "urgent",
        Severity::Ordinary => "routine",
    }
}

/// How sick somebody is who is asked for so urgently.
pub(crate) fn severity_of(priority: &str) -> Option<Severity> {
    match priority {
        "stat" => Some(Severity::Critical),
        "urgent" | "asap" => Some(Severity::Severe),
        "routine" => Some(Severity::Ordinary),
        _ => None,
    }
}

/// The id of a task.
pub(crate) fn task_id(key: InboundKey) -> String {
    format!("{}.{}", key.referral, key.attempt)
}

/// The record that an id of a task names.
pub(crate) fn task_key(id: &str) -> Option<InboundKey> {
    let (referral, attempt) = id.split_once('.')?;
    Some(InboundKey { referral: referral.parse().ok()?, attempt: attempt.parse().ok()? })
}

/// What kind of number it is (v2-0203).
fn numbered(code: &str) -> Value {
    json!({ "coding": [coding("http://terminology.hl7.org/CodeSystem/v2-0203", code)] })
}

/// The number under which everything stands that came of one request.
fn requisition(id: ReferralId) -> Value {
    json!({ "system": OWN_REQUISITION, "value": id.to_string() })
}

fn patient_reference(id: ReferralId) -> Value {
    json!({ "reference": format!("Patient/{id}"), "identifier": { "system": URI, "value": format!("urn:uuid:{id}") } })
}

impl Record {
    /// What is asked for, with what is wrong with the patient, as far as this end may know it.
    pub(crate) fn service_request(&self) -> Whole {
        let status = match self.state {
            ReferralState::Draft => "draft",
            ReferralState::Completed => "completed",
            ReferralState::Declined | ReferralState::Cancelled | ReferralState::Failed => "revoked",
            _ => "active",
        };
        // The number of who sends (PLAC), and that of who takes in (FILL), which is that of the stay there.
        let own = json!({ "system": URI, "value": format!("urn:uuid:{}", self.id) });
        let placer = |mut number: Value| {
            put(&mut number, "type", Some(numbered("PLAC")));
            number
        };
        let mut identifiers = match self.patient.as_ref().and_then(|patient| patient.number.as_ref()) {
            // Whose own system has a number for it is known by that.
            Some((system, value)) => {
                let mut number = json!({ "value": value });
                put(&mut number, "system", Some(json!(system)).filter(|_| !system.is_empty()));
                vec![placer(number), own]
            }
            None => vec![placer(own)],
        };
        identifiers.extend(self.asked.iter().filter(|asked| is_stay(asked.answer)).map(|asked| {
            let key = InboundKey { referral: self.id, attempt: asked.attempt };
            json!({ "type": numbered("FILL"), "system": OWN_STAY, "value": task_id(key) })
        }));
        let mut resource = json!({
            "resourceType": "ServiceRequest",
            "id": self.id.to_string(),
            "identifier": identifiers,
            "requisition": requisition(self.id),
            "status": status,
            "intent": "order",
            "category": [one(OWN_DIRECTION, self.direction.as_str())],
            "priority": priority(self.severity),
            "code": bed(self.bed_type).concept(),
            "subject": patient_reference(self.id),
            "authoredOn": instant(self.asked_at),
            "requester": referring("Organization", self.from.1, ""),
        });
        let needs: Vec<Value> = self.needs.iter().map(|need| concept(&[coding(OWN_CAPABILITY, need)])).collect();
        put(&mut resource, "orderDetail", Some(json!(needs)).filter(|_| !needs.is_empty()));
        let performer = self.asked.last().map(|asked| json!([referring("Organization", asked.to.1, "")]));
        put(&mut resource, "performer", performer);
        let mut reason = one(OWN_SEVERITY, self.severity.as_str());
        let condition = self.patient.as_ref().map(|patient| patient.condition.trim()).filter(|words| !words.is_empty());
        put(&mut reason, "text", condition.map(|words| json!(words)));
        put(&mut resource, "reasonCode", Some(json!([reason])));
        let consent = self.consent.map(|consent| json!([{ "url": OWN_CONSENT, "valueCode": consent.as_str() }]));
        put(&mut resource, "extension", consent);
        let going_on = self.patient.as_ref().map(|patient| patient.continuing.trim()).filter(|words| !words.is_empty());
        put(&mut resource, "note", going_on.map(|words| json!([{ "text": words }])));
        Whole { value: versioned(resource, self.changed), changed: self.changed }
    }

    /// The patient; nothing where this end knows nothing of who it is.
    pub(crate) fn patient(&self) -> Option<Whole> {
        let patient = self.patient.as_ref()?;
        let said = |text: &str| Some(json!(text.trim())).filter(|_| !text.trim().is_empty());
        let mut resource = json!({
            "resourceType": "Patient",
            "id": self.id.to_string(),
            "identifier": [{ "system": URI, "value": format!("urn:uuid:{}", self.id) }],
        });
        put(&mut resource, "name", said(&patient.name).map(|name| json!([{ "text": name }])));
        put(&mut resource, "telecom", said(&patient.phone).map(|phone| json!([{ "system": "phone", "value": phone }])));
        let born = patient.born.trim().parse::<jiff::civil::Date>().ok();
        put(&mut resource, "birthDate", born.map(|born| json!(born.to_string())));
        Some(Whole { value: versioned(resource, self.changed), changed: self.changed })
    }

    /// The tasks, by the table of referrals. Nothing of the patient is in them but a reference.
    pub(crate) fn tasks(&self, table: &Referrals) -> Vec<Whole> {
        self.asked.iter().filter_map(|asked| self.task(asked, table)).collect()
    }

    fn task(&self, asked: &Asked, table: &Referrals) -> Option<Whole> {
        let state = asked.state();
        let rule = table.state(state)?;
        let request = referring("ServiceRequest", self.id, "");
        let key = InboundKey { referral: self.id, attempt: asked.attempt };
        let is_over = matches!(
            state,
            ReferralState::Completed | ReferralState::Declined | ReferralState::Cancelled | ReferralState::Failed
        );
        let mut resource = json!({
            "resourceType": "Task",
            "id": task_id(key),
            "identifier": [{ "system": OWN_NUMBER, "value": task_id(key) }],
            "groupIdentifier": requisition(self.id),
            "basedOn": [request],
            "status": rule.fhir,
            "businessStatus": { "coding": [coding(BUSINESS, &rule.bser)] },
            "intent": "order",
            "priority": priority(self.severity),
            "code": { "coding": [coding(TASK, "fulfill")] },
            "focus": request,
            "for": patient_reference(self.id),
            "executionPeriod": period((asked.sent_at, is_over.then_some(asked.changed))),
            "authoredOn": instant(asked.sent_at),
            "lastModified": instant(asked.changed),
            "requester": referring("Organization", self.from.1, ""),
            "owner": referring("Organization", asked.to.1, ""),
        });
        // A reason stands where something did not come about, and nowhere else.
        let reason = match state {
            ReferralState::Declined => Some(one(OWN_DECLINING, asked.reason.as_deref().unwrap_or("unknown"))),
            ReferralState::Cancelled => Some(one(OWN_WITHDRAWING, "withdrawn")),
            _ => None,
        };
        put(&mut resource, "statusReason", reason);
        let until = asked.until.filter(|_| matches!(state, ReferralState::Accepted | ReferralState::UnderWay));
        let output = until.map(|until| json!([{ "type": one(OWN_OF_TASK, "held-until"), "valueDateTime": instant(until) }]));
        put(&mut resource, "output", output);
        Some(Whole { value: versioned(resource, asked.changed), changed: asked.changed })
    }
}
