//! SANER: what institutions tell of their days, and what is read of it.

use linli_db::Db;
use linli_treatment::model::Stated;
use linli_treatment::queries::returns::in_name_of;
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member};

const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
const ICU: &str = "https://linli.example/fhir/Measure/icu";

/// A figure with a number.
pub fn figure(field: &str, count: i64) -> Value {
    json!({ "code": { "coding": [{ "system": "urn:linli:fhir:figure", "code": field }] }, "count": count })
}

/// A figure without one, and why.
fn absent(field: &str, reason: &str) -> Value {
    let mut one = figure(field, 0);
    one.as_object_mut().unwrap().remove("count");
    one["_count"] = json!({ "extension": [{ "url": ABSENT, "valueCode": reason }] });
    one
}

/// A report about a day of November.
pub fn report(of: &Member, day: &str, figures: &[Value]) -> Value {
    json!({
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": "summary",
        "measure": ICU,
        "subject": { "reference": format!("Location/{}", of.id) },
        "period": { "start": format!("2026-11-{day}T00:00:00+08:00"), "end": format!("2026-11-{day}T23:59:59+08:00") },
        "group": [{ "population": figures }],
    })
}

pub fn figures(open: i64, used: i64) -> Vec<Value> {
    vec![
        figure("icu_open", open),
        figure("icu_staffed", open),
        figure("icu_used", used),
        absent("doctors", "unknown"),
        absent("nurses", "masked"),
    ]
}

async fn post(ground: &Ground, of: &Member, body: &Value, more: &[(&str, &str)]) -> Got {
    ground.with(&of.key, "POST", "/MeasureReport", Some(body), more).await
}

