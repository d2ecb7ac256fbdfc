//! The registry: what a device needs, what a silent one leads to, what nobody understands.

use ::http::StatusCode;
use linli_db::both_databases;
use linli_devices::model::{DeviceKind, NewDevice};
use linli_devices::{DevicesError, commands, queries};
use linli_kernel::Ts;

use crate::house::{DISTRICT, HOME, House, NOW, device, path, person};

const HOUR: i64 = 3_600;

async fn add(house: &House, new: NewDevice) -> Result<(), &'static str> {
    let mut tx = house.db.begin(DISTRICT).await.unwrap();
    match commands::add(&house.admin(), &mut tx, &house.devices, new).await {
        Ok(_) => {
            tx.commit().await.unwrap();
            Ok(())
        }
        Err(DevicesError::Field { field, .. }) => Err(field),
        Err(other) => panic!("{other}"),
    }
}

both_databases! {
    async fn a_device_needs_its_papers(db: linli_db::Db) {
        let house = House::new(db).await;
        let unsigned = NewDevice { sign_posted: false, ..device(DeviceKind::Frigate, "大门") };
        assert_eq!(add(&house, unsigned.clone()).await, Err("sign_posted"), "a camera where others pass needs a sign");
        let at_home = NewDevice { place: path(HOME), ..unsigned.clone() };
        assert_eq!(add(&house, at_home.clone()).await, Err("permitted_on"), "a device in a home needs a permission");
        assert_eq!(add(&house, NewDevice { permitted_at: Some(Ts((NOW + 9) * 1_000_000)), ..at_home.clone() }).await, Err("permitted_on"));
        assert_eq!(add(&house, NewDevice { permitted_at: Some(Ts(0)), ..at_home.clone() }).await, Ok(()));
        assert_eq!(add(&house, NewDevice { permitted_at: Some(Ts(0)), ..at_home }).await, Err("name"), "another one has the name");
        assert_eq!(add(&house, NewDevice { topic: None, ..device(DeviceKind::Contact, "门") }).await, Err("topic"));
        for topic in ["a/#", "/a", "a/", "a/+", "$SYS/a"] {
            let new = NewDevice { topic: Some(topic.to_owned()), ..device(DeviceKind::Contact, "门") };
            assert_eq!(add(&house, new).await, Err("topic"), "{topic}");
        }
        let wild = NewDevice { topic: Some("estate/+/cam".to_owned()), ..device(DeviceKind::Onvif, "走廊") };
        assert_eq!(add(&house, wild).await, Ok(()));
        let seen = NewDevice { means: Some(linli_watch::SignKind::Seen), ..device(DeviceKind::Gateway, "网关") };
        assert_eq!(add(&house, seen).await, Err("means"));
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let denied = commands::add(&house.steward(), &mut tx, &house.devices, device(DeviceKind::Gateway, "网关")).await;
        assert!(matches!(denied, Err(DevicesError::Denied(_))));
    }

    async fn a_camera_in_a_public_place_has_to_be_filed(db: linli_db::Db) {
        let house = House::new(db).await;
        let (id, _) = house.device(device(DeviceKind::Onvif, "走廊"), &[]).await;
        let page = house.get(&format!("/admin/devices/1/{id}"), "admin").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("备案期限"), "{}", page.text);
        let form = "sign_posted=1&filing_no=3201-0099&permitted_on=";
        assert_eq!(house.post(&format!("/admin/devices/1/{id}/papers"), "admin", form).await.status, StatusCode::SEE_OTHER);
        let page = house.get(&format!("/admin/devices/1/{id}"), "admin").await.text;
        assert!(page.contains("3201-0099") && !page.contains("备案期限"));
        let taken_down = house.post(&format!("/admin/devices/1/{id}/papers"), "admin", "filing_no=3201-0099").await;
        assert_eq!(taken_down.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn the_pages_show_a_token_once_and_never_again(db: linli_db::Db) {
        let house = House::new(db).await;
        assert_eq!(house.get("/admin/devices", "steward").await.status, StatusCode::FORBIDDEN);
        let (id, token) = house.device(device(DeviceKind::Access, "南门"), &[("7", 1)]).await;
        let list = house.get("/admin/devices", "admin").await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text);
        assert!(list.text.contains("南门") && !list.text.contains(&token));
        let at = format!("/admin/devices/1/{id}");
        let made = house.post(&format!("{at}/token"), "admin", "").await;
        assert!(made.text.contains("https://linli.example/api/v1/devices/hikvision/dev_"), "{}", made.text);
        let one = house.get(&at, "admin").await.text;
        assert!(!one.contains("dev_") && one.contains(&person(1).id.to_string()));
        let wrong = house.post(&format!("{at}/label"), "admin", "label=8&person=somebody").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(house.post(&format!("{at}/unlabel"), "admin", "label=7").await.status, StatusCode::SEE_OTHER);
        assert!(!house.get(&at, "admin").await.text.contains(&person(1).id.to_string()));
        assert_eq!(house.post(&format!("{at}/retire"), "admin", "").await.status, StatusCode::SEE_OTHER);
        assert_eq!(house.post(&format!("{at}/retire"), "admin", "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(house.get(&format!("/admin/devices/2/{id}"), "admin").await.status, StatusCode::NOT_FOUND);
        let english = house.get("/admin/devices?lang=en", "admin").await.text;
        assert!(english.contains("Access controller (Hikvision)"), "{english}");
    }

    async fn a_silent_device_is_a_case_and_whoever_depends_on_it_is_not_watched(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1, 2]);
        let (one, token) = house.device(device(DeviceKind::Gateway, "一号网关"), &[("a", 1), ("b", 2)]).await;
        let (_, other) = house.device(NewDevice { means: None, ..device(DeviceKind::Access, "南门") }, &[("7", 2)]).await;
        house.push(&other, "application/json", "{\"eventType\":\"heartBeat\"}").await;
        let line = |at: i64| format!("{{\"who\":\"a\",\"at\":{at}}}\n");
        house.signs(&token, line(NOW)).await;
        assert_eq!(house.sweep().await, 0);
        house.pass(4 * HOUR);
        assert_eq!(house.sweep().await, 1, "the gateway is silent after two hours, the door after a day");
        assert_eq!(house.sweep().await, 0, "once");
        assert_eq!(*house.watching.unheard.lock().unwrap(), [(person(1), true)], "the other one is heard at the door");
        let case = {
            let mut read = house.db.read().await.unwrap();
            let listed = queries::device(&house.admin(), &mut read.conn(), DISTRICT, one).await.unwrap();
            let scope = linli_access::Scope { district: DISTRICT, place: listed.device.place.clone() };
            assert_eq!(queries::silent(&mut read.conn(), &scope).await.unwrap(), (1, 2), "of two devices there");
            let id = listed.device.case.unwrap();
            linli_cases::queries::readable(&house.system(), &mut read.conn(), DISTRICT, id).await.unwrap()
        };
        assert_eq!(case.class, commands::SILENT_CLASS);
        // What somebody called the device may say at whose home it stands.
        let words = format!("{case:?}");
        assert!(words.contains("看护设备（网关，锁金三村 3栋 2单元）失联") && !words.contains("一号网关"), "{words}");
        assert_eq!(case.owner.unwrap().role, linli_access::Role::PropertyDesk);
        assert!(house.get("/admin/devices", "admin").await.text.contains("失联"));
        house.pass(60);
        house.signs(&token, line(NOW + 4 * HOUR + 60)).await;
        assert_eq!(house.sweep().await, 0);
        assert_eq!(*house.watching.unheard.lock().unwrap(), [(person(1), true), (person(1), false)]);
        house.pass(30 * HOUR);
        assert_eq!(house.sweep().await, 2);
        let unheard = house.watching.unheard.lock().unwrap()[2..].to_vec();
        assert_eq!(unheard, [(person(1), true), (person(2), true)]);
    }

    async fn a_number_that_nobody_has_is_refused_and_named(db: linli_db::Db) {
        let house = House::new(db).await;
        let (id, _) = house.device(device(DeviceKind::Gateway, "网关"), &[]).await;
        house.watching.strangers.lock().unwrap().insert(person(7));
        let form = format!("label=a&person={}", person(7).id);
        let refused = house.post(&format!("/admin/devices/1/{id}/label"), "admin", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(&format!("没有人的看护编号是 {}", person(7).id)), "{}", refused.text);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let many = vec![("a".to_owned(), person(1).id), ("b".to_owned(), person(7).id)];
        let refused = commands::map_many(&house.admin(), &mut tx, &house.devices, id, many).await;
        assert!(matches!(refused, Err(DevicesError::UnknownPerson(number)) if number == person(7).id), "{refused:?}");
        drop(tx);
        let mut read = house.db.read().await.unwrap();
        assert_eq!(queries::device(&house.admin(), &mut read.conn(), DISTRICT, id).await.unwrap().people, 0, "nobody of the list");
    }

    async fn a_camera_that_knows_faces_needs_a_consent_that_names_them(db: linli_db::Db) {
        let house = House::new(db).await;
        let camera = NewDevice { topic: Some("frigate".to_owned()), ..device(DeviceKind::Frigate, "摄像头") };
        house.watching.faceless.lock().unwrap().insert(person(2));
        let (id, _) = house.device(camera, &[("a", 1)]).await;
        let form = format!("label=b&person={}", person(2).id);
        let refused = house.post(&format!("/admin/devices/1/{id}/label"), "admin", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("没有同意使用人脸比对结果"), "{}", refused.text);
        // The label is gone with the consent; what hears her is told.
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        assert_eq!(commands::forget_faces(&house.system(), &mut tx, person(1).id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        house.sweep().await;
        assert!(house.watching.ears.lock().unwrap()[&person(1)].mapped.is_empty());
    }

    async fn what_hears_whom_is_told_when_it_is_mapped_and_when_it_is_heard(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let contact = NewDevice { means: None, ..device(DeviceKind::Access, "南门") };
        let (id, token) = house.device(contact, &[("7", 1)]).await;
        let door = linli_watch::SignKinds::of([linli_watch::SignKind::Door]);
        let told = async || {
            commands::tell_news(&house.system(), &house.db, &house.devices).await.unwrap();
            house.watching.ears.lock().unwrap().get(&person(1)).map(|ears| (ears.mapped, ears.living))
        };
        let none = linli_watch::SignKinds::NONE;
        assert_eq!(told().await, Some((door, none)), "mapped, and never heard yet");
        house.push(&token, "application/json", "{\"eventType\":\"heartBeat\"}").await;
        assert_eq!(told().await, Some((door, door)));
        let (gateway, other) = house.device(device(DeviceKind::Gateway, "网关"), &[("a", 1)]).await;
        house.signs(&other, format!("{{\"at\":{NOW}}}")).await;
        assert_eq!(told().await.unwrap().1, linli_watch::SignKinds::of_devices(), "a gateway's lines may say anything");
        for one in [gateway, id] {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            commands::retire(&house.admin(), &mut tx, one).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(told().await, Some((none, none)));
        assert_eq!(*house.watching.unheard.lock().unwrap(), [(person(1), true), (person(1), false), (person(1), true)]);
    }

    async fn the_hour_is_kept_and_no_finer(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (id, token) = house.device(device(DeviceKind::Gateway, "网关"), &[("", 1)]).await;
        house.signs(&token, format!("{{\"at\":{NOW}}}")).await;
        house.flush().await;
        let mut read = house.db.read().await.unwrap();
        let listed = queries::device(&house.admin(), &mut read.conn(), DISTRICT, id).await.unwrap();
        let heard = listed.device.heard_at.unwrap();
        assert_eq!(heard.0 % (HOUR * 1_000_000), 0);
        assert!(heard.0 <= NOW * 1_000_000);
        assert!(listed.dropped.is_empty(), "what counted is not counted");
        // What did not count may have been somebody all the same: of that, the day.
        house.signs(&token, format!("{{\"at\":{NOW}}}")).await;
        house.flush().await;
        let listed = queries::device(&house.admin(), &mut house.db.read().await.unwrap().conn(), DISTRICT, id).await.unwrap();
        let at = listed.dropped[0].last_at.local();
        assert_eq!((listed.dropped[0].why.as_str(), at.hour(), at.minute()), ("repeated", 0, 0));
    }

    async fn what_was_heard_long_ago_is_not_called_heard(db: linli_db::Db) {
        let house = House::new(db).await;
        house.watching.agree(&[1]);
        let (id, token) = house.device(device(DeviceKind::Gateway, "网关"), &[("", 1)]).await;
        house.signs(&token, format!("{{\"at\":{NOW}}}")).await;
        house.flush().await;
        let page = async || house.get(&format!("/admin/devices/1/{id}"), "admin").await.text;
        let now = page().await;
        assert!(now.contains(">正常<") && now.contains("最近收到消息") && !now.contains("分钟前"), "the hour is known, and no minute: {now}");
        house.pass(4 * HOUR);
        let late = page().await;
        assert!(late.contains("起的一小时内"), "{late}");
        assert!(late.contains("超过应有时间没有消息") && !late.contains(">正常<"), "nobody has looked yet, and it is not heard: {late}");
    }

    async fn the_quarantine_has_a_bottom_and_no_values(db: linli_db::Db) {
        let house = House::new(db).await;
        let (id, token) = house.device(device(DeviceKind::Access, "南门"), &[]).await;
        for n in 0..3 {
            house.push(&token, "application/json", format!("{{\"name\":\"王秀英\",\"phone\":\"1390000000{n}\"}}")).await;
        }
        for round in 0..6_u32 {
            for n in 0..100_u32 {
                let key: String = (0..6).map(|i| char::from(b'a' + u8::try_from((round * 100 + n) / 5_u32.pow(i) % 5).unwrap())).collect();
                house.push(&token, "application/json", format!("{{\"{key}\":1}}")).await;
            }
            house.flush().await;
        }
        let mut read = house.db.read().await.unwrap();
        let kept = queries::quarantine(&house.admin(), &mut read.conn(), DISTRICT, 1_000).await.unwrap();
        assert_eq!(i64::try_from(kept.len()).unwrap(), linli_devices::quarantine::SHAPES_MAX);
        let person = kept.iter().find(|shape| shape.shape.contains("phone")).unwrap();
        assert_eq!((person.shape.as_str(), person.n, person.device_id), ("name:text phone:text", 3, Some(id)));
        assert!(!format!("{kept:?}").contains("王秀英") && !format!("{kept:?}").contains("139"));
        drop(read);
        assert_eq!(house.dropped(id).await["field_missing"], 603);
        house.pass(91 * 24 * HOUR);
        house.push(&token, "application/json", "{\"zzzzzz\":1}").await;
        house.flush().await;
        let mut read = house.db.read().await.unwrap();
        assert!(queries::quarantine(&house.admin(), &mut read.conn(), DISTRICT, 1_000).await.unwrap().len() <= 1, "forgotten by then");
    }
}
