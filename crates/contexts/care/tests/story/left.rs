//! After a withdrawal every column of every table is searched, on both engines, for what was known of the person: nothing but what lawfully
//! stays is found, a minute later.

use std::collections::BTreeSet;

use linli_access::Ctx;
use linli_care::commands::{self, Which, With};
use linli_care::follow::commands as follow;
use linli_care::follow::model::{Became, Disease, Factors, Vaccination, Via};
use linli_care::follow::rules::{Answers, Told};
use linli_care::{CarePersonId, ConsentChannel, Outcome, Purpose, SignKind, VisitEvent, VisitId, consent, queries};
use linli_db::{Conn, Db, both_databases, exec, sql};
use sqlx::AssertSqlSafe;

use crate::house::{DISTRICT, DOCTOR, House, STATION, STEWARD, WORKER};

/// A number that is in no other column by chance.
const FIRST_SLOT: i64 = 0x2_9E4D;

/// What is searched for.
enum Needle<'a> {
    /// Bytes within texts and bytes.
    Bytes(&'a [u8]),
    /// An id, as an id or written out within texts.
    Id(CarePersonId),
    /// A whole number.
    Number(i64),
}

/// Every column of every table: `(table, column, type)`.
async fn columns(c: &mut Conn<'_>) -> Vec<(String, String, String)> {
    let of_sqlite = "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1, 2";
    let of_postgres = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
                       WHERE table_schema = 'public' ORDER BY 1, 2";
    match c {
        Conn::Sqlite(conn) => sqlx::query_as(of_sqlite).fetch_all(&mut **conn).await.unwrap(),
        Conn::Pg(conn) => sqlx::query_as(of_postgres).fetch_all(&mut **conn).await.unwrap(),
    }
}

/// The columns in which it is, `table.column`.
async fn found(db: &Db, needle: &Needle<'_>) -> BTreeSet<String> {
    let mut read = db.read().await.unwrap();
    let c = &mut read.conn();
    let mut hits = BTreeSet::new();
    let all = columns(c).await;
    assert!(all.len() > 300, "{} columns", all.len());
    for (table, column, kind) in all {
        let count = match c {
            Conn::Sqlite(conn) => {
                let (text, bytes) = match needle {
                    Needle::Bytes(bytes) => (format!("instr(CAST(\"{column}\" AS BLOB), $1) > 0"), bytes.to_vec()),
                    Needle::Id(id) => {
                        let written = id.to_string();
                        let text = format!(
                            "(instr(CAST(\"{column}\" AS BLOB), $1) > 0 OR instr(CAST(\"{column}\" AS TEXT), '{written}') > 0)"
                        );
                        (text, id.0.as_bytes().to_vec())
                    }
                    Needle::Number(number) => (format!("\"{column}\" = {number} AND length($1) = 0"), Vec::new()),
                };
                let text = format!("SELECT COUNT(*) FROM \"{table}\" WHERE {text}");
                let counted: i64 = sqlx::query_scalar(AssertSqlSafe(text)).bind(bytes).fetch_one(&mut **conn).await.unwrap();
                counted
            }
            Conn::Pg(conn) => {
                let whole = matches!(kind.as_str(), "bigint" | "integer" | "smallint");
                let text = match (needle, kind.as_str()) {
                    (Needle::Number(number), _) if whole => format!("\"{column}\" = {number}"),
                    (Needle::Number(_), _) => continue,
                    (Needle::Bytes(bytes), "bytea") => format!("position('\\x{}'::bytea in \"{column}\") > 0", hex(bytes)),
                    (Needle::Id(id), "bytea") => format!("position('\\x{}'::bytea in \"{column}\") > 0", hex(id.0.as_bytes())),
                    (Needle::Id(id), _) => format!("position('{id}' in \"{column}\"::text) > 0"),
                    (Needle::Bytes(bytes), _) => match std::str::from_utf8(bytes) {
                        Ok(text) => format!("position('{text}' in \"{column}\"::text) > 0"),
                        Err(_) => continue,
                    },
                };
                let text = format!("SELECT COUNT(*) FROM \"{table}\" WHERE {text}");
                let counted: i64 = sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut **conn).await.unwrap();
                counted
            }
        };
        if count > 0 {
            hits.insert(format!("{table}.{column}"));
        }
    }
    hits
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A key on the request, so that kept answers are searched too.
fn keyed(mut ctx: Ctx, key: &str) -> Ctx {
    ctx.idempotency_key = Some(format!("{key}-000000000000"));
    ctx
}

