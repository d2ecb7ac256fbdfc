//! A sign on its way: from a registered device to the watch over somebody who agreed, and nowhere any more once she withdrew.

use linli_access::Actor;
use linli_care::commands::{self as care, HowAgreed, NewPerson, Which};
use linli_care::{CarePersonId, ConsentChannel, GivenBy, Purpose, WatchPlan};
use linli_db::sql;
use linli_devices::commands as devices;
use linli_devices::model::{DeviceId, DeviceKind, NewDevice};
use linli_identity::commands::{claim_home, make_claim_code};
use uuid::Uuid;

use super::*;
use crate::hearing::follow_withdrawals;

const HOME: &str = "E1/3栋/1单元/101";

async fn enrolled(ground: &Ground, built: &Built) -> CarePersonId {
    let (ctx, home) = (ground.ctx(), ground.place(HOME).await.path);
    let office = built.care.office();
    let how = HowAgreed {
        text_mark: office.rules(&home, ctx.now()).unwrap().texts_mark(),
        language: "zh-CN".to_owned(),
        channel: ConsentChannel::Doorstep,
        given_by: GivenBy::Own,
        giver: None,
        relation: None,
        witness: Some("周红".to_owned()),
        scan: None,
        assessment: "独居；只用门磁".to_owned(),
    };
    let purposes = vec![Purpose::Watch];
    let input = NewPerson {
        home,
        name: "王秀英".to_owned(),
        phone: None,
        contact: None,
        profile: None,
        quiet: None,
        purposes,
        seen_at: None,
        how,
    };
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let made = care::enrol(&ctx, &mut tx, office, &input).await.unwrap();
    tx.commit().await.unwrap();
    built.care.errands().await.unwrap();
    made.id
}

async fn registered(ground: &Ground, built: &Built, person: Uuid) -> (DeviceId, String) {
    let new = NewDevice {
        place: ground.place("E1/3栋/1单元").await.path,
        kind: DeviceKind::Gateway,
        name: "三栋网关".to_owned(),
        means: None,
        topic: None,
        source: None,
        owner: "试验物业".to_owned(),
        permitted_at: None,
        sign_posted: false,
        filing_no: None,
    };
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let (id, token) = devices::add(&ground.ctx(), &mut tx, &built.devices, new).await.unwrap();
    devices::map(&ground.ctx(), &mut tx, id, ("door-101", person)).await.unwrap();
    tx.commit().await.unwrap();
    (id, token.secret_text().to_owned())
}

/// Sends a line; the word for what became of it.
async fn sent(built: &Built, token: &str, line: &str) -> String {
    let browser = Browser::of(built, None);
    let request = Request::post("/api/v1/devices/signs").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = browser.ask(request.body(Body::from(line.to_owned())).unwrap()).await;
    if answer.status != StatusCode::OK {
        return answer.status.to_string();
    }
    let value: Value = serde_json::from_str(&answer.text).unwrap();
    let problem = value["problems"][0]["code"].as_str().map(str::to_owned);
    let counted = ["counted", "repeated", "while_away", "not_asked"].into_iter().find(|word| value[word] == 1);
    problem.or(counted.map(str::to_owned)).unwrap_or(answer.text)
}

async fn labels(db: &Db) -> i64 {
    let mut read = db.read().await.unwrap();
    let (labels,): (i64,) = sql!(&mut read.conn(), x => sqlx::query_as("SELECT CAST(COUNT(*) AS BIGINT) FROM device_label")
        .fetch_one(x).await)
    .unwrap();
    labels
}

on_both! {
    async fn a_sign_comes_to_the_watch_until_she_withdraws(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let folder = tempfile::tempdir().unwrap();
        let now = ground.ctx().now().0 / 1_000_000;
        let line = |kind: &str, at: i64| format!("{{\"who\":\"door-101\",\"kind\":\"{kind}\",\"at\":{at}}}\n");
        let (id, token) = registered(&ground, &built, Uuid::from_u128(77)).await;
        assert_eq!(sent(&built, &token, &line("in", now)).await, "503 Service Unavailable", "the watch does not run yet");
        built.care.start(&WatchPlan { folder: folder.path().join("watch"), slots: 1 << 18, segment_bytes: 64 << 10 }).await.unwrap();
        assert_eq!(sent(&built, &token, &line("in", now)).await, "no_consent");
        let person = enrolled(&ground, &built).await;
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        devices::map(&ground.ctx(), &mut tx, id, ("door-101", person.0)).await.unwrap();
        tx.commit().await.unwrap();
        built.devices.missed();
        ground.clock.advance_secs(600);
        assert_eq!(sent(&built, &token, &line("out", now + 300)).await, "counted");
        assert_eq!(sent(&built, &token, &line("out", now + 300)).await, "repeated");
        assert_eq!(sent(&built, &token, &line("in", now + 31_536_000)).await, "future");
        let known = built.care.known(person).await.unwrap();
        assert_eq!((i64::from(known.since), known.out), (now + 300, true));
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let (ctx, office) = (ground.ctx(), built.care.office());
        care::withdraw(&ctx, &mut tx, office, Which::Id(person), None, ConsentChannel::Phone).await.unwrap();
        tx.commit().await.unwrap();
        built.care.errands().await.unwrap();
        follow_withdrawals(&ctx, &ground.db).await.unwrap();
        built.devices.missed();
        assert_eq!(labels(&ground.db).await, 0);
        assert_eq!(sent(&built, &token, &line("in", now + 500)).await, "unknown_person");
        built.care.stop();
    }

    /// Whoever claimed the home is led to what is kept of the person who is registered there, to read it.
    async fn a_claimed_home_leads_to_who_is_registered_there(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let (home, rules) = (ground.place(HOME).await.path, DoorRules { home_secs: 400 * 86_400, ..DoorRules::default() });
        let visitor = Ctx { actor: Actor::Visitor, ..ground.ctx() };
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let code = make_claim_code(&ground.ctx(), &mut tx, &home, &rules).await.unwrap();
        let resident = claim_home(&visitor, &mut tx, &code, &rules).await.unwrap();
        tx.commit().await.unwrap();
        let resident = Browser::of(&built, Some(resident));
        assert!(!resident.page("/my-home").await.contains("/my-home/care"), "nobody is registered there");
        assert_eq!(resident.get("/my-home/care").await.status, StatusCode::NOT_FOUND);
        enrolled(&ground, &built).await;
        assert!(resident.page("/my-home").await.contains("/my-home/care"));
        let page = resident.page("/my-home/care").await;
        assert!(page.contains("王秀英") && page.contains("看护"));
        assert!(!page.contains("/withdraw") && !page.contains("/agree") && !page.contains("/away"), "a home is not a person");
        assert_ne!(Browser::of(&built, None).get("/my-home/care").await.status, StatusCode::OK);
    }
}
