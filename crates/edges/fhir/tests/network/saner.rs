//! The operations of SANER: what is put together is never counted twice, a table says what a report says, and what nobody types is counted.

use linli_db::Db;
use linli_treatment::model::beds::EntryKind;
use linli_treatment::model::referrals::Severity;
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member};
use crate::referrals::{in_bed, put, sent, status, task};
use crate::reports::{figure, figures, report};

const ICU: &str = "https://linli.example/fhir/Measure/icu";

async fn tell(ground: &Ground, of: &Member, day: &str, open: i64, used: i64) -> String {
    let got = ground.with(&of.key, "POST", "/MeasureReport", Some(&report(of, day, &figures(open, used))), &[]).await;
    got.fine(201)["id"].as_str().unwrap().to_owned()
}

fn count(report: &Value, field: &str) -> (Option<i64>, Value) {
    let population = report["group"][0]["population"].as_array().unwrap();
    let of = |one: &&Value| one["code"]["coding"].as_array().unwrap().iter().any(|coding| coding["code"] == field);
    let one = population.iter().find(of).unwrap_or_else(|| panic!("no {field} in {report}"));
    (one["count"].as_i64(), one["_count"]["extension"][0].clone())
}

async fn csv(ground: &Ground, of: &Member, path: &str, text: &str) -> Got {
    ground.ask(&of.key, ("POST", &format!("/fhir{path}")), Some(("text/csv", text.to_owned())), &[]).await
}

