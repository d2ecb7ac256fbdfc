//! A lift from the first visit to its use, and everything that stops it on the way.

use linli_access::{Actor, Denied};
use linli_db::Db;
use linli_kernel::Area;
use linli_retrofit::commands::homes::{self, Said};
use linli_retrofit::commands::{project, schemes, steps, talks};
use linli_retrofit::model::{AreaSource, Box3, Matter, ObjectionEvent, ObjectionState, Opinion, Signing, Stage, Stance, Way};
use linli_retrofit::rules::light::{Column, Drawing};
use linli_retrofit::rules::shares::ShareError;
use linli_retrofit::{RetrofitError, Wrong, queries};
use uuid::Uuid;

use crate::house::{ELSEWHERE, GUARD, House, MANAGER, OFFICER, RED, SECRETARY, STEWARD, act, usual};

fn field(refused: &RetrofitError) -> (&'static str, Wrong) {
    match refused {
        RetrofitError::Field { field, problem } => (field, *problem),
        other => panic!("{other}"),
    }
}

fn drawing() -> Drawing {
    let window = |door, at| Column { door, wall: 'S', at, width: 150, from: 1, to: 6 };
    Drawing {
        storey: 300,
        building: vec![Box3 { x: 0, y: 0, w: 1_500, d: 1_100, z: 0, h: 1_800 }],
        windows: vec![window(1, 300), window(2, 1_200)],
        ..Drawing::default()
    }
}

