//! Random events: nothing ever leaves the table.

use linli_calendar::Pause;
use linli_cases::commands::{self, Correction, Finish, Onward, Which};
use linli_cases::{CaseId, CaseState, CasesError, ClockRuns, InvalidTransition};
use linli_db::{Db, StoredLine};
use linli_kernel::{Rng as _, SeededRng, Ts};

use crate::house::{DESK, DISTRICT_PATH, House, MANAGER, OFFICER, OTHER_STEWARD, SECOND_STEWARD, STEWARD, act, photo};
use crate::units::WATER;

/// Classes that somebody corrects a lamp to, with clocks of hours around the clock and of working days.
const CLASSES: [&str; 4] = ["stair_lamp", "door_access", "sewer", "road"];
/// How much more time is given.
const MORE: [&str; 3] = ["fifteen_days", "one_day", "same_day"];

/// What the journal says of the promise of a case, read without the code that makes it: under which clock, from when, what was given beyond
/// that, and how long it stood.
struct Journal {
    clock: String,
    from: Ts,
    more: Vec<String>,
    pauses: Vec<Pause>,
    runs: ClockRuns,
}

impl Journal {
    fn read(house: &House, lines: &[StoredLine]) -> Self {
        let rules = house.office.rules(&lines[0].place_path, house.clock_now()).unwrap();
        let clock_of = |class: &str| rules.classes().find(class).unwrap().clock.clone();
        let mut told = Self { clock: String::new(), from: Ts(0), more: Vec::new(), pauses: Vec::new(), runs: ClockRuns::Running };
        let mut class = String::new();
        for line in lines {
            let facts = line.facts();
            let word = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
            match line.kind.as_str() {
                "cases.reported" => {
                    class = word("class");
                    (told.clock, told.from) = (clock_of(&class), line.at);
                }
                "cases.reopened" => {
                    (told.clock, told.from) = (clock_of(&class), line.at);
                    told.more.clear();
                }
                "cases.class_corrected" => {
                    class = word("class");
                    if told.runs != ClockRuns::Stopped && told.more.is_empty() {
                        told.clock = clock_of(&class);
                    }
                }
                "cases.deadline_moved" if word("why") == "extended" => told.more.push(word("clock")),
                "cases.suspended" => told.pauses.push(Pause { from: line.at, to: None }),
                "cases.resumed" => told.pauses.last_mut().unwrap().to = Some(line.at),
                _ => {}
            }
            if let Ok(to) = word("to").parse::<CaseState>() {
                told.runs = rules.transitions().arrival(to).unwrap().clock;
            }
        }
        told
    }

    /// The terms one after the other, over the holds.
    fn due(&self, house: &House) -> Ts {
        let rules = house.office.rules(&crate::house::lamp().place, house.clock_now()).unwrap();
        let calendar = house.office.calendar();
        std::iter::once(&self.clock).chain(&self.more).fold(self.from, |from, clock| {
            calendar.deadline(from, &rules.clocks().named(clock).unwrap().term, &self.pauses).due().unwrap()
        })
    }
}

/// What the case is promised by is what the journal comes to; on hold that waits.
async fn as_the_journal_has_it(house: &House, id: CaseId) {
    let case = house.case(id).await;
    let told = Journal::read(house, &house.lines(id).await);
    if case.clock != ClockRuns::Paused {
        assert_eq!(case.due_at, Some(told.due(house)), "{} under {} and {:?}", case.number, told.clock, told.more);
    }
    assert_eq!(usize::try_from(case.extensions).unwrap(), told.more.len());
}

