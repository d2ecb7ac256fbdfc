//! A referral that the system of the sending institution asks for: the same commands as the pages, once each, and what is wrong is named.

use linli_db::{Db, journal};
use linli_treatment::model::referrals::ReferralState;
use linli_treatment::queries;
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member};
use crate::referrals::{in_bed, looks, put, state, status, task};

const CONSENT: &str = "urn:linli:fhir:consent";
const RESIDENT: &str = "urn:oid:2.16.156.10011.1.3";

fn observation(id: &str, code: &str, value: Value) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": "#p" },
        "effectiveDateTime": "2026-11-24T08:30:00+08:00",
        "valueQuantity": value,
    })
}

/// What the county hospital asks for.
pub fn request(number: &str) -> Value {
    json!({
        "resourceType": "ServiceRequest",
        "extension": [{ "url": CONSENT, "valueCode": "family" }],
        "contained": [
            {
                "resourceType": "Patient", "id": "p",
                "identifier": [{ "system": RESIDENT, "value": "320102194405010022" }],
                "name": [{ "use": "official", "family": "张", "given": ["桂英"] }],
                "telecom": [{ "system": "phone", "value": "13900000000" }],
                "gender": "female",
                "birthDate": "1944-05-01",
            },
            observation("o", "59408-5", json!({ "value": 91, "system": "http://unitsofmeasure.org", "code": "%" })),
            observation("b", "9279-1", json!({ "value": 26, "system": "http://unitsofmeasure.org", "code": "/min" })),
        ],
        "identifier": [{ "system": "https://his.example/order", "value": number }],
        "status": "active",
        "intent": "order",
        "category": [{ "coding": [{ "system": "urn:linli:fhir:referral-direction", "code": "up" }] }],
        "priority": "urgent",
        "code": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "ICU" }] },
        "orderDetail": [{ "coding": [{ "system": "urn:linli:fhir:capability", "code": "ventilation" }] }],
        "subject": { "reference": "#p" },
        "authoredOn": "2026-11-24T08:55:00+08:00",
        "requester": { "identifier": { "system": "urn:linli:fhir:institution-code", "value": "0002" } },
        "reasonCode": [{ "text": "血氧 91%，气促两天" }],
        "supportingInfo": [{ "reference": "#o" }, { "reference": "#b" }],
    })
}