linli_db::both_databases! {
    async fn from_the_first_visit_to_the_lift_in_use(db: Db) {
        let house = House::new(db).await;
        let id = house.begin(RED).await.unwrap();
        assert!(matches!(house.begin(SECRETARY).await, Err(RetrofitError::BegunAlready)));
        // Nobody was asked: all twelve are to be visited, the ground floor first.
        let fresh = house.whole(STEWARD, id).await.unwrap();
        assert_eq!((fresh.homes.len(), fresh.visits(house.clock_now()).len()), (12, 12));
        assert_eq!(fresh.project.title, "梅园一村 3栋 1单元");
        // The property company sits at the table before there is a plan.
        act!(house, tx => project::property(&house.staff(MANAGER), tx, id, ("", "惠民物业", "运维可以接"))).unwrap();
        act!(house, tx => talks::meet(&house.staff(RED), tx, id, ("", "第一次协商会", 9, "一楼担心采光"))).unwrap();
        house.says(id, "601", Stance::Agree).await.unwrap();
        house.all_agree(id, &["101", "102", "601"]).await;
        house.says(id, "101", Stance::Object).await.unwrap();
        house.says(id, "102", Stance::Undecided).await.unwrap();
        let whole = house.whole(STEWARD, id).await.unwrap();
        assert_eq!(whole.project.stage, Stage::Passed, "ten of eleven who spoke");
        assert_eq!(whole.first().unwrap().0.room, "601", "who said yes first");
        assert!(house.kinds(id.0).await.contains(&"lift.passed".to_owned()));
        // Schemes; the shares are exact; what floors say; the choice.
        let one = house.scheme(id, usual("错层入户")).await.unwrap();
        let mut level = usual("平层入户");
        level.total = 62_000_000;
        let other = house.scheme(id, level).await.unwrap();
        act!(house, tx => schemes::view(&house.staff(SECRETARY), tx, (id, one), (2, Opinion::If, "一楼有补偿，二楼也要"))).unwrap();
        let whole = house.whole(STEWARD, id).await.unwrap();
        let shared = whole.shared(&whole.schemes[0]).unwrap();
        assert_eq!((shared.net, shared.pool), (41_000_000, 1_000_000));
        assert_eq!(whole.views[0].said, "一楼有补偿，二楼也要");
        house.choose(id, other).await.unwrap();
        house.choose(id, one).await.unwrap();
        // The objection of the home goes to mediation and to an end; then it agrees.
        let objection = whole.objections[0].clone();
        assert_eq!((objection.state, objection.matter, objection.written), (ObjectionState::Raised, Matter::Light, false));
        let step = async |event, said| act!(house, tx => talks::step(&house.staff(STEWARD), tx, &house.office, (id, objection.id), (event, said)));
        assert!(matches!(step(ObjectionEvent::Settle, "x").await, Err(RetrofitError::NoStep)), "nothing is settled without a talk");
        step(ObjectionEvent::Mediate, "社区调解").await.unwrap();
        assert_eq!(field(&step(ObjectionEvent::Settle, " ").await.unwrap_err()), ("said", Wrong::Required));
        step(ObjectionEvent::Settle, "井道外移一米，一楼补偿五千元").await.unwrap();
        house.says(id, "101", Stance::Agree).await.unwrap();
        // Signed home by home; the stairwell is signed with the last one that agrees.
        for room in ["101", "201", "202", "301", "302", "401", "402", "501", "502", "601"] {
            house.sign(id, room).await.unwrap();
            assert_eq!(house.whole(STEWARD, id).await.unwrap().project.stage, Stage::Passed);
        }
        assert!(matches!(house.sign(id, "102").await, Err(RetrofitError::NoStep)), "who does not agree signs nothing");
        assert!(matches!(house.sign(id, "601").await, Err(RetrofitError::NoStep)), "twice");
        house.sign(id, "602").await.unwrap();
        let signed = house.whole(STEWARD, id).await.unwrap();
        assert_eq!((signed.project.stage, signed.project.scheme), (Stage::Signed, Some(one)));
        assert!(matches!(house.choose(id, other).await, Err(RetrofitError::NoStep)), "what is signed stands");
        // A home is sold: the agreement goes on.
        let home = house.home(id, "602").await;
        act!(house, tx => homes::sold(&house.staff(STEWARD), tx, (id, &home), ("", "买家"))).unwrap();
        let sold = house.whole(STEWARD, id).await.unwrap().homes.into_iter().find(|one| one.place == home).unwrap();
        assert!(sold.sold_on == Some(house.today()) && sold.signed.unwrap().share > 0);
        // The posting needs those who must be heard, and its proof.
        let photo = house.photo(b"wall").await;
        let post = async |photo| act!(house, tx => steps::post(&house.staff(SECRETARY), tx, &house.office, id, ("", "3栋各单元门口", photo)));
        assert_eq!(field(&post(Some(photo)).await.unwrap_err()).0, "heard");
        for kind in ["occupied_owner", "hear_building", "hear_affected"] {
            house.done(id, kind).await.unwrap();
        }
        assert_eq!(field(&post(None).await.unwrap_err()), ("photo", Wrong::NoProof));
        post(Some(photo)).await.unwrap();
        assert!(matches!(post(Some(photo)).await, Err(RetrofitError::NoStep)), "one runs");
        // Posted on a Tuesday for ten days: until Friday 4 December; on that day it still runs.
        assert_eq!(house.whole(STEWARD, id).await.unwrap().notices[0].ends_on, "2026-12-04");
        let close = async || act!(house, tx => steps::close(&house.staff(SECRETARY), tx, &house.office, id));
        house.days(10);
        assert!(matches!(close().await, Err(RetrofitError::NoticeRuns { .. })));
        // A neighbour objects in writing: the posting is not closed before that has come to an end.
        let late = act!(house, tx => talks::object(&house.staff(STEWARD), tx, &house.office, id, (None, Matter::Noise, true, "机房噪声"))).unwrap();
        house.days(1);
        assert!(matches!(close().await, Err(RetrofitError::ObjectionsOpen { open: 1 })));
        act!(house, tx => talks::step(&house.staff(STEWARD), tx, &house.office, (id, late), (ObjectionEvent::Withdraw, "看了设备后撤回"))).unwrap();
        close().await.unwrap();
        assert!(matches!(house.done(id, "begun").await, Err(RetrofitError::NoStep)), "not before the review");
        for kind in ["plan", "review", "told_regulator", "begun", "finished", "manager", "maintenance", "rescue", "registered"] {
            house.done(id, kind).await.unwrap();
        }
        let end = house.whole(STEWARD, id).await.unwrap();
        assert_eq!((end.project.stage, end.steps.len()), (Stage::InUse, 12));
        let mut read = house.db.read().await.unwrap();
        let progress = queries::progress(&mut read.conn(), &house.office, (house.district, &house.estate), house.clock_now()).await.unwrap();
        assert_eq!((progress.lifts.len(), progress.signed(), progress.entrances), (1, 1, 2));
        drop(read);
        house.clean().await;
    }

    async fn what_a_home_says_has_its_evidence_and_its_readers(db: Db) {
        let house = House::new(db).await;
        let id = house.begin(SECRETARY).await.unwrap();
        let home = house.home(id, "301").await;
        let say = async |said: Said<'static>, photo| act!(house, tx => homes::say(&house.staff(STEWARD), tx, &house.office, (id, &home), (said, photo)));
        let plain = Said { stance: Stance::Agree, way: Way::Door, reason: None, day: "", who: "", said: "", witness: "" };
        assert_eq!(field(&say(plain, None).await.unwrap_err()), ("witness", Wrong::Required));
        assert_eq!(field(&say(Said { way: Way::Paper, ..plain }, None).await.unwrap_err()), ("photo", Wrong::NoProof));
        assert_eq!(field(&say(Said { way: Way::Phone, ..plain }, None).await.unwrap_err()), ("said", Wrong::Required));
        assert_eq!(field(&say(Said { way: Way::Online, ..plain }, None).await.unwrap_err()), ("way", Wrong::NotAChoice), "nobody says it online for a home");
        assert_eq!(field(&say(Said { stance: Stance::Object, ..plain }, None).await.unwrap_err()), ("reason", Wrong::Required));
        assert_eq!(field(&say(Said { day: "2026-11-25", witness: "a", ..plain }, None).await.unwrap_err()), ("day", Wrong::TooLate));
        assert_eq!(house.whole(SECRETARY, id).await.unwrap().words.len(), 0, "nothing half-written");
        let photo = house.photo(b"paper").await;
        say(Said { way: Way::Paper, ..plain }, Some(photo)).await.unwrap();
        // In the journal there is the stairwell, not the home.
        let mut read = house.db.read().await.unwrap();
        let lines = linli_db::journal::of_subject(&mut read.conn(), house.district, id.0, 100).await.unwrap();
        assert!(lines.iter().all(|line| line.place_path.depth() <= 7 && !line.facts.contains(home.as_str())));
        drop(read);
        // The manager sees progress and money, the officer too; neither sees a word, others nothing at all.
        for who in [MANAGER, OFFICER] {
            let whole = house.whole(who, id).await.unwrap();
            assert!(whole.words.is_empty() && !whole.hears && whole.standing.tally.agree.heads == 1, "{who:?}");
        }
        assert!(matches!(house.whole(ELSEWHERE, id).await, Err(RetrofitError::NotFound)));
        assert!(matches!(house.whole(GUARD, id).await, Err(RetrofitError::Denied(Denied::Forbidden))));
        let denied = act!(house, tx => homes::say(&house.staff(MANAGER), tx, &house.office, (id, &home), (plain, None)));
        assert!(matches!(denied, Err(RetrofitError::Denied(Denied::Forbidden))));
        // A home says it itself, from its own device, and nobody else can.
        let online = async |actor| act!(house, tx => homes::say_online(&house.by(actor), tx, &house.office, &home, (Stance::Object, Some(Matter::Cost), "太贵")));
        assert!(online(house.actor(SECRETARY)).await.is_err());
        online(Actor::Resident { claim: Uuid::from_u128(9) }).await.unwrap();
        let whole = house.whole(SECRETARY, id).await.unwrap();
        assert_eq!((whole.last()[6].map(|word| word.stance), whole.objections.len()), (Some(Stance::Object), 1));
        assert!(whole.objections[0].written);
        house.says(id, "301", Stance::Agree).await.unwrap();
        assert_eq!(house.whole(SECRETARY, id).await.unwrap().objections[0].state, ObjectionState::Withdrawn, "who agrees objects no more");
        house.clean().await;
    }

    async fn who_could_carry_it_is_for_the_convener_alone(db: Db) {
        let house = House::new(db).await;
        let id = house.begin(RED).await.unwrap();
        for room in ["201", "202", "301", "302", "401", "402", "501"] {
            house.says(id, room, Stance::Agree).await.unwrap();
        }
        let look = async |who| act!(house, tx => project::look(&house.staff(who), tx, &house.office, id));
        assert!(matches!(look(SECRETARY).await, Err(RetrofitError::NotConvener)));
        let found = look(RED).await.unwrap();
        // Seven of twelve spoke: one more home makes eight, and all of them agree.
        assert_eq!((found.alone.len(), found.fewest.len(), found.passes), (5, 1, false));
        assert_eq!(house.kinds(id.0).await.iter().filter(|kind| *kind == "lift.open_homes_looked").count(), 1, "only the look that was let in");
        // The secretary takes over, and then it is hers.
        act!(house, tx => project::convene(&house.staff(SECRETARY), tx, id)).unwrap();
        assert!(look(RED).await.is_err() && look(SECRETARY).await.is_ok());
        house.says(id, "601", Stance::Agree).await.unwrap();
        assert!(look(SECRETARY).await.unwrap().passes);
        // A word against it can take it back as long as nothing stands on it.
        house.says(id, "601", Stance::Unreachable).await.unwrap();
        assert_eq!(house.whole(RED, id).await.unwrap().project.stage, Stage::Wish);
        assert!(house.kinds(id.0).await.contains(&"lift.passes_no_more".to_owned()));
    }

    async fn areas_and_owners_are_put_right_until_somebody_signs(db: Db) {
        let house = House::new(db).await;
        let id = house.begin(SECRETARY).await.unwrap();
        let (one, other) = (house.home(id, "101").await, house.home(id, "102").await);
        let correct = async |area, same: Option<&linli_kernel::PlacePath>| {
            act!(house, tx => homes::correct(&house.staff(STEWARD), tx, &house.office, (id, &one), (Area(area), AreaSource::Register, same)))
        };
        assert_eq!(field(&correct(0, None).await.unwrap_err()).0, "area");
        correct(7_000, Some(&other)).await.unwrap();
        let tally = house.whole(STEWARD, id).await.unwrap().standing.tally;
        assert_eq!((tally.all.heads, tally.all.area), (11, 73_000));
        correct(7_000, None).await.unwrap();
        assert_eq!(house.whole(STEWARD, id).await.unwrap().standing.tally.all.heads, 12);
        house.all_agree(id, &[]).await;
        let scheme = house.scheme(id, usual("甲")).await.unwrap();
        assert!(matches!(house.sign(id, "101").await, Err(RetrofitError::NoStep)), "no scheme is chosen yet");
        house.choose(id, scheme).await.unwrap();
        let bare = act!(house, tx => homes::sign(&house.staff(STEWARD), tx, &house.office, (id, &one), (Signing::Paper, None)));
        assert_eq!(field(&bare.unwrap_err()), ("photo", Wrong::NoProof));
        house.sign(id, "101").await.unwrap();
        assert!(matches!(correct(8_000, None).await, Err(RetrofitError::NoStep)));
        let change = act!(house, tx => schemes::put(&house.staff(SECRETARY), tx, &house.office, (id, Some(scheme)), usual("乙")));
        assert!(matches!(change, Err(RetrofitError::NoStep)), "what somebody signed is not rewritten");
        house.clean().await;
    }

    async fn what_cannot_be_is_refused_and_nothing_is_written(db: Db) {
        let house = House::new(db).await;
        assert_eq!(field(&act!(house, tx => project::begin(&house.staff(SECRETARY), tx, &house.office, "E1/3栋")).unwrap_err()), ("place", Wrong::NotAChoice));
        assert!(matches!(act!(house, tx => project::begin(&house.staff(SECRETARY), tx, &house.office, "E2/3栋/1单元")), Err(RetrofitError::Denied(_))));
        let id = house.begin(SECRETARY).await.unwrap();
        let mut zero = usual("零");
        zero.coefficients = (1..=6).map(|floor| (floor, 0)).collect();
        assert!(matches!(house.scheme(id, zero).await, Err(RetrofitError::Shares(ShareError::NoWeight))));
        let mut negative = usual("负");
        negative.subsidy = -1;
        assert!(matches!(house.scheme(id, negative).await, Err(RetrofitError::Shares(ShareError::Amount { field: "subsidy" }))));
        let draw = async |plan: Drawing| act!(house, tx => schemes::draw(&house.staff(SECRETARY), tx, &house.office, id, (&plan, "drawn")));
        let blind = Drawing { windows: Vec::new(), ..drawing() };
        assert!(matches!(draw(blind).await, Err(RetrofitError::Sun(linli_sun::SunError::NoWindows))));
        draw(drawing()).await.unwrap();
        let mut inside = usual("内");
        inside.shaft = vec![Box3 { x: 600, y: 100, w: 200, d: 200, z: 0, h: 2_000 }];
        assert!(matches!(house.scheme(id, inside).await, Err(RetrofitError::Sun(linli_sun::SunError::ShaftInside))));
        let whole = house.whole(SECRETARY, id).await.unwrap();
        assert!(whole.schemes.is_empty() && whole.plan.is_some());
        let mut outside = usual("外");
        outside.shaft = vec![Box3 { x: 630, y: -240, w: 240, d: 230, z: 0, h: 2_000 }];
        house.scheme(id, outside).await.unwrap();
        let whole = house.whole(SECRETARY, id).await.unwrap();
        let light = whole.lit(whole.schemes.first()).unwrap();
        let ground = light.of_home(1, 1).next().unwrap();
        assert!(ground.sky.1 < ground.sky.0 && ground.sun[0].1 < ground.sun[0].0, "{ground:?}");
        // A plan under which a shaft that is there would be inside is refused, too.
        let mut wider = drawing();
        wider.building[0].y = -300;
        assert!(matches!(draw(wider).await, Err(RetrofitError::Sun(_))));
        assert_eq!(field(&act!(house, tx => talks::meet(&house.staff(RED), tx, id, ("", "会", 13, "x"))).unwrap_err()), ("attended", Wrong::NotANumber { min: 0, max: 12 }));
        house.clean().await;
    }

    /// A posting whose last day would be a day off ends on the next working day; under another rule it is counted otherwise, and nobody may object.
    async fn the_rule_of_the_place_counts(db: Db) {
        let beijing = |text: &str| text.replace("in_force = \"civil_code\"", "in_force = \"beijing_2023\"");
        let house = House::under(db, beijing).await;
        let id = house.begin(SECRETARY).await.unwrap();
        house.all_agree(id, &["101"]).await;
        assert_eq!(house.whole(SECRETARY, id).await.unwrap().project.stage, Stage::Passed, "eleven of twelve, nobody against");
        house.says(id, "101", Stance::Object).await.unwrap();
        assert_eq!(house.whole(SECRETARY, id).await.unwrap().project.stage, Stage::Wish, "one against");
        let from = jiff::civil::date(2026, 11, 25);
        // Ten days after Wednesday 25 November is Saturday 5 December: on to Monday.
        assert_eq!(house.office.last_day(from, 10, true), Some(jiff::civil::date(2026, 12, 7)));
        assert_eq!(house.office.last_day(from, 10, false), Some(jiff::civil::date(2026, 12, 5)));
        // Across the National Day holiday of 2026: 1 to 7 October are off.
        assert_eq!(house.office.last_day(jiff::civil::date(2026, 9, 21), 10, true), Some(jiff::civil::date(2026, 10, 8)));
    }

    async fn a_request_sent_twice_happens_once(db: Db) {
        let house = House::new(db).await;
        let mut ctx = house.staff(SECRETARY);
        ctx.idempotency_key = Some("5f0c2a8e4b7d4e1f9a3c6b2d8e7f1a0b".to_owned());
        let begin = async || act!(house, tx => project::begin(&ctx, tx, &house.office, "E1/3栋/1单元"));
        assert_eq!(begin().await.unwrap(), begin().await.unwrap());
    }
}
