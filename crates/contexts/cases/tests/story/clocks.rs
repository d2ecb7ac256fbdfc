//! What a case is promised under: the term of its class, what was given beyond it, its holds, and what rules and calendars of other days
//! change of it; and what is told to whom when time runs out.

use linli_cases::commands::{self, Correction, Finish, Heard, Onward, Which};
use linli_cases::rules::PACKS;
use linli_cases::{CaseId, CaseState, CasesError, Event, FieldProblem, InvalidTransition, Why, queries};
use linli_db::{Db, exec, sql};
use linli_kernel::Ts;
use linli_rulebook::Rulebook;

use crate::house::{
    COMMUNITY, DESK, DISTRICT, DISTRICT_PATH, ESTATE, House, MANAGER, OFFICER, SECRETARY, STEWARD, Staff, act, lamp, path, photo,
};
use crate::units::WATER;
use crate::ways::house_with;

fn at(month: i8, day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, month, day).at(hour, 0, 0, 0)).unwrap()
}

fn result() -> Finish {
    Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("换了灯泡".to_owned()) }
}

impl House {
    async fn extend(&self, id: CaseId, clock: &str) -> Result<(), CasesError> {
        act!(self, tx => commands::extend(&self.staff(DESK), tx, &self.office, id, (clock, "灯具缺货"))).map(|_| ())
    }

    async fn hold(&self, id: CaseId, until: Ts) {
        act!(self, tx => commands::suspend(&self.staff(DESK), tx, &self.office, id, (Some(until), "等灯具到货"))).unwrap();
    }

    async fn go_on(&self, id: CaseId) {
        act!(self, tx => commands::resume(&self.staff(DESK), tx, &self.office, id)).unwrap();
    }

    async fn possible(&self, who: Staff, id: CaseId) -> Vec<Event> {
        let mut read = self.db.read().await.unwrap();
        queries::case(&self.staff(who), &mut read.conn(), &self.office, DISTRICT, id).await.unwrap().possible
    }

    async fn not_fixed(&self, reported: &commands::Reported) {
        act!(self, tx => commands::not_fixed(&self.visitor(), tx, &self.office, Which::Link(&reported.link), "还是不亮"))
            .unwrap();
    }

    async fn heard(&self, id: CaseId, open: bool) {
        let heard = Heard { system: "far", id: "F-1", open, status: if open { "open" } else { "done" }, notes: "" };
        act!(self, tx => commands::heard_elsewhere(&self.system(), tx, &self.office, id, heard)).unwrap();
    }

    /// Puts other clocks in force, as an administrator does who replaces the pack.
    fn lamps_in_one_day(&self) {
        let clocks = PACKS[2].1.replace("unit = \"working_days\", amount = 2", "unit = \"working_days\", amount = 1");
        let clocks = clocks.replacen("2026.1", "2026.2-xuanwu", 1);
        self.book.replace(Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("clocks.toml".to_owned(), clocks)]).unwrap());
    }
}

fn once_only(refused: Result<(), CasesError>) {
    assert!(matches!(refused, Err(CasesError::Transition(InvalidTransition::NoRow { event: Event::Extend, .. }))), "{refused:?}");
}

