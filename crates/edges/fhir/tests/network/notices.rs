//! Notices: a real receiver on a socket is told what changes, in order, at least once, and nobody else is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use http_body_util::BodyExt as _;
use linli_db::{Db, exec, journal};
use linli_treatment::model::referrals::Severity;
use serde_json::{Value, json};

use crate::ground::{Got, Ground, Member, at};
use crate::referrals::{in_bed, looks, put, sent, status, task};

/// What a receiver was told.
#[derive(Debug, Clone)]
struct Heard {
    method: String,
    path: String,
    about: String,
    key: String,
    secret: String,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Somebody who listens, and what is answered.
struct Receiver {
    address: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    async fn open() -> Self {
        let (heard, answers) = (Arc::<Mutex<Vec<Heard>>>::default(), Arc::new(Mutex::new(StatusCode::OK)));
        let (log, voice) = (Arc::clone(&heard), Arc::clone(&answers));
        let listen = move |request: Request| {
            let (log, voice) = (Arc::clone(&log), Arc::clone(&voice));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let header =
                    |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
                log.lock().unwrap().push(Heard {
                    method: head.method.to_string(),
                    path: head.uri.path().to_owned(),
                    about: header("content-location"),
                    key: header("idempotency-key"),
                    secret: header("authorization"),
                    body: String::from_utf8(body.to_vec()).unwrap(),
                });
                let status = *voice.lock().unwrap();
                (status, [("location", "http://169.254.169.254/latest")]).into_response()
            }
        };
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/on-result", socket.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(socket, axum::Router::new().fallback(listen)).await });
        Self { address, heard, answers }
    }

    fn answer(&self, status: u16) {
        *self.answers.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }

    /// What was heard since the last time.
    fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn wanted(criteria: &str, endpoint: &str) -> Value {
    json!({
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "入院安排",
        "criteria": criteria,
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            "header": ["Authorization: Bearer secret-of-the-receiver"],
        },
    })
}

async fn subscribe(ground: &Ground, of: &Member, body: &Value) -> Got {
    ground.with(&of.key, "POST", "/Subscription", Some(body), &[]).await
}

async fn standing(ground: &Ground, of: &Member, id: &str) -> Value {
    ground.with(&of.key, "GET", &format!("/Subscription/{id}"), None, &[]).await.fine(200)
}

/// One look by a process that was just started.
async fn look(ground: &Ground) -> usize {
    linli_fhir::run_due(&ground.system(), &ground.db, &ground.hooks()).await.unwrap()
}

async fn accept(ground: &Ground, name: &str) {
    let (open, tag) = task(ground, &ground.lead, name).await;
    let bed = format!("Location/{}.icu", ground.lead.unit);
    put(ground, &ground.lead, (&in_bed(status(open, "accepted"), &bed), &tag)).await.fine(200);
}

