//! Stays: what the two ends see of them, and how the house where the patient is goes on.

use linli_db::Db;
use linli_treatment::model::beds::EntryKind;
use linli_treatment::model::referrals::{ReferralId, ReferralState, Severity};
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member};
use crate::referrals::{in_bed, looks, put, sent, state, status, task};

const OUTCOME: &str = "urn:linli:fhir:outcome";

/// Somebody is accepted by the leading hospital, into its bed or, when critical, without one.
async fn accepted(ground: &Ground, severity: Severity, bed: bool) -> (ReferralId, String) {
    let (id, name) = sent(ground, severity).await;
    let (open, tag) = task(ground, &ground.lead, &name).await;
    let accepted = status(open, "accepted");
    let accepted = if bed { in_bed(accepted, &format!("Location/{}.icu", ground.lead.unit)) } else { accepted };
    put(ground, &ground.lead, (&accepted, &tag)).await.fine(200);
    (id, name)
}

async fn stay(ground: &Ground, of: &Member, id: &str) -> (Value, String) {
    let got = ground.with(&of.key, "GET", &format!("/Encounter/{id}"), None, &[]).await;
    let tag = got.header("etag").to_owned();
    (got.fine(200), tag)
}

async fn change(ground: &Ground, of: &Member, (body, tag): (&Value, &str)) -> Got {
    let path = format!("/Encounter/{}", body["id"].as_str().unwrap());
    let more: &[(&str, &str)] = if tag.is_empty() { &[] } else { &[("if-match", tag)] };
    ground.with(&of.key, "PUT", &path, Some(body), more).await
}

fn lies_in(mut stay: Value, bed: &str) -> Value {
    stay["location"] = json!([{ "location": { "reference": bed }, "status": "active" }]);
    stay
}

fn ended(mut stay: Value, system: &str, code: &str) -> Value {
    stay["hospitalization"]["dischargeDisposition"] = json!({ "coding": [{ "system": system, "code": code }] });
    status(stay, "finished")
}

fn code<'a>(concept: &'a Value, system: &str) -> &'a str {
    let codings = concept["coding"].as_array().unwrap();
    codings.iter().find(|coding| coding["system"] == system).map(|coding| coding["code"].as_str().unwrap()).unwrap_or_default()
}

