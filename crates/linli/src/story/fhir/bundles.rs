//! Batches and transactions.

use super::*;

fn bundle(kind: &str, resources: &[Value]) -> Value {
    let entries: Vec<Value> = resources
        .iter()
        .map(|resource| json!({ "resource": resource, "request": { "method": "POST", "url": "Observation" } }))
        .collect();
    json!({ "resourceType": "Bundle", "type": kind, "entry": entries })
}

fn vitals(person: CarePersonId) -> Vec<Value> {
    vec![
        named(spo2(person, 93, "08:30"), "b-1"),
        named(observation(person, "8867-4", 104.into(), "/min", "08:30"), "b-2"),
        named(observation(person, "9279-1", 24.into(), "/min", "08:30"), "b-3"),
        named(observation(person, "8310-5", json!(38.4), "Cel", "08:30"), "b-4"),
    ]
}

on_both! {
    /// What was measured at one instant is one reading, however many observations it takes to say so; the same bundle again is the same.
    async fn what_was_measured_together_is_one_reading(test) {
        let here = Clinic::open(&test).await;
        let sent = bundle("transaction", &vitals(here.zhang));
        let got = here.post("", &sent).await;
        assert_eq!(got.status, 200, "{}", got.text);
        let answer = got.json();
        assert_eq!((answer["type"].as_str(), answer["entry"].as_array().unwrap().len()), (Some("transaction-response"), 4));
        let statuses: Vec<_> = answer["entry"].as_array().unwrap().iter().map(|entry| entry["response"]["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["201 Created"; 4]);
        let codes: Vec<_> = (0..4).map(|i| answer["entry"][i]["resource"]["code"]["coding"][0]["code"].clone()).collect();
        assert_eq!(codes, ["2708-6", "8867-4", "9279-1", "8310-5"], "answers stand in the order of the questions");
        let readings = here.readings(here.zhang).await;
        let vitals_kept = readings[0].vitals;
        assert_eq!((readings.len(), vitals_kept.pulse, vitals_kept.temperature), (1, Some(104), Some(384)));
        assert_eq!(here.alarms(here.zhang).await.len(), 1);

        let again = here.post("", &sent).await.json();
        let locations = |answer: &Value| -> Vec<Value> { (0..4).map(|i| answer["entry"][i]["response"]["location"].clone()).collect() };
        assert_eq!(locations(&again), locations(&answer));
        assert_eq!(again["entry"][0]["response"]["status"], "200 OK");
        assert_eq!(here.readings(here.zhang).await.len(), 1);
        // One of them by itself is known, too.
        assert_eq!(here.post("/Observation", &vitals(here.zhang)[1]).await.status, 200);
        // The same identifier twice in one bundle is one.
        let twice = named(spo2(here.zhang, 95, "08:40"), "b-9");
        let got = here.post("", &bundle("transaction", &[twice.clone(), twice])).await.json();
        assert_eq!(got["entry"][0]["response"]["location"], got["entry"][1]["response"]["location"], "{got}");
        assert_eq!(here.readings(here.zhang).await.len(), 2);
    }

    /// A transaction is all or nothing: one that is wrong, impossible or out of reach leaves nothing of the others.
    async fn a_transaction_is_all_or_nothing(test) {
        let here = Clinic::open(&test).await;
        let before = here.ground.last_seq().await;
        let good = vitals(here.zhang);
        let with = |bad: Value| bundle("transaction", &[good[0].clone(), good[1].clone(), bad]);
        let mut no_unit = good[2].clone();
        no_unit["valueQuantity"].as_object_mut().unwrap().remove("code");
        here.post("", &with(no_unit)).await.refused(422, "Bundle.entry[2].resource.valueQuantity.code");
        let impossible = observation(here.zhang, "8867-4", 999.into(), "/min", "08:20");
        here.post("", &with(impossible)).await.refused(422, "Bundle.entry[2].resource.valueQuantity.value");
        here.post("", &with(spo2(here.li, 95, "08:30"))).await.refused(422, "Bundle.entry[2].resource.subject");
        let old = json!({ "resourceType": "Patient" });
        here.post("", &with(old)).await.refused(400, "Bundle.entry[2].resource.resourceType");
        assert_eq!(here.ground.last_seq().await, before);
        assert!(here.readings(here.zhang).await.is_empty());
        assert_eq!(here.counted().await[0].n, 1);
    }

    /// In a batch each entry is by itself.
    async fn a_batch_takes_what_is_right(test) {
        let here = Clinic::open(&test).await;
        let mut wrong = vitals(here.zhang)[1].clone();
        wrong["status"] = "preliminary".into();
        let mut sent = bundle("batch", &[vitals(here.zhang)[0].clone(), wrong, spo2(here.wang, 95, "08:30")]);
        sent["entry"].as_array_mut().unwrap().push(json!({ "request": { "method": "DELETE", "url": "Observation/1" } }));
        let got = here.post("", &sent).await;
        let answer = got.json();
        let statuses: Vec<_> =
            (0..4).map(|i| answer["entry"][i]["response"]["status"].as_str().unwrap().get(..3).unwrap().to_owned()).collect();
        assert_eq!((got.status, answer["type"].as_str()), (200, Some("batch-response")));
        assert_eq!(statuses, ["201", "422", "422", "405"], "{answer}");
        let path = |i: usize| answer["entry"][i]["response"]["outcome"]["issue"][0]["expression"][0].clone();
        assert_eq!([path(1), path(2), path(3)], [
            "Bundle.entry[1].resource.status",
            "Bundle.entry[2].resource.subject",
            "Bundle.entry[3].request.url",
        ]);
        assert_eq!(here.readings(here.zhang).await.len(), 1);
        // Corrections go through a bundle as well, with the version that was seen.
        let id = answer["entry"][0]["resource"]["id"].as_str().unwrap().to_owned();
        let mut update = spo2(here.zhang, 96, "08:30");
        update["id"] = id.clone().into();
        let put = |version: &str| json!({ "resourceType": "Bundle", "type": "transaction", "entry": [{
            "resource": update, "request": { "method": "PUT", "url": format!("Observation/{id}"), "ifMatch": version } }] });
        here.post("", &put("W/\"7\"")).await.refused(412, "Bundle.entry[0].resource.meta.versionId");
        assert_eq!(here.post("", &put("W/\"1\"")).await.json()["entry"][0]["response"]["etag"], "W/\"2\"");
    }
}