fn with(mut resource: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match resource.pointer_mut(parent).unwrap() {
        Value::Object(fields) if value.is_null() => drop(fields.remove(name)),
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(members) => members[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
    resource
}

async fn post(ground: &Ground, of: &Member, kind: &str, body: &Value, more: &[(&str, &str)]) -> Got {
    ground.with(&of.key, "POST", &format!("/{kind}"), Some(body), more).await
}

async fn how_many(ground: &Ground, of: &Member) -> usize {
    ground.with(&of.key, "GET", "/ServiceRequest", None, &[]).await.ids("match").len()
}

linli_db::both_databases! {
    async fn what_is_asked_for_goes_the_way_of_every_referral(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (county, lead) = (&ground.county, &ground.lead);
        let made = post(&ground, county, "ServiceRequest", &request("7731"), &[]).await;
        let (location, tag) = (made.header("location").to_owned(), made.header("etag").to_owned());
        let asked = made.fine(201);
        let id = asked["id"].as_str().unwrap().to_owned();
        assert_eq!(location, format!("https://linli.example/fhir/ServiceRequest/{id}"));
        assert!(!tag.is_empty() && asked["status"] == "active" && asked["priority"] == "urgent", "{asked}");
        assert_eq!(asked["identifier"][0], json!({ "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PLAC" }] },
            "system": "https://his.example/order", "value": "7731" }));
        assert_eq!((&asked["extension"][0]["valueCode"], &asked["performer"][0]["identifier"]["value"]), (&json!("family"), &json!("0003")));
        assert!(!asked.to_string().contains("320102194405010022"), "no identity number leaves the house");
        // What was measured is what the score suggests by, and is read by the one who is asked; the person's word stands beside.
        let mut read = ground.db.read().await.unwrap();
        let sent = queries::referrals::sent(&ground.keeper(county), &mut read.conn(), &ground.desk, id.parse().unwrap()).await.unwrap();
        drop(read);
        let patient = sent.patient.unwrap();
        assert_eq!((patient.name.as_str(), patient.vitals.as_str()), ("张桂英", "SpO₂ 91% · RR 26"));
        assert_eq!((patient.id_number.as_str(), patient.born.as_str()), ("320102194405010022", "1944-05-01"));
        assert!(sent.referral.suggested_by.starts_with("treatment.severity@"), "{}", sent.referral.suggested_by);
        // The other end has a task of it at once, and both know the number of the sender.
        let found = ground.with(&lead.key, "GET", "/ServiceRequest?identifier=https://his.example/order|7731", None, &[]).await;
        assert_eq!(found.ids("match"), std::slice::from_ref(&id));
        let name = format!("{id}.1");
        let (open, tag) = task(&ground, lead, &name).await;
        assert_eq!(open["status"], "received");
        put(&ground, lead, (&in_bed(status(open, "accepted"), &format!("Location/{}.icu", lead.unit)), &tag)).await.fine(200);
        assert_eq!(state(&ground, id.parse().unwrap()).await, ReferralState::Accepted);
        // Who did it stands in the journal, and nothing of the patient.
        let mut read = ground.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), county.district, sent.referral.id.0, 100).await.unwrap();
        let line = lines.iter().find(|line| line.kind == "treatment.referral_asked").unwrap();
        assert!(line.actor.starts_with("program:") && lines.iter().all(|line| !line.facts.contains('张') && !line.facts.contains("7731")));
        drop(read);
        assert_eq!(looks(&ground, county, sent.referral.id).await, 0, "to be told what one sent is no look");
    }

    async fn the_same_again_is_one_and_something_else_is_told(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let county = &ground.county;
        let first = post(&ground, county, "ServiceRequest", &request("1"), &[]).await.fine(201);
        ground.clock.advance_secs(90);
        let again = post(&ground, county, "ServiceRequest", &request("1"), &[]).await.fine(200);
        assert_eq!((again["id"].as_str(), how_many(&ground, county).await), (first["id"].as_str(), 1));
        let other = with(request("1"), "/reasonCode/0/text", json!("别的病情"));
        assert_eq!(post(&ground, county, "ServiceRequest", &other, &[]).await.refused(409, "ServiceRequest.identifier"), "duplicate");
        let once = [("if-none-exist", "identifier=https://his.example/order|1")];
        let there = post(&ground, county, "ServiceRequest", &other, &once).await.fine(200);
        assert_eq!(there["id"], first["id"], "a condition that holds is answered with what there is");
        // The same patient under another number is on the way already, whoever asks.
        assert_eq!(post(&ground, county, "ServiceRequest", &request("2"), &[]).await.refused(409, "ServiceRequest.subject"), "duplicate");
        let centre = with(request("3"), "/requester", json!({ "reference": format!("Organization/{}", ground.centre.id) }));
        assert_eq!(post(&ground, &ground.centre, "ServiceRequest", &centre, &[]).await.refused(409, "ServiceRequest.subject"), "duplicate");
        assert_eq!(how_many(&ground, county).await, 1);
    }

    async fn what_is_wrong_is_named_and_nothing_is_asked_for(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (county, good) = (&ground.county, request("9"));
        let number = |value: &str| with(good.clone(), "/contained/0/identifier/0/value", json!(value));
        for (resource, status, code, expression) in [
            (with(good.clone(), "/status", json!("bogus")), 422, "code-invalid", "ServiceRequest.status"),
            (with(good.clone(), "/status", json!("draft")), 422, "business-rule", "ServiceRequest.status"),
            (with(good.clone(), "/intent", json!("plan")), 422, "business-rule", "ServiceRequest.intent"),
            (with(good.clone(), "/colour", json!("red")), 400, "structure", "ServiceRequest.colour"),
            (with(good.clone(), "/doNotPerform", json!(true)), 422, "not-supported", "ServiceRequest.doNotPerform"),
            (with(good.clone(), "/category", Value::Null), 422, "required", "ServiceRequest.category"),
            (with(good.clone(), "/category/0/coding/0/code", json!("sideways")), 422, "code-invalid", "ServiceRequest.category"),
            (with(good.clone(), "/priority", Value::Null), 422, "required", "ServiceRequest.priority"),
            (with(good.clone(), "/priority", json!("soon")), 422, "code-invalid", "ServiceRequest.priority"),
            (with(good.clone(), "/code/coding/0/code", json!("HU")), 422, "code-invalid", "ServiceRequest.code"),
            (with(good.clone(), "/orderDetail/0/coding/0/code", json!("magic")), 422, "code-invalid", "ServiceRequest.orderDetail[0]"),
            (with(good.clone(), "/orderDetail/0/coding/0/system", json!("http://other")), 422, "not-supported", "ServiceRequest.orderDetail[0]"),
            (with(good.clone(), "/extension", Value::Null), 422, "required", "ServiceRequest.extension"),
            (with(good.clone(), "/extension/0/valueCode", json!("nobody")), 422, "code-invalid", "ServiceRequest.extension[0].valueCode"),
            (with(good.clone(), "/extension/0/valueCode", json!("law")), 422, "business-rule", "ServiceRequest.extension"),
            (with(good.clone(), "/subject/reference", json!("Patient/1")), 422, "business-rule", "ServiceRequest.subject"),
            (with(good.clone(), "/requester/identifier/value", json!("0003")), 422, "business-rule", "ServiceRequest.requester"),
            (with(good.clone(), "/requester", Value::Null), 422, "required", "ServiceRequest.requester"),
            (with(good.clone(), "/performer", json!([{ "identifier": { "system": "urn:linli:fhir:institution-code", "value": "0002" } }])), 422, "business-rule", "ServiceRequest.performer"),
            (with(good.clone(), "/performer", json!([{ "reference": "Organization/1" }])), 422, "business-rule", "ServiceRequest.performer[0]"),
            (with(good.clone(), "/authoredOn", json!("2026-11-24T10:00:00+08:00")), 422, "value", "ServiceRequest.authoredOn"),
            (with(good.clone(), "/reasonCode", Value::Null), 422, "business-rule", "ServiceRequest.reasonCode"),
            (with(good.clone(), "/contained/0/name", Value::Null), 422, "business-rule", "ServiceRequest.contained[0].name"),
            (with(good.clone(), "/contained/0/birthDate", json!("1944-13-40")), 400, "structure", "ServiceRequest.contained[0].birthDate"),
            (with(good.clone(), "/contained/0/birthDate", json!("1944-05-02")), 422, "value", "ServiceRequest.contained[0].birthDate"),
            (with(good.clone(), "/contained/0/gender", json!("male")), 422, "value", "ServiceRequest.contained[0].gender"),
            (with(good.clone(), "/contained/0/deceasedBoolean", json!(true)), 422, "business-rule", "ServiceRequest.contained[0]"),
            (number("320102194405010020"), 422, "value", "ServiceRequest.contained[0].identifier[0].value"),
            (number("32010219440501002"), 422, "value", "ServiceRequest.contained[0].identifier[0].value"),
            (with(good.clone(), "/contained/1/valueQuantity/value", json!(910)), 422, "value", "ServiceRequest.contained[1]"),
            (with(good.clone(), "/contained/1/code/coding/0/code", json!("29463-7")), 422, "not-supported", "ServiceRequest.contained[1].code"),
        ] {
            assert_eq!(post(&ground, county, "ServiceRequest", &resource, &[]).await.refused(status, expression), code, "{resource}");
        }
        assert_eq!(how_many(&ground, county).await, 0, "nothing of all that was asked for");
        assert_eq!(ground.with(&ground.stranger, "POST", "/ServiceRequest", Some(&good), &[]).await.refused(403, ""), "forbidden");
        assert_eq!(ground.with("fhir_none", "POST", "/Task", Some(&json!({})), &[]).await.refused(401, ""), "login");
        let down = with(good.clone(), "/category/0/coding/0/code", json!("down"));
        assert_eq!(post(&ground, county, "ServiceRequest", &down, &[]).await.refused(422, "ServiceRequest.note"), "business-rule", "what must go on is told");
        post(&ground, county, "ServiceRequest", &good, &[]).await.fine(201);
    }

    async fn a_task_brings_its_request_along(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (county, lead) = (&ground.county, &ground.lead);
        let mut own = request("11");
        let fields = own.as_object_mut().unwrap();
        let mut contained = fields.remove("contained").unwrap();
        fields.insert("id".to_owned(), json!("r"));
        contained.as_array_mut().unwrap().push(own);
        let asking = json!({
            "resourceType": "Task", "status": "requested", "intent": "order", "contained": contained,
            "code": { "coding": [{ "system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill" }] },
            "focus": { "reference": "#r" },
            "owner": { "identifier": { "system": "urn:linli:fhir:institution-code", "value": "0003" } },
        });
        for (resource, status, code, expression) in [
            (with(asking.clone(), "/status", json!("draft")), 422, "business-rule", "Task.status"),
            (with(asking.clone(), "/focus/reference", json!("#x")), 422, "value", "Task.focus"),
            (with(asking.clone(), "/contained/0/name", Value::Null), 422, "business-rule", "Task.contained[0].name"),
            (with(asking.clone(), "/contained/3/priority", Value::Null), 422, "required", "Task.contained[3].priority"),
            (with(asking.clone(), "/owner/identifier/value", json!("0009")), 422, "business-rule", "Task.owner"),
            (with(asking.clone(), "/owner/identifier/value", json!("0001")), 422, "business-rule", "Task.owner"),
            (with(asking.clone(), "/statusReason", json!({ "text": "x" })), 422, "business-rule", "Task.statusReason"),
        ] {
            assert_eq!(post(&ground, county, "Task", &resource, &[]).await.refused(status, expression), code, "{resource}");
        }
        let made = post(&ground, county, "Task", &asking, &[]).await;
        let name = made.header("location").rsplit('/').next().unwrap().to_owned();
        let task_made = made.fine(201);
        assert_eq!((task_made["id"].as_str(), task_made["owner"]["identifier"]["value"].as_str()), (Some(name.as_str()), Some("0003")));
        assert_eq!(post(&ground, county, "Task", &asking, &[]).await.fine(200)["id"], task_made["id"], "the same again is one");
        assert_eq!(task(&ground, lead, &name).await.0["status"], "received");
        // A task of a request that is there is the one that there is.
        let focus = task_made["focus"]["reference"].clone();
        let mut of_it = with(with(asking, "/contained", Value::Null), "/focus/reference", focus);
        assert_eq!(post(&ground, county, "Task", &of_it, &[]).await.fine(200)["id"], task_made["id"]);
        of_it["owner"]["identifier"]["value"] = json!("0001");
        assert_eq!(post(&ground, county, "Task", &of_it, &[]).await.refused(409, "Task.owner"), "business-rule");
        assert_eq!(post(&ground, lead, "Task", &of_it, &[]).await.refused(422, "Task.focus"), "value", "nobody asks in the name of another");
    }

    async fn a_transaction_holds_patient_request_and_task_together(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let county = &ground.county;
        let bundle = |number: &str, name: Value| {
            let mut own = request(number);
            let mut patient = own["contained"][0].clone();
            patient.as_object_mut().unwrap().remove("id");
            patient["name"] = name;
            own["contained"].as_array_mut().unwrap().remove(0);
            own["subject"]["reference"] = json!("urn:uuid:0198f1c2-0000-7000-8000-000000000001");
            let task = json!({ "resourceType": "Task", "status": "requested", "intent": "order",
                "focus": { "reference": "urn:uuid:0198f1c2-0000-7000-8000-000000000002" },
                "owner": { "reference": format!("Organization/{}", ground.lead.id) } });
            let entry = |n: u8, kind: &str, resource: Value| {
                json!({ "fullUrl": format!("urn:uuid:0198f1c2-0000-7000-8000-00000000000{n}"), "resource": resource,
                    "request": { "method": "POST", "url": kind } })
            };
            json!({ "resourceType": "Bundle", "type": "transaction",
                "entry": [entry(3, "Task", task), entry(1, "Patient", patient), entry(2, "ServiceRequest", own)] })
        };
        let send = async |body: &Value| ground.with(&county.key, "POST", "", Some(body), &[]).await;
        let nobody = send(&bundle("21", json!([{ "text": " " }]))).await;
        assert_eq!(nobody.status, 400, "{}", nobody.text);
        let long = send(&bundle("21", json!([{ "text": "长".repeat(80) }]))).await;
        assert_eq!(long.refused(422, "Bundle.entry[1].resource.name"), "business-rule", "what is wrong is named where it was sent");
        let mut stray = bundle("21", json!([{ "text": "张桂英" }]));
        stray["entry"] = json!([stray["entry"][1], { "request": { "method": "GET", "url": "Measure?_summary=count" } }]);
        assert_eq!(send(&stray).await.refused(405, "Bundle.entry[0].resource"), "not-supported", "a patient alone is not taken");
        assert_eq!(how_many(&ground, county).await, 0);
        let good = bundle("21", json!([{ "text": "张桂英" }]));
        let done = send(&good).await.fine(200);
        let of = |i: usize, path: &str| done["entry"][i].pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let ids: Vec<String> = (0..3).map(|i| of(i, "/resource/resourceType") + "/" + &of(i, "/resource/id")).collect();
        let id = of(2, "/resource/id");
        assert_eq!(ids, [format!("Task/{id}.1"), format!("Patient/{id}"), format!("ServiceRequest/{id}")], "{done}");
        assert!((0..3).all(|i| of(i, "/response/status").starts_with("201")), "{done}");
        assert_eq!(of(1, "/resource/name/0/text"), "张桂英");
        let again = send(&good).await.fine(200);
        assert_eq!((again["entry"][2]["resource"]["id"].as_str(), how_many(&ground, county).await), (Some(id.as_str()), 1), "sent again it is one");
        assert!(again["entry"][2]["response"]["status"].as_str().unwrap().starts_with("200"));
    }
}
