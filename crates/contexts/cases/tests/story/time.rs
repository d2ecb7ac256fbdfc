//! Clocks: overdue, and deadlines that move when a calendar comes.

use linli_calendar::{Calendar, YearPlan};
use linli_cases::commands;
use linli_cases::queries;
use linli_db::Db;
use linli_kernel::Ts;

use crate::house::{DISTRICT, House, OFFICER, STEWARD, act, lamp};

impl House {
    pub fn clock_now(&self) -> Ts {
        use linli_kernel::Clock as _;
        self.clock.now()
    }
}

linli_db::both_databases! {
    async fn overdue_is_written_once(db: Db) {
        let house = House::new(db).await;
        let (slow, done) = (house.lamp().await, house.lamp().await);
        house.take(STEWARD, done.id).await.unwrap();
        house.finish(STEWARD, done.id).await.unwrap();
        let sweep = async || act!(house, tx => commands::sweep_overdue(&house.system(), tx, &house.office, 100)).unwrap();
        assert_eq!(sweep().await, 0);
        house.clock.advance_secs(3 * 86_400);
        assert_eq!(sweep().await, 1);
        assert_eq!(sweep().await, 0);
        assert_eq!(house.kinds(slow.id).await, ["cases.reported", "cases.overdue"]);
        // Work that waits for the reporter is not late, however long he takes.
        assert_eq!(house.kinds(done.id).await.last().map(String::as_str), Some("cases.finished"));
        let mut read = house.db.read().await.unwrap();
        let filter = queries::DeskFilter { view: queries::View::Overdue, ..queries::DeskFilter::default() };
        let list = queries::desk(&house.staff(OFFICER), &mut read.conn(), &filter, None).await.unwrap().cases;
        assert_eq!(list.iter().map(|case| case.id).collect::<Vec<_>>(), [slow.id]);
        drop(read);
        house.clean().await;
    }

    async fn a_calendar_that_comes_moves_promises_with_a_line(db: Db) {
        let house = House::new(db).await;
        // The last working day of 2026: the plan of 2027 is not out.
        house.clock.set(Ts::from_local(jiff::civil::date(2026, 12, 31).at(17, 0, 0, 0)).unwrap());
        let lamp_out = house.lamp().await;
        assert!(lamp_out.due_provisional);
        let mut sunny = lamp();
        sunny.class = Some("manhole".to_owned());
        let continuous = house.report(&house.visitor(), sunny).await.unwrap();
        assert!(!continuous.due_provisional);
        let before = lamp_out.due_at.unwrap();

        let nothing = act!(house, tx => commands::recompute_deadlines(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!((nothing.seen, nothing.moved), (1, 0));
        let plan = r#"{"year":2027,"papers":[],"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true},{"name":"元旦","date":"2027-01-04","isOffDay":true}]}"#;
        house.office.set_calendar(Calendar::builtin().unwrap().with_year(YearPlan::parse(plan).unwrap()).unwrap());
        let moved = act!(house, tx => commands::recompute_deadlines(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!((moved.seen, moved.moved, moved.next), (1, 1, None));
        let case = house.case(lamp_out.id).await;
        assert!(case.due_at.unwrap() > before && !case.due_provisional);
        let line = house.lines(lamp_out.id).await.pop().unwrap();
        assert_eq!(line.kind, "cases.deadline_moved");
        assert_eq!((line.facts()["due_before"].as_i64(), line.facts()["why"].as_str()), (Some(before.0), Some("calendar")));
        house.clean().await;
        let again = act!(house, tx => commands::recompute_deadlines(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!(again.seen, 0);
    }

    /// Another rule file puts another promise, citation and mark in force for what comes after, and leaves what was promised.
    async fn other_rules_hold_from_now_on(db: Db) {
        use linli_cases::rules::PACKS;
        use linli_rulebook::Rulebook;
        let house = House::new(db).await;
        let before = house.lamp().await;
        let clocks = PACKS[2].1.replace("unit = \"working_days\", amount = 2", "unit = \"working_days\", amount = 1").replacen("2026.1", "2026.2-xuanwu", 1);
        let local = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("clocks.toml".to_owned(), clocks)]).unwrap();
        house.book.replace(local);
        let after = house.lamp().await;
        assert_eq!(after.due_at.unwrap().rfc3339(), "2026-11-25T09:00:00+08:00");
        let mark = house.lines(after.id).await[0].facts()["clock_rule"].as_str().unwrap().to_owned();
        assert!(mark.starts_with("cases.clock@2026.2-xuanwu#"), "{mark}");
        assert_eq!(house.case(before.id).await.due_at.unwrap().rfc3339(), "2026-11-26T09:00:00+08:00");
        let _ = DISTRICT;
    }

    async fn a_desk_list_pages_without_gaps_or_doubles(db: Db) {
        let house = House::new(db).await;
        let mut all = Vec::new();
        for n in 0..120 {
            // Many share one promise, so that the key has to tell them apart.
            if n % 40 == 0 { house.clock.advance_secs(60) }
            all.push(house.lamp().await.id);
        }
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let officer = house.staff(OFFICER);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = queries::desk(&officer, c, &queries::DeskFilter::default(), after).await.unwrap();
            seen.extend(page.cases.iter().map(|case| case.id));
            after = page.next;
            let Some(cursor) = page.next else { break };
            assert_eq!(cursor.to_string().parse::<queries::DeskCursor>().unwrap(), cursor);
        }
        assert_eq!(seen.len(), 120);
        all.sort();
        seen.sort();
        assert_eq!(seen, all);
    }
}
