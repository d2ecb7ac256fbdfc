//! The doors over HTTP: what is wrong is named, what is right is taken.

use ::http::{Request, StatusCode, header};
use axum::body::Body;
use linli_db::both_databases;
use linli_devices::model::DeviceKind;
use linli_devices::{Shut, Sign, commands};
use linli_watch::SignKind;
use serde_json::json;

use crate::house::{DISTRICT, House, NOW, OTHER_ENTRANCE, device, path, person, short};

fn line(who: &str, kind: &str, at: i64) -> String {
    format!("{{\"who\":\"{who}\",\"kind\":\"{kind}\",\"at\":{at}}}\n")
}

both_databases! {
    async fn a_batch_is_answered_when_its_signs_are_with_the_watch(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1, 2]);
        let token = house.gateway(&[("a", 1), ("b", 2), ("", 2)]).await;
        let body = format!("{}{}{{\"at\":{}}}\n", line("a", "out", NOW - 60), line("b", "in", NOW - 50), NOW - 40);
        let answer = house.signs(&token, body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let expected = json!({"lines": 3, "counted": 3, "repeated": 0, "future": 0, "no_consent": 0, "while_away": 0, "not_asked": 0,
            "rejected": 0, "problems": []});
        assert_eq!(answer.json(), expected);
        let sign = |n, kind, at| Sign { person: short(n), kind, at };
        assert_eq!(house.watching.signs(), [sign(1, SignKind::Out, NOW - 60), sign(2, SignKind::In, NOW - 50),
            sign(2, SignKind::Motion, NOW - 40)]);
        assert_eq!(*house.watching.calls.lock().unwrap(), 1, "one batch, one wait for the disk");
        let again = house.signs(&token, body).await.json();
        assert_eq!((again["counted"].as_u64(), again["repeated"].as_u64()), (Some(0), Some(3)), "the same batch again does no harm");
    }

    async fn what_is_wrong_is_named_by_its_line_and_the_rest_is_taken(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let token = house.gateway(&[("a", 1), ("gone", 9)]).await;
        let mut body = line("a", "in", NOW - 9);
        body.push_str("{\"who\":\"a\",\"at\":17\n\n");
        body.push_str(&line("nobody", "in", NOW));
        body.push_str(&line("a", "in", NOW + 31_536_000));
        body.push_str(&line("gone", "in", NOW));
        body.push_str(&line("a", "flown", NOW));
        body.push_str(&line("a", "out", NOW - 3));
        let answer = house.signs(&token, body).await.json();
        assert_eq!(answer["counted"], 2);
        let problems = json!([
            {"line": 2, "code": "malformed"}, {"line": 4, "code": "unknown_person"}, {"line": 5, "code": "future"},
            {"line": 6, "code": "no_consent"}, {"line": 7, "code": "field_wrong"},
        ]);
        assert_eq!(answer["problems"], problems);
        assert_eq!((answer["rejected"].as_u64(), answer["lines"].as_u64()), (Some(3), Some(7)));
        assert_eq!(house.watching.signs().len(), 2);
    }

    async fn a_line_of_100_megabytes_stops_nothing(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let token = house.gateway(&[("a", 1)]).await;
        let (first, last) = (line("a", "out", NOW - 9), line("a", "in", NOW));
        let huge = std::iter::repeat_n(bytes(vec![b'x'; 1 << 20]), 100);
        let pieces = std::iter::once(bytes(first.into_bytes())).chain(huge).chain([bytes(b"\n".to_vec()), bytes(last.into_bytes())]);
        let body = Body::from_stream(Pieces(pieces.collect()));
        let answer = house.signs(&token, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.json()["counted"], 2);
        assert_eq!(answer.json()["problems"], json!([{"line": 2, "code": "too_long"}]));
    }

    async fn a_device_that_is_stuck_is_one_sign(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (id, token) = house.device(device(DeviceKind::Gateway, "网关"), &[("a", 1)]).await;
        let answer = house.signs(&token, line("a", "door", NOW).repeat(4_000)).await.json();
        assert_eq!((answer["counted"].as_u64(), answer["repeated"].as_u64()), (Some(1), Some(3_999)));
        for _ in 0..300 {
            assert_eq!(house.signs(&token, line("a", "door", NOW)).await.status, StatusCode::OK, "not limited by address");
        }
        assert_eq!(house.watching.signs().len(), 1);
        assert_eq!(house.dropped(id).await["repeated"], 4_299);
    }

    async fn a_token_opens_its_own_device_and_nothing_else(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1, 2]);
        let ours = house.gateway(&[("a", 1)]).await;
        let elsewhere = linli_devices::model::NewDevice { place: path(OTHER_ENTRANCE), ..device(DeviceKind::Gateway, "别处") };
        let (id, theirs) = house.device(elsewhere, &[("b", 2)]).await;
        for wrong in ["", "dev_wrong", "Bearer"] {
            let answer = house.signs(wrong, line("a", "in", NOW)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
        }
        let answer = house.signs(&theirs, line("a", "in", NOW)).await.json();
        assert_eq!(answer["problems"], json!([{"line": 1, "code": "unknown_person"}]), "a token of another estate hears nobody of ours");
        assert!(house.watching.signs().is_empty());
        // The name of the scheme is written as one likes; another scheme is another.
        for (scheme, status) in [("bearer", StatusCode::OK), ("BEARER", StatusCode::OK), ("Basic", StatusCode::UNAUTHORIZED)] {
            let request = Request::post("/api/v1/devices/signs").header(header::AUTHORIZATION, format!("{scheme} {ours}"));
            assert_eq!(house.send(request.body(Body::from("")).unwrap()).await.status, status, "{scheme}");
        }
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let fresh = commands::rotate(&house.admin(), &mut tx, &house.devices, id).await.unwrap();
        tx.commit().await.unwrap();
        house.devices.missed();
        assert_eq!(house.signs(&theirs, line("b", "in", NOW)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(house.signs(fresh.secret_text(), line("b", "in", NOW)).await.json()["counted"], 1);
        assert_eq!(house.signs(&ours, line("a", "in", NOW)).await.json()["counted"], 1);
    }

    async fn a_full_disk_refuses_and_recovers_by_itself(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let token = house.gateway(&[("a", 1)]).await;
        *house.watching.shut.lock().unwrap() = Some(Shut::Full);
        let refused = house.signs(&token, line("a", "in", NOW)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.retry_after.as_deref(), Some("30"));
        *house.watching.shut.lock().unwrap() = None;
        assert_eq!(house.signs(&token, line("a", "in", NOW)).await.json()["counted"], 1);
    }

    async fn after_a_withdrawal_nothing_is_left_of_somebody(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1, 2]);
        let token = house.gateway(&[("a", 1), ("b", 2)]).await;
        assert_eq!(house.signs(&token, line("a", "in", NOW - 9)).await.json()["counted"], 1);
        // The watch forgets first, the registry follows.
        house.watching.agreed.lock().unwrap().remove(&short(1));
        let dropped = house.signs(&token, line("a", "in", NOW - 5)).await.json();
        assert_eq!(dropped["problems"], json!([{"line": 1, "code": "no_consent"}]));
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        assert_eq!(commands::forget(&house.system(), &mut tx, person(1).id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        house.devices.missed();
        let dropped = house.signs(&token, line("a", "in", NOW)).await.json();
        assert_eq!(dropped["problems"], json!([{"line": 1, "code": "unknown_person"}]));
        assert_eq!(house.signs(&token, line("b", "in", NOW)).await.json()["counted"], 1);
    }

    async fn an_access_controller_pushes_in_every_form(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (id, token) = house.device(device(DeviceKind::Access, "南门"), &[("000417", 1)]).await;
        let face = |serial: u32, at: &str, more: &str| format!(
            "{{\"macAddress\":\"02:00:5e:10:00:41\",\"dateTime\":\"{at}\",\"activePostCount\":1,\"eventType\":\"AccessControllerEvent\",\
             \"AccessControllerEvent\":{{\"majorEventType\":5,\"subEventType\":75,\"serialNo\":{serial},\"currentEvent\":true,\
             \"employeeNoString\":\"000417\",\"name\":\"住户0417\"{more}}}}}");
        let json = "application/json";
        assert_eq!(house.push(&token, json, face(5_123, "2026-11-23T07:58:12+08:00", "")).await.status, StatusCode::OK);
        for _ in 0..4_000 / 100 {
            assert_eq!(house.push(&token, json, face(5_123, "2026-11-23T07:58:12+08:00", "")).await.status, StatusCode::OK);
        }
        let history = face(5_098, "2026-11-22T21:14:40+08:00", "").replace("\"currentEvent\":true", "\"currentEvent\":false");
        assert_eq!(house.push(&token, json, history).await.status, StatusCode::OK);
        // A clock that is eight hours behind, of something that is happening now.
        house.pass(60);
        assert_eq!(house.push(&token, json, face(5_130, "2026-11-22T23:59:50+08:00", "")).await.status, StatusCode::OK);
        let beat = house.push(&token, json, "{\"eventType\":\"heartBeat\"}").await;
        assert_eq!((beat.status, beat.json()["statusString"].as_str()), (StatusCode::OK, Some("OK")));
        assert_eq!(house.push(&token, json, "{\"eventType\":\"Access").await.status, StatusCode::OK, "an error makes it repeat");
        let refused = face(5_131, "2026-11-23T08:00:00+08:00", "").replace(":75", ":76");
        assert_eq!(house.push(&token, json, refused).await.status, StatusCode::OK);
        let at: Vec<i64> = house.watching.signs().iter().map(|sign| sign.at).collect();
        assert_eq!(at, [1_795_391_892, NOW + 60]);
        let dropped = house.dropped(id).await;
        assert_eq!((dropped["repeated"], dropped["clock_wrong"], dropped["malformed"]), (41, 1, 1), "{dropped:?}");
        assert_eq!(house.push("dev_wrong", json, face(1, "2026-11-23T08:00:00+08:00", "")).await.status, StatusCode::UNAUTHORIZED);
        let gateway = house.gateway(&[]).await;
        assert_eq!(house.push(&gateway, json, "{}").await.status, StatusCode::UNAUTHORIZED, "another kind of device");
        assert_eq!(house.push(&token, json, vec![b'x'; 9 << 20]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    async fn a_push_that_found_no_room_is_taken_when_it_comes_again(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (_, token) = house.device(device(DeviceKind::Access, "南门"), &[("7", 1)]).await;
        let event = "{\"dateTime\":\"2026-11-23T07:58:12+08:00\",\"eventType\":\"AccessControllerEvent\",\"AccessControllerEvent\":\
            {\"majorEventType\":5,\"subEventType\":1,\"serialNo\":1,\"employeeNoString\":\"7\"}}";
        *house.watching.shut.lock().unwrap() = Some(Shut::Full);
        let refused = house.push(&token, "application/json", event).await;
        assert_eq!((refused.status, refused.retry_after.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("30")));
        *house.watching.shut.lock().unwrap() = None;
        assert_eq!(house.push(&token, "application/json", event).await.status, StatusCode::OK);
        assert_eq!(house.watching.signs().len(), 1);
    }
}

/// The hand-made samples beside the suite (`LINLI_TEST_DATA/presence/samples`), as a door would push them one after the other: five people let in, one of them
/// posted twice; the lock is nobody, and what the device kept from the evening before is older than what is known.
#[tokio::test]
async fn every_sample_of_an_access_controller_comes_out_right() {
    let Some(folder) = std::env::var_os("LINLI_TEST_DATA") else {
        eprintln!("skipped: LINLI_TEST_DATA is not set");
        return;
    };
    let folder = std::path::PathBuf::from(folder).join("presence/samples");
    let test = linli_db::testing::TestDb::sqlite().await;
    let house = House::new(test.db.clone()).await;
    house.watching.agree(&[1]);
    let (id, token) = house.device(device(DeviceKind::Access, "南门"), &[("100417", 1)]).await;
    let order = [
        ("hikvision-face-accepted.json", "application/json", 1),
        ("hikvision-face-accepted-again.json", "application/json", 1),
        ("hikvision-door-opened.json", "application/json", 1),
        ("hikvision-door-closed.json", "application/json", 1),
        ("hikvision-replayed-history.json", "application/json", 1),
        ("hikvision-other-offset.json", "application/json", 2),
        ("hikvision-wrapped.json", "application/json", 3),
        ("hikvision-face-accepted.xml", "application/xml", 4),
        ("hikvision-multipart.bin", "multipart/form-data; boundary=MIME_boundary", 5),
    ];
    for (file, kind, counted) in order {
        let answer = house.push(&token, kind, std::fs::read(folder.join(file)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
        assert_eq!(house.watching.signs().len(), counted, "{file}");
        house.pass(30);
    }
    let dropped = house.dropped(id).await;
    assert_eq!(dropped.get("repeated"), Some(&2), "posted twice, and from the evening before: {dropped:?}");
    assert!(
        ["malformed", "unknown_message", "field_missing", "field_wrong"].iter().all(|why| !dropped.contains_key(*why)),
        "{dropped:?}"
    );
}

type Piece = Result<axum::body::Bytes, std::convert::Infallible>;

fn bytes(bytes: Vec<u8>) -> Piece {
    Ok(bytes.into())
}

/// A body in pieces, as a slow device sends it.
struct Pieces(std::collections::VecDeque<Piece>);

impl futures_util::Stream for Pieces {
    type Item = Piece;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Piece>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}