fn with(mut resource: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = resource.pointer_mut(parent).unwrap();
    match parent {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(members) => members[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
    resource
}

linli_db::both_databases! {
    async fn unknown_suppressed_and_zero_stay_three(db: Db) {
        let ground = Ground::lay(db).await;
        let county = &ground.county;
        let sent = report(county, "23", &[figure("icu_open", 10), figure("icu_staffed", 10), figure("icu_used", 0), absent("doctors", "asked-unknown"), absent("nurses", "masked")]);
        let made = post(&ground, county, &sent, &[]).await.fine(201);
        let ctx = linli_access::Ctx {
            actor: linli_access::Actor::Program { key: uuid::Uuid::nil(), district: county.district, organisation: county.id.0 },
            ..ground.system()
        };
        let day = jiff::civil::date(2026, 11, 23);
        let kept = in_name_of(&ctx, &mut ground.db.read().await.unwrap().conn(), (day, day)).await.unwrap();
        let held: Vec<(&str, Stated)> = kept[0].figures.iter().map(|(field, stated)| (field.as_str(), *stated)).collect();
        assert_eq!(
            held,
            [
                ("doctors", Stated::Unknown),
                ("icu_open", Stated::Number(10)),
                ("icu_staffed", Stated::Number(10)),
                ("icu_used", Stated::Number(0)),
                ("nurses", Stated::Suppressed),
            ]
        );
        // What comes back says the same, and is sent again as it is.
        let population = made["group"][0]["population"].as_array().unwrap();
        let of = |field: &str| population.iter().find(|one| one["code"]["coding"][0]["code"] == field).unwrap();
        assert_eq!((of("icu_used")["count"].as_i64(), of("icu_used").get("_count")), (Some(0), None));
        let reason = |field: &str| of(field)["_count"]["extension"][0]["valueCode"].as_str().unwrap().to_owned();
        assert_eq!((reason("doctors"), reason("nurses"), of("nurses").get("count")), ("unknown".to_owned(), "masked".to_owned(), None));
        assert_eq!((made["period"]["start"].as_str().unwrap().len(), made["date"].as_str().unwrap().len()), (25, 25), "as SANER wants them");
        assert_eq!(of("icu_open")["code"]["coding"][1]["code"], "numICUBeds");
        let again = post(&ground, county, &made, &[]).await.fine(200);
        assert_eq!((again["id"].as_str(), again["meta"]["versionId"].as_str()), (made["id"].as_str(), Some("1")));
    }

    async fn what_is_not_understood_is_named_and_nothing_is_kept(db: Db) {
        let ground = Ground::lay(db).await;
        let (county, good) = (&ground.county, report(&ground.county, "23", &figures(10, 5)));
        let count = "MeasureReport.group[0].population[0].count";
        for (resource, status, code, expression) in [
            (with(good.clone(), "/status", json!("bogus")), 422, "code-invalid", "MeasureReport.status"),
            (with(good.clone(), "/status", json!("pending")), 422, "business-rule", "MeasureReport.status"),
            (with(good.clone(), "/type", json!("individual")), 422, "business-rule", "MeasureReport.type"),
            (with(good.clone(), "/type", json!("total")), 422, "code-invalid", "MeasureReport.type"),
            (with(good.clone(), "/measure", json!("https://elsewhere.example/Measure/icu")), 422, "not-supported", "MeasureReport.measure"),
            (with(good.clone(), "/colour", json!("red")), 400, "structure", "MeasureReport.colour"),
            (with(good.clone(), "/period/end", json!("2026-11-24T12:00:00+08:00")), 422, "value", "MeasureReport.period"),
            (with(good.clone(), "/period/start", json!("2026-11-23T00:00:00")), 422, "value", "MeasureReport.period"),
            (with(good.clone(), "/period/end", json!("2026-11-22")), 422, "value", "MeasureReport.period"),
            (with(good.clone(), "/subject", json!({ "reference": format!("Location/{}", ground.lead.id) })), 422, "business-rule", "MeasureReport.subject"),
            (with(good.clone(), "/subject", json!({ "reference": "Patient/1" })), 422, "value", "MeasureReport.subject.reference"),
            (with(good.clone(), "/subject", json!({ "identifier": { "system": "urn:linli:fhir:institution-code", "value": "0003" } })), 422, "business-rule", "MeasureReport.subject"),
            (with(good.clone(), "/reporter", json!({ "reference": format!("Organization/{}", ground.lead.id) })), 422, "business-rule", "MeasureReport.reporter"),
            (with(good.clone(), "/group/0/stratifier", json!([{ "code": [{ "text": "age" }] }])), 422, "not-supported", "MeasureReport.group[0].stratifier"),
            (with(good.clone(), "/group/0/colour", json!(1)), 400, "structure", "MeasureReport.group[0].colour"),
            (with(good.clone(), "/identifier", json!([{ "use": "secret", "value": "1" }])), 422, "code-invalid", "MeasureReport.identifier[0].use"),
            (with(good.clone(), "/identifier", json!([{ "worth": "1" }])), 400, "structure", "MeasureReport.identifier[0].worth"),
            (with(good.clone(), "/group/0/population/0/count", json!(-1)), 422, "value", count),
            (with(good.clone(), "/group/0/population/0/count", json!(2.5)), 422, "value", count),
            (with(good.clone(), "/group/0/population/0/count", json!("10")), 400, "structure", count),
            (with(good.clone(), "/group/0/population/0", figure("colour", 1)), 422, "not-supported", "MeasureReport.group[0].population[0].code"),
            (with(good.clone(), "/group/0/population/0", figure("icu_used", 1)), 422, "value", "MeasureReport.group[0].population[2]"),
            (with(good.clone(), "/group/0/population/0", absent("icu_open", "not-a-number")), 422, "code-invalid", count),
            (with(good.clone(), "/group/0/population/0/_count", absent("x", "unknown")["_count"].clone()), 422, "value", count),
            (with(good.clone(), "/group/0/population/0", json!({ "code": figure("icu_open", 0)["code"] })), 422, "required", count),
            (with(good.clone(), "/group/0/population/0/count", json!(9_000)), 422, "business-rule", count),
        ] {
            let got = post(&ground, county, &resource, &[]).await;
            assert_eq!(got.refused(status, expression), code, "{resource}");
        }
        assert_eq!(ground.get("/MeasureReport?_summary=count").await.fine(200)["total"], 0, "nothing of all that was kept");
        // The same in other ways of writing: in UTC, until midnight, by identifier.
        let midnight = json!({ "start": "2026-11-22T16:00:00Z", "end": "2026-11-24T00:00:00.000+08:00" });
        let other = with(with(good, "/period", midnight), "/subject", json!({ "identifier": { "system": "urn:linli:fhir:institution-code", "value": "0002" } }));
        assert_eq!(post(&ground, county, &other, &[]).await.fine(201)["period"]["start"], "2026-11-23T00:00:00+08:00");
    }

    async fn a_correction_is_of_the_version_that_was_seen_and_has_a_reason(db: Db) {
        let ground = Ground::lay(db).await;
        let county = &ground.county;
        let first = report(county, "23", &figures(10, 5));
        let once = [("if-none-exist", &*format!("measure={ICU}&subject=Location/{}&period=2026-11-23", county.id))];
        let made = post(&ground, county, &first, &once).await;
        let id = made.fine(201)["id"].as_str().unwrap().to_owned();
        assert_eq!(made.header("location"), format!("https://linli.example/fhir/MeasureReport/{id}"));
        let other = report(county, "23", &figures(10, 6));
        let there = post(&ground, county, &other, &once).await.fine(200);
        assert_eq!((there["id"].as_str(), there["group"][0]["population"][2]["count"].as_i64()), (Some(id.as_str()), Some(5)), "it is there already");
        assert_eq!(post(&ground, county, &other, &[]).await.refused(409, "MeasureReport"), "conflict");
        let mut correction = with(other, "/id", json!(id));
        let path = format!("/MeasureReport/{id}");
        let put = async |body: &Value, tag: &str| {
            let more: &[(&str, &str)] = if tag.is_empty() { &[] } else { &[("if-match", tag)] };
            ground.with(&county.key, "PUT", &path, Some(body), more).await
        };
        assert_eq!(put(&correction, "W/\"1\"").await.refused(422, "MeasureReport.extension"), "business-rule", "as on the page");
        correction["extension"] = json!([{ "url": "urn:linli:fhir:because", "valueString": "漏报一床" }]);
        let corrected = put(&correction, "W/\"1\"").await;
        assert_eq!((corrected.fine(200)["meta"]["versionId"].as_str(), corrected.header("etag")), (Some("2"), "W/\"2\""));
        let again = with(correction.clone(), "/group/0/population/2/count", json!(7));
        assert_eq!(put(&again, "W/\"1\"").await.refused(412, "MeasureReport.meta.versionId"), "conflict");
        assert_eq!(put(&again, "\"x\"").await.status, 412);
        assert_eq!(put(&again, "").await.fine(200)["meta"]["versionId"], "3");
        assert_eq!(put(&with(again.clone(), "/id", json!("1")), "").await.refused(400, "MeasureReport.id"), "value");
        let moved = with(again.clone(), "/period", json!({ "start": "2026-11-22", "end": "2026-11-22" }));
        assert_eq!(put(&moved, "").await.refused(422, "MeasureReport.period"), "business-rule");
        let lines = linli_db::journal::of_subject(&mut ground.db.read().await.unwrap().conn(), county.district, county.id.0, 100).await.unwrap();
        let told: Vec<&str> = lines.iter().filter(|line| line.kind.starts_with("treatment.return")).map(|line| line.actor.as_str()).collect();
        assert!(told.len() == 3 && told.iter().all(|actor| actor.starts_with("program:")), "{told:?}");
        assert!(lines.iter().all(|line| !line.facts.contains("漏报")), "no reason in words in a line");
    }

    async fn returns_are_read_by_whoever_told_them_and_by_who_leads_the_grid(db: Db) {
        let ground = Ground::lay(db).await;
        for (day, used) in [("21", 1), ("22", 2), ("23", 3)] {
            post(&ground, &ground.county, &report(&ground.county, day, &figures(10, used)), &[]).await.fine(201);
            ground.clock.advance_secs(60);
        }
        let lead = with(report(&ground.lead, "23", &figures(20, 8)), "/measure", json!("http://hl7.org/fhir/uv/saner/Measure/CDCPatientImpactAndHospitalCapacity"));
        let of_saner = |code: &str, count: i64| json!({ "code": { "coding": [{ "system": "http://hl7.org/fhir/uv/saner/CodeSystem/MeasuredValues", "code": code }] }, "count": count });
        let cdc = with(lead, "/group/0/population", json!([of_saner("numICUBeds", 20), of_saner("numICUBedsOcc", 8), of_saner("numICUBedsAvail", 99), of_saner("numVent", 7)]));
        let kept = post(&ground, &ground.lead, &cdc, &[]).await.fine(201);
        let fields: Vec<&str> = kept["group"][0]["population"].as_array().unwrap().iter().map(|one| one["code"]["coding"][0]["code"].as_str().unwrap()).collect();
        assert_eq!(fields, ["icu_open", "icu_used"], "what is available is derived, never told");
        let wrong = with(cdc, "/group/0/population/3", of_saner("numUnicorns", 1));
        assert_eq!(post(&ground, &ground.lead, &wrong, &[]).await.refused(422, "MeasureReport.group[0].population[3].code"), "not-supported");

        let county = ground.county.id;
        let read = async |of: &Member, query: &str| ground.with(&of.key, "GET", &format!("/MeasureReport?_summary=count&{query}"), None, &[]).await.fine(200)["total"].as_i64().unwrap();
        for (query, wanted) in [
            (String::new(), 4),
            (format!("subject=Location/{county}"), 3),
            (format!("subject:Location={county}"), 3),
            ("subject:identifier=urn:linli:fhir:institution-code|0003".to_owned(), 1),
            (format!("reporter=Organization/{county}&period=2026-11-22"), 1),
            ("period=ge2026-11-22&period=lt2026-11-23".to_owned(), 1),
            (format!("measure={ICU}&period=2026-11"), 4),
            ("measure=https://elsewhere.example/Measure/icu".to_owned(), 0),
            ("date=2026-11-24".to_owned(), 4),
            ("_lastUpdated=lt2026-11-24".to_owned(), 0),
            ("measure.title=Intensive".to_owned(), 4),
            ("measure.title=nothing".to_owned(), 0),
            ("subject:Location.near=32.05|118.80|1|km".to_owned(), 3),
            ("subject:Location.near=32.02|118.79|1|km&measure.title=Intensive".to_owned(), 1),
            ("subject:Location.near=39.9|116.4|1|km".to_owned(), 0),
        ] {
            assert_eq!(read(&ground.lead, &query).await, wanted, "{query}");
        }
        assert_eq!((read(&ground.county, "").await, read(&ground.centre, "").await), (3, 0), "others read their own");
        let id = ground.get("/MeasureReport?_count=1").await.ids("match")[0].clone();
        assert_eq!(ground.with(&ground.lead.key, "GET", &format!("/MeasureReport/{id}"), None, &[]).await.fine(200)["subject"]["identifier"]["value"], "0002");
        let hidden = ground.with(&ground.centre.key, "GET", &format!("/MeasureReport/{id}"), None, &[]).await;
        assert_eq!(hidden.refused(404, "MeasureReport.id"), "not-found");
        let foreign = with(ground.get(&format!("/MeasureReport/{id}")).await.fine(200), "/subject", json!({ "reference": format!("Location/{}", ground.lead.id) }));
        let refused = ground.with(&ground.lead.key, "PUT", &format!("/MeasureReport/{id}"), Some(&with(foreign, "/reporter", json!({ "reference": format!("Organization/{}", ground.lead.id) }))), &[]).await;
        assert_eq!(refused.refused(403, "MeasureReport.subject"), "forbidden", "who leads a grid reads, and corrects nothing");
        let along = ground.get("/MeasureReport?_count=1&_include=MeasureReport:measure&_include=MeasureReport:subject&_include=MeasureReport:reporter").await;
        assert_eq!(along.ids("include").len(), 3, "{}", along.text);
        let back = ground.get("/Measure?_id=icu&_revinclude=MeasureReport:measure").await;
        assert_eq!((back.ids("match").len(), back.ids("include").len()), (1, 3));
        assert_eq!(ground.get("/MeasureReport?subject.name=x").await.refused(400, "http.subject.name"), "not-supported");
        assert!(!ground.get("/Measure?definition-text=intensive-care").await.ids("match").is_empty());
        let measure = ground.get("/Measure?code=urn:linli:fhir:figure|icu_staffed").await.fine(200);
        assert_eq!((measure["total"].as_i64(), measure["entry"][0]["resource"]["url"].as_str()), (Some(1), Some(ICU)));
    }
}
