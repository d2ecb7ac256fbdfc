//! Handing over at a desk, and its wall.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use linli_cases::commands::{self, NewHandover};
use linli_cases::{CaseId, CasesError, FieldProblem, HandoverId, Why, queries};
use linli_db::{Db, sql};

use crate::house::{ADMINISTRATOR, DESK, ESTATE, House, MANAGER, OFFICER, SECRETARY, STEWARD, Staff, act, lamp, path};
use crate::web::Web;

/// A shift of eight hours, and whoever comes next.
fn shift() -> NewHandover {
    NewHandover { hours: 8, note: "三号楼明早停水".to_owned(), ..NewHandover::default() }
}

async fn hand_over(house: &House, who: Staff, input: NewHandover) -> Result<HandoverId, CasesError> {
    act!(house, tx => commands::hand_over(&house.staff(who), tx, &house.office, input.clone()))
}

async fn take_over(house: &House, who: Staff, id: HandoverId) -> Result<HandoverId, CasesError> {
    act!(house, tx => commands::take_over(&house.staff(who), tx, id))
}

async fn last(house: &House, who: Staff) -> Option<linli_cases::Handover> {
    let mut read = house.db.read().await.unwrap();
    queries::last_handover(&house.staff(who), &mut read.conn()).await.unwrap()
}

async fn reported(house: &House, words: &str, class: &str, phone: bool) -> CaseId {
    let mut report = lamp();
    report.description = words.to_owned();
    report.class = Some(class.to_owned());
    report.phone = phone.then(|| "13800000000".to_owned());
    house.report(&house.visitor(), report).await.unwrap().id
}

fn field(error: CasesError) -> (&'static str, FieldProblem) {
    match error {
        CasesError::Field { field, problem } => (field, problem),
        other => panic!("{other}"),
    }
}

async fn kinds(house: &House) -> Vec<String> {
    let mut read = house.db.read().await.unwrap();
    let c = &mut read.conn();
    sql!(c, x => sqlx::query_scalar("SELECT kind FROM journal WHERE kind LIKE 'duty.%' ORDER BY seq").fetch_all(x).await).unwrap()
}