linli_db::both_databases! {
    /// More time, holds, not fixed and corrections in any order: what was promised is at every moment the terms in the journal, one after the other.
    async fn a_promise_is_its_terms_over_its_holds(db: Db) {
        let house = House::new(db).await;
        let dice = SeededRng::new(20_261_127);
        let mut cases = Vec::new();
        for _ in 0..6 {
            cases.push(house.lamp().await);
        }
        let desk = house.staff(DESK);
        let (mut given, mut held, mut corrected, mut again) = (0, 0, 0, 0);
        for _ in 0..500 {
            let place = usize::try_from(dice.below(6)).unwrap();
            // What silence has closed makes room for another.
            if !house.case(cases[place].id).await.is_open() {
                cases[place] = house.lamp().await;
            }
            let reported = &cases[place];
            house.clock.advance_secs(i64::try_from(dice.below(10 * 3_600)).unwrap());
            let (office, id, now) = (&house.office, reported.id, house.clock_now());
            let count = |happened: bool, n: &mut i32| *n += i32::from(happened);
            match dice.below(12) {
                0..=2 => {
                    let clock = MORE[usize::try_from(dice.below(3)).unwrap()];
                    count(act!(house, tx => commands::extend(&desk, tx, office, id, (clock, "缺货"))).is_ok(), &mut given);
                }
                3 | 4 => {
                    let until = now.plus_secs(i64::try_from(1 + dice.below(20 * 86_400)).unwrap());
                    count(act!(house, tx => commands::suspend(&desk, tx, office, id, (Some(until), "等材料"))).is_ok(), &mut held);
                }
                5 | 6 => drop(act!(house, tx => commands::resume(&desk, tx, office, id))),
                7 => {
                    let class = CLASSES[usize::try_from(dice.below(4)).unwrap()];
                    let to = Correction { class: class.to_owned(), ..Correction::default() };
                    count(act!(house, tx => commands::correct_class(&desk, tx, office, id, (&to, "分错了"))).is_ok(), &mut corrected);
                }
                8 => drop(house.take(STEWARD, id).await),
                9 => drop(house.finish(STEWARD, id).await),
                10 => {
                    let link = Which::Link(&reported.link);
                    count(act!(house, tx => commands::not_fixed(&house.visitor(), tx, office, link, "")).is_ok(), &mut again);
                }
                _ => {
                    act!(house, tx => commands::sweep_overdue(&house.system(), tx, office, 100)).unwrap();
                    act!(house, tx => commands::wake(&house.system(), tx, office, 100)).unwrap();
                }
            }
            as_the_journal_has_it(&house, id).await;
        }
        assert!(given > 5 && held > 20 && corrected > 5 && again > 5, "{given} {held} {corrected} {again}");
        for reported in &cases {
            as_the_journal_has_it(&house, reported.id).await;
        }
        house.clean().await;
    }

    /// Twelve hundred random steps by random people and an organisation over a dozen cases. Each either happens as the table says, with its journal
    /// line, or is refused and changes nothing; and in the end nothing is stuck and `check` is clean.
    async fn random_events_never_leave_the_table(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let water = house.unit_link(OFFICER, WATER, DISTRICT_PATH).await.unwrap().token;
        let dice = SeededRng::new(2026);
        let mut cases = Vec::new();
        for _ in 0..12 {
            cases.push(house.lamp().await);
        }
        let people = [STEWARD, SECOND_STEWARD, OTHER_STEWARD, MANAGER, DESK, OFFICER];
        let mut happened = 0;
        for _ in 0..1_200 {
            let reported = &cases[usize::try_from(dice.below(12)).unwrap()];
            let who = people[usize::try_from(dice.below(6)).unwrap()];
            let staff = house.staff(who);
            let before = house.case(reported.id).await;
            let lines = house.lines(reported.id).await.len();
            house.clock.advance_secs(i64::try_from(dice.below(7_200)).unwrap());
            let by = if dice.below(2) == 0 { Which::Link(&reported.link) } else { Which::Id(reported.id) };
            let as_who = if matches!(by, Which::Link(_)) { house.visitor() } else { staff.clone() };
            let (office, id) = (&house.office, reported.id);
            let result = match dice.below(22) {
                0 | 1 => act!(house, tx => commands::take(&staff, tx, office, id)),
                2 | 3 => act!(house, tx => commands::finish(&staff, tx, office, id, Finish { photos: vec![photo(3)], ..Finish::default() })),
                4 => act!(house, tx => commands::confirm(&as_who, tx, office, by, None)),
                5 => act!(house, tx => commands::not_fixed(&as_who, tx, office, by, "")),
                6 => act!(house, tx => commands::assign(&staff, tx, office, id, SECOND_STEWARD.owner().appointment)),
                7 => act!(house, tx => commands::suspend(&staff, tx, office, id, (Some(house.clock_now().plus_secs(5 * 86_400)), "等材料"))),
                8 | 9 => act!(house, tx => commands::resume(&staff, tx, office, id)),
                10 => act!(house, tx => commands::extend(&staff, tx, office, id, ("fifteen_days", "缺货"))),
                11 => act!(house, tx => commands::move_on(&staff, tx, office, id, Onward::Return, "不归我们管")),
                12 => act!(house, tx => commands::move_on(&staff, tx, office, id, Onward::Reopen, "又坏了")),
                13 if dice.below(6) == 0 => act!(house, tx => commands::merge(&staff, tx, office, id, &cases[0].number)),
                14 => {
                    act!(house, tx => commands::sweep_overdue(&house.system(), tx, office, 100)).unwrap();
                    act!(house, tx => commands::wake(&house.system(), tx, office, 100)).unwrap();
                    continue;
                }
                15 => act!(house, tx => commands::entrust(&staff, tx, office, id, WATER)),
                16 => act!(house, tx => commands::take_as_unit(&house.visitor(), tx, office, &water, id)),
                17 => act!(house, tx => commands::finish_as_unit(&house.visitor(), tx, office, &water, (id, Finish { photos: vec![photo(4)], ..Finish::default() }))),
                18 => act!(house, tx => commands::return_as_unit(&house.visitor(), tx, office, &water, (id, "不归我们管"))),
                19 => act!(house, tx => commands::ask_time(&house.visitor(), tx, office, &water, (id, "fifteen_days", "缺货"))),
                20 => {
                    let to = Correction { class: CLASSES[usize::try_from(dice.below(4)).unwrap()].to_owned(), ..Correction::default() };
                    act!(house, tx => commands::correct_class(&staff, tx, office, id, (&to, "分错了")))
                }
                _ if dice.below(10) == 0 => act!(house, tx => commands::void(&staff, tx, office, id, "不属实")),
                _ => act!(house, tx => commands::note(&staff, tx, id, "看过了", false)),
            };
            let after = house.case(reported.id).await;
            let new_lines = house.lines(reported.id).await.split_off(lines);
            match result {
                Ok(step) => {
                    happened += 1;
                    assert_eq!(step.state, after.state);
                    assert!(!new_lines.is_empty());
                    let moved = before.due_at != after.due_at;
                    assert_eq!(new_lines.iter().any(|l| l.kind == "cases.deadline_moved"), moved);
                    if before.state != after.state {
                        let rules = house.office.rules(&after.place, house.clock_now()).unwrap();
                        assert!(rules.transitions().rows().any(|row| row.state == before.state && row.to == after.state), "{} → {}", before.state, after.state);
                    }
                }
                Err(refused) => {
                    assert_eq!((after, new_lines.len()), (before, 0), "{refused}");
                    let expected = matches!(refused, CasesError::Transition(InvalidTransition::NoRow { .. } | InvalidTransition::NotYours { .. }) | CasesError::Field { field: "other" | "clock" | "unit" | "class", .. } | CasesError::NotFound | CasesError::Denied(_));
                    assert!(expected, "{refused}");
                    continue;
                }
            }
            assert_eq!(after.is_open(), house.office.rules(&after.place, house.clock_now()).unwrap().transitions().arrival(after.state).unwrap().open);
            assert!(after.state != CaseState::Handling || (after.owner.is_some() != after.unit.is_some()));
            assert!(after.owner.is_none() || after.unit.is_none(), "two owners");
        }
        assert!(happened > 100, "only {happened} of 1200 happened");
        house.clean().await;
        house.fold().await;
        house.clean().await;
        // Nothing is stuck: everything that is open can be brought to its end.
        for reported in &cases {
            let mut case = house.case(reported.id).await;
            if case.is_open() && case.state != CaseState::AwaitingConfirmation {
                if case.state == CaseState::Suspended {
                    act!(house, tx => commands::resume(&house.staff(DESK), tx, &house.office, case.id)).unwrap();
                    case = house.case(case.id).await;
                }
                if case.state == CaseState::Returned {
                    let to = STEWARD.owner().appointment;
                    act!(house, tx => commands::assign(&house.staff(DESK), tx, &house.office, case.id, to)).unwrap();
                    case = house.case(case.id).await;
                }
                if !matches!(case.state, CaseState::Handling | CaseState::Extended) {
                    house.take(STEWARD, case.id).await.unwrap();
                }
                house.finish(DESK, case.id).await.unwrap();
                case = house.case(case.id).await;
            }
            if case.state == CaseState::AwaitingConfirmation {
                act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, Which::Link(&reported.link), None)).unwrap();
            }
            assert!(!house.case(reported.id).await.is_open());
        }
        house.clean().await;
    }
}
