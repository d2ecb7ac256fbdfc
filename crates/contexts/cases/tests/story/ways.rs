//! The ways of a case beside the straight one.

use linli_cases::commands::{self, Finish, Onward, Which};
use linli_cases::rules::{PACKS, Rules};
use linli_cases::{CaseState, CasesError, Ending, FieldProblem, InvalidTransition, Rating};
use linli_db::{Db, journal};
use linli_kernel::Ts;
use linli_rulebook::Rulebook;

use crate::house::{DESK, DISTRICT, House, MANAGER, OFFICER, SECRETARY, STEWARD, Staff, act, lamp, photo};

/// The house in which lamps are handled by this profile.
pub async fn house_with(db: Db, profile: &str) -> House {
    let house = House::new(db).await;
    let lamps = format!("code = \"stair_lamp\"\nprofile = \"{profile}\"");
    let classes = PACKS[1].1.replace("code = \"stair_lamp\"", &lamps);
    let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("classes.toml".to_owned(), classes)]).unwrap();
    Rules::check_at(&book, house.clock_now()).unwrap();
    house.book.replace(book);
    house
}

impl House {
    pub async fn move_on(
        &self,
        who: Staff,
        id: linli_cases::CaseId,
        onward: Onward,
        words: &str,
    ) -> Result<CaseState, CasesError> {
        act!(self, tx => commands::move_on(&self.staff(who), tx, &self.office, id, onward, words)).map(|step| step.state)
    }

    pub async fn wake(&self) -> commands::Woken {
        act!(self, tx => commands::sweep_overdue(&self.system(), tx, &self.office, 100)).unwrap();
        act!(self, tx => commands::wake(&self.system(), tx, &self.office, 100)).unwrap()
    }
}

fn at(month: i8, day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, month, day).at(hour, 0, 0, 0)).unwrap()
}

fn result() -> Finish {
    Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("换了灯泡".to_owned()) }
}

