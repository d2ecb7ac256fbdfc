//! Referrals: what the systems of the two institutions see of them, and what they answer.

use linli_db::{Db, journal};
use linli_treatment::commands::referrals::{self, NewReferral};
use linli_treatment::model::GridKind;
use linli_treatment::model::beds::BedType;
use linli_treatment::model::referrals::{Consent, Direction, Patient, ReferralId, ReferralState, Severity};
use linli_treatment::queries;
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member, act};

/// A patient of the county hospital needs the leading one, another one by how sick; gives the referral and the id of its task.
pub async fn sent(ground: &Ground, severity: Severity) -> (ReferralId, String) {
    let county = &ground.county;
    let ctx = ground.keeper(county);
    let new = NewReferral {
        direction: Direction::Up,
        grid_kind: GridKind::General,
        bed_type: BedType::Icu,
        needs: vec!["ventilation".to_owned()],
        suggested: (Severity::Severe, "treatment.severity@2026.1".to_owned()),
        severity,
        consent: Consent::Patient,
        to: None,
        patient: Patient {
            name: "张奶奶".to_owned(),
            id_number: if severity == Severity::Critical { "320102194405010039" } else { "320102194405010020" }.to_owned(),
            born: "1944-05-01".to_owned(),
            phone: "13900000000".to_owned(),
            condition: "血氧 92%，气促两天".to_owned(),
            ..Patient::default()
        },
    };
    let from = (county.district, county.id);
    let (way, what) = ((new.direction, new.grid_kind), (new.bed_type, new.needs.as_slice()));
    let mut read = ground.db.read().await.unwrap();
    let candidates = queries::referrals::candidates(&mut read.conn(), &ground.desk, from, way, what, ctx.now()).await.unwrap();
    drop(read);
    let id = act!(ground, county.district, tx => referrals::ask(&ctx, tx, &ground.desk, new, &candidates)).unwrap();
    referrals_post(ground).await;
    (id, format!("{id}.1"))
}

pub async fn referrals_post(ground: &Ground) {
    linli_treatment::commands::post::deliver(&ground.system(), &ground.db, &ground.desk).await.unwrap();
}

/// The task as an institution reads it, with its version.
pub async fn task(ground: &Ground, of: &Member, id: &str) -> (Value, String) {
    let got = ground.with(&of.key, "GET", &format!("/Task/{id}"), None, &[]).await;
    let tag = got.header("etag").to_owned();
    (got.fine(200), tag)
}

pub async fn put(ground: &Ground, of: &Member, (body, tag): (&Value, &str)) -> Got {
    let path = format!("/Task/{}", body["id"].as_str().unwrap());
    let more: &[(&str, &str)] = if tag.is_empty() { &[] } else { &[("if-match", tag)] };
    ground.with(&of.key, "PUT", &path, Some(body), more).await
}

pub fn status(mut task: Value, status: &str) -> Value {
    task["status"] = json!(status);
    task
}

pub fn because(mut task: Value, system: &str, code: &str) -> Value {
    task["statusReason"] = json!({ "coding": [{ "system": format!("urn:linli:fhir:{system}"), "code": code }] });
    task
}

pub fn in_bed(mut task: Value, location: &str) -> Value {
    let kind = json!({ "coding": [{ "system": "urn:linli:fhir:task", "code": "bed" }] });
    task["input"] = json!([{ "type": kind, "valueReference": { "reference": location } }]);
    task
}

pub async fn state(ground: &Ground, id: ReferralId) -> ReferralState {
    let mut read = ground.db.read().await.unwrap();
    queries::referrals::sent(&ground.keeper(&ground.county), &mut read.conn(), &ground.desk, id).await.unwrap().referral.state
}

pub async fn looks(ground: &Ground, of: &Member, id: ReferralId) -> usize {
    let mut read = ground.db.read().await.unwrap();
    let lines = journal::of_subject(&mut read.conn(), of.district, id.0, 200).await.unwrap();
    lines.iter().filter(|line| line.kind == "treatment.patient_looked").count()
}

