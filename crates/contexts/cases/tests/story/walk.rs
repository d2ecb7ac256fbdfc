//! Random events: nothing ever leaves the table.

use linli_cases::commands::{self, Finish, Onward, Which};
use linli_cases::{CaseState, CasesError, InvalidTransition};
use linli_db::Db;
use linli_kernel::{Rng as _, SeededRng};

use crate::house::{DESK, DISTRICT_PATH, House, MANAGER, OFFICER, OTHER_STEWARD, SECOND_STEWARD, STEWARD, act, photo};
use crate::units::WATER;

linli_db::both_databases! {
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
            let result = match dice.below(21) {
                0 | 1 => act!(house, tx => commands::take(&staff, tx, office, id)),
                2 | 3 => act!(house, tx => commands::finish(&staff, tx, office, id, Finish { photos: vec![photo(3)], ..Finish::default() })),
                4 => act!(house, tx => commands::confirm(&as_who, tx, office, by, None)),
                5 => act!(house, tx => commands::not_fixed(&as_who, tx, office, by, "")),
                6 => act!(house, tx => commands::assign(&staff, tx, office, id, SECOND_STEWARD.owner().appointment)),
                7 => act!(house, tx => commands::suspend(&staff, tx, office, id, (None, "等材料"))),
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
                    let expected = matches!(refused, CasesError::Transition(InvalidTransition::NoRow { .. } | InvalidTransition::NotYours { .. }) | CasesError::Field { field: "other" | "clock" | "unit", .. } | CasesError::NotFound | CasesError::Denied(_));
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