linli_db::both_databases! {
    async fn a_shift_is_handed_over_and_taken_over(db: Db) {
        let house = House::new(db).await;
        let danger = reported(&house, "闻到煤气味", "gas", false).await;
        let soon = reported(&house, "下水道堵了", "sewer", false).await;
        let later = reported(&house, "三楼楼道灯不亮", "stair_lamp", false).await;
        let held = reported(&house, "路面有坑", "road", false).await;
        let held_long = reported(&house, "健身器材坏了", "fitness", false).await;
        for (id, hours) in [(held, 6), (held_long, 30)] {
            house.take(STEWARD, id).await.unwrap();
            let until = house.clock_now().plus_secs(hours * 3_600);
            act!(house, tx => commands::suspend(&house.staff(DESK), tx, &house.office, id, (Some(until), "等配件"))).unwrap();
        }
        let call = reported(&house, "门禁坏了", "door_access", true).await;
        house.take(STEWARD, call).await.unwrap();
        house.finish(STEWARD, call).await.unwrap();

        let mut input = NewHandover { to: Some(MANAGER.owner().appointment), ..shift() };
        input.notes = BTreeMap::from([(soon, "已叫疏通车".to_owned()), (later, "不在这一班".to_owned())]);
        let id = hand_over(&house, DESK, input).await.unwrap();
        let handed = last(&house, MANAGER).await.unwrap();
        assert!(handed.waits() && handed.id == id);
        let matters: Vec<(CaseId, Why, &str)> = handed.matters.iter().map(|m| (m.case, m.why, m.note.as_str())).collect();
        assert_eq!(matters, [(danger, Why::Danger, ""), (soon, Why::RunsOut, "已叫疏通车"), (held, Why::Hold, ""), (call, Why::CallBack, "")]);
        assert_eq!((handed.from, handed.to, handed.place, handed.note.as_str()), (DESK.owner(), Some(MANAGER.owner().appointment), path(ESTATE), "三号楼明早停水"));
        assert_eq!(handed.until, handed.handed_at.plus_secs(8 * 3_600));

        assert_eq!(field(take_over(&house, DESK, id).await.unwrap_err()), ("handover", FieldProblem::OwnHandover));
        assert!(matches!(take_over(&house, SECRETARY, id).await, Err(CasesError::NotFound)), "another desk");
        assert!(matches!(take_over(&house, STEWARD, id).await, Err(CasesError::Denied(_))));
        house.clock.advance_secs(600);
        take_over(&house, MANAGER, id).await.unwrap();
        let taken = last(&house, DESK).await.unwrap();
        assert_eq!((taken.taken_at, taken.taken_by), (Some(house.clock_now()), Some(MANAGER.owner().appointment)));
        assert!(matches!(take_over(&house, MANAGER, id).await, Err(CasesError::Changed)), "once");
        assert_eq!(kinds(&house).await, ["duty.handed_over", "duty.taken_over"]);
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let facts: Vec<String> = sql!(c, x => sqlx::query_scalar("SELECT facts FROM journal WHERE kind LIKE 'duty.%' ORDER BY seq").fetch_all(x).await).unwrap();
        assert!(facts[0].contains("\"runs_out\":1") && facts.iter().all(|facts| !facts.contains("停水") && !facts.contains("疏通")), "{facts:?}");
        drop(read);
        house.clean().await;
    }

    async fn what_cannot_be_handed_over_is_refused(db: Db) {
        let house = House::new(db).await;
        assert!(matches!(hand_over(&house, STEWARD, shift()).await, Err(CasesError::Denied(_))));
        assert!(matches!(hand_over(&house, ADMINISTRATOR, shift()).await, Err(CasesError::Denied(_))));
        let refused = async |input| field(hand_over(&house, DESK, input).await.unwrap_err());
        assert_eq!(refused(NewHandover { hours: 5, ..shift() }).await, ("hours", FieldProblem::NotInTheList));
        for nobody in [STEWARD.owner().appointment, DESK.owner().appointment, OFFICER.owner().appointment] {
            assert_eq!(refused(NewHandover { to: Some(nobody), ..shift() }).await, ("to", FieldProblem::NotAnswering));
        }
        let long = "字".repeat(2_001);
        assert_eq!(refused(NewHandover { note: long, ..shift() }).await, ("note", FieldProblem::TooLong { max: 2_000, found: 2_001 }));
        let soon = reported(&house, "下水道堵了", "sewer", false).await;
        let notes = BTreeMap::from([(soon, "字".repeat(501))]);
        assert_eq!(refused(NewHandover { notes, ..shift() }).await, ("matter_note", FieldProblem::TooLong { max: 500, found: 501 }));
        assert_eq!((last(&house, DESK).await, kinds(&house).await.len()), (None, 0));

        // Who writes it again replaces it; what somebody else wrote is taken over first.
        let first = hand_over(&house, DESK, shift()).await.unwrap();
        let second = hand_over(&house, DESK, shift()).await.unwrap();
        assert!(matches!(take_over(&house, MANAGER, first).await, Err(CasesError::Changed)));
        assert_eq!(field(hand_over(&house, MANAGER, shift()).await.unwrap_err()), ("handover", FieldProblem::TakeOverFirst));
        take_over(&house, MANAGER, second).await.unwrap();
        hand_over(&house, MANAGER, shift()).await.unwrap();

        let mut ctx = house.staff(SECRETARY);
        ctx.idempotency_key = Some("handover-key-1".to_owned());
        let mut ids = Vec::new();
        for _ in 0..2 {
            ids.push(act!(house, tx => commands::hand_over(&ctx, tx, &house.office, shift())).unwrap());
        }
        assert_eq!(ids[0], ids[1], "sent twice, handed over once");
    }

    async fn the_wall_shows_what_runs_out_and_nobody(db: Db) {
        let house = House::new(db).await;
        let lamp = reported(&house, "张阿姨家楼道灯不亮", "stair_lamp", true).await;
        house.take(STEWARD, lamp).await.unwrap();
        let nobodys = house.report(&house.visitor(), crate::house::lamp()).await.unwrap().id;
        let done = reported(&house, "门禁坏了", "door_access", false).await;
        house.take(STEWARD, done).await.unwrap();
        house.finish(STEWARD, done).await.unwrap();
        house.clock.advance_secs(47 * 3_600);
        act!(house, tx => commands::confirm(&house.staff(DESK), tx, &house.office, commands::Which::Id(done), None)).unwrap();
        let danger = reported(&house, "电梯困人了", "lift_trapped", false).await;
        let wall = async |who| {
            let mut read = house.db.read().await.unwrap();
            queries::wall(&house.staff(who), &mut read.conn()).await
        };
        let shown = wall(DESK).await.unwrap();
        assert_eq!(shown.dangers.iter().map(|case| case.id).collect::<Vec<_>>(), [danger]);
        // Both run out at one moment.
        assert_eq!(shown.next.iter().map(|case| case.id).collect::<BTreeSet<_>>(), BTreeSet::from([lamp, nobodys]));
        assert_eq!(shown.overdue, []);
        assert_eq!(shown.today, queries::Today { open: 3, overdue: 0, reported: 1, closed: 1, reopened: 0, told_elsewhere: 0 });

        house.clock.advance_secs(4 * 3_600);
        act!(house, tx => commands::sweep_overdue(&house.system(), tx, &house.office, 100)).unwrap();
        house.clock.advance_secs(24 * 3_600);
        act!(house, tx => commands::wake(&house.system(), tx, &house.office, 100)).unwrap();
        let shown = wall(DESK).await.unwrap();
        let (counts, roles): (i64, Vec<_>) = (shown.overdue.iter().map(|(_, n)| n).sum(), shown.overdue.iter().map(|(role, _)| *role).collect());
        assert_eq!((counts, shown.today.overdue), (3, 3));
        assert!(roles.contains(&Some(MANAGER.role)), "told one level up: {roles:?}");
        assert_eq!(wall(OFFICER).await.unwrap().today, shown.today, "the sums are of the whole district");
        assert!(matches!(wall(ADMINISTRATOR).await, Err(CasesError::Denied(_))));
    }

    async fn the_desk_shows_what_waits_to_be_taken_over(db: Db) {
        let web = Web::open(db).await;
        let house = &web.house;
        let soon = reported(house, "李老师家下水道堵了", "sewer", true).await;
        let form = web.get("/desk/handover", Some(DESK)).await;
        for word in ["下一班内到期", &format!("name=\"note-{soon}\""), "员工4", "下水道堵塞"] {
            assert!(form.text.contains(word), "{word} is not in {}", form.text);
        }
        let looked = web.post("/desk/handover", Some(DESK), &format!("look=1&hours=4&note-{soon}=%E7%96%8F%E9%80%9A")).await;
        assert!(looked.status == StatusCode::OK && !looked.text.contains(&format!("note-{soon}")), "it runs out in four hours sharp: not within");
        let bad = web.post("/desk/handover", Some(DESK), "hours=12&to=x&note=gate-3").await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bad.text.contains("href=\"#f-to\"") && bad.text.contains("gate-3</textarea>"), "{}", bad.text);
        let sent = web.post("/desk/handover", Some(DESK), &format!("hours=12&to=&note=gate-3&note-{soon}=%E7%96%8F%E9%80%9A")).await;
        assert_eq!((sent.status, sent.location.as_str()), (StatusCode::SEE_OTHER, "/desk/handover"), "{}", sent.text);

        let own = web.get("/desk", Some(DESK)).await.text;
        assert!(own.contains("gate-3") && own.contains("下一班内到期 1 件") && !own.contains("/take\""), "{own}");
        let next = web.get("/desk", Some(MANAGER)).await.text;
        let take = next.split("action=\"/desk/handover/").nth(1).map(|rest| rest[..36].to_owned()).unwrap();
        assert!(!web.get("/desk", Some(SECRETARY)).await.text.contains("gate-3"), "another desk");
        assert!(!web.get("/desk", Some(STEWARD)).await.text.contains("gate-3"));
        let read = web.get("/desk/handover", Some(MANAGER)).await.text;
        assert!(read.contains("疏通") && read.contains("请先接班"), "{read}");
        let taken = web.post(&format!("/desk/handover/{take}/take"), Some(MANAGER), "idempotency_key=take-over-key-1").await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        let twice = web.post(&format!("/desk/handover/{take}/take"), Some(MANAGER), "idempotency_key=take-over-key-1").await;
        assert_eq!(twice.status, StatusCode::SEE_OTHER, "the same click again");
        assert!(!web.get("/desk", Some(MANAGER)).await.text.contains("gate-3"), "taken: gone from the top");
        assert!(web.get("/desk/handover", Some(DESK)).await.text.contains("接班"));
        assert_eq!(web.get("/desk/handover", Some(STEWARD)).await.status, StatusCode::FORBIDDEN);
        let nothing = web.post("/desk/handover/nonsense/take", Some(MANAGER), "").await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);

        let wall = web.get("/desk/wall", Some(DESK)).await.text;
        for word in ["下水道堵塞", "2026-000001", "data-live=\"/cases/live\"", "http-equiv=\"refresh\"", "今日上报"] {
            assert!(wall.contains(word), "{word} is not in {wall}");
        }
        assert!(!wall.contains("李老师") && !wall.contains("13800000000"));
        assert!(!web.get("/desk/wall?lang=en", Some(DESK)).await.text.contains("cases-wall"));
        assert_eq!(web.get("/desk/wall", None).await.status, StatusCode::UNAUTHORIZED);
    }

    /// What was written to the whole shift may speak about a case that is kept from whoever reads it.
    async fn the_note_to_a_shift_is_not_shown_to_whom_a_case_of_it_is_kept_from(db: Db) {
        let web = Web::open(db).await;
        let house = &web.house;
        let kept = reported(house, "保安打架，没人管", "service", true).await;
        assert!(house.case(kept).await.kept.from(DESK.role, DESK.owner().person));
        hand_over(house, MANAGER, NewHandover { note: "gate-3".to_owned(), ..shift() }).await.unwrap();
        assert!(web.get("/desk", Some(MANAGER)).await.text.contains("gate-3"));
        for page in ["/desk", "/desk/handover"] {
            let text = web.get(page, Some(DESK)).await.text;
            assert!(!text.contains("gate-3") && text.contains("请向交班人当面了解"), "{page}: {text}");
        }
        act!(house, tx => commands::take_over(&house.staff(DESK), tx, last(house, DESK).await.unwrap().id)).unwrap();
        hand_over(house, MANAGER, NewHandover { note: String::new(), ..shift() }).await.unwrap();
        assert!(!web.get("/desk", Some(DESK)).await.text.contains("请向交班人"), "there was no note");
    }
}