linli_db::both_databases! {
    async fn a_stay_is_planned_begun_and_finished_by_the_house_where_it_is(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 2).await;
        let (asked, name) = sent(&ground, Severity::Severe).await;
        let nothing = ground.with(&ground.lead.key, "GET", &format!("/Encounter/{name}"), None, &[]).await;
        assert_eq!(nothing.refused(404, "Encounter.id"), "not-found", "who is only asked for has no stay");
        let (open, tag) = task(&ground, &ground.lead, &name).await;
        let bed = format!("Location/{}.icu", ground.lead.unit);
        put(&ground, &ground.lead, (&in_bed(status(open, "accepted"), &bed), &tag)).await.fine(200);

        let (planned, tag) = stay(&ground, &ground.lead, &name).await;
        assert_eq!((planned["status"].as_str(), planned["class"]["code"].as_str()), (Some("planned"), Some("IMP")));
        assert_eq!((&planned["location"][0]["status"], &planned["location"][0]["location"]["reference"]), (&json!("reserved"), &json!(bed)));
        assert_eq!(planned["subject"], json!({ "type": "Patient", "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{asked}") } }));
        assert_eq!(planned["basedOn"][0]["reference"], format!("ServiceRequest/{asked}"));
        assert_eq!(planned["serviceProvider"]["reference"], format!("Organization/{}", ground.lead.id));
        assert_eq!(code(&planned["hospitalization"]["admitSource"], "http://terminology.hl7.org/CodeSystem/admit-source"), "hosp-trans");
        assert!(planned.get("period").is_none(), "nobody has arrived");

        assert_eq!(change(&ground, &ground.lead, (&status(planned.clone(), "in-progress"), "")).await.refused(428, "http.If-Match"), "required");
        assert_eq!(change(&ground, &ground.lead, (&status(planned.clone(), "in-progress"), "W/\"0\"")).await.refused(412, "Encounter.meta.versionId"), "conflict");
        assert_eq!(change(&ground, &ground.county, (&status(planned.clone(), "in-progress"), &tag)).await.refused(403, "Encounter.status"), "forbidden", "who sent the patient does not say that the patient is there");
        for (wrong, kind, expression) in [
            (status(planned.clone(), "bogus"), "code-invalid", "Encounter.status"),
            (status(planned.clone(), "onleave"), "not-supported", "Encounter.status"),
            (status(planned.clone(), "finished"), "required", "Encounter.hospitalization.dischargeDisposition"),
            (ended(planned.clone(), OUTCOME, "vanished"), "code-invalid", "Encounter.hospitalization.dischargeDisposition"),
            (lies_in(status(planned.clone(), "in-progress"), "Patient/1"), "value", "Encounter.location[0].location"),
        ] {
            assert_eq!(change(&ground, &ground.lead, (&wrong, &tag)).await.refused(422, expression), kind, "{wrong}");
        }
        assert_eq!(change(&ground, &ground.lead, (&ended(planned.clone(), OUTCOME, "home"), &tag)).await.refused(409, "Encounter.status"), "business-rule", "nobody goes who has not come");

        ground.clock.set(crate::ground::at(24, 9, 40));
        let begun = change(&ground, &ground.lead, (&status(planned.clone(), "in-progress"), &tag)).await.fine(200);
        assert_eq!((begun["status"].as_str(), begun["location"][0]["status"].as_str()), (Some("in-progress"), Some("active")));
        assert_eq!(begun["period"]["start"], "2026-11-24T09:40:00+08:00");
        assert_eq!(state(&ground, asked).await, ReferralState::Arrived, "the other end knows at once");
        // The answer was lost on the way, so it is sent again, with the version of before.
        let again = change(&ground, &ground.lead, (&status(planned, "in-progress"), &tag)).await.fine(200);
        assert_eq!(again, begun, "the same again changes nothing");

        let (of_sender, _) = stay(&ground, &ground.county, &name).await;
        assert_eq!((of_sender["status"].as_str(), of_sender.get("location")), (Some("in-progress"), None), "which bed is not the sender's to know");

        let (here, tag) = stay(&ground, &ground.lead, &name).await;
        ground.clock.set(crate::ground::at(26, 11, 0));
        let over = ended(here, OUTCOME, "stepped_down");
        let done = change(&ground, &ground.lead, (&over, &tag)).await.fine(200);
        assert_eq!((done["status"].as_str(), done["period"]["end"].as_str()), (Some("finished"), Some("2026-11-26T11:00:00+08:00")));
        assert_eq!(code(&done["hospitalization"]["dischargeDisposition"], OUTCOME), "stepped_down");
        assert_eq!(code(&done["hospitalization"]["dischargeDisposition"], "http://terminology.hl7.org/CodeSystem/discharge-disposition"), "other-hcf");
        assert_eq!(done["location"][0]["status"], "completed");
        assert_eq!(change(&ground, &ground.lead, (&over, &tag)).await.fine(200), done, "the same again changes nothing");
        let other = ended(done, OUTCOME, "died");
        assert_eq!(change(&ground, &ground.lead, (&other, &tag)).await.refused(412, "Encounter.meta.versionId"), "conflict", "how it ended is not said twice");
        assert_eq!(state(&ground, asked).await, ReferralState::Completed);
        let free = ground.get("/Location?operational-status=U&type=ICU").await.ids("match");
        assert_eq!(free.len(), 1, "the bed is free again");
    }

    async fn who_is_critical_waits_in_the_emergency_department_until_there_is_a_bed(db: Db) {
        let ground = Ground::lay(db).await;
        let (asked, name) = accepted(&ground, Severity::Critical, false).await;
        let (planned, tag) = stay(&ground, &ground.lead, &name).await;
        assert!(planned.get("location").is_none(), "{planned}");
        assert_eq!(change(&ground, &ground.lead, (&status(planned.clone(), "in-progress"), &tag)).await.refused(422, "Encounter.location"), "required", "nobody lies in no bed");
        let here = change(&ground, &ground.lead, (&status(planned, "arrived"), &tag)).await.fine(200);
        assert_eq!((here["status"].as_str(), here["class"]["code"].as_str()), (Some("arrived"), Some("EMER")));
        assert_eq!(code(&here["priority"], "http://terminology.hl7.org/CodeSystem/v3-ActPriority"), "EM");

        ground.beds(&ground.lead, &[(EntryKind::InPlace, 1), (EntryKind::Open, 1), (EntryKind::Doctors, 1), (EntryKind::Nurses, 3)]).await;
        let bed = format!("Location/{}.icu", ground.lead.unit);
        let (here, tag) = stay(&ground, &ground.lead, &name).await;
        let bedded = change(&ground, &ground.lead, (&lies_in(status(here, "in-progress"), &bed), &tag)).await.fine(200);
        assert_eq!((bedded["status"].as_str(), bedded["class"]["code"].as_str()), (Some("in-progress"), Some("IMP")));
        assert_eq!(code(&bedded["serviceType"], "urn:linli:fhir:unit-kind"), "icu");
        assert_eq!(state(&ground, asked).await, ReferralState::Arrived);
    }

    async fn stays_are_searched_by_the_two_houses_alone_and_every_look_is_written_down(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (asked, name) = accepted(&ground, Severity::Severe, true).await;
        let (lead, county, centre) = (&ground.lead, &ground.county, &ground.centre);
        let read = async |of: &Member, path: &str| ground.with(&of.key, "GET", path, None, &[]).await;
        assert_eq!(looks(&ground, lead, asked).await, 0);
        for (of, query, wanted) in [
            (lead, "status=planned&class=IMP".to_owned(), 1),
            (lead, "status=finished".to_owned(), 0),
            (lead, format!("location=Location/{}.icu&service-provider=Organization/{}", lead.unit, lead.id), 1),
            (lead, "location-period=ge2026-11-24".to_owned(), 1),
            (lead, "date=2026-11-24".to_owned(), 0),
            (lead, format!("patient={asked}&based-on=ServiceRequest/{asked}"), 1),
            (lead, format!("subject:identifier=urn:ietf:rfc:3986|urn:uuid:{asked}"), 1),
            (lead, format!("identifier=urn:linli:fhir:stay|{name}"), 1),
            (county, format!("subject=Patient/{asked}"), 1),
            (centre, String::new(), 0),
        ] {
            assert_eq!(read(of, &format!("/Encounter?{query}")).await.ids("match").len(), wanted, "{query}");
        }
        assert_eq!((looks(&ground, lead, asked).await, looks(&ground, county, asked).await), (6, 1), "what was found, and nothing else");
        let path = format!("/Encounter/{name}");
        assert_eq!(read(centre, &path).await.refused(404, "Encounter.id"), "not-found");
        assert_eq!(ground.with(&ground.stranger, "GET", &path, None, &[]).await.status, 403);
        let got = read(lead, &path).await;
        let tag = got.header("etag").to_owned();
        assert_eq!(looks(&ground, lead, asked).await, 7);
        assert_eq!(ground.with(&lead.key, "GET", &path, None, &[("if-none-match", &tag)]).await.status, 304);
        // Taken back: it did not come about, and the bed is let go.
        let (open, tag) = task(&ground, county, &name).await;
        let back = crate::referrals::because(status(open, "cancelled"), "withdrawing", "improved");
        put(&ground, county, (&back, &tag)).await.fine(200);
        for of in [lead, county] {
            let (over, _) = stay(&ground, of, &name).await;
            assert_eq!((over["status"].as_str(), over.get("location")), (Some("cancelled"), None));
        }
    }
}
