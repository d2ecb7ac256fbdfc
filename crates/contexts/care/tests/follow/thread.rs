//! Readings, alarms, and what people make of them.

use linli_access::Denied;
use linli_care::follow::model::{Became, Colour, Disease, Factors, Level, Mind, Reason, Vaccination};
use linli_care::follow::rules::{Slip, Told};
use linli_care::follow::{FollowError, Wrong, commands, queries};
use linli_db::Db;
use linli_people::model::OrganisationId;
use uuid::Uuid;

use crate::follow::house::{
    CENTRE, COLLEAGUE, DISTRICT, DOCTOR, HIGH_DOCTOR, HOSPITAL, House, LI, OFFICER, OTHER_DOCTOR, SECRETARY, STEWARD, WANG,
    ZHANG, act, at, old_and_stable, path, spo2,
};

linli_db::both_databases! {
    /// 92 is told by telephone: an alarm, a physician who asks for a referral, a line for whoever takes referrals, a case of the centre.
    async fn a_reading_of_92_becomes_a_referral_and_a_case_of_the_health_centre(db: Db) {
        let house = House::zhang(db).await;
        let doctor = house.staff(DOCTOR);
        let told = house.tell(&doctor, ZHANG, Told { spo2: "92", pulse: "104", temperature: "38.2", ..Told::default() }).await.unwrap();
        let alarm = house.alarms(ZHANG).await.pop().unwrap();
        assert_eq!((Some(alarm.id), alarm.level, alarm.reasons.as_slice()), (told.alarm, Level::Refer, [Reason::SpO2Low].as_slice()));
        assert!(!told.emergency && alarm.rule.starts_with("care.readings@"));

        house.refer(DOCTOR, alarm.id).await.unwrap();
        let asked = house.lines(ZHANG.0).await.into_iter().find(|line| line.kind == "care.referral_asked").unwrap();
        let facts: serde_json::Value = serde_json::from_str(&asked.facts).unwrap();
        let beside = house.beside(&asked).await;
        assert_eq!((facts["urgency"].as_i64(), beside["alarm"].as_str()), (Some(2), Some(alarm.id.to_string().as_str())));
        assert!(!asked.facts.contains(&ZHANG.to_string()) && asked.subject_id != Some(ZHANG.0), "not whose, while nothing is withdrawn either");
        assert_eq!(facts["institution"].as_str(), Some(CENTRE.to_string().as_str()));
        assert_eq!(asked.actor, format!("appointment:{}", DOCTOR.owner().appointment));
        // Nothing medical lies open in the journal: it is in the erasable part.
        let open = &asked.facts;
        assert!(!open.contains(":92") && !open.contains("spo2") && !open.contains("气促"), "{open}");

        let case: Uuid = beside["case"].as_str().unwrap().parse().unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let case = linli_cases::queries::readable(&house.staff(OFFICER), c, DISTRICT, linli_cases::CaseId(case)).await.unwrap();
        assert_eq!((case.class.as_str(), case.unit, case.owner.clone()), (commands::REFERRAL_CLASS, Some(CENTRE), None));
        assert_eq!(case.place, path(crate::follow::house::COMMUNITY), "the case says neither who nor which door");
        assert!(!case.description.contains("92") && !case.description.contains("张") && !case.public);
        let view = queries::person(&doctor, c, &house.desk, ZHANG).await.unwrap();
        assert_eq!((view.referrals[0].case, view.referrals[0].number.as_str()), (case.id, "Z2026-000001"));
        assert!(case.description.contains("Z2026-000001"));
        drop(read);
        assert!(matches!(house.refer(COLLEAGUE, alarm.id).await, Err(FollowError::DealtWith)), "once");
        let kinds = ["care.follow_up_set", "care.reading_taken", "care.alarm_raised", "care.referral_asked"];
        let mut heard = house.kinds(ZHANG.0).await;
        heard.sort();
        let mut expected = kinds.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(heard, expected);
        house.clean().await;
    }

    /// The declared rule at exactly 93, through the whole way; a city that goes by the other source has none.
    async fn exactly_93_alarms_unless_the_city_says_otherwise(db: Db) {
        let house = House::zhang(db).await;
        let doctor = house.staff(DOCTOR);
        assert_eq!(house.tell(&doctor, ZHANG, spo2("94")).await.unwrap().alarm, None);
        house.clock.advance_secs(60);
        assert!(house.tell(&doctor, ZHANG, spo2("93")).await.unwrap().alarm.is_some());
    }

    async fn exactly_93_is_well_where_the_city_says_so(db: Db) {
        let shipped = linli_care::follow::rules::PACKS.iter().find(|(file, _)| file.ends_with("readings.toml")).unwrap().1;
        let other = shipped.replace("exactly_counts = true", "exactly_counts = false").replace("version = \"2026.1\"", "version = \"nanjing.1\"");
        let house = House::with_rules(db, vec![("local.toml".to_owned(), other)]).await;
        house.enrol(DOCTOR, ZHANG, old_and_stable()).await.unwrap();
        let doctor = house.staff(DOCTOR);
        assert_eq!(house.tell(&doctor, ZHANG, spo2("93")).await.unwrap().alarm, None);
        house.clock.advance_secs(60);
        let low = house.tell(&doctor, ZHANG, spo2("92")).await.unwrap();
        assert!(low.alarm.is_some());
        assert_eq!(house.alarms(ZHANG).await[0].rule, "care.readings@nanjing.1");
    }

    /// Red is due at noon and missing at four: one alarm, whoever looks how often, and none for who told in time.
    async fn a_reading_that_does_not_come_is_noticed_once(db: Db) {
        let house = House::zhang(db).await;
        house.enrol(OTHER_DOCTOR, LI, old_and_stable()).await.unwrap();
        house.clock.set(at(24, 11, 0));
        house.tell(&house.staff(OTHER_DOCTOR), LI, spo2("97")).await.unwrap();
        house.clock.set(at(24, 15, 59));
        house.sweep().await;
        assert!(house.alarms(ZHANG).await.is_empty(), "there is a minute left");
        house.clock.set(at(24, 16, 0));
        let (one, other) = tokio::join!(house.sweep(), house.sweep());
        assert!(one + other >= 1);
        house.sweep().await;
        let alarms = house.alarms(ZHANG).await;
        assert_eq!(alarms.len(), 1);
        assert_eq!((alarms[0].reasons.as_slice(), alarms[0].due_for, alarms[0].reading), ([Reason::Missing].as_slice(), Some(at(24, 12, 0)), None));
        assert!(house.alarms(LI).await.is_empty());
        // The next day it is the same silence: one alarm, until somebody looks or a reading comes.
        house.clock.set(at(25, 16, 0));
        house.sweep().await;
        assert_eq!(house.alarms(ZHANG).await.len(), 1);
        assert_eq!(house.alarms(LI).await.len(), 1, "today nothing came of him either");
        house.tell(&house.staff(DOCTOR), ZHANG, spo2("97")).await.unwrap();
        let alarms = house.alarms(ZHANG).await;
        assert_eq!((alarms.len(), alarms[0].became, alarms[0].acknowledged_by), (1, Some(Became::Arrived), None));
        house.clock.set(at(27, 16, 0));
        house.sweep().await;
        assert_eq!(house.alarms(ZHANG).await.iter().filter(|alarm| alarm.became.is_none()).count(), 1, "and then it is another one");
        house.clean().await;
    }

    /// A bad line: the form is sent again some seconds later, and is one reading, answered as before.
    async fn the_same_form_again_is_one_reading(db: Db) {
        let house = House::zhang(db).await;
        let mut doctor = house.staff(DOCTOR);
        doctor.idempotency_key = Some("reading-1234".to_owned());
        let first = house.tell(&doctor, ZHANG, spo2("92")).await.unwrap();
        house.clock.advance_secs(7);
        assert_eq!(house.tell(&doctor, ZHANG, spo2("92")).await.unwrap(), first);
        assert_eq!(house.alarms(ZHANG).await.len(), 1);
        house.clean().await;
    }

    /// What cannot be is refused with its field, and nothing is stored of it.
    async fn what_cannot_be_is_refused_and_leaves_nothing(db: Db) {
        let house = House::zhang(db).await;
        let doctor = house.staff(DOCTOR);
        let none = Told::default();
        for (told, field, slip) in [
            (none, "spo2", Slip::Nothing),
            (spo2("0.92"), "spo2", Slip::Fraction),
            (spo2("192"), "spo2", Slip::PulseForSaturation),
            (spo2("ninety"), "spo2", Slip::NotANumber),
            (Told { temperature: "98.6", ..none }, "temperature", Slip::Fahrenheit),
            (Told { temperature: "4", ..none }, "temperature", Slip::OutOfRange),
            (Told { systolic: "16", ..none }, "systolic", Slip::KiloPascal),
            (Told { systolic: "80", diastolic: "120", ..none }, "diastolic", Slip::Upside),
        ] {
            match house.tell(&doctor, ZHANG, told).await {
                Err(FollowError::Impossible(wrong)) => assert_eq!((wrong.field, wrong.slip), (field, slip)),
                other => panic!("{told:?}: {other:?}"),
            }
        }
        for taken in [at(24, 9, 6), at(10, 8, 59)] {
            let wrong = house.tell_at(&doctor, ZHANG, spo2("96"), (taken, None)).await;
            assert!(matches!(wrong, Err(FollowError::Field { field: "taken_at", problem: Wrong::NotLately })), "{wrong:?}");
        }
        assert_eq!(house.kinds(ZHANG.0).await, ["care.follow_up_set"]);
        // A clock five minutes ahead is believed, but nothing lies in the future.
        house.tell_at(&doctor, ZHANG, spo2("96"), (at(24, 9, 5), None)).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let view = queries::person(&doctor, &mut read.conn(), &house.desk, ZHANG).await.unwrap();
        assert_eq!(view.readings[0].taken_at, at(24, 9, 0));
    }

    /// The same reading sent again by a device, and the same form sent twice, are one reading and one alarm.
    async fn the_same_reading_is_taken_once(db: Db) {
        let house = House::zhang(db).await;
        let device = house.system();
        let send = async || house.tell_at(&device, ZHANG, spo2("91"), (at(24, 8, 0), Some("meter-7/42"))).await;
        let (one, two) = tokio::join!(send(), send());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.reading, one.alarm), (two.reading, two.alarm));
        assert!(one.alarm.is_some());
        let mut form = house.staff(DOCTOR);
        form.idempotency_key = Some("form-key-00000001".to_owned());
        let first = house.tell(&form, ZHANG, spo2("90")).await.unwrap();
        let again = house.tell_at(&form, ZHANG, spo2("90"), (at(24, 9, 0), None)).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(house.alarms(ZHANG).await.len(), 2);
        let mut read = house.db.read().await.unwrap();
        assert_eq!(queries::person(&form, &mut read.conn(), &house.desk, ZHANG).await.unwrap().readings.len(), 2);
    }

    /// A sheet of paper copied later raises nothing about what a newer reading has overtaken, and does not put off what is due.
    async fn a_reading_from_the_past_is_kept_and_disturbs_nothing(db: Db) {
        let house = House::zhang(db).await;
        let doctor = house.staff(DOCTOR);
        house.tell(&doctor, ZHANG, spo2("97")).await.unwrap();
        let due = |house: &House| {
            let (db, desk, ctx) = (house.db.clone(), house.desk.clone(), house.staff(DOCTOR));
            async move {
                let mut read = db.read().await.unwrap();
                queries::person(&ctx, &mut read.conn(), &desk, ZHANG).await.unwrap().followed.unwrap().next_due
            }
        };
        assert_eq!(due(&house).await, Some(at(25, 12, 0)));
        let old = house.tell_at(&doctor, ZHANG, spo2("90"), (at(23, 20, 0), None)).await.unwrap();
        assert_eq!((old.alarm, due(&house).await), (None, Some(at(25, 12, 0))));
        assert!(house.alarms(ZHANG).await.is_empty());
        // The newest one is judged by those before it, in the order in which they were taken.
        house.tell_at(&doctor, ZHANG, spo2("99"), (at(23, 8, 0), None)).await.unwrap();
        house.clock.set(at(24, 18, 0));
        let falling = house.tell(&doctor, ZHANG, spo2("95")).await.unwrap();
        assert!(falling.alarm.is_some());
        assert_eq!(house.alarms(ZHANG).await[0].reasons, [Reason::Trend]);
    }

    /// Who looked says what it was; who is kept under watch is asked again in some hours.
    async fn an_alarm_ends_by_a_person_with_a_reason(db: Db) {
        let house = House::zhang(db).await;
        let doctor = house.staff(DOCTOR);
        let told = Told { spo2: "97", spo2_walk: "94", ..Told::default() };
        let alarm = house.tell(&doctor, ZHANG, told).await.unwrap().alarm.unwrap();
        let acknowledge = async |who, became, because: &'static str| {
            let ctx = house.staff(who);
            act!(house, tx => commands::acknowledge(&ctx, tx, &house.desk, alarm, (became, because)))
        };
        assert!(matches!(acknowledge(DOCTOR, Became::Kept, "  ").await, Err(FollowError::Field { field: "because", problem: Wrong::Required })));
        assert!(matches!(acknowledge(DOCTOR, Became::Referral, "看过").await, Err(FollowError::Field { field: "became", .. })));
        assert!(matches!(acknowledge(OTHER_DOCTOR, Became::Kept, "看过").await, Err(FollowError::NotFound)));
        for who in [SECRETARY, STEWARD, OFFICER, HIGH_DOCTOR] {
            assert!(acknowledge(who, Became::Kept, "看过").await.is_err());
        }
        acknowledge(COLLEAGUE, Became::Kept, "走得急，下午再测").await.unwrap();
        assert!(matches!(acknowledge(DOCTOR, Became::FalseAlarm, "误测").await, Err(FollowError::DealtWith)));
        let mut read = house.db.read().await.unwrap();
        let view = queries::person(&doctor, &mut read.conn(), &house.desk, ZHANG).await.unwrap();
        assert_eq!((view.alarms[0].became, view.alarms[0].reasons.as_slice()), (Some(Became::Kept), [Reason::WalkDrop].as_slice()));
        assert_eq!(view.alarms[0].acknowledged_by, Some(COLLEAGUE.owner().appointment));
        assert_eq!(view.followed.unwrap().next_due, Some(at(24, 13, 0)), "four hours from now, before tomorrow noon");
    }

    /// Without a consent in force nothing is taken; with its withdrawal everything kept under it is gone, and the page with it.
    async fn without_consent_there_is_nothing(db: Db) {
        let house = House::zhang(db).await;
        let doctor = house.staff(DOCTOR);
        assert!(matches!(house.enrol(DOCTOR, WANG, old_and_stable()).await, Err(FollowError::NoConsent)));
        let alarm = house.tell(&doctor, ZHANG, spo2("92")).await.unwrap().alarm.unwrap();
        house.refer(DOCTOR, alarm).await.unwrap();
        let thread = house.thread(ZHANG.0).await.unwrap();
        let medical = async || {
            let mut read = house.db.read().await.unwrap();
            let text = "SELECT COUNT(*) FROM journal_payload p JOIN journal j ON j.district_id = p.district_id AND j.seq = p.seq WHERE j.subject_id = $1";
            let found: Result<i64, linli_db::DbError> =
                linli_db::sql!(&mut read.conn(), x => sqlx::query_scalar(text).bind(thread).fetch_one(x).await);
            found.unwrap()
        };
        assert!(medical().await >= 3);
        house.withdraw(ZHANG).await;
        assert_eq!(medical().await, 0, "what the journal kept beside its lines is gone too");
        assert!(matches!(house.tell(&doctor, ZHANG, spo2("92")).await, Err(FollowError::NoConsent)));
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert!(matches!(queries::person(&doctor, c, &house.desk, ZHANG).await, Err(FollowError::NotFound)));
        assert!(queries::call_list(&doctor, c, &house.desk).await.unwrap().due.is_empty());
        house.clock.set(at(26, 9, 0));
        drop(read);
        assert_eq!(house.sweep().await, 0, "nobody is asked for a reading any more");
        // With a new consent the record begins anew.
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        linli_db::exec!(&mut tx.conn().unwrap(), sqlx::query("DELETE FROM care_consent WHERE person_id = $1").bind(ZHANG)).unwrap();
        tx.commit().await.unwrap();
        house.agree(ZHANG).await;
        house.enrol(DOCTOR, ZHANG, old_and_stable()).await.unwrap();
        assert!(house.alarms(ZHANG).await.is_empty());
        house.clean().await;
    }

    /// Health data follow from no place above, and are read by no other role.
    async fn only_the_team_of_the_community_reads_them(db: Db) {
        let house = House::zhang(db).await;
        house.tell(&house.staff(DOCTOR), ZHANG, spo2("92")).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::call_list(&house.staff(COLLEAGUE), c, &house.desk).await.unwrap().alarms[0].name, "张奶奶");
        let other = queries::call_list(&house.staff(OTHER_DOCTOR), c, &house.desk).await.unwrap();
        assert!(other.alarms.is_empty() && other.due.is_empty());
        assert!(matches!(queries::person(&house.staff(OTHER_DOCTOR), c, &house.desk, ZHANG).await, Err(FollowError::NotFound)));
        for who in [HIGH_DOCTOR, SECRETARY, STEWARD, OFFICER] {
            let refused = queries::call_list(&house.staff(who), c, &house.desk).await;
            assert!(matches!(refused, Err(FollowError::Denied(Denied::Forbidden))), "{:?}", who.role);
            assert!(queries::person(&house.staff(who), c, &house.desk, ZHANG).await.is_err());
        }
        // Numbers are for officers.
        let figures = queries::figures(&house.staff(OFFICER), c, (DISTRICT, &path(crate::follow::house::DISTRICT_PATH)), at(1, 0, 0)).await.unwrap();
        assert_eq!((figures.followed.followed, figures.followed.red, figures.alarms.open), (1, 1, 1));
    }

    /// What the table leaves open is followed like the more careful neighbour until a physician decides, and stays decided until the facts change.
    async fn an_open_cell_waits_for_a_physician(db: Db) {
        let house = House::new(db).await;
        let open = Factors { disease: Disease::Unstable, vaccination: Vaccination::Full, ..old_and_stable() };
        house.enrol(DOCTOR, ZHANG, open.clone()).await.unwrap();
        let followed = async || {
            let mut read = house.db.read().await.unwrap();
            queries::person(&house.staff(DOCTOR), &mut read.conn(), &house.desk, ZHANG).await.unwrap().followed.unwrap()
        };
        let before = followed().await;
        assert_eq!((before.colour, before.undecided, before.next_due), (Colour::Red, true, Some(at(24, 12, 0))));
        let mut read = house.db.read().await.unwrap();
        assert_eq!(queries::red_list(&house.staff(DOCTOR), &mut read.conn(), &house.desk).await.unwrap().len(), 1);
        drop(read);
        let decide = async |who, because: &'static str| {
            let ctx = house.staff(who);
            act!(house, tx => commands::decide_colour(&ctx, tx, &house.desk, ZHANG, (Colour::Yellow, because)))
        };
        assert!(matches!(decide(DOCTOR, "").await, Err(FollowError::Field { field: "because", .. })));
        assert!(matches!(decide(OTHER_DOCTOR, "稳定").await, Err(FollowError::NotFound)));
        decide(DOCTOR, "近三个月平稳，按黄色随访").await.unwrap();
        let decided = followed().await;
        assert_eq!((decided.colour, decided.undecided, decided.decided_by), (Colour::Yellow, false, Some(DOCTOR.owner().appointment)));
        assert_eq!(decided.next_due, Some(at(24, 12, 0)), "what was due earlier stays due");
        // The same facts entered again change nothing; others do.
        house.enrol(COLLEAGUE, ZHANG, open.clone()).await.unwrap();
        assert_eq!(followed().await.colour, Colour::Yellow);
        house.enrol(COLLEAGUE, ZHANG, Factors { vaccination: Vaccination::Partial, ..open }).await.unwrap();
        let after = followed().await;
        assert_eq!((after.colour, after.undecided, after.decided_by), (Colour::Red, false, None));
        let future = Factors { born: jiff::civil::date(2027, 1, 1), ..old_and_stable() };
        assert!(matches!(house.enrol(DOCTOR, ZHANG, future).await, Err(FollowError::Field { field: "born", .. })));
    }

    /// A birthday can change a colour: 64 becomes 65.
    async fn a_birthday_changes_the_colour(db: Db) {
        let house = House::new(db).await;
        let born = jiff::civil::date(1946, 11, 25);
        let factors = Factors { born, disease: Disease::Stable, vaccination: Vaccination::Full, ..old_and_stable() };
        house.enrol(DOCTOR, ZHANG, factors).await.unwrap();
        let recompute = async || act!(house, tx => commands::recompute(&house.system(), tx, &house.desk, ZHANG)).unwrap();
        assert!(!recompute().await, "79, stable, fully vaccinated: green");
        house.clock.set(at(25, 0, 0));
        assert!(recompute().await, "80: yellow");
        assert!(!recompute().await);
        assert!(house.kinds(ZHANG.0).await.contains(&"care.colour_recomputed".to_owned()));
        // The job goes through everybody, some at a time.
        house.enrol(OTHER_DOCTOR, LI, old_and_stable()).await.unwrap();
        let system = house.system();
        let first = act!(house, tx => commands::recompute_all(&system, tx, &house.desk, None, 1)).unwrap();
        assert_eq!(first, Some(ZHANG));
        let second = act!(house, tx => commands::recompute_all(&system, tx, &house.desk, first, 1)).unwrap();
        assert_eq!(second, Some(LI));
        assert_eq!(act!(house, tx => commands::recompute_all(&system, tx, &house.desk, second, 1)).unwrap(), None);
    }

    /// One tap, and the neighbourhood goes to the door without being told why.
    async fn an_alarm_becomes_a_visit_that_knows_nothing_of_health(db: Db) {
        let house = House::zhang(db).await;
        let alarm = house.tell(&house.staff(DOCTOR), ZHANG, spo2("92")).await.unwrap().alarm.unwrap();
        let ask = async |who| {
            let ctx = house.staff(who);
            act!(house, tx => commands::ask_visit(&ctx, tx, &house.desk, alarm))
        };
        assert!(ask(STEWARD).await.is_err() && ask(OTHER_DOCTOR).await.is_err());
        let visit = ask(DOCTOR).await.unwrap();
        assert!(matches!(ask(COLLEAGUE).await, Err(FollowError::DealtWith)));
        assert_eq!(house.alarms(ZHANG).await[0].became, Some(Became::Visit));
        let told = house.lines(visit.0).await.into_iter().chain(house.lines(ZHANG.0).await);
        let acknowledged = told.clone().find(|line| line.kind == "care.alarm_acknowledged").unwrap();
        assert_eq!(house.beside(&acknowledged).await["visit"].as_str(), Some(visit.to_string().as_str()));
        assert!(!acknowledged.facts.contains(&visit.to_string()), "the visit stays, and says whose it was");
        assert!(told.map(|line| line.facts).all(|facts| !facts.contains(":92") && !facts.contains("spo2")));
    }

    /// Whoever is confused is an emergency: 120 first, and the line about the referral says so.
    async fn an_emergency_is_told_as_one(db: Db) {
        let house = House::zhang(db).await;
        let told = Told { spo2: "95", mind: Some(Mind::Confused), ..Told::default() };
        let taken = house.tell(&house.staff(DOCTOR), ZHANG, told).await.unwrap();
        assert!(taken.emergency);
        house.refer(DOCTOR, taken.alarm.unwrap()).await.unwrap();
        let asked = house.lines(ZHANG.0).await.into_iter().find(|line| line.kind == "care.referral_asked").unwrap();
        assert!(asked.facts.contains("\"call_120\":true"), "{}", asked.facts);
    }

    /// Only centres, stations and clinics follow people.
    async fn a_hospital_follows_nobody(db: Db) {
        let house = House::new(db).await;
        let consent = house.consent(ZHANG).await.unwrap();
        for institution in [HOSPITAL, OrganisationId(Uuid::from_u128(999))] {
            let input = commands::NewFollowed { institution, factors: old_and_stable() };
            let ctx = house.staff(DOCTOR);
            let refused = act!(house, tx => commands::enrol(&ctx, tx, &house.desk, &consent, input.clone()));
            assert!(matches!(refused, Err(FollowError::Field { field: "institution", problem: Wrong::NotAnInstitution })));
        }
    }
}
