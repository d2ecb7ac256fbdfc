//! A sign on its way: from a registered device to the watch over somebody who agreed, and nowhere any more once she withdrew.

use linli_access::Actor;
use linli_care::commands::{self as care, HowAgreed, NewContact, NewPerson, Which};
use linli_care::{CarePersonId, ConsentChannel, Ears, GivenBy, Purpose, SignKinds, WatchPlan};
use linli_db::sql;
use linli_devices::model::{DeviceId, DeviceKind, NewDevice};
use linli_devices::{DevicesError, commands as devices};
use linli_identity::commands::{claim_home, make_claim_code};
use uuid::Uuid;

use super::*;
use crate::hearing::follow_withdrawals;

pub(super) const HOME: &str = "E1/3栋/1单元/101";
const BESIDE: &str = "E1/3栋/2单元/101";

async fn enrolled(ground: &Ground, built: &Built) -> CarePersonId {
    enrolled_at(HOME, ground, built, vec![Purpose::Watch]).await
}

pub(super) async fn enrolled_at(home: &str, ground: &Ground, built: &Built, purposes: Vec<Purpose>) -> CarePersonId {
    let (ctx, home) = (ground.ctx(), ground.place(home).await.path);
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
    let contact = NewContact { name: "李小兰".to_owned(), phone: "13900000077".to_owned(), relation: "女儿".to_owned() };
    let input = NewPerson {
        home,
        name: "王秀英".to_owned(),
        phone: Some("02500001234".to_owned()),
        contact: Some(contact),
        profile: Some("no_sign".to_owned()),
        quiet: None,
        purposes,
        seen_at: None,
        how,
    };
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let made = care::enrol(&ctx, &mut tx, office, &input).await.unwrap();
    // Her own gateway is heard.
    care::heard_by(&ctx, &mut tx, office, made.id, Ears::living(SignKinds::of_devices())).await.unwrap();
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
    tx.commit().await.unwrap();
    let token = token.secret_text().to_owned();
    // Heard once before it hears anybody, so that who is mapped is watched from then on.
    assert_eq!(brought(built, &token, 0, 0).await.0, StatusCode::OK);
    devices::flush(&ground.ctx(), &ground.db, &built.devices).await.unwrap();
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    devices::map(&ground.ctx(), &mut tx, &built.devices, id, ("door-101", person)).await.unwrap();
    tx.commit().await.unwrap();
    // Whoever listens to what was committed may be a moment behind.
    built.devices.missed();
    (id, token)
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

/// What was dropped of devices, as far as it is written down.
async fn counted(db: &Db) -> Vec<(String, i64)> {
    let mut read = db.read().await.unwrap();
    sql!(&mut read.conn(), x => sqlx::query_as("SELECT why, n FROM device_tally ORDER BY why").fetch_all(x).await).unwrap()
}

/// A small disk of its own, where the machine lets us have one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn of_kilobytes(size: u32) -> Option<Self> {
        let at = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &format!("size={size}k"), "tmpfs"]).arg(at.path()).output();
        let mounted = mounted.is_ok_and(|done| done.status.success());
        if !mounted {
            eprintln!("skipped: no small disk can be mounted here; the watch itself is tried on one that is made of memory");
        }
        mounted.then(|| Self(at))
    }

    /// Takes all the room there is.
    fn fill(&self) -> std::path::PathBuf {
        let ballast = self.0.path().join("ballast");
        let mut file = std::fs::File::create(&ballast).unwrap();
        while std::io::Write::write_all(&mut file, &[0x5a; 4_096]).is_ok() {}
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

/// Signs of the person at these seconds; the status and after how long to come again.
async fn brought(built: &Built, token: &str, from: i64, many: i64) -> (StatusCode, Option<String>) {
    let lines: String =
        (from..from + many).map(|at| format!("{{\"who\":\"door-101\",\"kind\":\"out\",\"at\":{at}}}\n")).collect();
    let request = Request::post("/api/v1/devices/signs").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = built.router.clone().oneshot(request.body(Body::from(lines)).unwrap()).await.unwrap();
    (answer.status(), answer.headers().get(header::RETRY_AFTER).map(|after| after.to_str().unwrap().to_owned()))
}

/// The watch over a folder that a process of before may hold for a moment still.
async fn started(built: &Built, plan: &WatchPlan) {
    for _ in 0..500 {
        if built.care.start(plan).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the watch does not start");
}

on_both! {
    /// A disk that something else has filled: signs are refused until there is room, and what was answered before is there.
    async fn a_full_disk_under_the_watch_refuses_and_recovers_by_itself(test) {
        let Some(disk) = SmallDisk::of_kilobytes(2_048) else { return };
        let plan = WatchPlan { folder: disk.0.path().join("watch"), slots: 1 << 10, segment_bytes: 64 << 10 };
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        started(&built, &plan).await;
        let person = enrolled(&ground, &built).await;
        let (_, token) = registered(&ground, &built, person.0).await;
        built.devices.missed();
        let mut last = ground.ctx().now().0 / 1_000_000;
        // Two days and more it would not believe at once.
        ground.clock.advance_secs(150_000);
        // The watch looks at the clock once a second; until it did, what is to come counts as now.
        for _ in 0..500 {
            assert_eq!(brought(&built, &token, last + 1, 1).await.0, StatusCode::OK);
            if i64::from(built.care.known(person).await.unwrap().since) == last + 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        last += 1;
        let ballast = disk.fill();
        let mut refused = None;
        for _ in 0..200 {
            let (status, after) = brought(&built, &token, last + 1, 500).await;
            if status != StatusCode::OK {
                refused = Some((status, after));
                break;
            }
            last += 500;
        }
        assert_eq!(refused, Some((StatusCode::SERVICE_UNAVAILABLE, Some("30".to_owned()))), "the disk is full");
        assert_eq!(brought(&built, &token, last + 1, 500).await.0, StatusCode::SERVICE_UNAVAILABLE, "and stays full");
        assert_eq!(i64::from(built.care.known(person).await.unwrap().since), last, "what was answered counts, what was refused does not");
        std::fs::remove_file(ballast).unwrap();
        assert_eq!(brought(&built, &token, last + 1, 500).await.0, StatusCode::OK, "it goes on by itself");
        built.care.stop();
        let again = ground.house();
        started(&again, &plan).await;
        assert_eq!(i64::from(again.care.known(person).await.unwrap().since), last + 500, "nothing that was answered is lost");
        again.care.stop();
    }

    async fn a_sign_comes_to_the_watch_until_she_withdraws(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let folder = tempfile::tempdir().unwrap();
        let now = ground.ctx().now().0 / 1_000_000;
        let line = |kind: &str, at: i64| format!("{{\"who\":\"door-101\",\"kind\":\"{kind}\",\"at\":{at}}}\n");
        // Registered, and agreed to nothing yet.
        let before = enrolled_at(BESIDE, &ground, &built, Vec::new()).await;
        let (id, token) = registered(&ground, &built, before.0).await;
        assert_eq!(sent(&built, &token, &line("in", now)).await, "503 Service Unavailable", "the watch does not run yet");
        built.care.start(&WatchPlan { folder: folder.path().join("watch"), slots: 1 << 18, segment_bytes: 64 << 10 }).await.unwrap();
        assert_eq!(sent(&built, &token, &line("in", now)).await, "no_consent");
        let person = enrolled(&ground, &built).await;
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        devices::map(&ground.ctx(), &mut tx, &built.devices, id, ("door-101", person.0)).await.unwrap();
        tx.commit().await.unwrap();
        built.devices.missed();
        ground.clock.advance_secs(600);
        assert_eq!(sent(&built, &token, &line("out", now + 300)).await, "counted");
        assert_eq!(sent(&built, &token, &line("out", now + 300)).await, "repeated");
        assert_eq!(sent(&built, &token, &line("in", now + 31_536_000)).await, "future");
        // The program may be stopped within the minute: what was counted since the job ran is written down with the last of it.
        crate::hearing::end(&ground.ctx(), &ground.db, &built.devices).await;
        let all = counted(&ground.db).await;
        for why in ["future", "no_consent", "repeated"] {
            assert!(all.iter().any(|(what, n)| what == why && *n == 1), "{why}: {all:?}");
        }
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

    /// A camera that knows faces hears nobody who did not agree to that, and nobody any more who took it back; a number that nobody has is mapped to nothing.
    async fn a_face_is_used_under_a_consent_that_names_it(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let person = enrolled(&ground, &built).await;
        let camera = NewDevice {
            place: ground.place("E1/3栋/1单元").await.path,
            kind: DeviceKind::Frigate,
            name: "女儿的摄像头".to_owned(),
            means: None,
            topic: Some("frigate".to_owned()),
            source: None,
            owner: "李小兰".to_owned(),
            permitted_at: None,
            sign_posted: true,
            filing_no: None,
        };
        let (ctx, office) = (ground.ctx(), built.care.office());
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let (id, _) = devices::add(&ctx, &mut tx, &built.devices, camera).await.unwrap();
        tx.commit().await.unwrap();
        let map = async |number: Uuid| {
            let mut tx = ground.db.begin(ground.district).await.unwrap();
            let mapped = devices::map(&ctx, &mut tx, &built.devices, id, ("mother", number)).await;
            if mapped.is_ok() {
                tx.commit().await.unwrap();
            }
            mapped
        };
        let nobody = Uuid::from_u128(77);
        assert!(matches!(map(nobody).await, Err(DevicesError::UnknownPerson(number)) if number == nobody));
        assert!(matches!(map(person.0).await, Err(DevicesError::NoFaceConsent(number)) if number == person.0));
        let how = HowAgreed {
            text_mark: office.rules(&ground.place(HOME).await.path, ctx.now()).unwrap().texts_mark(),
            language: "zh-CN".to_owned(),
            channel: ConsentChannel::Doorstep,
            given_by: GivenBy::Own,
            giver: None,
            relation: None,
            witness: Some("周红".to_owned()),
            scan: None,
            assessment: "女儿自己的摄像头；只用标签".to_owned(),
        };
        let (which, begin) = (Which::Id(person), care::Beginning::default());
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        care::agree(&ctx, &mut tx, office, which, &[Purpose::Face], &how, begin).await.unwrap();
        tx.commit().await.unwrap();
        map(person.0).await.unwrap();
        assert_eq!(labels(&ground.db).await, 1);
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        care::withdraw(&ctx, &mut tx, office, which, Some(Purpose::Face), ConsentChannel::Phone).await.unwrap();
        tx.commit().await.unwrap();
        follow_withdrawals(&ctx, &ground.db).await.unwrap();
        assert_eq!(labels(&ground.db).await, 0);
        let read = &mut ground.db.read().await.unwrap();
        let kept = linli_care::consent::in_force(&mut read.conn(), ground.district, person, ctx.now()).await.unwrap();
        assert!(kept.watch.is_some() && kept.face.is_none(), "the watch goes on");
    }

    /// A visit stands at the top of the day of whoever has to make it, beside the repairs.
    async fn a_visit_stands_at_the_top_of_the_day(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let steward = Browser::of(&built, Some(ground.session("S1").await));
        let elsewhere = Browser::of(&built, Some(ground.session("S2").await));
        let secretary = Browser::of(&built, Some(ground.session("C1").await));
        let id = enrolled(&ground, &built).await;
        steward.get("/").await.led_to("/my-day");
        assert!(!steward.page("/my-day").await.contains("位要走访"));
        let worried = secretary.post(&format!("/care/people/{id}/worry"), &[("words", "邻居说两天没见到")]).await;
        assert_eq!(worried.status, StatusCode::SEE_OTHER, "{}", worried.text);
        let day = steward.page("/my-day").await;
        assert!(day.contains("有 1 位要走访") && day.contains("href=\"/care/mine\""), "{day}");
        assert!(!day.contains("王秀英"), "the name is on the list of visits alone");
        assert!(!elsewhere.page("/my-day").await.contains("位要走访"), "another estate");
        assert!(secretary.page("/care/figures").await.contains("本地共 0 台"));
        registered(&ground, &built, id.0).await;
        let figures = secretary.page("/care/figures").await;
        assert!(figures.contains("失联设备") && figures.contains("本地共 1 台"), "{figures}");
    }

    /// Whoever claimed the home is told that somebody there agreed to be looked after: who, and nothing else that is kept, as long as that is
    /// so and it can be nobody else.
    async fn a_claimed_home_leads_to_who_is_registered_there(test) {
        let ground = Ground::lay(&test, at(2026, 11, 24, 9)).await;
        let built = ground.house();
        let claimed = async |home: &str| {
            let (home, rules) = (ground.place(home).await.path, DoorRules { home_secs: 400 * 86_400, ..DoorRules::default() });
            let visitor = Ctx { actor: Actor::Visitor, ..ground.ctx() };
            let mut tx = ground.db.begin(ground.district).await.unwrap();
            let code = make_claim_code(&ground.ctx(), &mut tx, &home, &rules).await.unwrap();
            let resident = claim_home(&visitor, &mut tx, &code, &rules).await.unwrap();
            tx.commit().await.unwrap();
            Browser::of(&built, Some(resident))
        };
        let (resident, neighbour) = (claimed(HOME).await, claimed(BESIDE).await);
        let secretary = Browser::of(&built, Some(ground.session("C1").await));
        let not_told = async |who: &Browser, why: &str| {
            assert!(!who.page("/my-home").await.contains("/my-home/care"), "{why}");
            assert_eq!(who.get("/my-home/care").await.status, StatusCode::NOT_FOUND, "{why}");
        };
        not_told(&resident, "nobody is registered there").await;
        enrolled_at(BESIDE, &ground, &built, Vec::new()).await;
        let id = enrolled(&ground, &built).await;

        // What those who keep the consents see, and the person herself by her link.
        let kept = secretary.page(&format!("/care/people/{id}")).await;
        let page = resident.page("/my-home/care").await;
        assert!(resident.page("/my-home").await.contains("href=\"/my-home/care\""));
        for told in ["王秀英", "梧桐试验里 3栋 1单元 101", "这一户登记了同意看护的人", "专用链接"] {
            assert!(page.contains(told), "{told} is not in {page}");
        }
        for hidden in ["02500001234", "李小兰", "13900000077", "女儿", "无生活迹象", "同意记录", "有见证人", "谁看过", "/withdraw"] {
            assert!(kept.contains(hidden), "{hidden} would be there to be seen: {kept}");
            assert!(!page.contains(hidden), "{hidden} in {page}");
        }
        not_told(&neighbour, "another home, in which somebody is registered and agreed to nothing").await;
        // When she was heard last, and by when somebody comes, is shown by her own link and not to whoever claimed the home.
        let folder = tempfile::tempdir().unwrap();
        built.care.start(&WatchPlan { folder: folder.path().join("watch"), slots: 1 << 10, segment_bytes: 64 << 10 }).await.unwrap();
        let made = secretary.post(&format!("/care/people/{id}/link"), &[]).await.text;
        let own = made.split_once("/c/").map(|(_, rest)| rest.split(['"', '<']).next().unwrap_or_default().to_owned()).unwrap();
        let own = Browser::of(&built, None).page(&format!("/c/{own}")).await;
        let page = resident.page("/my-home/care").await;
        for time in ["最近一次迹象从这时算起", "一直没有迹象的话"] {
            assert!(own.contains(time), "{time} would be there to be seen: {own}");
            assert!(!page.contains(time), "{time} in {page}");
        }
        built.care.stop();
        let nobody = Browser::of(&built, None).get("/my-home/care").await;
        assert!(nobody.status == StatusCode::UNAUTHORIZED && nobody.text.contains("href=\"/claim\""), "{}", nobody.text);
        assert_eq!(secretary.get("/my-home/care").await.status, StatusCode::FORBIDDEN, "a home has no staff");

        let mut tx = ground.db.begin(ground.district).await.unwrap();
        care::withdraw(&ground.ctx(), &mut tx, built.care.office(), Which::Id(id), None, ConsentChannel::Phone).await.unwrap();
        tx.commit().await.unwrap();
        not_told(&resident, "withdrawn").await;
    }
}