linli_db::both_databases! {
    async fn what_changes_is_told_in_order_with_the_resource(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 2).await;
        let receiver = Receiver::open().await;
        let lead = &ground.lead;
        let before = sent(&ground, Severity::Severe).await;
        let made = subscribe(&ground, lead, &wanted(&format!("Task?owner=Organization/{}", lead.id), &receiver.address)).await;
        assert_eq!(made.header("location").rsplit_once('/').unwrap().0, "https://linli.example/fhir/Subscription");
        let made = made.fine(201);
        let id = made["id"].as_str().unwrap();
        assert_eq!((made["status"].as_str(), &made["channel"]["header"][0]), (Some("requested"), &json!("Authorization: …")));
        assert!(!made.to_string().contains("secret-of-the-receiver"), "a password is not told again: {made}");
        assert_eq!(look(&ground).await, 0, "what was there before is no news");
        assert_eq!(standing(&ground, lead, id).await["status"], "active");

        accept(&ground, &before.1).await;
        assert_eq!(look(&ground).await, 1);
        let heard = receiver.take();
        let [one] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!((one.method.as_str(), one.path.as_str()), ("PUT", format!("/on-result/Task/{}", before.1).as_str()));
        assert_eq!(one.about, format!("https://linli.example/fhir/Task/{}", before.1));
        assert_eq!(one.secret, "Bearer secret-of-the-receiver");
        assert_eq!(one.json(), task(&ground, lead, &before.1).await.0, "the same as whoever reads it");
        assert_eq!(look(&ground).await, 0, "once told, it is told");

        let after = sent(&ground, Severity::Critical).await;
        let (seen, tag) = task(&ground, &ground.county, &before.1).await;
        let back = crate::referrals::because(status(seen, "cancelled"), "withdrawing", "improved");
        put(&ground, &ground.county, (&back, &tag)).await.fine(200);
        assert_eq!(look(&ground).await, 2);
        let heard: Vec<(String, String)> = receiver.take().iter().map(|one| (one.json()["id"].as_str().unwrap().to_owned(), one.json()["status"].as_str().unwrap().to_owned())).collect();
        assert_eq!(heard, [(after.1.clone(), "received".to_owned()), (before.1.clone(), "cancelled".to_owned())]);

        let gone = ground.with(&lead.key, "DELETE", &format!("/Subscription/{id}"), None, &[]).await;
        assert_eq!(gone.status, 204);
        accept(&ground, &after.1).await;
        assert_eq!((look(&ground).await, receiver.take().len()), (0, 0), "whoever is not asked for any more tells nothing");
        assert_eq!(ground.with(&lead.key, "GET", &format!("/Subscription/{id}"), None, &[]).await.refused(404, "Subscription.id"), "not-found");
    }

    async fn without_a_payload_nothing_but_the_address_is_told(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let (whole, bare) = (Receiver::open().await, Receiver::open().await);
        let (_, name) = sent(&ground, Severity::Severe).await;
        let (lead, id) = (&ground.lead, name.split('.').next().unwrap().parse().unwrap());
        subscribe(&ground, lead, &wanted("Encounter?status=planned", &whole.address)).await.fine(201);
        let mut empty = wanted("Encounter", &bare.address);
        empty["channel"].as_object_mut().unwrap().remove("payload");
        subscribe(&ground, lead, &empty).await.fine(201);
        look(&ground).await;
        let before = looks(&ground, lead, id).await;
        accept(&ground, &name).await;
        assert_eq!(look(&ground).await, 2);
        let (whole, bare) = (whole.take(), bare.take());
        assert_eq!((whole[0].method.as_str(), whole[0].json()["status"].as_str()), ("PUT", Some("planned")));
        assert_eq!((bare[0].method.as_str(), bare[0].path.as_str(), bare[0].body.as_str()), ("POST", "/on-result", ""));
        assert_eq!(bare[0].about, format!("https://linli.example/fhir/Encounter/{name}"));
        assert_eq!(looks(&ground, lead, id).await, before + 1, "of whom a stay is told, it is written down");
    }

    async fn a_receiver_that_fails_is_tried_again_in_order_and_given_up_at_last(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 2).await;
        let receiver = Receiver::open().await;
        let lead = &ground.lead;
        let made = subscribe(&ground, lead, &wanted("Task", &receiver.address)).await.fine(201);
        let id = made["id"].as_str().unwrap();
        look(&ground).await;
        let (one, two) = (sent(&ground, Severity::Severe).await, sent(&ground, Severity::Critical).await);
        receiver.answer(503);
        assert_eq!(look(&ground).await, 0);
        let failed = standing(&ground, lead, id).await;
        assert_eq!((failed["status"].as_str(), failed["error"].as_str()), (Some("error"), Some("the receiver answered 503")));
        let first = receiver.take();
        assert_eq!(first.len(), 1, "what comes after is not told before");
        assert_eq!((look(&ground).await, receiver.take().len()), (0, 0), "not at once again");
        // A redirection is no reason to go to where nobody was asked to go.
        ground.clock.set(at(24, 9, 1));
        receiver.answer(307);
        assert_eq!((look(&ground).await, receiver.take().len()), (0, 1));
        assert_eq!(standing(&ground, lead, id).await["error"], "the receiver answered 307");
        // After a restart it goes on where it was; the first has the same key as before.
        ground.clock.set(at(24, 9, 5));
        receiver.answer(204);
        assert_eq!(look(&ground).await, 2);
        let heard = receiver.take();
        let about: Vec<&str> = heard.iter().map(|one| one.about.rsplit('/').next().unwrap()).collect();
        assert_eq!((about, &heard[0].key), (vec![one.1.as_str(), two.1.as_str()], &first[0].key));
        let fine = standing(&ground, lead, id).await;
        assert_eq!((fine["status"].as_str(), fine.get("error")), (Some("active"), None));
        // Eight times in a row nothing: given up, and said so in the journal.
        accept(&ground, &one.1).await;
        receiver.answer(500);
        for day in 24..=28 {
            for hour in [10, 14, 18, 22] {
                ground.clock.set(at(day, hour, 0));
                look(&ground).await;
            }
        }
        let off = standing(&ground, lead, id).await;
        assert_eq!((off["status"].as_str(), receiver.take().len()), (Some("off"), 8));
        assert!(off["error"].as_str().unwrap().contains("500"), "{off}");
        let subject = id.parse().unwrap();
        let mut read = ground.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), lead.district, subject, 10).await.unwrap();
        let kinds: Vec<&str> = lines.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds, ["fhir.subscription_made", "fhir.subscription_off"]);
        assert!(lines.iter().all(|line| !line.facts.contains("secret-of-the-receiver")));
    }

    async fn a_process_that_was_killed_in_the_middle_loses_nothing(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let receiver = Receiver::open().await;
        let lead = &ground.lead;
        subscribe(&ground, lead, &wanted("Task", &receiver.address)).await.fine(201);
        look(&ground).await;
        let (_, name) = sent(&ground, Severity::Severe).await;
        // Told, and killed before that was written down: the subscription is held, and nothing is known of the notice.
        let mut tx = ground.db.begin(lead.district).await.unwrap();
        let until = at(24, 9, 1);
        exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE fhir_subscription SET held_until = $1").bind(until)).unwrap();
        tx.commit().await.unwrap();
        assert_eq!((look(&ground).await, receiver.take().len()), (0, 0), "somebody may still be at it");
        ground.clock.set(at(24, 9, 2));
        assert_eq!(look(&ground).await, 1);
        assert_eq!(receiver.take()[0].about, format!("https://linli.example/fhir/Task/{name}"));
        // Two processes at the same moment tell it once.
        accept(&ground, &name).await;
        let (ctx, one, other) = (ground.system(), ground.hooks(), ground.hooks());
        let (a, b) = tokio::join!(linli_fhir::run_due(&ctx, &ground.db, &one), linli_fhir::run_due(&ctx, &ground.db, &other));
        assert_eq!((a.unwrap() + b.unwrap(), receiver.take().len()), (1, 1));
    }

    async fn whoever_may_not_read_any_more_is_not_told(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 2).await;
        let receiver = Receiver::open().await;
        let (lead, county) = (&ground.lead, &ground.county);
        let of_lead = subscribe(&ground, lead, &wanted("Task", &receiver.address)).await.fine(201)["id"].as_str().unwrap().to_owned();
        let mut ending = wanted("Task", &receiver.address);
        ending["end"] = json!("2026-11-24T10:00:00+08:00");
        let of_county = subscribe(&ground, county, &ending).await.fine(201)["id"].as_str().unwrap().to_owned();
        assert_eq!(ground.with(&county.key, "GET", &format!("/Subscription/{of_lead}"), None, &[]).await.status, 404, "another's");
        assert_eq!(ground.with(&county.key, "DELETE", &format!("/Subscription/{of_lead}"), None, &[]).await.status, 404);
        assert_eq!(ground.with(&county.key, "GET", "/Subscription?status=requested&criteria=Task", None, &[]).await.ids("match"), std::slice::from_ref(&of_county));
        look(&ground).await;
        let mut tx = ground.db.begin(lead.district).await.unwrap();
        linli_identity::keys::revoke(&ground.system(), &mut tx, "秦淮中心医院").await.unwrap();
        tx.commit().await.unwrap();
        ground.clock.set(at(24, 10, 0));
        sent(&ground, Severity::Severe).await;
        assert_eq!((look(&ground).await, receiver.take().len()), (0, 0));
        let mut read = ground.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), lead.district, of_lead.parse().unwrap(), 10).await.unwrap();
        assert_eq!(lines.last().map(|line| line.facts()["reason"].clone()), Some(json!("the key was closed")));
        drop(read);
        let over = standing(&ground, county, &of_county).await;
        assert_eq!((over["status"].as_str(), over["error"].as_str()), (Some("off"), Some("the end that was asked for has come")));
    }

    async fn an_institution_that_left_the_network_is_not_told(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.lead, 1).await;
        let receiver = Receiver::open().await;
        let lead = &ground.lead;
        subscribe(&ground, lead, &wanted("MeasureReport", &receiver.address)).await.fine(201);
        let id = subscribe(&ground, lead, &wanted("Task", &receiver.address)).await.fine(201)["id"].as_str().unwrap().to_owned();
        look(&ground).await;
        sent(&ground, Severity::Severe).await;
        let mut tx = ground.db.begin(lead.district).await.unwrap();
        let text = "UPDATE institution SET valid_to = $2 WHERE id = $1";
        exec!(&mut tx.conn().unwrap(), sqlx::query(text).bind(lead.id).bind(at(24, 9, 0))).unwrap();
        tx.commit().await.unwrap();
        assert_eq!((look(&ground).await, receiver.take().len()), (0, 0));
        let mut read = ground.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), lead.district, id.parse().unwrap(), 10).await.unwrap();
        assert_eq!(lines.last().map(|line| line.kind.as_str()), Some("fhir.subscription_off"));
    }

    async fn what_is_asked_for_wrongly_is_refused_and_nobody_inside_is_told(db: Db) {
        let ground = Ground::lay(db).await;
        let lead = &ground.lead;
        let good = wanted("Task", "http://127.0.0.1:9/x");
        let with = |pointer: &str, value: Value| {
            let mut body = good.clone();
            *body.pointer_mut(pointer).unwrap() = value;
            body
        };
        for (body, code, expression) in [
            (with("/status", json!("active")), "business-rule", "Subscription.status"),
            (with("/status", json!("bogus")), "code-invalid", "Subscription.status"),
            (with("/criteria", json!("Patient?name=x")), "not-supported", "Subscription.criteria"),
            (with("/criteria", json!("Task?colour=red")), "not-supported", "Subscription.criteria"),
            (with("/criteria", json!("Flag?status=active")), "not-supported", "Subscription.criteria"),
            (with("/channel/type", json!("sms")), "not-supported", "Subscription.channel.type"),
            (with("/channel/type", json!("pigeon")), "code-invalid", "Subscription.channel.type"),
            (with("/channel/payload", json!("application/fhir+xml")), "not-supported", "Subscription.channel.payload"),
            (with("/channel/header/0", json!("Host: 10.0.0.1")), "value", "Subscription.channel.header[0]"),
            (with("/channel/endpoint", json!("his.example")), "value", "Subscription.channel.endpoint"),
            (with("/channel/endpoint", json!("http://his.example/x")), "business-rule", "Subscription.channel.endpoint"),
            (with("/channel/endpoint", json!("http://10.0.0.1/x")), "business-rule", "Subscription.channel.endpoint"),
        ] {
            assert_eq!(subscribe(&ground, lead, &body).await.refused(422, expression), code, "{body}");
        }
        let inside = with("/channel/endpoint", json!("https://169.254.169.254/latest"));
        let refused = subscribe(&ground, lead, &inside).await.refused(422, "Subscription.channel.endpoint");
        assert!(["business-rule", "exception"].contains(&refused.as_str()), "{refused}");
        assert_eq!(subscribe(&ground, lead, &with("/criteria", json!(""))).await.refused(400, "Subscription.criteria"), "structure");
        let past = { let mut body = good.clone(); body["end"] = json!("2026-11-23T10:00:00+08:00"); body };
        assert_eq!(subscribe(&ground, lead, &past).await.refused(422, "Subscription.end"), "value");
        assert_eq!(ground.with(&ground.stranger, "POST", "/Subscription", Some(&good), &[]).await.status, 403);
        assert_eq!(ground.with("fhir_none", "POST", "/Subscription", Some(&good), &[]).await.status, 401);
        for _ in 0..20 {
            subscribe(&ground, lead, &good).await.fine(201);
        }
        assert_eq!(subscribe(&ground, lead, &good).await.refused(409, "Subscription"), "too-costly");
        let statement = ground.get("/metadata").await.fine(200);
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        assert!(resources.iter().any(|one| one["type"] == "Subscription"));
        tokio::time::timeout(Duration::from_secs(60), look(&ground)).await.unwrap();
    }
}
