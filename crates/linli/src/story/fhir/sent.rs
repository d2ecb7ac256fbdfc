//! Readings that are sent, and read back.

use super::*;

on_both! {
    /// A saturation of 92 raises the alarm that the same reading on the page would, and the same sent again is the same.
    async fn a_reading_of_92_raises_an_alarm_once(test) {
        let here = Clinic::open(&test).await;
        let sent = named(spo2(here.zhang, 92, "08:30"), "r-1");
        let got = here.post("/Observation", &sent).await;
        let id = got.id(201);
        assert_eq!(got.header("location"), format!("http://127.0.0.1/fhir/Observation/{id}"));
        assert_eq!(got.header("etag"), "W/\"1\"");
        assert!(id.ends_with(".spo2"), "{id}");
        let alarms = here.alarms(here.zhang).await;
        assert_eq!((alarms.len(), alarms[0].level.as_str()), (1, "refer"));

        let seq = here.ground.last_seq().await;
        assert_eq!(here.post("/Observation", &sent).await.id(200), id);
        assert_eq!(here.ground.last_seq().await, seq, "the same again changes nothing");
        let readings = here.readings(here.zhang).await;
        assert_eq!((readings.len(), readings[0].via.as_str(), readings[0].vitals.spo2), (1, "system", Some(92)));

        // The same identifier with another value is no new reading and no silent one either.
        let differs = named(spo2(here.zhang, 96, "08:30"), "r-1");
        assert_eq!(here.post("/Observation", &differs).await.refused(409, "Observation.status"), "conflict");
        // The line says neither who nor what was measured.
        let lines = here.ground.facts_of(here.ground.district, "care.reading_taken").await;
        assert_eq!((lines.len(), lines[0]["via"].as_str()), (1, Some("system")));
        let mut facts: Vec<&String> = lines[0].as_object().unwrap().keys().collect();
        facts.sort();
        assert_eq!(facts, ["alarm", "next_due", "via"]);
    }

    /// What was sent comes back as it was, to the institution that follows the person; and the person sees that it was looked at.
    async fn what_was_sent_is_read_back_and_the_look_is_written_down(test) {
        let here = Clinic::open(&test).await;
        let pressure = json!([
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8480-6" }] },
              "valueQuantity": { "value": 128, "system": "http://unitsofmeasure.org", "code": "mm[Hg]" } },
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8462-4" }] },
              "valueQuantity": { "value": 76, "system": "http://unitsofmeasure.org", "code": "mm[Hg]" } },
        ]);
        let mut sent = observation(here.zhang, "85354-9", 0.into(), "", "08:00");
        sent.as_object_mut().unwrap().remove("valueQuantity");
        sent["component"] = pressure;
        here.post("/Observation", &sent).await.id(201);
        let fahrenheit = observation(here.zhang, "8310-5", json!(100.4), "[degF]", "08:10");
        let warm = here.post("/Observation", &fahrenheit).await.id(201);
        let mut mind = observation(here.zhang, "67775-7", 0.into(), "", "08:20");
        mind.as_object_mut().unwrap().remove("valueQuantity");
        mind["valueCodeableConcept"] = json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "248234008" }] });
        here.post("/Observation", &mind).await.id(201);
        let mut on_oxygen = spo2(here.zhang, 95, "08:30");
        let flow = json!({ "value": 2, "system": "http://unitsofmeasure.org", "code": "L/min" });
        on_oxygen["component"] =
            json!([{ "code": { "coding": [{ "system": "http://loinc.org", "code": "3151-8" }] }, "valueQuantity": flow }]);
        here.post("/Observation", &on_oxygen).await.id(201);

        let one = here.get(&format!("/Observation/{warm}")).await;
        assert_eq!((one.status, one.json()["valueQuantity"]["value"].as_f64()), (200, Some(38.0)), "{}", one.text);
        let seen = here.with(&here.key, "GET", &format!("/Observation/{warm}"), None, &[("if-none-match", "W/\"1\"")]).await;
        assert_eq!((seen.status, seen.text.as_str()), (304, ""));
        let found = here.get(&format!("/Observation?subject=Patient/{}", here.zhang)).await.json();
        assert_eq!((found["type"].as_str(), found["total"].as_i64()), (Some("searchset"), Some(4)), "{found}");
        let entry = |i: usize| found["entry"][i]["resource"].clone();
        assert_eq!(entry(0)["valueQuantity"]["value"], 95);
        assert_eq!(entry(0)["component"][0]["valueBoolean"], true, "that oxygen was given is known");
        assert_eq!(entry(1)["valueCodeableConcept"]["coding"][0]["code"], "248234008");
        assert_eq!(entry(2)["effectiveDateTime"], "2026-11-24T08:10:00+08:00");
        assert_eq!(entry(3)["component"][1]["valueQuantity"]["value"], 76);
        assert_eq!(entry(3)["subject"]["identifier"]["value"], format!("urn:uuid:{}", here.zhang));
        assert!(!found.to_string().contains("张奶奶"), "no name leaves with a reading");

        let looks = here.ground.facts_of(here.ground.district, "care.looked").await;
        assert_eq!(looks.len(), 3, "one that was not modified was looked at, too: {looks:?}");
        assert!(looks.iter().all(|facts| facts["institution"] == CENTRE.0.to_string()), "{looks:?}");
        let mut read = here.ground.db.read().await.unwrap();
        let (ctx, district) = (here.ground.ctx(), here.ground.district);
        let view = linli_care::queries::person(&ctx, &mut read.conn(), district, here.zhang).await.unwrap();
        assert_eq!(view.looks[0].1, linli_care::queries::Looker::System(CENTRE.0));
    }

    /// Nobody is told whether somebody exists: another institution's, one without a consent, one who is not there, and no number at all
    /// get the same answer, and each is counted.
    async fn who_is_not_reached_is_refused_alike_and_counted(test) {
        let here = Clinic::open(&test).await;
        let nobody = CarePersonId(Uuid::from_u128(77));
        let mut foreign = spo2(here.zhang, 92, "08:30");
        foreign["subject"] = json!({ "reference": "Patient/example" });
        let mut other_system = spo2(here.zhang, 92, "08:30");
        other_system["subject"]["identifier"]["system"] = json!("https://his.example/patient");
        let before = here.ground.last_seq().await;
        let mut texts = Vec::new();
        for sent in [spo2(here.li, 92, "08:30"), spo2(here.wang, 92, "08:30"), spo2(nobody, 92, "08:30"), foreign, other_system] {
            let got = here.post("/Observation", &sent).await;
            assert_eq!(got.refused(422, "Observation.subject"), "business-rule");
            texts.push(got.text);
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert_eq!(here.ground.last_seq().await, before, "a refusal is no line");
        let searched: Vec<String> = [here.li, here.wang, nobody].map(|who| format!("/Observation?subject={who}")).to_vec();
        for path in searched {
            let found = here.get(&path).await.json();
            assert_eq!((found["total"].as_i64(), found.get("entry")), (Some(0), None), "{found}");
        }
        let counted = here.counted().await;
        assert_eq!((counted.len(), counted[0].n, counted[0].why.as_str()), (1, 8, "subject_not_followed_or_no_consent"));
        assert!(here.ground.facts_of(here.ground.district, "care.looked").await.is_empty());

        // What the station sent the centre does not read, not even by its id.
        let id = here.with(&here.other_key, "POST", "/Observation", Some(&spo2(here.li, 97, "08:30")), &[]).await.id(201);
        assert_eq!(here.get(&format!("/Observation/{id}")).await.refused(404, "Observation.id"), "not-found");
        assert_eq!(here.get(&format!("/Observation?_id={id}")).await.json()["total"], 0);
        assert_eq!(here.with(&here.other_key, "GET", &format!("/Observation/{id}"), None, &[]).await.status, 200);
    }

    /// After the withdrawal nothing is taken, nothing is found, and no key of a source is left.
    async fn after_a_withdrawal_there_is_nothing(test) {
        let here = Clinic::open(&test).await;
        let id = here.post("/Observation", &named(spo2(here.zhang, 92, "08:30"), "r-1")).await.id(201);
        here.withdraw(here.zhang).await;
        assert_eq!(here.get(&format!("/Observation/{id}")).await.status, 404);
        assert_eq!(here.post("/Observation", &named(spo2(here.zhang, 92, "08:30"), "r-1")).await.status, 422);
        let mut read = here.ground.db.read().await.unwrap();
        for table in ["care_reading", "care_reading_key", "care_alarm"] {
            let text = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table}");
            let text = sqlx::AssertSqlSafe(text);
            let left: i64 = linli_db::sql!(&mut read.conn(), x => sqlx::query_scalar(text).fetch_one(x).await).unwrap();
            assert_eq!(left, 0, "{table}");
        }
    }

    /// Pages hold as many observations as was asked for, a reading of several parts among them, and lead on to every one of them once.
    async fn pages_lead_on_to_everything_once(test) {
        let here = Clinic::open(&test).await;
        for (i, time) in ["06:00", "07:00", "08:00"].iter().enumerate() {
            let value = 95 + i64::try_from(i).unwrap();
            let entries: Vec<Value> = [spo2(here.zhang, value, time), observation(here.zhang, "8867-4", 80.into(), "/min", time)]
                .into_iter()
                .map(|resource| json!({ "resource": resource, "request": { "method": "POST", "url": "Observation" } }))
                .collect();
            let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
            assert_eq!(here.post("", &bundle).await.status, 200);
        }
        assert_eq!(here.readings(here.zhang).await.len(), 3);
        let (mut path, mut ids) = (format!("/Observation?subject={}&_count=1", here.zhang), Vec::new());
        loop {
            let page = here.get(&path).await.json();
            let entries = page["entry"].as_array().unwrap().clone();
            assert_eq!(entries.len(), 1, "{page}");
            ids.push(entries[0]["resource"]["id"].as_str().unwrap().to_owned());
            let links = page["link"].as_array().unwrap().clone();
            let Some(next) = links.iter().find(|link| link["relation"] == "next") else { break };
            path = next["url"].as_str().unwrap().strip_prefix("http://127.0.0.1/fhir").unwrap().to_owned();
        }
        let mut unlike = ids.clone();
        unlike.sort();
        unlike.dedup();
        assert_eq!((ids.len(), unlike.len()), (6, 6), "{ids:?}");
        let many = |query: &str| format!("/Observation?subject={}&{query}&_summary=count", here.zhang);
        for (query, total) in [
            ("_count=50", 6),
            ("code=8867-4", 3),
            ("code=http://loinc.org|59408-5,http://loinc.org|8867-4", 6),
            ("code=29463-7", 0),
            ("category=vital-signs", 6),
            ("category=laboratory", 0),
            ("date=2026-11-24", 6),
            ("date=ge2026-11-24T07:00:00%2B08:00", 4),
            ("date=lt2026-11-24T07:00:00%2B08:00", 2),
            ("date=2026-11-23", 0),
            ("_lastUpdated=ge2026-11-24", 6),
            ("_lastUpdated=lt2026-11-24", 0),
        ] {
            let found = here.get(&many(query)).await.json();
            assert_eq!((found["total"].as_i64(), found.get("entry")), (Some(total), None), "{query}: {found}");
        }
        let form = Request::post("/fhir/Observation/_search")
            .header(header::AUTHORIZATION, format!("Bearer {}", here.key))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("patient={}&code=8867-4", here.zhang)));
        let found = here.ask(form.unwrap()).await;
        assert_eq!((found.status, found.json()["total"].as_i64()), (200, Some(3)), "{}", found.text);
    }
}
