//! Groups and flags: whom an institution follows, what is alarming about them, who is told of it; and how it ends with the consent.

use std::sync::{Arc, Mutex};

use linli_care::follow::commands::acknowledge;
use linli_care::follow::model::Became;

use super::*;

/// How often it was written down for somebody that the health data were looked at.
async fn looks(here: &Clinic, person: CarePersonId) -> usize {
    let mut read = here.ground.db.read().await.unwrap();
    let lines = linli_db::journal::of_subject(&mut read.conn(), here.ground.district, person.0, 200).await.unwrap();
    lines.iter().filter(|line| line.kind == "care.looked" && line.actor.starts_with("program:")).count()
}

/// Who listens on a socket of this machine: the address, and what came as method, path and body.
type Heard = Arc<Mutex<Vec<(String, String, String)>>>;

async fn listen() -> (String, Heard) {
    let heard = Heard::default();
    let log = Arc::clone(&heard);
    let answer = move |request: axum::extract::Request| {
        let log = Arc::clone(&log);
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, 1 << 20).await.unwrap();
            let said = (head.method.to_string(), head.uri.path().to_owned(), String::from_utf8(body.to_vec()).unwrap());
            log.lock().unwrap().push(said);
        }
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/his", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, axum::Router::new().fallback(answer)).await });
    (address, heard)
}

async fn tell(here: &Clinic) -> usize {
    let hooks = here.built.hall.service::<linli_fhir::Hooks>().unwrap();
    linli_fhir::run_due(&here.ground.ctx(), &here.ground.db, &hooks).await.unwrap()
}

on_both! {
    /// A list says how many; who they are says the group that is named, and they are told that it was read.
    async fn a_group_is_whom_the_institution_follows_with_a_consent_in_force(test) {
        let here = Clinic::open(&test).await;
        let all = here.get("/Group").await.json();
        let groups: Vec<&Value> = all["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]).collect();
        assert_eq!(groups.len(), 3, "{all}");
        assert!(groups.iter().all(|group| group.get("member").is_none() && group["meta"]["tag"][0]["code"] == "SUBSETTED"), "{all}");
        assert_eq!(groups.iter().map(|group| group["quantity"].as_i64().unwrap()).sum::<i64>(), 1, "its own one alone");
        assert_eq!(looks(&here, here.zhang).await, 0, "nobody was named");
        let of = groups.iter().find(|group| group["quantity"] == 1).unwrap();
        let (id, code) = (of["id"].as_str().unwrap(), of["code"]["coding"][0]["code"].as_str().unwrap());
        let found = here.get(&format!("/Group?code=urn:linli:fhir:key-group|{code}&type=person&actual=true")).await.json();
        assert_eq!((found["total"].as_i64(), &found["entry"][0]["resource"]["id"]), (Some(1), &json!(id)));
        let group = here.get(&format!("/Group/{id}")).await.json();
        let entity = json!({ "type": "Patient", "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", here.zhang) } });
        assert_eq!((group["actual"].as_bool(), &group["member"]), (Some(true), &json!([{ "entity": entity }])));
        assert!(!group.to_string().contains("张"), "{group}");
        assert_eq!((looks(&here, here.zhang).await, looks(&here, here.li).await), (1, 0));
        let of_other = here.with(&here.other_key, "GET", &format!("/Group/{id}"), None, &[]).await;
        assert_eq!(of_other.refused(404, "Group.id"), "not-found", "another institution's");
        here.withdraw(here.zhang).await;
        let after = here.get(&format!("/Group/{id}")).await.json();
        assert_eq!((after["quantity"].as_i64(), after.get("member")), (Some(0), None));
    }

    /// An alarm is a flag of whoever follows the person, for as long as nobody has dealt with it, and is gone with the consent.
    async fn an_alarm_is_a_flag_until_somebody_looked(test) {
        let here = Clinic::open(&test).await;
        here.post("/Observation", &spo2(here.zhang, 92, "08:30")).await.id(201);
        let alarm = here.alarms(here.zhang).await.remove(0);
        let before = looks(&here, here.zhang).await;
        let found = here.get(&format!("/Flag?patient={}&status=active", here.zhang)).await.json();
        assert_eq!(found["total"], 1, "{found}");
        let flag = &found["entry"][0]["resource"];
        assert_eq!((flag["id"].as_str(), flag["code"]["coding"][0]["code"].as_str()), (Some(alarm.id.to_string().as_str()), Some("spo2_low")));
        assert_eq!(looks(&here, here.zhang).await, before + 1);
        let path = format!("/Flag/{}", alarm.id);
        assert_eq!(here.with(&here.other_key, "GET", &path, None, &[]).await.refused(404, "Flag.id"), "not-found");
        assert_eq!(here.with(&here.other_key, "GET", "/Flag", None, &[]).await.json()["total"], 0);
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let who = doctor(&here.ground).await;
        acknowledge(&who, &mut tx, &here.built.desk, alarm.id, (Became::Kept, "电话核实")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(here.get("/Flag").await.json()["total"], 0);
        let over = here.get(&path).await.json();
        assert_eq!((over["status"].as_str(), over["period"]["end"].is_string()), (Some("inactive"), true));
        assert!(!over.to_string().contains("电话核实"), "{over}");
        here.withdraw(here.zhang).await;
        assert_eq!(here.get(&path).await.refused(404, "Flag.id"), "not-found");
    }

    /// Whoever asked for it is told of a new alarm; with the consent that ends, whether it was told by then or not.
    async fn an_alarm_is_told_as_long_as_the_consent_is_in_force(test) {
        let here = Clinic::open(&test).await;
        let (address, heard) = listen().await;
        let wanted = json!({
            "resourceType": "Subscription", "status": "requested", "reason": "异常提醒", "criteria": "Flag?status=active",
            "channel": { "type": "rest-hook", "endpoint": address, "payload": "application/fhir+json" },
        });
        here.post("/Subscription", &wanted).await.id(201);
        here.with(&here.other_key, "POST", "/Subscription", Some(&wanted), &[]).await.id(201);
        assert_eq!(tell(&here).await, 0);
        here.post("/Observation", &spo2(here.zhang, 92, "08:30")).await.id(201);
        let alarm = here.alarms(here.zhang).await.remove(0);
        let before = looks(&here, here.zhang).await;
        assert_eq!(tell(&here).await, 1, "the institution that follows the person, and no other");
        let said = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!((said[0].0.as_str(), said[0].1.as_str()), ("PUT", format!("/his/Flag/{}", alarm.id).as_str()));
        assert_eq!(serde_json::from_str::<Value>(&said[0].2).unwrap()["status"], "active");
        assert_eq!(looks(&here, here.zhang).await, before + 1);
        here.ground.clock.set(at(2026, 11, 24, 10));
        here.post("/Observation", &spo2(here.zhang, 85, "09:30")).await.id(201);
        assert_eq!(here.alarms(here.zhang).await.len(), 2);
        here.withdraw(here.zhang).await;
        assert_eq!((tell(&here).await, heard.lock().unwrap().len()), (0, 0), "what was not told by then is not told");
    }
}