linli_db::both_databases! {
    /// A city-management case is looked at twice, and no step of it can be skipped.
    async fn a_city_case_goes_through_both_checks(db: Db) {
        let house = house_with(db, "city").await;
        let id = house.lamp().await.id;
        let no_way = |refused: Result<_, CasesError>| {
            assert!(matches!(refused, Err(CasesError::Transition(InvalidTransition::NoRow { .. }))));
        };
        no_way(house.take(STEWARD, id).await.map(|_| ()));
        no_way(house.move_on(DESK, id, Onward::File, "").await.map(|_| ()));
        assert_eq!(house.move_on(DESK, id, Onward::Check, "").await.unwrap(), CaseState::PreFilingCheck);
        assert_eq!(house.move_on(DESK, id, Onward::File, "").await.unwrap(), CaseState::Filed);
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, STEWARD.owner().appointment)).unwrap();
        house.take(STEWARD, id).await.unwrap();
        no_way(house.finish(STEWARD, id).await.map(|_| ()));
        let bare = act!(house, tx => commands::answer(&house.staff(STEWARD), tx, &house.office, id, Finish::default()));
        assert!(matches!(bare, Err(CasesError::EvidenceMissing)));
        act!(house, tx => commands::answer(&house.staff(STEWARD), tx, &house.office, id, result())).unwrap();
        assert_eq!(house.move_on(DESK, id, Onward::CheckResult, "").await.unwrap(), CaseState::ClosingCheck);
        let silent = house.move_on(DESK, id, Onward::Rework, "  ").await;
        assert!(matches!(silent, Err(CasesError::Field { field: "reason", problem: FieldProblem::Required })));
        let promised = house.case(id).await.due_at;
        assert_eq!(house.move_on(DESK, id, Onward::Rework, "还有一盏不亮").await.unwrap(), CaseState::Reworked);
        assert_eq!(house.case(id).await.due_at, promised, "working again gives no more time");
        house.take(STEWARD, id).await.unwrap();
        act!(house, tx => commands::answer(&house.staff(STEWARD), tx, &house.office, id, result())).unwrap();
        house.move_on(DESK, id, Onward::CheckResult, "").await.unwrap();
        assert_eq!(house.move_on(DESK, id, Onward::Close, "").await.unwrap(), CaseState::Closed);
        let case = house.case(id).await;
        assert_eq!((case.ended_how, case.is_open()), (Some(Ending::Checked), false));
        assert_eq!(house.move_on(OFFICER, id, Onward::Reopen, "又灭了").await.unwrap(), CaseState::Reopened);
        assert_eq!(house.case(id).await.ended_how, None);
        house.fold().await;
        house.clean().await;
    }

    /// Who answered for the owner cannot pass his own answer, alone from the sending to the end.
    async fn nobody_closes_after_checking_his_own_answer(db: Db) {
        let house = house_with(db, "city").await;
        let id = house.lamp().await.id;
        house.move_on(MANAGER, id, Onward::Check, "").await.unwrap();
        house.move_on(MANAGER, id, Onward::File, "").await.unwrap();
        act!(house, tx => commands::dispatch(&house.staff(MANAGER), tx, &house.office, id, STEWARD.owner().appointment)).unwrap();
        house.take(STEWARD, id).await.unwrap();
        act!(house, tx => commands::answer(&house.staff(MANAGER), tx, &house.office, id, result())).unwrap();
        house.move_on(MANAGER, id, Onward::CheckResult, "").await.unwrap();
        let own = house.move_on(MANAGER, id, Onward::Close, "").await;
        assert!(matches!(own, Err(CasesError::Transition(InvalidTransition::NotYours { .. }))));
        assert_eq!(house.move_on(DESK, id, Onward::Close, "").await.unwrap(), CaseState::Closed);
    }

    async fn a_returned_case_belongs_to_nobody_until_it_is_given_to_somebody(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        let silent = house.move_on(STEWARD, id, Onward::Return, "").await;
        assert!(matches!(silent, Err(CasesError::Field { field: "reason", .. })));
        assert_eq!(house.move_on(STEWARD, id, Onward::Return, "是供电公司的灯").await.unwrap(), CaseState::Returned);
        assert_eq!(house.case(id).await.owner, None);
        let skipped = house.finish(DESK, id).await;
        assert!(matches!(skipped, Err(CasesError::Transition(InvalidTransition::NoRow { .. }))));
        act!(house, tx => commands::assign(&house.staff(DESK), tx, &house.office, id, MANAGER.owner().appointment)).unwrap();
        assert_eq!(house.case(id).await.owner, Some(MANAGER.owner()));
        house.clean().await;
    }

    /// Two working days from Tuesday 9:00; on hold from Tuesday 15:00 until Friday begins, it goes on by itself, later by what it stood.
    async fn on_hold_the_clock_stands_and_it_goes_on_by_itself(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        assert_eq!(house.case(id).await.due_at, Some(at(11, 26, 9)));
        house.clock.set(at(11, 24, 15));
        let hold = |until| (until, "等灯具到货");
        for wrong in [at(11, 24, 15), at(11, 24, 15).plus_secs(367 * 86_400)] {
            let refused = act!(house, tx => commands::suspend(&house.staff(STEWARD), tx, &house.office, id, hold(Some(wrong))));
            assert!(matches!(refused, Err(CasesError::Field { field: "until", problem: FieldProblem::NotWithinAYear })));
        }
        act!(house, tx => commands::suspend(&house.staff(STEWARD), tx, &house.office, id, hold(Some(at(11, 27, 0))))).unwrap();
        house.clock.set(at(11, 26, 18));
        assert_eq!(house.wake().await, commands::Woken::default(), "on hold nothing is overdue");
        house.clock.set(at(11, 27, 0));
        assert_eq!(house.wake().await.resumed, 1);
        let case = house.case(id).await;
        // Four of sixteen working hours had run; twelve are left from Friday 8:00: eight on Friday, four on Monday.
        assert_eq!((case.state, case.due_at), (CaseState::Handling, Some(at(11, 30, 12))));
        let kinds = house.kinds(id).await;
        assert_eq!(kinds[kinds.len() - 3..], ["cases.suspended", "cases.resumed", "cases.deadline_moved"]);
        house.clean().await;
    }

    async fn more_time_counts_from_the_promise(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        let extend = async |who, clock, why| act!(house, tx => commands::extend(&house.staff(who), tx, &house.office, id, (clock, why)));
        assert!(matches!(extend(DESK, "one_day", "").await, Err(CasesError::Field { field: "reason", .. })));
        assert!(matches!(extend(DESK, "never", "等").await, Err(CasesError::Field { field: "clock", problem: FieldProblem::NotLater })));
        assert!(matches!(extend(STEWARD, "one_day", "等").await, Err(CasesError::Transition(InvalidTransition::NotYours { .. }))));
        extend(DESK, "one_day", "灯具缺货").await.unwrap();
        assert_eq!(house.case(id).await.due_at, Some(at(11, 27, 9)));
        assert!(extend(DESK, "one_day", "还缺").await.is_err(), "once only");
        house.finish(STEWARD, id).await.unwrap();
        house.clean().await;
    }

    /// Every level is told once, in its time, until nobody is above: this house has nobody above its community. And nobody is told of what was
    /// done meanwhile.
    async fn overdue_climbs_the_ladder(db: Db) {
        let house = House::new(db).await;
        let (slow, done) = (house.lamp().await.id, house.lamp().await.id);
        house.take(STEWARD, slow).await.unwrap();
        house.clock.set(at(11, 26, 10));
        assert_eq!(house.wake().await.escalated, 0);
        house.take(STEWARD, done).await.unwrap();
        house.finish(STEWARD, done).await.unwrap();
        let mut told = Vec::new();
        for day in [27, 28, 29, 30] {
            house.clock.set(at(11, day, 10));
            house.wake().await;
            house.wake().await;
            told.push(house.case(slow).await.flagged_role.map(|role| role.as_str()));
        }
        // 28 and 29 November 2026 are a weekend.
        assert_eq!(told, [Some("property_manager"), Some("property_manager"), Some("property_manager"), Some("community_secretary")]);
        house.clock.set(at(12, 20, 10));
        for _ in 0..5 {
            house.clock.advance_secs(3 * 86_400);
            house.wake().await;
        }
        let case = house.case(slow).await;
        assert_eq!((case.flagged_role.map(|r| r.as_str()), case.wake_at), (Some("community_secretary"), None));
        let escalated: Vec<_> = house.lines(slow).await.into_iter().filter(|line| line.kind == "cases.escalated").collect();
        assert_eq!(escalated.len(), 2);
        assert!(!house.kinds(done).await.contains(&"cases.escalated".to_owned()));
        // Who took it before it was told upwards can still work on it.
        house.finish(STEWARD, slow).await.unwrap();
        house.clean().await;
    }

    /// Where the offices above are held it goes on: community, subdistrict, district, each in the journal, and then nobody is left to be told.
    async fn overdue_climbs_to_the_district(db: Db) {
        let house = House::new(db).await;
        house.changes.lock().unwrap().offices = true;
        let slow = house.lamp().await.id;
        house.take(STEWARD, slow).await.unwrap();
        house.clock.set(at(11, 27, 10));
        for _ in 0..8 {
            house.wake().await;
            house.clock.advance_secs(3 * 86_400);
        }
        let lines = house.lines(slow).await;
        let told: Vec<String> = lines
            .iter()
            .filter(|line| line.kind == "cases.escalated")
            .map(|line| line.facts()["flagged_role"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(told, ["property_manager", "community_secretary", "subdistrict_officer", "district_officer"]);
        let case = house.case(slow).await;
        assert_eq!((case.flagged_role, case.wake_at), (Some(OFFICER.role), None));
        house.clean().await;
    }

    async fn silence_closes_and_is_counted_apart(db: Db) {
        let house = House::new(db).await;
        let (silent, said) = (house.lamp().await, house.lamp().await);
        for id in [silent.id, said.id] {
            house.take(STEWARD, id).await.unwrap();
            house.finish(STEWARD, id).await.unwrap();
        }
        let which = Which::Link(&said.link);
        act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, which, Some(Rating::Fair))).unwrap();
        house.clock.set(at(12, 1, 23));
        assert_eq!(house.wake().await.lapsed, 0);
        house.clock.set(at(12, 2, 0));
        assert_eq!(house.wake().await.lapsed, 1);
        let (silent, said) = (house.case(silent.id).await, house.case(said.id).await);
        assert_eq!((silent.state, silent.ended_how, silent.rating), (CaseState::Closed, Some(Ending::Lapsed), None));
        assert_eq!((said.ended_how, said.rating), (Some(Ending::Confirmed), Some(Rating::Fair)));
        house.fold().await;
        house.clean().await;
    }

    /// Who reported the same sees by his own link how the other stands, and nothing of what others wrote.
    async fn a_case_goes_on_as_another(db: Db) {
        let house = House::new(db).await;
        let (main, second, third) = (house.lamp().await, house.lamp().await, house.lamp().await);
        let merge = async |id, other: &str| act!(house, tx => commands::merge(&house.staff(DESK), tx, &house.office, id, other));
        for (other, problem) in [("2026-999999", FieldProblem::NoSuchCase), (second.number.as_str(), FieldProblem::NotAnotherOpenCase)] {
            let refused = merge(second.id, other).await;
            assert!(matches!(refused, Err(CasesError::Field { field: "other", problem: found }) if found == problem));
        }
        merge(third.id, &second.number).await.unwrap();
        let joined = act!(house, tx => commands::join(&house.visitor(), tx, &house.office, Which::Link(&second.link), &main.number)).unwrap();
        assert_eq!(joined.state, CaseState::Joined);
        assert!(merge(main.id, &second.number).await.is_err(), "what has ended takes nothing in");
        house.take(STEWARD, main.id).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        for link in [&second.link, &third.link] {
            let seen = linli_cases::queries::by_link(&mut read.conn(), &house.office, link, house.clock_now()).await.unwrap();
            let goes_on = seen.goes_on.unwrap();
            assert_eq!((goes_on.number.as_str(), goes_on.state), (main.number.as_str(), CaseState::Handling));
        }
        let lines = journal::of_subject(&mut read.conn(), DISTRICT, main.id.0, 100).await.unwrap();
        assert_eq!(lines.iter().filter(|line| line.kind == "cases.absorbed").count(), 1);
        drop(read);
        house.clean().await;
    }

    /// The three rates with their numerators and denominators, of what was reported in the stretch only.
    async fn rates_say_of_how_many(db: Db) {
        use linli_cases::queries::{Rate, rates};
        let house = House::new(db).await;
        house.lamp().await;
        house.clock.set(at(12, 1, 9));
        let since = house.clock_now();
        let mut all = Vec::new();
        for _ in 0..6 {
            all.push(house.lamp().await);
        }
        // 0 late, 1 confirmed and content, 2 not content, 3 not fixed, 4 silent, 5 none.
        for reported in &all[1..5] {
            house.take(STEWARD, reported.id).await.unwrap();
            house.finish(STEWARD, reported.id).await.unwrap();
        }
        for (which, rating) in [(1, Rating::Satisfied), (2, Rating::Dissatisfied)] {
            let link = Which::Link(&all[which].link);
            act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, link, Some(rating))).unwrap();
        }
        act!(house, tx => commands::not_fixed(&house.visitor(), tx, &house.office, Which::Link(&all[3].link), "")).unwrap();
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, all[5].id, "不属实")).unwrap();
        house.clock.set(at(12, 9, 9));
        house.take(STEWARD, all[0].id).await.unwrap();
        house.wake().await;
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let place = crate::house::path(crate::house::ESTATE);
        let found = rates(&house.staff(SECRETARY), c, DISTRICT, &place, (since, house.clock_now())).await.unwrap();
        assert_eq!(found.response, Rate { of: 4, all: 5 });
        assert_eq!(found.resolution, Rate { of: 2, all: 3 });
        assert_eq!(found.satisfaction, Rate { of: 1, all: 2 });
        assert_eq!((found.lapsed, found.resolution.per_mille(), Rate { of: 0, all: 0 }.per_mille()), (1, Some(666), None));
    }

    /// Wherever a case stands, even where another system brought it, somebody can do something.
    async fn no_state_is_a_trap(db: Db) {
        let house = House::new(db).await;
        let rules = Rules::at(&house.book.load(), &crate::house::path(crate::house::ESTATE), house.clock_now()).unwrap();
        for state in CaseState::ALL.iter().filter(|s| rules.transitions().arrival(**s).is_some_and(|a| a.open)) {
            for class in ["stair_lamp", "a class of before"] {
                let by = |role| linli_cases::Standing::Staff { role, owner: true };
                let ways = [DESK, STEWARD].iter().flat_map(|who| rules.possible(class, *state, by(who.role))).count();
                assert!(ways > 0, "{class} in {state}");
            }
        }
        house.clean().await;
    }

    /// What a case that nobody has waits for is told to the community, not to nobody.
    async fn what_nobody_has_is_told_to_the_community(db: Db) {
        let house = House::new(db).await;
        let id = house.report(&house.visitor(), lamp()).await.unwrap().id;
        house.take(STEWARD, id).await.unwrap();
        house.move_on(STEWARD, id, Onward::Return, "不是我们的").await.unwrap();
        house.clock.set(at(11, 26, 10));
        house.wake().await;
        house.clock.set(at(11, 27, 10));
        assert_eq!(house.wake().await.escalated, 1);
        assert_eq!(house.case(id).await.flagged_role, Some(SECRETARY.role));
        house.clean().await;
    }
}