/// Readings, an alarm that somebody looked at, a decision about a medicine: each with a word that stands nowhere else.
pub async fn follow_her(house: &House, id: CarePersonId) {
    let doctor = house.staff(DOCTOR);
    let mut tx = house.db.begin(DISTRICT).await.unwrap();
    let now = linli_kernel::Clock::now(house.clock.as_ref());
    let agreed = consent::in_force(&mut tx.conn().unwrap(), DISTRICT, id, now).await.unwrap().readings.unwrap();
    let factors = Factors {
        born: jiff::civil::date(1938, 7, 19),
        disease: Disease::Unstable,
        immunocompromised: false,
        vaccination: Vaccination::Full,
        pregnant: false,
        scale2: false,
    };
    let input = follow::NewFollowed { institution: STATION, factors };
    follow::enrol(&keyed(doctor.clone(), "enrol"), &mut tx, &house.desk, &agreed, input).await.unwrap();
    let told = Told { spo2: "91", ..Told::default() };
    let reading =
        follow::NewReading { told, taken_at: now, via: Via::Phone, source_keys: &[follow::SourceKey::whole("oxi-7731")] };
    let alarm =
        follow::tell(&keyed(doctor.clone(), "tell"), &mut tx, &house.desk, &agreed, reading).await.unwrap().alarm.unwrap();
    let because = (Became::Kept, "复测仍低七七三一");
    follow::acknowledge(&keyed(doctor.clone(), "acknowledge"), &mut tx, &house.desk, alarm, because).await.unwrap();
    let input = follow::Decided {
        onset: now.local().date(),
        answers: Answers::default(),
        medicine: None,
        quantity: 0,
        because: "没有症状七七三一",
        seen: false,
    };
    follow::decide(&keyed(doctor, "decide"), &mut tx, &house.desk, &agreed, input).await.unwrap();
    tx.commit().await.unwrap();
}

/// A neighbour is worried, and whoever goes finds her unwell: with words at the beginning and at the end that stand nowhere else.
pub async fn found_unwell(house: &House, id: CarePersonId) {
    let mut tx = house.db.begin(DISTRICT).await.unwrap();
    let made = commands::open_by_hand(&house.staff(WORKER), &mut tx, &house.office, id, "咳得厉害七七三一").await.unwrap();
    tx.commit().await.unwrap();
    house.step(STEWARD, made.id, VisitEvent::Take).await.unwrap();
    end_unwell(house, made.id).await;
}

async fn end_unwell(house: &House, id: VisitId) {
    let with = With { words: "气喘，血氧 92 七七三一".to_owned(), ..With::default() };
    house.step_with(STEWARD, id, VisitEvent::Unwell, &with).await.unwrap();
}

/// What was written of a visit, as the community reads it.
async fn words_of(house: &House, id: VisitId) -> Vec<String> {
    let mut read = house.db.read().await.unwrap();
    let view = queries::visit(&house.staff(WORKER), &mut read.conn(), &house.office, DISTRICT, id).await.unwrap();
    view.steps.into_iter().filter_map(|step| step.words).collect()
}

/// The number under which lines about somebody's health stand.
pub async fn thread_of(house: &House, person: CarePersonId) -> Option<uuid::Uuid> {
    let mut read = house.db.read().await.unwrap();
    sql!(&mut read.conn(), x => sqlx::query_scalar("SELECT health_thread FROM care_person WHERE id = $1").bind(person).fetch_one(x).await)
        .unwrap()
}

/// How many lines about health stand under a number.
pub async fn health_lines_of(house: &House, subject: uuid::Uuid) -> usize {
    let about = ["reading", "alarm", "follow_up", "colour", "antiviral", "oxygen", "oximeter", "referral"];
    let kinds = house.kinds(subject).await;
    kinds.iter().filter(|kind| about.iter().any(|word| kind.contains(word))).count()
}

