//! What a source corrects or takes back.

use super::*;

fn with_status(mut resource: Value, status: &str) -> Value {
    resource["status"] = status.into();
    resource
}

on_both! {
    /// A correction counts from then on: a new version, judged anew. One that makes it worse raises a second alarm, one that makes it better
    /// leaves the first to whoever looks.
    async fn a_correction_is_judged_anew(test) {
        let here = Clinic::open(&test).await;
        let id = here.post("/Observation", &named(spo2(here.zhang, 97, "08:30"), "r-1")).await.id(201);
        assert!(here.alarms(here.zhang).await.is_empty());
        let amended = with_status(named(spo2(here.zhang, 92, "08:30"), "r-1"), "amended");
        let got = here.post("/Observation", &amended).await;
        assert_eq!((got.id(200), got.header("etag")), (id.clone(), "W/\"2\""));
        assert_eq!((got.json()["status"].as_str(), got.json()["meta"]["versionId"].as_str()), (Some("corrected"), Some("2")));
        assert_eq!(here.alarms(here.zhang).await.len(), 1);
        // Sent again it is the same.
        assert_eq!(here.post("/Observation", &amended).await.header("etag"), "W/\"2\"");

        let mut update = with_status(spo2(here.zhang, 75, "08:30"), "corrected");
        update["id"] = id.clone().into();
        assert_eq!(here.put(&id, &update, &[("if-match", "W/\"1\"")]).await.refused(412, "Observation.meta.versionId"), "conflict");
        assert_eq!(here.alarms(here.zhang).await.len(), 1, "a stale one changes nothing");
        let got = here.put(&id, &update, &[("if-match", "W/\"2\"")]).await;
        assert_eq!((got.id(200), got.header("etag")), (id.clone(), "W/\"3\""));
        let levels: Vec<_> = here.alarms(here.zhang).await.iter().map(|alarm| alarm.level.as_str()).collect();
        assert_eq!(levels, ["refer", "emergency"]);
        update["valueQuantity"]["value"] = 98.into();
        assert_eq!(here.put(&id, &update, &[]).await.id(200), id);
        assert_eq!(here.alarms(here.zhang).await.len(), 2, "both stay until somebody has looked");
        assert_eq!(here.readings(here.zhang).await[0].vitals.spo2, Some(98));
        assert_eq!(here.readings(here.zhang).await.len(), 1);

        // What stood there is beside the lines, not in them.
        let lines = here.ground.facts_of(here.ground.district, "care.reading_corrected").await;
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|facts| !facts.to_string().contains("spo2")), "{lines:?}");
    }

    /// What was entered in error counts for nothing, and the reading is due as if it had never come.
    async fn what_was_an_error_counts_for_nothing(test) {
        let here = Clinic::open(&test).await;
        let due = |followed: Option<linli_care::follow::model::Followed>| followed.unwrap().next_due.unwrap();
        let who = doctor(&here.ground).await;
        let asked = async || {
            let mut read = here.ground.db.read().await.unwrap();
            due(queries::person(&who, &mut read.conn(), &here.built.desk, here.zhang).await.unwrap().followed)
        };
        let first = asked().await;
        let id = here.post("/Observation", &named(spo2(here.zhang, 92, "08:30"), "r-1")).await.id(201);
        assert!(asked().await > first, "the reading came, so the next is due later");
        let error = with_status(named(spo2(here.zhang, 92, "08:30"), "r-1"), "entered-in-error");
        let got = here.post("/Observation", &error).await;
        assert_eq!((got.id(200), got.json()["status"].as_str()), (id.clone(), Some("entered-in-error")));
        assert_eq!(got.json().get("valueQuantity"), None);
        assert_eq!(asked().await, first);
        assert!(here.readings(here.zhang).await.is_empty());
        assert_eq!(here.get(&format!("/Observation?subject={}", here.zhang)).await.json()["total"], 0);
        let one = here.get(&format!("/Observation/{id}")).await.json();
        assert_eq!((one["status"].as_str(), one["dataAbsentReason"]["coding"][0]["code"].as_str()), (Some("entered-in-error"), Some("error")));
        assert_eq!(here.alarms(here.zhang).await.len(), 1, "somebody has to look at it all the same");
        // What never came cannot be taken back.
        let unknown = with_status(named(spo2(here.zhang, 92, "08:31"), "r-9"), "entered-in-error");
        assert_eq!(here.post("/Observation", &unknown).await.refused(422, "Observation.identifier"), "not-found");
        // One that was corrected before it ever came here is a reading like any other.
        let late = with_status(named(spo2(here.zhang, 96, "08:32"), "r-2"), "corrected");
        here.post("/Observation", &late).await.id(201);
    }

    /// Of a reading of several parts one is taken back, and the others stay.
    async fn a_part_is_taken_back_and_the_others_stay(test) {
        let here = Clinic::open(&test).await;
        let parts = [named(spo2(here.zhang, 96, "08:30"), "o"), named(observation(here.zhang, "8867-4", 188.into(), "/min", "08:30"), "p")];
        let entries: Vec<Value> = parts
            .iter()
            .map(|resource| json!({ "resource": resource, "request": { "method": "POST", "url": "Observation" } }))
            .collect();
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        assert_eq!(here.post("", &bundle).await.status, 200);
        let error = with_status(parts[1].clone(), "entered-in-error");
        let got = here.post("/Observation", &error).await;
        assert_eq!(got.json()["status"], "entered-in-error", "{}", got.text);
        let readings = here.readings(here.zhang).await;
        assert_eq!((readings.len(), readings[0].vitals.spo2, readings[0].vitals.pulse), (1, Some(96), None));
        // The time of what was taken together cannot be moved for one part alone.
        let moved = with_status(named(spo2(here.zhang, 96, "08:31"), "o"), "corrected");
        assert_eq!(here.post("/Observation", &moved).await.id(200), format!("{}.spo2", readings[0].id));
        let pulse = with_status(named(observation(here.zhang, "8867-4", 88.into(), "/min", "08:31"), "p"), "corrected");
        here.post("/Observation", &pulse).await.id(200);
        let moved = with_status(named(spo2(here.zhang, 96, "08:35"), "o"), "corrected");
        here.post("/Observation", &moved).await.refused(422, "Observation.effectiveDateTime");
    }

    /// What the family-doctor team took by telephone no system corrects.
    async fn what_a_person_wrote_down_no_system_corrects(test) {
        let here = Clinic::open(&test).await;
        let (ctx, now) = (doctor(&here.ground).await, here.ground.ctx().now());
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let agreed = consent::in_force(&mut tx.conn().unwrap(), here.ground.district, here.zhang, now).await.unwrap();
        let told = linli_care::follow::rules::Told { spo2: "91", ..Default::default() };
        let input =
            follow::NewReading { told, taken_at: now, via: linli_care::follow::model::Via::Phone, source_keys: &[] };
        let taken = follow::tell(&ctx, &mut tx, &here.built.desk, &agreed.readings.unwrap(), input).await.unwrap();
        tx.commit().await.unwrap();
        let id = format!("{}.spo2", taken.reading);
        let mut update = spo2(here.zhang, 99, "09:00");
        update["id"] = id.clone().into();
        assert_eq!(here.put(&id, &update, &[]).await.refused(403, "Observation"), "forbidden");
        assert_eq!(here.get(&format!("/Observation/{id}")).await.json()["valueQuantity"]["value"], 91, "it may be read");
    }
}