linli_db::both_databases! {
    /// Two working days from Tuesday 9:00 and one more; on hold from Tuesday 10:00 to Wednesday 10:00, which is over before the first promise was:
    /// the working day it stood moves the case all the same.
    async fn a_hold_moves_a_case_that_was_given_more_time(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.extend(id, "one_day").await.unwrap();
        assert_eq!(house.case(id).await.due_at, Some(at(11, 27, 9)));
        house.clock.set(at(11, 24, 10));
        house.hold(id, at(11, 25, 10)).await;
        house.clock.set(at(11, 25, 10));
        assert_eq!(house.wake().await.resumed, 1);
        let case = house.case(id).await;
        assert_eq!((case.due_at, case.extensions), (Some(at(11, 30, 9)), 1), "28 and 29 November are a weekend");
        house.clean().await;
    }

    /// What was given beyond the clock of the class ends with the case: not fixed, it has the time of its class again, and may be given more.
    async fn not_fixed_has_the_time_of_its_class(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        house.take(STEWARD, reported.id).await.unwrap();
        house.extend(reported.id, "fifteen_days").await.unwrap();
        house.finish(STEWARD, reported.id).await.unwrap();
        house.clock.set(at(11, 25, 9));
        house.not_fixed(&reported).await;
        let case = house.case(reported.id).await;
        assert_eq!((case.due_at, case.extensions, case.not_fixed_count), (Some(at(11, 27, 9)), 0, 1));
        house.take(STEWARD, reported.id).await.unwrap();
        house.extend(reported.id, "one_day").await.unwrap();
        assert_eq!(house.case(reported.id).await.due_at, Some(at(11, 30, 9)));
        house.clean().await;
    }

    /// More time by the very clock of its class is more time: a correction leaves what was promised.
    async fn more_time_of_the_same_clock_is_known_as_such(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.extend(id, "two_days").await.unwrap();
        let promised = house.case(id).await.due_at;
        assert_eq!(promised, Some(at(11, 30, 9)));
        let to = Correction { class: "lift_trapped".to_owned(), ..Correction::default() };
        act!(house, tx => commands::correct_class(&house.staff(DESK), tx, &house.office, id, (&to, "关人了"))).unwrap();
        assert_eq!(house.case(id).await.due_at, promised);
        house.clean().await;
    }

    /// Once is once, whatever was done to the case meanwhile, and for whoever has it.
    async fn more_time_is_given_once(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        assert!(house.possible(DESK, id).await.contains(&Event::Extend));
        house.extend(id, "one_day").await.unwrap();
        house.hold(id, at(11, 25, 9)).await;
        house.go_on(id).await;
        assert_eq!(house.case(id).await.state, CaseState::Handling);
        assert!(!house.possible(DESK, id).await.contains(&Event::Extend));
        once_only(house.extend(id, "one_day").await);
        house.move_on(STEWARD, id, Onward::Return, "不是我们的").await.unwrap();
        act!(house, tx => commands::entrust(&house.staff(DESK), tx, &house.office, id, WATER)).unwrap();
        let water = house.unit_link(OFFICER, WATER, DISTRICT_PATH).await.unwrap();
        act!(house, tx => commands::take_as_unit(&house.visitor(), tx, &house.office, &water.token, id)).unwrap();
        once_only(house.extend(id, "one_day").await);
        once_only(act!(house, tx => commands::ask_time(&house.visitor(), tx, &house.office, &water.token, (id, "one_day", "缺货"))).map(|_| ()));
        house.clean().await;
    }

    /// Other clocks take the place of those a case was promised under: on hold and for a new calendar it goes by its own; not fixed, it is
    /// promised anew, by those of that day.
    async fn a_promise_keeps_the_terms_it_was_made_under(db: Db) {
        let house = House::new(db).await;
        let (held, far) = (house.lamp().await, {
            house.clock.set(at(12, 31, 17));
            house.lamp().await
        });
        house.clock.set(at(11, 24, 9));
        house.take(STEWARD, held.id).await.unwrap();
        house.hold(held.id, at(11, 25, 9)).await;
        house.lamps_in_one_day();
        house.clock.set(at(11, 25, 9));
        house.go_on(held.id).await;
        assert_eq!(house.case(held.id).await.due_at, Some(at(11, 27, 9)), "two days, and the one it stood");
        let line = house.lines(held.id).await.pop().unwrap();
        assert!(line.facts()["clock_rule"].as_str().unwrap().starts_with("cases.clock@2026.1#"), "{:?}", line.facts());
        let mut read = house.db.read().await.unwrap();
        let why = queries::why_due(&mut read.conn(), &house.office, DISTRICT, held.id).await.unwrap().unwrap();
        assert!(why.stands && why.terms[0].source.is_none() && why.terms[0].under.term.amount() == 2);
        drop(read);

        let promised = far.due_at.unwrap();
        let moved = act!(house, tx => commands::recompute_deadlines(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!((moved.seen, moved.moved), (1, 0), "no calendar came");
        assert_eq!(house.case(far.id).await.due_at, Some(promised));

        house.finish(STEWARD, held.id).await.unwrap();
        house.not_fixed(&held).await;
        assert_eq!(house.case(held.id).await.due_at, Some(at(11, 26, 9)), "the one day of the rules of now");
        house.clean().await;
    }

    /// A provisional promise with more continuous time beyond it stays provisional, and moves as a whole when the calendar comes.
    async fn what_is_provisional_moves_with_what_was_given_beyond(db: Db) {
        use linli_calendar::{Calendar, YearPlan};
        let house = House::new(db).await;
        house.clock.set(at(12, 31, 17));
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.extend(id, "same_day").await.unwrap();
        let before = house.case(id).await;
        assert!(before.due_provisional, "its beginning is");
        let plan = r#"{"year":2027,"papers":[],"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true},{"name":"元旦","date":"2027-01-04","isOffDay":true}]}"#;
        house.office.set_calendar(Calendar::builtin().unwrap().with_year(YearPlan::parse(plan).unwrap()).unwrap());
        let moved = act!(house, tx => commands::recompute_deadlines(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!(moved.moved, 1);
        let after = house.case(id).await;
        assert!(after.due_at > before.due_at && !after.due_provisional);
        house.clean().await;
    }

    /// Cases from before an extension stood beside the clock: the carrying over finds in the journal what they were promised under.
    async fn extensions_of_before_are_carried_over(db: Db) {
        let house = House::new(db).await;
        let (extended, anew) = (house.lamp().await, house.lamp().await);
        for reported in [&extended, &anew] {
            house.take(STEWARD, reported.id).await.unwrap();
            house.clock.advance_secs(600);
            house.extend(reported.id, "one_day").await.unwrap();
        }
        house.finish(STEWARD, anew.id).await.unwrap();
        house.clock.advance_secs(600);
        house.not_fixed(&anew).await;
        house.clean().await;
        let promised = async |house: &House| {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            let rows: Vec<(CaseId, Option<String>, Ts, i64)> = sql!(c, x => sqlx::query_as(
                "SELECT id, clock_code, clock_from, extensions FROM case_file ORDER BY id").fetch_all(x).await).unwrap();
            let more: Vec<(CaseId, i64, String, Ts, Ts)> = sql!(c, x => sqlx::query_as(
                "SELECT case_id, position, clock_code, from_at, given_at FROM case_extension ORDER BY case_id, position").fetch_all(x).await).unwrap();
            (rows, more)
        };
        let kept = promised(&house).await;
        // As they stood: the extension's clock in the place of the class's, from the promise before it; no terms, no list.
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        exec!(c, sqlx::query("UPDATE case_file SET clock_code = 'one_day', clock_from = $1 WHERE id = $2").bind(at(11, 26, 9)).bind(extended.id)).unwrap();
        exec!(c, sqlx::query("UPDATE case_file SET clock_term = NULL, clock_rule = NULL, due_calendar = NULL, extensions = 0")).unwrap();
        exec!(c, sqlx::query("DELETE FROM case_extension")).unwrap();
        let statements = carrying_over(house.db.engine(), "promises");
        assert_eq!(statements.len(), 2);
        for statement in statements {
            exec!(c, sqlx::query(sqlx::AssertSqlSafe(statement))).unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(promised(&house).await, kept);
        let bare = act!(house, tx => commands::keep_terms(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!(bare, None);
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let without: i64 = sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM case_file WHERE clock_term IS NULL").fetch_one(x).await).unwrap();
        assert_eq!(without, 0);
        drop(read);
        let until = house.clock_now().plus_secs(600);
        house.hold(extended.id, until).await;
        house.clock.set(until);
        house.go_on(extended.id).await;
        assert_eq!(house.case(extended.id).await.due_at, Some(at(11, 27, 9).plus_secs(600)));
        house.clean().await;
    }

    /// What was answered in time, what a reporter said and what waits, of cases from before that was kept: found in the journal, and looked at.
    async fn answers_and_waits_of_before_are_carried_over(db: Db) {
        let house = House::new(db).await;
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(house.lamp().await);
        }
        let [timely, late, never, held] = [&all[0], &all[1], &all[2], &all[3]];
        house.take(STEWARD, timely.id).await.unwrap();
        house.clock.advance_secs(60);
        house.finish(STEWARD, timely.id).await.unwrap();
        house.not_fixed(timely).await;
        house.clock.advance_secs(60);
        house.take(STEWARD, timely.id).await.unwrap();
        house.finish(STEWARD, timely.id).await.unwrap();
        act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, Which::Link(&timely.link), None)).unwrap();
        house.move_on(OFFICER, timely.id, Onward::Reopen, "又灭了").await.unwrap();
        house.take(STEWARD, held.id).await.unwrap();
        house.hold(held.id, at(11, 25, 9)).await;
        let since = house.clock_now();
        house.clock.set(at(11, 26, 10));
        house.take(STEWARD, late.id).await.unwrap();
        house.clock.advance_secs(60);
        house.extend(late.id, "five_days").await.unwrap();
        let kept = async |house: &House| {
            let mut kept = Vec::new();
            for reported in &all {
                let case = house.case(reported.id).await;
                kept.push((case.answered_in_time, case.not_fixed_count));
            }
            kept
        };
        let before = kept(&house).await;
        assert_eq!(before, [(Some(true), 1), (Some(false), 0), (None, 0), (Some(true), 0)]);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        exec!(c, sqlx::query("UPDATE case_file SET answered_in_time = NULL, not_fixed_count = 0, wake_at = NULL")).unwrap();
        exec!(c, sqlx::query("UPDATE case_file SET state = 'feedback', clock = 'stopped' WHERE id = $1").bind(never.id)).unwrap();
        let statements = carrying_over(house.db.engine(), "waits");
        assert_eq!(statements.len(), 6);
        for statement in statements {
            exec!(c, sqlx::query(sqlx::AssertSqlSafe(statement))).unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(kept(&house).await, before);
        assert_eq!(house.case(never.id).await.wake_at, Some(at(11, 24, 9)), "looked at once, and then it has its time");
        assert_eq!(house.case(held.id).await.wake_at, Some(since.plus_secs(366 * 86_400)));
    }

    /// Overdue, answered, and sent back by the check: it is overdue anew, and those above are told in their time.
    async fn what_the_check_sends_back_is_told_upwards_again(db: Db) {
        let house = house_with(db, "city").await;
        let id = house.lamp().await.id;
        house.move_on(DESK, id, Onward::Check, "").await.unwrap();
        house.move_on(DESK, id, Onward::File, "").await.unwrap();
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, STEWARD.owner().appointment)).unwrap();
        house.take(STEWARD, id).await.unwrap();
        house.clock.set(at(11, 26, 10));
        house.wake().await;
        assert!(house.case(id).await.overdue_at.is_some());
        act!(house, tx => commands::answer(&house.staff(STEWARD), tx, &house.office, id, result())).unwrap();
        house.move_on(DESK, id, Onward::CheckResult, "").await.unwrap();
        house.move_on(DESK, id, Onward::Rework, "还有一盏不亮").await.unwrap();
        house.wake().await;
        assert_eq!(house.kinds(id).await.iter().filter(|kind| *kind == "cases.overdue").count(), 2);
        house.clock.set(at(11, 27, 10));
        assert_eq!(house.wake().await.escalated, 1);
        house.clean().await;
    }

    /// Another system says that a case on hold has ended, and then that it goes on after all: its hold is over and its clock begins anew.
    async fn what_goes_on_elsewhere_has_its_time_again(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.clock.set(at(11, 26, 10));
        house.wake().await;
        house.hold(id, at(12, 10, 0)).await;
        house.heard(id, false).await;
        house.clean().await;
        house.clock.set(at(11, 27, 10));
        house.heard(id, true).await;
        let case = house.case(id).await;
        assert_eq!((case.state, case.due_at, case.overdue_at), (CaseState::Reopened, Some(at(12, 1, 10)), None));
        house.clean().await;
        house.clock.set(at(12, 1, 11));
        house.wake().await;
        assert!(house.case(id).await.overdue_at.is_some(), "it is overdue anew");
    }

    /// An answer that nobody looks at, and a check that nobody ends, are told upwards after their time; a hold has a day.
    async fn nothing_waits_unseen(db: Db) {
        let house = house_with(db, "city").await;
        let id = house.lamp().await.id;
        house.move_on(DESK, id, Onward::Check, "").await.unwrap();
        house.move_on(DESK, id, Onward::File, "").await.unwrap();
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, STEWARD.owner().appointment)).unwrap();
        house.take(STEWARD, id).await.unwrap();
        let endless = act!(house, tx => commands::suspend(&house.staff(STEWARD), tx, &house.office, id, (None, "等灯具到货")));
        assert!(matches!(endless, Err(CasesError::Field { field: "until", problem: FieldProblem::Required })));
        act!(house, tx => commands::answer(&house.staff(STEWARD), tx, &house.office, id, result())).unwrap();
        house.clock.set(at(11, 26, 8));
        assert_eq!(house.wake().await.left, 0, "two working days are not over");
        house.clock.set(at(11, 26, 9));
        assert_eq!(house.wake().await.left, 1);
        let case = house.case(id).await;
        assert_eq!((case.flagged_role.map(|role| role.as_str()), case.wake_at), (Some("property_manager"), Some(at(11, 30, 9))));
        house.move_on(DESK, id, Onward::CheckResult, "").await.unwrap();
        house.clock.set(at(11, 30, 9));
        assert_eq!(house.wake().await.left, 1, "the check has a time of its own");
        let kinds = house.kinds(id).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "cases.left_waiting").count(), 2);
        assert_eq!(house.case(id).await.flagged_role, Some(SECRETARY.role));
        house.move_on(DESK, id, Onward::Close, "").await.unwrap();
        house.clean().await;
    }

    /// The manager is named in the words: he is not told, and nobody waits a day for him.
    async fn a_level_that_may_not_hear_of_it_is_passed_over(db: Db) {
        let house = House::new(db).await;
        let named = house.report(&house.visitor(), linli_cases::commands::NewReport { description: "三楼楼道灯不亮，褚经理说不管".to_owned(), ..lamp() }).await.unwrap();
        house.take(STEWARD, named.id).await.unwrap();
        house.clock.set(at(11, 26, 10));
        house.wake().await;
        house.clock.set(at(11, 27, 10));
        assert_eq!(house.wake().await.escalated, 1);
        let case = house.case(named.id).await;
        assert!(!case.kept.persons.is_empty());
        assert_eq!((case.flagged_role, case.wake_at), (Some(SECRETARY.role), None), "nobody is above the community here");
        house.finish(STEWARD, named.id).await.unwrap();
        house.not_fixed(&named).await;
        assert_eq!(house.case(named.id).await.flagged_role, Some(SECRETARY.role));
        house.clean().await;
    }

    /// A ticket runs out for the city before it does for us: it stands where its first limit puts it, on the wall and in the handover.
    async fn the_limit_of_the_city_orders_the_wall(db: Db) {
        let house = House::new(db).await;
        let report = async |class: &str| {
            let report = commands::NewReport { class: Some(class.to_owned()), description: "坏了".to_owned(), ..lamp() };
            house.report(&house.visitor(), report).await.unwrap().id
        };
        let (door, sewer, road) = (report("door_access").await, report("sewer").await, report("road").await);
        let ticket = commands::NewTicket {
            ticket_no: "GD1".to_owned(), title: "小区停水".to_owned(), content: "3 栋从昨晚开始停水".to_owned(), category: "供水".to_owned(),
            place: path(ESTATE), place_named: true, within: path(DISTRICT_PATH), received_at: Some(at(11, 24, 8)), due_at: Some(at(11, 25, 8)), phone: None, rework: None, rework_at: None, fresh: true,
        };
        let ticket = act!(house, tx => commands::receive_ticket(&house.system(), tx, &house.office, ticket.clone())).unwrap().ticket.case;
        assert!(house.case(ticket).await.due_at > Some(at(11, 25, 9)), "we have longer");
        house.clock.set(at(11, 24, 10));
        let wall = async |house: &House| {
            let mut read = house.db.read().await.unwrap();
            let wall = queries::wall(&house.staff(DESK), &mut read.conn()).await.unwrap();
            wall.next.iter().map(|case| case.id).collect::<Vec<_>>()
        };
        assert_eq!(wall(&house).await, [sewer, ticket, door]);
        let handed = async |house: &House| {
            let mut read = house.db.read().await.unwrap();
            let matters = queries::open_matters(&house.staff(DESK), &mut read.conn(), at(11, 25, 8).plus_secs(60)).await.unwrap();
            matters.into_iter().map(|(case, why)| (case.id, why)).collect::<Vec<_>>()
        };
        assert_eq!(handed(&house).await, [(sewer, Why::RunsOut), (ticket, Why::RunsOut)]);
        assert!(!wall(&house).await.contains(&road));
        house.move_on(DESK, ticket, Onward::File, "").await.unwrap();
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, ticket, MANAGER.owner().appointment)).unwrap();
        house.take(MANAGER, ticket).await.unwrap();
        act!(house, tx => commands::answer(&house.staff(MANAGER), tx, &house.office, ticket, result())).unwrap();
        assert_eq!(wall(&house).await, [sewer, door], "the city has its answer");
        house.clean().await;
    }

    /// The check finds a promise that its terms do not come to, and a list that is not as long as the case says.
    async fn the_check_computes_every_promise(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.extend(id, "one_day").await.unwrap();
        house.clean().await;
        let found = async |house: &House| {
            let mut read = house.db.read().await.unwrap();
            let calendar = house.office.calendar();
            queries::check_promises(&mut read.conn(), DISTRICT, &calendar).await.unwrap().into_iter().map(|found| found.problem).collect::<Vec<_>>()
        };
        let spoil = async |house: &House, text: &'static str| {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            exec!(&mut tx.conn().unwrap(), sqlx::query(text)).unwrap();
            tx.commit().await.unwrap();
        };
        spoil(&house, "UPDATE case_file SET due_at = due_at + 1").await;
        assert_eq!(found(&house).await, ["is promised by another time than its terms come to"]);
        spoil(&house, "UPDATE case_file SET due_at = due_at - 1, extensions = 2").await;
        assert_eq!(found(&house).await, ["does not say how often it was given more time"]);
        spoil(&house, "UPDATE case_file SET extensions = 1, clock = 'paused'").await;
        assert_eq!(found(&house).await, ["is on hold without a pause that lasts, or the other way round"]);
    }

    /// What an organisation has is told to the community first, and the organisation reads by its link that it is late.
    async fn an_organisation_reads_that_it_is_late(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let id = house.lamp().await.id;
        house.entrust(DESK, id, WATER).await.unwrap();
        let water = house.unit_link(OFFICER, WATER, DISTRICT_PATH).await.unwrap();
        house.clock.set(at(11, 26, 10));
        house.wake().await;
        house.clock.set(at(11, 27, 10));
        assert_eq!(house.wake().await.escalated, 1);
        assert_eq!(house.case(id).await.flagged_role, Some(SECRETARY.role));
        let mut read = house.db.read().await.unwrap();
        let seen = queries::unit_case(&mut read.conn(), &house.office, &water.link, (id, house.clock_now())).await.unwrap();
        assert!(seen.timeline.iter().any(|entry| entry.kind == "cases.overdue"));
    }

    /// Who took it late took it late, whatever is promised later; what an officer opens again was not said by its reporter, and what a desk
    /// closed neither.
    async fn later_promises_change_no_answer(db: Db) {
        use linli_cases::queries::Rate;
        let house = house_with(db, "city").await;
        let since = house.clock_now();
        let (late, checked) = (house.lamp().await, house.lamp().await);
        for id in [late.id, checked.id] {
            house.move_on(DESK, id, Onward::Check, "").await.unwrap();
            house.move_on(DESK, id, Onward::File, "").await.unwrap();
            act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, STEWARD.owner().appointment)).unwrap();
        }
        house.take(STEWARD, checked.id).await.unwrap();
        act!(house, tx => commands::answer(&house.staff(STEWARD), tx, &house.office, checked.id, result())).unwrap();
        house.move_on(DESK, checked.id, Onward::CheckResult, "").await.unwrap();
        house.move_on(DESK, checked.id, Onward::Close, "").await.unwrap();
        house.clock.set(at(11, 26, 10));
        house.take(STEWARD, late.id).await.unwrap();
        house.extend(late.id, "five_days").await.unwrap();
        let rates = async |house: &House| {
            let mut read = house.db.read().await.unwrap();
            let stretch = (since, house.clock_now().plus_secs(1));
            queries::rates(&house.staff(SECRETARY), &mut read.conn(), DISTRICT, &path(COMMUNITY), stretch).await.unwrap()
        };
        let found = rates(&house).await;
        assert_eq!((found.response, found.resolution, found.checked), (Rate { of: 1, all: 2 }, Rate { of: 0, all: 0 }, 1));
        house.move_on(OFFICER, checked.id, Onward::Reopen, "又灭了").await.unwrap();
        let found = rates(&house).await;
        assert_eq!((found.response, found.resolution, found.checked), (Rate { of: 1, all: 2 }, Rate { of: 0, all: 0 }, 0));
        house.clean().await;
    }
}

/// The statements of a migration that carry cases over.
fn carrying_over(engine: linli_db::Engine, name: &str) -> Vec<String> {
    let text = match (engine, name) {
        (linli_db::Engine::Sqlite, "promises") => include_str!("../../../../../migrations/sqlite/0026_promises.sql"),
        (linli_db::Engine::Postgres, "promises") => include_str!("../../../../../migrations/postgres/0026_promises.sql"),
        (linli_db::Engine::Sqlite, _) => include_str!("../../../../../migrations/sqlite/0027_answers_and_waits.sql"),
        (linli_db::Engine::Postgres, _) => include_str!("../../../../../migrations/postgres/0027_answers_and_waits.sql"),
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let statements = lines.join("\n");
    let carries = |statement: &&str| statement.starts_with("INSERT") || statement.starts_with("UPDATE");
    statements.split(';').map(str::trim).filter(carries).map(str::to_owned).collect()
}