both_databases! {
    async fn a_minute_after_the_withdrawal_no_column_has_anything(db: Db) {
        let house = House::watching(db).await;
        let mut tx = house.db.begin(linli_kernel::DistrictId::CITY).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query("INSERT INTO care_slot (slot, district_id, person_id) VALUES ($1, 1, $2)")
            .bind(FIRST_SLOT - 1).bind(uuid::Uuid::from_u128(99))).unwrap();
        tx.commit().await.unwrap();
        let made = house.enrol(&house.somebody(5, &[Purpose::Watch, Purpose::Routine, Purpose::Readings])).await.unwrap();
        assert_eq!(house.care.slot_of(made.id).map(i64::from), Some(FIRST_SLOT));
        follow_her(&house, made.id).await;
        house.sign(made.id, SignKind::Out).await;
        house.hours(25).await;
        let visit = house.open_visits().await.pop().unwrap();
        house.step(STEWARD, visit.id, VisitEvent::Take).await.unwrap();
        end_unwell(&house, visit.id).await;
        assert!(words_of(&house, visit.id).await.iter().any(|words| words.contains("血氧 92")), "or the test looks for nothing");
        found_unwell(&house, made.id).await;

        let thread = thread_of(&house, made.id).await.unwrap();
        let sealed = |plain: &str| plain.bytes().map(|b| !b).collect::<Vec<u8>>();
        let (own, daughter, name) = (sealed("02500001234"), sealed("13900000077"), sealed("王秀英5"));
        let secrets: [(&str, Needle<'_>); 8] = [
            ("her number", Needle::Bytes(&own)),
            ("her daughter's number", Needle::Bytes(&daughter)),
            ("her number, open", Needle::Bytes(b"02500001234")),
            ("her number in the watch", Needle::Number(FIRST_SLOT)),
            ("her birthday", Needle::Bytes(b"1938-07-19")),
            ("the key of her device", Needle::Bytes(b"oxi-7731")),
            ("what was found", Needle::Bytes("七七三一".as_bytes())),
            ("her name, open", Needle::Bytes("王秀英".as_bytes())),
        ];
        // The search finds what is there: each of what is kept sealed or under consent.
        for (what, needle) in &secrets {
            let hits = found(&house.db, needle).await;
            assert_eq!(hits.is_empty(), what.ends_with("open"), "{what}: {hits:?}");
        }
        assert!(found(&house.db, &Needle::Bytes("七七三一".as_bytes())).await.contains("journal_payload.body"));

        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        commands::withdraw(&house.visitor(), &mut tx, &house.office, Which::Link(&made.link), None, ConsentChannel::OwnPhone).await.unwrap();
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        for _ in 0..3 {
            house.clock.advance_secs(15);
            house.care.pass().await.unwrap();
        }
        for (what, needle) in &secrets {
            // The number itself is free and may be given to somebody else; that nobody stands beside it is seen below.
            let free = if matches!(needle, Needle::Number(_)) { set(&["care_slot.slot"]) } else { BTreeSet::new() };
            assert_eq!(found(&house.db, needle).await, free, "{what}");
        }
        // What lawfully stays and is shown to the person: who gave and withdrew which consent, the visits that happened, and their lines.
        assert_eq!(found(&house.db, &Needle::Bytes(&name)).await, set(&["care_person.name_sealed"]));
        let stays = ["care_consent.person_id", "care_link.person_id", "care_person.id", "care_visit.person_id", "journal.subject_id"];
        assert_eq!(found(&house.db, &Needle::Id(made.id)).await, set(&stays));
        assert_eq!(words_of(&house, visit.id).await, Vec::<String>::new());
        // No line about her health leads to her: those stand under a number that is nowhere else any more.
        assert_eq!(health_lines_of(&house, made.id.0).await, 0);
        assert_eq!(health_lines_of(&house, thread).await, 5);
        assert_eq!(found(&house.db, &Needle::Id(CarePersonId(thread))).await, set(&["journal.subject_id"]));
    }

    /// What a withdrawal of one purpose erases is what that purpose held: a visit that an alarm about a reading asked for ends with the readings, one of the
    /// watch with the watch, and what a neighbour is worried about goes on.
    async fn what_one_purpose_held_goes_with_it_and_nothing_else(db: Db) {
        let house = House::watching(db).await;
        let made = house.enrol(&house.somebody(5, &[Purpose::Watch, Purpose::Readings])).await.unwrap();
        follow_her(&house, made.id).await;
        house.hours(25).await;
        let silent = house.open_visits().await.pop().unwrap().id;
        house.step(STEWARD, silent, VisitEvent::Take).await.unwrap();
        end_unwell(&house, silent).await;
        let (doctor, now) = (house.staff(DOCTOR), linli_kernel::Clock::now(house.clock.as_ref()));
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let agreed = consent::in_force(&mut tx.conn().unwrap(), DISTRICT, made.id, now).await.unwrap().readings.unwrap();
        let reading = follow::NewReading { told: Told { spo2: "90", ..Told::default() }, taken_at: now, via: Via::Phone, source_keys: &[] };
        let alarm = follow::tell(&doctor, &mut tx, &house.desk, &agreed, reading).await.unwrap().alarm.unwrap();
        let asked = follow::ask_visit(&doctor, &mut tx, &house.desk, alarm).await.unwrap();
        let worry = commands::open_by_hand(&house.staff(WORKER), &mut tx, &house.office, made.id, "两天没见到人").await.unwrap().id;
        tx.commit().await.unwrap();
        let withdraw = async |purpose: Option<Purpose>| {
            let (mut tx, which) = (house.db.begin(DISTRICT).await.unwrap(), Which::Link(&made.link));
            commands::withdraw(&house.visitor(), &mut tx, &house.office, which, purpose, ConsentChannel::OwnPhone).await.unwrap();
            tx.commit().await.unwrap();
            house.care.errands().await.unwrap();
        };
        assert!(!words_of(&house, asked).await.is_empty(), "or the test looks for nothing");
        withdraw(Some(Purpose::Readings)).await;
        assert_eq!(house.visit(asked).await.outcome, Some(Outcome::Withdrawn), "nobody goes there for a reading");
        assert_eq!(words_of(&house, asked).await, Vec::<String>::new());
        assert!(!words_of(&house, silent).await.is_empty(), "of the watch, and the watch goes on");
        assert_eq!(words_of(&house, worry).await, ["两天没见到人"]);
        assert_eq!(house.person(made.id).await.worded, 2, "and she is told of both");
        withdraw(Some(Purpose::Watch)).await;
        assert_eq!(words_of(&house, silent).await, Vec::<String>::new());
        assert_eq!(house.open_visits().await.iter().map(|visit| visit.id).collect::<Vec<_>>(), [worry]);
        assert_eq!((words_of(&house, worry).await, house.person(made.id).await.worded), (vec!["两天没见到人".to_owned()], 1));
    }
}