linli_db::both_databases! {
    async fn a_bed_is_held_for_whoever_is_accepted(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (id, name) = sent(&ground, Severity::Severe).await;
        let (open, tag) = task(&ground, &ground.lead, &name).await;
        assert_eq!((open["status"].as_str(), open["businessStatus"]["coding"][0]["code"].as_str()), (Some("received"), Some("2.0")));
        assert_eq!(open["owner"]["reference"], format!("Organization/{}", ground.lead.id));
        assert!(open.get("statusReason").is_none());
        let bed = format!("Location/{}.icu", ground.lead.unit);
        let accepted = in_bed(status(open.clone(), "accepted"), &bed);
        assert_eq!(put(&ground, &ground.lead, (&accepted, "")).await.refused(428, "http.If-Match"), "required");
        assert_eq!(put(&ground, &ground.lead, (&accepted, "W/\"0\"")).await.refused(412, "Task.meta.versionId"), "conflict");
        assert_eq!(put(&ground, &ground.county, (&accepted, &task(&ground, &ground.county, &name).await.1)).await.refused(403, "Task.status"), "forbidden", "nobody takes in for another");
        let without = status(open.clone(), "accepted");
        assert_eq!(put(&ground, &ground.lead, (&without, &tag)).await.refused(422, "Task.input"), "business-rule");
        for (wrong, code, at, expression) in [
            (status(open.clone(), "bogus"), "code-invalid", 422, "Task.status"),
            (status(open.clone(), "on-hold"), "not-supported", 422, "Task.status"),
            (in_bed(status(open.clone(), "accepted"), "Patient/1"), "value", 422, "Task.input[0].valueReference"),
            (because(accepted.clone(), "declining", "no_bed"), "business-rule", 422, "Task.statusReason"),
            (status(open.clone(), "rejected"), "required", 422, "Task.statusReason"),
            (because(status(open.clone(), "rejected"), "declining", "tired"), "code-invalid", 422, "Task.statusReason"),
        ] {
            assert_eq!(put(&ground, &ground.lead, (&wrong, &tag)).await.refused(at, expression), code, "{wrong}");
        }
        let done = put(&ground, &ground.lead, (&accepted, &tag)).await.fine(200);
        assert_eq!((done["status"].as_str(), done["businessStatus"]["coding"][0]["code"].as_str()), (Some("accepted"), Some("3.0")));
        assert!(done["output"][0]["valueDateTime"].as_str().is_some(), "{done}");
        assert_eq!(state(&ground, id).await, ReferralState::Accepted, "the other end knows at once");
        let free = ground.get("/Location?operational-status=U&type=ICU").await.ids("match");
        assert_eq!(free, Vec::<String>::new(), "the bed is held");
        let again = put(&ground, &ground.lead, (&accepted, &tag)).await;
        assert_eq!(again.refused(412, "Task.meta.versionId"), "conflict");
        // The sending end takes it back; the bed is free for others.
        let (seen, tag) = task(&ground, &ground.county, &name).await;
        let back = because(status(seen, "cancelled"), "withdrawing", "improved");
        let done = put(&ground, &ground.county, (&back, &tag)).await.fine(200);
        assert_eq!((done["status"].as_str(), state(&ground, id).await), (Some("cancelled"), ReferralState::Cancelled));
        assert!(done.get("statusReason").is_some());
        assert_eq!(ground.get("/Location?operational-status=U&type=ICU").await.ids("match").len(), 1);
        let (over, tag) = task(&ground, &ground.lead, &name).await;
        assert_eq!(over["status"], "cancelled");
        let late = because(status(over, "rejected"), "declining", "no_bed");
        assert_eq!(put(&ground, &ground.lead, (&late, &tag)).await.refused(409, "Task.status"), "business-rule", "there is no such step any more");
    }

    async fn referrals_are_found_by_the_codes_of_others_and_bring_along_what_they_are_about(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (id, name) = sent(&ground, Severity::Severe).await;
        let (county, lead) = (&ground.county, &ground.lead);
        let read = async |of: &Member, path: &str| ground.with(&of.key, "GET", path, None, &[]).await;
        for (query, wanted) in [
            ("/Task?owner:identifier=urn:linli:fhir:institution-code|0003".to_owned(), 1),
            ("/Task?requester:identifier=0002".to_owned(), 1),
            ("/Task?owner:identifier=0002".to_owned(), 0),
            (format!("/Task?identifier=urn:linli:fhir:task-number|{name}"), 1),
            (format!("/Task?group-identifier={id}"), 1),
            ("/Task?period=ge2026-11-24".to_owned(), 1),
            ("/Task?period=lt2026-11-24".to_owned(), 0),
            ("/Task?part-of=Task/1".to_owned(), 0),
            ("/Task?status:not=received".to_owned(), 0),
            (format!("/ServiceRequest?requisition=urn:linli:fhir:requisition|{id}"), 1),
            ("/ServiceRequest?performer:identifier=0003".to_owned(), 1),
        ] {
            assert_eq!(read(lead, &query).await.ids("match").len(), wanted, "{query}");
        }
        let before = looks(&ground, lead, id).await;
        let along = read(lead, "/Task?_include=Task:focus&_include=Task:owner&_include=Task:patient").await;
        let mut kinds: Vec<String> =
            along.fine(200)["entry"].as_array().unwrap().iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap().to_owned()).collect();
        kinds.sort();
        assert_eq!(kinds, ["Organization", "Patient", "ServiceRequest", "Task"]);
        assert_eq!(looks(&ground, lead, id).await, before + 2, "what came along of the patient was looked at as well");
        let back = read(county, "/ServiceRequest?_revinclude=Task:focus").await;
        assert_eq!((back.ids("match"), back.ids("include")), (vec![id.to_string()], vec![name.clone()]));
        assert_eq!(read(county, "/ServiceRequest?_revinclude=Task:colour").await.refused(400, "http._revinclude"), "value");
        // The stay comes along with the request, and is numbered by who takes in.
        let (open, tag) = task(&ground, lead, &name).await;
        put(&ground, lead, (&in_bed(status(open, "accepted"), &format!("Location/{}.icu", lead.unit)), &tag)).await.fine(200);
        let with = read(lead, "/Encounter?_include=Encounter:based-on&_include=Encounter:location&_include=Encounter:service-provider").await;
        assert_eq!((with.ids("match").len(), with.ids("include").len()), (1, 3), "{}", with.text);
        assert_eq!(read(county, "/ServiceRequest?_revinclude=Encounter:based-on").await.ids("include"), std::slice::from_ref(&name));
        let request = read(county, &format!("/ServiceRequest/{id}")).await.fine(200);
        let kind = |i: usize| request["identifier"][i]["type"]["coding"][0]["code"].clone();
        assert_eq!((kind(0), kind(1), request["identifier"][1]["value"].as_str()), (json!("PLAC"), json!("FILL"), Some(name.as_str())));
        // When it is over, the task still refers to a request that can be read.
        for (state, more) in [("arrived", None), ("finished", Some("home"))] {
            let got = read(lead, &format!("/Encounter/{name}")).await;
            let tag = got.header("etag").to_owned();
            let mut stay = status(got.fine(200), state);
            if let Some(code) = more {
                stay["hospitalization"]["dischargeDisposition"] =
                    json!({ "coding": [{ "system": "urn:linli:fhir:outcome", "code": code }] });
            }
            ground.with(&lead.key, "PUT", &format!("/Encounter/{name}"), Some(&stay), &[("if-match", &tag)]).await.fine(200);
        }
        let over = task(&ground, lead, &name).await.0;
        assert_eq!((over["status"].as_str(), over["executionPeriod"]["end"].is_string()), (Some("completed"), true));
        assert_eq!(read(lead, &format!("/{}", over["focus"]["reference"].as_str().unwrap())).await.fine(200)["status"], "completed");
    }

    async fn who_is_critical_is_not_refused_and_others_are_with_a_reason(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (id, name) = sent(&ground, Severity::Critical).await;
        let (open, tag) = task(&ground, &ground.lead, &name).await;
        assert_eq!(open["priority"], "stat");
        let no = because(status(open.clone(), "rejected"), "declining", "no_bed");
        assert_eq!(put(&ground, &ground.lead, (&no, &tag)).await.refused(409, "Task.status"), "business-rule");
        let mut read = ground.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), ground.lead.district, id.0, 100).await.unwrap();
        drop(read);
        assert!(lines.iter().any(|line| line.kind == "treatment.refusal_stopped" && line.actor.starts_with("program:")), "that it was tried stands in the journal");
        let (_, tag) = task(&ground, &ground.lead, &name).await;
        let stabilised = put(&ground, &ground.lead, (&status(open, "accepted"), &tag)).await.fine(200);
        assert_eq!(stabilised["status"], "accepted", "taken in without a bed, to be stabilised first");
    }

    async fn a_patient_is_read_by_the_two_ends_alone_and_every_look_is_written_down(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (id, name) = sent(&ground, Severity::Severe).await;
        let (county, lead, centre) = (&ground.county, &ground.lead, &ground.centre);
        let read = async |of: &Member, path: &str| ground.with(&of.key, "GET", path, None, &[]).await;
        let patient = read(lead, &format!("/Patient/{id}")).await.fine(200);
        assert_eq!((patient["name"][0]["text"].as_str(), patient["birthDate"].as_str()), (Some("张奶奶"), Some("1944-05-01")));
        assert!(!patient.to_string().contains("320102194405010020"), "no identity number leaves the house");
        assert_eq!((looks(&ground, lead, id).await, looks(&ground, county, id).await), (1, 0));
        let request = read(county, &format!("/ServiceRequest/{id}")).await.fine(200);
        assert_eq!(request["reasonCode"][0]["text"], "血氧 92%，气促两天");
        assert_eq!((request["status"].as_str(), request["priority"].as_str()), (Some("active"), Some("urgent")));
        assert_eq!(looks(&ground, county, id).await, 1);
        let tasks = read(lead, "/Task?status=received&focus=ServiceRequest/".to_owned().as_str()).await;
        assert_eq!(tasks.status, 200);
        for (of, query, wanted) in [
            (lead, format!("/Task?focus=ServiceRequest/{id}"), 1),
            (lead, format!("/Task?owner=Organization/{}&status=received", lead.id), 1),
            (lead, format!("/Task?owner=Organization/{}", county.id), 0),
            (county, format!("/Task?patient={id}&business-status=2.0"), 1),
            (county, "/Task?authored-on=lt2026-11-24".to_owned(), 0),
            (centre, "/Task".to_owned(), 0),
        ] {
            assert_eq!(read(of, &query).await.ids("match").len(), wanted, "{query}");
        }
        assert_eq!(looks(&ground, lead, id).await, 1, "a task tells nothing of the patient");
        assert_eq!(read(lead, "/ServiceRequest?priority=urgent").await.ids("match"), [id.to_string()]);
        assert_eq!(read(lead, "/ServiceRequest?priority=stat").await.ids("match"), Vec::<String>::new());
        assert_eq!(looks(&ground, lead, id).await, 2, "what was not shown was not looked at");
        for path in [format!("/Patient/{id}"), format!("/ServiceRequest/{id}"), format!("/Task/{name}")] {
            let kind = path.split('/').nth(1).unwrap();
            assert_eq!(read(centre, &path).await.refused(404, &format!("{kind}.id")), "not-found", "{path}");
        }
        assert_eq!(read(lead, "/Patient").await.refused(405, ""), "not-supported", "there is no list of patients");
        // Whoever declined knows nothing of the patient any more.
        let (open, tag) = task(&ground, lead, &name).await;
        let no = because(status(open, "rejected"), "declining", "no_staff");
        let done = put(&ground, lead, (&no, &tag)).await.fine(200);
        assert_eq!((done["status"].as_str(), done["statusReason"]["coding"][0]["code"].as_str()), (Some("rejected"), Some("no_staff")));
        assert_eq!(read(lead, &format!("/Patient/{id}")).await.refused(404, "Patient.id"), "not-found");
        let mut lines = Vec::new();
        for of in [county, lead] {
            let mut c = ground.db.read().await.unwrap();
            lines.extend(journal::of_subject(&mut c.conn(), of.district, id.0, 200).await.unwrap());
        }
        assert!(lines.iter().all(|line| !line.facts.contains('张') && !line.facts.contains("139")), "no name and no number in a line");
    }
}
