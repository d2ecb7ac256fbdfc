//! Bundles: whatever can be asked for by itself can be asked for in one, alone or all together.

use linli_db::Db;
use linli_treatment::model::referrals::{ReferralState, Severity};
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member};
use crate::referrals::{because, in_bed, sent, state, status, task};
use crate::reports::{figure, figures, report};

fn entry(method: &str, url: &str, resource: Option<&Value>, more: &[(&str, &str)]) -> Value {
    let mut entry = json!({ "request": { "method": method, "url": url } });
    if let Some(resource) = resource {
        entry["resource"] = resource.clone();
    }
    for (name, value) in more {
        entry["request"][*name] = json!(value);
    }
    entry
}

async fn send(ground: &Ground, of: &Member, kind: &str, entries: &[Value]) -> Got {
    let bundle = json!({ "resourceType": "Bundle", "type": kind, "entry": entries });
    ground.with(&of.key, "POST", "", Some(&bundle), &[]).await
}

fn statuses(answer: &Value) -> Vec<String> {
    let entries = answer["entry"].as_array().unwrap();
    entries.iter().map(|entry| entry["response"]["status"].as_str().unwrap().get(..3).unwrap().to_owned()).collect()
}

linli_db::both_databases! {
    async fn a_batch_reads_searches_and_changes_every_kind(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 2).await;
        let (id, name) = sent(&ground, Severity::Severe).await;
        let (open, tag) = task(&ground, &ground.lead, &name).await;
        let accepted = in_bed(status(open, "accepted"), &format!("Location/{}.icu", ground.lead.unit));
        let told = report(&ground.lead, "23", &figures(10, 4));
        let hook = json!({ "resourceType": "Subscription", "status": "requested", "reason": "new", "criteria": "Task?status=received",
            "channel": { "type": "rest-hook", "endpoint": "http://127.0.0.1:9/notices" } });
        let entries = [
            entry("GET", "Location?operational-status=U&type=ICU", None, &[]),
            entry("GET", &format!("Organization/{}", ground.lead.id), None, &[]),
            entry("GET", "metadata", None, &[]),
            entry("PUT", &format!("Task/{name}"), Some(&accepted), &[("ifMatch", &tag)]),
            entry("POST", "MeasureReport", Some(&told), &[("ifNoneExist", "date=2020-01-01")]),
            entry("POST", "Subscription", Some(&hook), &[]),
            entry("GET", &format!("/fhir/Task?focus=ServiceRequest/{id}&_include=Task:focus"), None, &[]),
            entry("GET", "Location/nowhere", None, &[]),
            entry("GET", "Location?status:in=a", None, &[]),
            entry("POST", "Location", Some(&json!({ "resourceType": "Location" })), &[]),
            entry("PUT", &format!("Task/{name}"), Some(&accepted), &[]),
            entry("PATCH", "Task/1", None, &[]),
            entry("GET", "Observation/1", None, &[]),
        ];
        let answer = send(&ground, &ground.lead, "batch", &entries).await.fine(200);
        assert_eq!(answer["type"], "batch-response");
        assert_eq!(statuses(&answer), ["200", "200", "200", "200", "201", "201", "200", "404", "400", "405", "428", "422", "404"], "{answer}");
        let of = |i: usize, path: &str| answer["entry"][i].pointer(path).cloned().unwrap_or_default();
        assert_eq!((of(0, "/resource/type"), of(0, "/resource/total")), (json!("searchset"), json!(1)));
        assert_eq!(of(1, "/fullUrl"), format!("https://linli.example/fhir/Organization/{}", ground.lead.id));
        assert_eq!((of(2, "/resource/resourceType"), of(3, "/resource/status")), (json!("CapabilityStatement"), json!("accepted")));
        assert!(of(3, "/response/etag").as_str().is_some_and(|tag| tag.starts_with("W/")) && of(3, "/response/lastModified").is_string());
        assert_eq!(of(6, "/resource/entry/1/resource/resourceType"), "ServiceRequest", "what it is about came along");
        for (i, place) in [(7, "request.url"), (8, "request.url"), (9, "resource"), (10, "request.ifMatch"), (11, "request.url"), (12, "request.url")] {
            assert_eq!(of(i, "/response/outcome/issue/0/expression/0"), format!("Bundle.entry[{i}].{place}"), "{}", of(i, "/response"));
        }
        assert_eq!(state(&ground, id).await, ReferralState::Accepted, "the other end knows at once");
    }

    async fn a_transaction_of_several_kinds_is_all_or_nothing(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let lead = &ground.lead;
        let (id, name) = sent(&ground, Severity::Severe).await;
        let (open, tag) = task(&ground, lead, &name).await;
        let accepted = in_bed(status(open.clone(), "accepted"), &format!("Location/{}.icu", lead.unit));
        let (before, told) = (state(&ground, id).await, report(lead, "23", &figures(10, 4)));
        let put = entry("PUT", &format!("Task/{name}"), Some(&accepted), &[("ifMatch", &tag)]);
        let reports = async || ground.with(&lead.key, "GET", "/MeasureReport", None, &[]).await.ids("match").len();
        // The second cannot be, so the first is not.
        let impossible = report(lead, "22", &[figure("icu_open", 10), figure("icu_used", -4)]);
        let refused = send(&ground, lead, "transaction", &[put.clone(), entry("POST", "MeasureReport", Some(&impossible), &[])]).await;
        refused.refused(422, "Bundle.entry[1].resource.group[0].population[1].count");
        let stale = entry("PUT", &format!("Task/{name}"), Some(&accepted), &[("ifMatch", "W/\"0\"")]);
        let both = [entry("POST", "MeasureReport", Some(&told), &[]), stale];
        send(&ground, lead, "transaction", &both).await.refused(412, "Bundle.entry[1].resource.meta.versionId");
        let looks = [put.clone(), entry("GET", "Location/nowhere", None, &[])];
        assert_eq!(send(&ground, lead, "transaction", &looks).await.refused(404, "Bundle.entry[1].request.url"), "not-found");
        let twice = [put.clone(), put.clone()];
        assert_eq!(send(&ground, lead, "transaction", &twice).await.refused(422, "Bundle.entry[1].request.url"), "duplicate");
        let named = |mut entry: Value| {
            entry["fullUrl"] = json!("urn:uuid:6bd4ab3e-0000-4000-8000-000000000001");
            entry
        };
        let same = [named(put.clone()), named(entry("POST", "MeasureReport", Some(&told), &[]))];
        assert_eq!(send(&ground, lead, "transaction", &same).await.refused(422, "Bundle.entry[1].fullUrl"), "duplicate");
        assert_eq!((state(&ground, id).await, reports().await), (before, 0), "something was half-done");
        // Together they go through, each answered in its place, and what is looked at is seen as it stands then.
        let all = [entry("GET", &format!("Task/{name}"), None, &[]), put, entry("POST", "MeasureReport", Some(&told), &[])];
        let answer = send(&ground, lead, "transaction", &all).await.fine(200);
        assert_eq!((answer["type"].as_str(), statuses(&answer)), (Some("transaction-response"), vec!["200".to_owned(), "200".to_owned(), "201".to_owned()]));
        assert_eq!(answer["entry"][0]["resource"]["status"], "accepted");
        assert_eq!(answer["entry"][2]["resource"]["resourceType"], "MeasureReport");
        assert_eq!((state(&ground, id).await, reports().await), (ReferralState::Accepted, 1));
        // The stay goes on in one as well.
        let got = ground.with(&lead.key, "GET", &format!("/Encounter/{name}"), None, &[]).await;
        let (tag, here) = (got.header("etag").to_owned(), status(got.fine(200), "in-progress"));
        let on = [entry("PUT", &format!("Encounter/{name}"), Some(&here), &[("ifMatch", &tag)])];
        assert_eq!(send(&ground, lead, "transaction", &on).await.fine(200)["entry"][0]["resource"]["status"], "in-progress");
    }

    async fn that_somebody_critical_was_to_be_refused_is_kept_though_nothing_is_done(db: Db) {
        let ground = Ground::lay(db).await;
        let lead = &ground.lead;
        ground.icu(lead, 1).await;
        let (id, name) = sent(&ground, Severity::Critical).await;
        let (open, tag) = task(&ground, lead, &name).await;
        let no = because(status(open, "rejected"), "declining", "no_bed");
        let told = report(lead, "23", &figures(10, 4));
        let all = [entry("POST", "MeasureReport", Some(&told), &[]), entry("PUT", &format!("Task/{name}"), Some(&no), &[("ifMatch", &tag)])];
        send(&ground, lead, "transaction", &all).await.refused(409, "Bundle.entry[1].resource.status");
        let mut read = ground.db.read().await.unwrap();
        let lines = linli_db::journal::of_subject(&mut read.conn(), lead.district, id.0, 100).await.unwrap();
        drop(read);
        assert!(lines.iter().any(|line| line.kind == "treatment.refusal_stopped"));
        assert!(ground.with(&lead.key, "GET", "/MeasureReport", None, &[]).await.ids("match").is_empty());
    }

    async fn every_answer_under_the_endpoint_is_a_resource(db: Db) {
        let ground = Ground::lay(db).await;
        let key = &ground.county.key;
        let empty = json!({ "resourceType": "Bundle", "type": "batch" });
        assert_eq!(ground.with(key, "POST", "/", Some(&empty), &[]).await.fine(200)["type"], "batch-response");
        for (method, path, status) in [
            ("GET", "/", 405),
            ("GET", "", 405),
            ("PATCH", "", 405),
            ("OPTIONS", "/Location", 405),
            ("POST", "/Condition", 404),
            ("PUT", "/Location/1", 405),
            ("DELETE", "/Task/1", 405),
            ("GET", "/Location/", 404),
        ] {
            let got = ground.with(key, method, path, None, &[]).await;
            assert_eq!((got.status, got.json()["resourceType"].as_str()), (status, Some("OperationOutcome")), "{method} {path} {}", got.text);
        }
        let stopped = ground.too_often(key, 3).await;
        assert_eq!(stopped.refused(429, ""), "throttled");
        assert!(stopped.header("retry-after").parse::<u64>().is_ok_and(|secs| secs > 0));
        let form = Some(("application/x-www-form-urlencoded", "x".repeat(2_000_000)));
        let large = ground.ask(key, ("POST", "/fhir/Location/_search"), form, &[]).await;
        assert_eq!((large.status, large.json()["issue"][0]["code"].as_str()), (413, Some("too-long")), "{}", large.text);
    }
}