linli_db::both_databases! {
    async fn returns_are_put_together_over_days_and_houses_and_never_twice(db: Db) {
        let ground = Ground::lay(db).await;
        let (county, lead) = (&ground.county, &ground.lead);
        let first = tell(&ground, county, "22", 10, 4).await;
        tell(&ground, county, "23", 12, 5).await;
        tell(&ground, lead, "23", 20, 8).await;
        let ask = async |query: &str| ground.with(&lead.key, "GET", &format!("/MeasureReport/$aggregate?measure={ICU}&{query}"), None, &[]).await;
        // One house over two days: of beds the newest counts, not their sum.
        let one = ask(&format!("period=2026-11&subject=Location/{}", county.id)).await.fine(200);
        assert_eq!((count(&one, "icu_open").0, count(&one, "icu_used").0, count(&one, "numICUBeds").0), (Some(12), Some(5), Some(12)));
        assert_eq!(count(&one, "doctors"), (None, json!({ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown" })));
        assert_eq!(count(&one, "nurses").1["valueCode"], "masked", "kept back is not unknown, and neither is zero");
        assert_eq!((one["period"]["start"].as_str(), one["period"]["end"].as_str()), (Some("2026-11-22T00:00:00+08:00"), Some("2026-11-23T23:59:59+08:00")));
        assert_eq!((one["subject"]["identifier"]["value"].as_str(), one["reporter"]["identifier"]["value"].as_str()), (Some("0002"), Some("0003")));
        let of: Vec<&str> = one["evaluatedResource"].as_array().unwrap().iter().map(|of| of["reference"].as_str().unwrap()).collect();
        assert!(of.len() == 2 && of.contains(&format!("MeasureReport/{first}").as_str()), "{of:?}");
        // Several houses: what they are together, somebody has to say.
        assert_eq!(ask("period=2026-11-23").await.refused(400, "http.result-subject"), "required");
        let both = ask("period=2026-11-23&result-subject=urn:linli:fhir:grid-code|G01").await.fine(200);
        assert_eq!((count(&both, "icu_open").0, both["subject"]["identifier"]["value"].as_str()), (Some(32), Some("G01")));
        for (query, status, code, at) in [
            ("", 400, "required", "http.period"),
            ("period=2026-11&colour=red", 400, "not-supported", "http.colour"),
            ("period=2026-11&_count=1", 400, "not-supported", "http._count"),
            ("period=2020-01", 404, "not-found", "http.measure"),
            ("period=2026-11-23&result-subject=a|b&result-reporter=urn:linli:fhir:institution-code|0002", 422, "business-rule", "http.result-reporter"),
        ] {
            assert_eq!(ask(query).await.refused(status, at), code, "{query}");
        }
        assert_eq!(ground.get("/MeasureReport/$aggregate?period=2026-11").await.refused(400, "http.measure"), "required");
        let others = ground.with(&ground.centre.key, "GET", &format!("/MeasureReport/$aggregate?measure={ICU}&period=2026-11"), None, &[]).await;
        assert_eq!(others.refused(404, "http.measure"), "not-found", "what is out of reach is not counted");
    }

    async fn reports_that_are_sent_along_are_put_together_where_nobody_is_counted_twice(db: Db) {
        let ground = Ground::lay(db).await;
        let (county, lead) = (&ground.county, &ground.lead);
        let ask = async |reports: &[Value]| {
            let mut all: Vec<Value> = reports.iter().map(|one| json!({ "name": "measure-report", "resource": one })).collect();
            all.push(json!({ "name": "result-subject", "valueIdentifier": { "system": "s", "value": "G" } }));
            let body = json!({ "resourceType": "Parameters", "parameter": all });
            ground.with(&county.key, "POST", "/MeasureReport/$aggregate", Some(&body), &[]).await
        };
        let (one, other) = (report(county, "23", &[figure("icu_open", 3)]), report(lead, "23", &[figure("icu_open", 4)]));
        let sum = ask(&[one.clone(), other.clone()]).await.fine(200);
        assert_eq!((count(&sum, "icu_open").0, sum.get("evaluatedResource")), (Some(7), None));
        let partly = report(lead, "23", &[json!({ "code": { "coding": [{ "system": "urn:linli:fhir:figure", "code": "icu_open" }] },
            "_count": { "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown" }] } })]);
        let sum = ask(&[one.clone(), partly]).await.fine(200);
        assert_eq!(count(&sum, "icu_open"), (Some(3), json!({ "url": "urn:linli:fhir:not-in-sum", "extension": [{ "url": "unknown", "valueInteger": 1 }] })));
        assert_eq!(ask(&[one.clone(), one.clone()]).await.refused(422, "MeasureReport.period"), "duplicate");
        let mut part = other.clone();
        part["subject"]["reference"] = json!(format!("Location/{}", lead.unit));
        let at = "Parameters.parameter.where(name='measure-report')[1].resource";
        assert_eq!(ask(&[other.clone(), part]).await.refused(422, "MeasureReport.subject"), "business-rule", "a unit lies within its house");
        let mut fever = one.clone();
        fever["measure"] = json!("https://linli.example/fhir/Measure/fever-clinic");
        fever["group"] = json!([{ "population": [figure("visits", 1)] }]);
        assert_eq!(ask(&[one.clone(), fever]).await.refused(422, "MeasureReport.measure"), "value");
        let mut wrong = one.clone();
        wrong["status"] = json!("pending");
        assert_eq!(ask(&[one, wrong]).await.refused(422, &format!("{at}.status")), "business-rule");
    }

    async fn a_table_is_told_corrected_and_read_again(db: Db) {
        let ground = Ground::lay(db).await;
        let county = &ground.county;
        let told = csv(&ground, county, "/Measure/icu/$report-csv",
            "subject,reporter,period-start,period-end,icu_open,icu_staffed,icu_used,doctors,nurses\r\n\
             0002,0002,2026-11-22,2026-11-22,10,10,0,unknown,masked\r\n0002,,2026-11-23,,11,11,5,,\r\n").await.fine(200);
        let answers: Vec<&str> = told["entry"].as_array().unwrap().iter().map(|entry| entry["response"]["status"].as_str().unwrap().get(..3).unwrap()).collect();
        assert_eq!((answers, told["type"].as_str()), (vec!["201", "201"], Some("transaction-response")));
        let again = csv(&ground, county, "/Measure/icu/$report-csv?period-start=2026-11-23&map=numICUBeds$open,icu_staffed,icu_used$used,because$why",
            "open,icu_staffed,used,why,colour\r\n11,11,6,漏报一床,red\r\n").await.fine(200);
        assert_eq!(again["entry"][0]["resource"]["meta"]["versionId"], "2", "what stood about the day is corrected");
        // All rows or none; what is wrong is named by row and column.
        for (path, text, status, code, at) in [
            ("/Measure/icu/$report-csv", "subject,period-start,icu_open\n0002,2026-11-20,5\n0003,2026-11-20,5\n", 422, "business-rule", "csv[2].subject"),
            ("/Measure/icu/$report-csv", "period-start,icu_open\n2026-11-20,5\n2026-11-21,-5\n", 422, "value", "csv[2].icu_open"),
            ("/Measure/icu/$report-csv", "period-start,icu_open\n2026-11-20,5\n2026-11-21,900000\n", 422, "business-rule", "csv[2].icu_open"),
            ("/Measure/icu/$report-csv", "period-start,icu_open\n2026-11-20,NA\n", 422, "value", "csv[1].icu_open"),
            ("/Measure/icu/$report-csv", "icu_open\n5\n", 400, "structure", "csv[1].period-start"),
            ("/Measure/icu/$report-csv", "period-start,colour\n2026-11-20,5\n", 422, "not-supported", "csv[0].colour"),
            ("/Measure/icu/$report-csv?map=numUnicorns", "numUnicorns\n5\n", 400, "not-supported", "http.map"),
            ("/Measure/icu/$report-csv", "", 400, "required", "csv"),
            ("/Measure/nothing/$report-csv", "icu_open\n5\n", 404, "not-found", "Measure.id"),
        ] {
            assert_eq!(csv(&ground, county, path, text).await.refused(status, at), code, "{path} {text}");
        }
        assert_eq!(ground.get("/MeasureReport?_summary=count").await.fine(200)["total"], 2, "nothing of all that was kept");
        let table = ground.get(&format!("/MeasureReport/$search-csv?measure={ICU}&period=2026-11&map=icu_used,icu_open$open")).await;
        assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
        assert_eq!(table.text, "subject,reporter,period-start,period-end,icu_used,open\r\n\
            0002,0002,2026-11-22T00:00:00+08:00,2026-11-22T23:59:59+08:00,0,10\r\n\
            0002,0002,2026-11-23T00:00:00+08:00,2026-11-23T23:59:59+08:00,6,11\r\n");
        let id = ground.get("/MeasureReport?period=2026-11-22").await.ids("match")[0].clone();
        let one = ground.get(&format!("/MeasureReport/{id}/$read-csv")).await;
        assert!(one.text.ends_with(",10,10,0,unknown,masked\r\n"), "{}", one.text);
        // What was read is told again as it is.
        let same = csv(&ground, county, "/Measure/icu/$report-csv", &one.text).await.fine(200);
        assert_eq!(same["entry"][0]["resource"]["meta"]["versionId"], "1");
        let binary = ground.with(&county.key, "GET", &format!("/MeasureReport/{id}/$read-csv"), None, &[("accept", "application/fhir+json")]).await.fine(200);
        assert_eq!((binary["resourceType"].as_str(), binary["contentType"].as_str()), (Some("Binary"), Some("text/csv")));
        assert_eq!(ground.get("/MeasureReport/$search-csv?period=2026-11").await.refused(400, "http.measure"), "required");
        assert_eq!(ground.with(&ground.centre.key, "GET", &format!("/MeasureReport/{id}/$read-csv"), None, &[]).await.refused(404, "MeasureReport.id"), "not-found");
    }

    async fn what_nobody_types_is_counted(db: Db) {
        let ground = Ground::lay(db).await;
        let (county, lead) = (&ground.county, &ground.lead);
        ground.icu(lead, 2).await;
        ground.beds(lead, &[(EntryKind::Convertible, 7)]).await;
        let evaluate = async |of: &Member, id: &str, from: &str, to: &str| {
            ground.with(&of.key, "GET", &format!("/Measure/{id}/$evaluate-measure?periodStart={from}&periodEnd={to}"), None, &[]).await
        };
        let (_, name) = sent(&ground, Severity::Severe).await;
        ground.clock.advance_secs(600);
        let waiting = evaluate(lead, "referrals-pending", "2026-11-24", "2026-11-24").await.fine(200);
        let of = |report: &Value, field: &str| count(report, field).0;
        assert_eq!((of(&waiting, "referrals_asked"), of(&waiting, "referrals_pending"), of(&waiting, "referrals_declined")), (Some(1), Some(1), Some(0)));
        ground.clock.advance_secs(120);
        let (open, tag) = task(&ground, lead, &name).await;
        put(&ground, lead, (&in_bed(status(open, "accepted"), &format!("Location/{}.icu", lead.unit)), &tag)).await.fine(200);
        ground.clock.advance_secs(60);
        let answered = evaluate(lead, "minutes-to-acceptance", "2026-11-24", "2026-11-24").await.fine(200);
        assert_eq!((of(&answered, "referrals_accepted"), of(&answered, "acceptance_minutes")), (Some(1), Some(12)));
        assert_eq!(answered["group"][0]["measureScore"], json!({ "value": 12, "unit": "min", "system": "http://unitsofmeasure.org", "code": "min" }));
        let over = evaluate(lead, "referrals-pending", "2026-11-24", "2026-11-24").await.fine(200);
        assert_eq!(of(&over, "referrals_pending"), Some(0));
        // As it was before he answered: the last instant of the span counts.
        let before = evaluate(lead, "referrals-pending", "2026-11-24", "2026-11-24T09:05:00%2B08:00").await.fine(200);
        assert_eq!(of(&before, "referrals_pending"), Some(1));
        let beds = evaluate(lead, "beds", "2026-11-24", "2026-11-24").await.fine(200);
        assert_eq!((of(&beds, "beds_icu_open"), of(&beds, "beds_icu_convertible"), of(&beds, "beds_icu_converted")), (Some(2), Some(7), Some(0)));
        assert_eq!((of(&beds, "beds_icu_available"), count(&beds, "beds_icu_occupied").1["valueCode"].as_str()), (Some(1), Some("unknown")), "one is held; who lies in them nobody told");
        assert_eq!(count(&beds, "beds_observation_in_place").1["valueCode"], "unknown", "what nobody told is no zero");
        assert_eq!(beds["subject"]["identifier"]["value"], "0003");
        let none = evaluate(county, "minutes-to-acceptance", "2026-11-24", "2026-11-24").await.fine(200);
        assert_eq!((of(&none, "referrals_accepted"), none["group"][0].get("measureScore")), (Some(0), None));
        for (id, from, to, status, code, at) in [
            ("referrals-pending", "2026-11-25", "2026-11-26", 400, "value", "http.periodEnd"),
            ("referrals-pending", "2026-11-24", "2026-11-23", 400, "value", "http.periodEnd"),
            ("referrals-pending", "yesterday", "2026-11-23", 400, "value", "http.periodStart"),
            ("key-group", "2026-11-24", "2026-11-24", 404, "not-found", "Measure.id"),
            ("nothing", "2026-11-24", "2026-11-24", 404, "not-found", "Measure.id"),
        ] {
            assert_eq!(evaluate(lead, id, from, to).await.refused(status, at), code, "{id} {from} {to}");
        }
        let kept = ground.with(&lead.key, "GET", "/Measure/beds/$evaluate-measure?periodStart=2026-11-24&periodEnd=2026-11-24&report=true", None, &[]).await;
        assert_eq!(kept.refused(422, "http.report"), "not-supported");
        // A form is put together of what was told.
        tell(&ground, county, "22", 10, 4).await;
        tell(&ground, county, "23", 12, 5).await;
        let form = evaluate(county, "icu", "2026-11-22", "2026-11-23").await.fine(200);
        assert_eq!((of(&form, "icu_open"), form["evaluatedResource"].as_array().map(Vec::len)), (Some(12), Some(2)));
        // Each is a measure like the others, and says how it is counted.
        let measure = ground.get("/Measure/beds").await.fine(200);
        assert_eq!((measure["scoring"]["coding"][0]["code"].as_str(), measure["group"][0]["population"][0]["extension"][0]["valueCode"].as_str()), (Some("availability"), Some("point-in-time")));
        assert_eq!(ground.get("/Measure?code=referrals_pending").await.ids("match"), ["referrals-pending"]);
        let statement = ground.get("/metadata").await.fine(200);
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        let operations: Vec<&str> = resources.iter().filter_map(|one| one["operation"].as_array()).flatten().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(operations, ["report-csv", "evaluate-measure", "aggregate", "search-csv", "read-csv"]);
    }
}
