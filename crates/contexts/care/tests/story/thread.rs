//! A silent day becomes a visit, and the visit an outcome.

use linli_care::commands::With;
use linli_care::{
    CareError, Need, Outcome, Purpose, Sign, SignKind, Silence, Verdict, VisitEvent, VisitKind, VisitState, Whose, queries,
};
use linli_db::{Db, both_databases};
use linli_kernel::{Clock as _, Ts};

use crate::house::{DESK, DISTRICT, ELSEWHERE, GUARD, House, OFFICER, RED, STEWARD, WORKER, path};

both_databases! {
    async fn a_silent_day_becomes_a_visit_once(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        assert_eq!(house.sign(person, SignKind::Out).await, Verdict::Taken);
        house.hours(1).await;
        assert_eq!(house.sign(person, SignKind::In).await, Verdict::Taken);
        house.hours(23).await;
        assert_eq!(house.open_visits().await, Vec::new(), "23 hours are not 24");
        house.hours(2).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.len(), 1, "one silence, one visit");
        let visit = &visits[0];
        assert_eq!((visit.kind, visit.silence, visit.state), (VisitKind::Alarm, Some(Silence::NotLeftHome), VisitState::Waiting));
        assert_eq!(visit.owner.as_ref().map(|owner| owner.person), Some(STEWARD.owner().person), "the steward of the entrance first");
        assert_eq!(visit.due_at.secs_since(visit.silent_since.unwrap()), 24 * 3_600);
        assert!(visit.opened_at.secs_since(visit.due_at) <= 600, "at the pass after the deadline");

        // Telephone first: the door is not open to her before.
        assert!(matches!(house.step(STEWARD, visit.id, VisitEvent::PhoneSilent).await, Err(CareError::Step(_))), "not taken yet");
        house.step(STEWARD, visit.id, VisitEvent::Take).await.unwrap();
        assert!(matches!(house.step(STEWARD, visit.id, VisitEvent::Knock).await, Err(CareError::Missing(Need::NoPhone))));
        assert!(matches!(house.step(RED, visit.id, VisitEvent::Well).await, Err(CareError::Step(_))), "it is not hers");
        house.step(STEWARD, visit.id, VisitEvent::PhoneSilent).await.unwrap();
        house.step(STEWARD, visit.id, VisitEvent::Knock).await.unwrap();
        house.clock.advance_secs(120);
        let done = house.step(STEWARD, visit.id, VisitEvent::Well).await.unwrap();
        assert_eq!((done.state, done.outcome), (VisitState::Ended, Some(Outcome::Well)));
        let visit = house.visit(visit.id).await;
        assert!(visit.wrong_knock, "she was well: a knock too many");
        assert!(matches!(house.step(STEWARD, visit.id, VisitEvent::Well).await, Err(CareError::Step(_))), "over is over");
        let kinds = house.kinds(visit.id.0).await;
        let wanted = ["care.visit_opened", "care.visit_taken", "care.visit_phone_silent", "care.visit_knocked", "care.visit_done"];
        assert_eq!(kinds, wanted);

        // That she was seen counts: the next alarm is a day after that, and not before.
        house.hours(23).await;
        assert_eq!(house.open_visits().await, Vec::new());
        house.hours(2).await;
        assert_eq!(house.open_visits().await.len(), 1);

        let mut read = house.db.read().await.unwrap();
        let figures = queries::figures(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(OFFICER.at)).await.unwrap();
        assert_eq!((figures.enrolled, figures.alarms, figures.false_alarms), (1, 2, 1));
        assert_eq!((figures.false_rate(), figures.answered), (Some(1_000), 1), "of the other one nobody knows yet what it is");
        assert_eq!(figures.wrong_knocks, vec![(STEWARD.owner().person, 1)]);
        let way = visit.contacted_at.unwrap().secs_since(visit.due_at);
        assert_eq!((way, figures.contact_p90), (62 * 60, Some(way)), "from the alarm at ten to the word of the steward at two past eleven");
        // Whom nobody reaches is not left out of the figure.
        house.clock.advance_secs(3 * 3_600);
        let figures = queries::figures(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(OFFICER.at)).await.unwrap();
        assert!(figures.contact_p90 > Some(3 * 3_600), "{:?}", figures.contact_p90);
    }

    async fn a_sign_before_anybody_goes_ends_it_and_one_at_the_door_does_not(db: Db) {
        let house = House::watching(db).await;
        let (first, second) = (house.watched(5).await.id, house.watched(6).await.id);
        house.hours(25).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.len(), 2);
        let of = |person| visits.iter().find(|visit| visit.person == person).unwrap().id;
        for event in [VisitEvent::Take, VisitEvent::PhoneSilent, VisitEvent::Knock] {
            house.step(STEWARD, of(second), event).await.unwrap();
        }
        for person in [first, second] {
            assert_eq!(house.sign(person, SignKind::Out).await, Verdict::Taken);
        }
        house.wait(1).await;
        assert_eq!(house.visit(of(first)).await.outcome, Some(Outcome::Relieved));
        assert_eq!(house.visit(of(second)).await.state, VisitState::AtDoor);
        assert!(house.kinds(of(second).0).await.contains(&"care.visit_sign_came".to_owned()));
    }

    async fn nobody_comes_and_each_rung_is_told(db: Db) {
        let house = House::watching(db).await;
        house.watched(5).await;
        house.hours(25).await;
        let visit = house.open_visits().await.pop().unwrap();
        let mut told = vec![visit.owner.clone().unwrap().role];
        let mut rungs = vec![visit.rung];
        for _ in 0..6 {
            house.clock.advance_secs(15 * 60);
            house.sweep().await;
            let now = house.visit(visit.id).await;
            told.push(now.owner.unwrap().role);
            rungs.push(now.rung);
        }
        let wanted = [STEWARD, RED, WORKER, WORKER, DESK, DESK, DESK].map(|staff| staff.role);
        assert_eq!(told, wanted, "steward, red steward, community, the contact by the community, the desk, and there it stays");
        assert_eq!(rungs, [0, 1, 2, 3, 4, 4, 4]);
        let now = house.visit(visit.id).await;
        assert!(now.wake_at.is_some(), "it is never forgotten");
        let lines = house.kinds(visit.id.0).await.iter().filter(|kind| *kind == "care.visit_handed_up").count();
        assert_eq!((lines, now.reminded), (4, 2), "told again is counted, and no line");
    }

    async fn nobody_opens(db: Db) {
        let house = House::watching(db).await;
        house.watched(5).await;
        house.hours(25).await;
        let id = house.open_visits().await[0].id;
        for event in [VisitEvent::Take, VisitEvent::PhoneSilent, VisitEvent::Knock, VisitEvent::NoAnswer] {
            house.step(STEWARD, id, event).await.unwrap();
        }
        // The next is told as well; who stands at the door keeps the visit.
        house.clock.advance_secs(11 * 60);
        house.sweep().await;
        let visit = house.visit(id).await;
        assert_eq!((visit.state, visit.rung), (VisitState::Nobody, 1));
        assert_eq!(visit.owner.unwrap().person, STEWARD.owner().person);
        assert_eq!(visit.told.unwrap().person, RED.owner().person);
        let mine = async |of| {
            let mut read = house.db.read().await.unwrap();
            queries::mine(&house.staff(of), &mut read.conn()).await.unwrap().into_iter().map(|line| line.visit.id).collect::<Vec<_>>()
        };
        assert_eq!((mine(STEWARD).await, mine(RED).await), (vec![id], vec![id]), "who is told finds it in the own list");
        for event in [VisitEvent::ContactTold, VisitEvent::PoliceTold, VisitEvent::FireTold] {
            house.step(STEWARD, id, event).await.unwrap();
        }
        assert!(matches!(house.step(STEWARD, id, VisitEvent::Emergency).await, Err(CareError::Missing(Need::Called120))));
        let with = With { called_120: true, words: "倒在卫生间，意识清楚".to_owned(), ..With::default() };
        let done = house.step_with(STEWARD, id, VisitEvent::Emergency, &with).await.unwrap();
        assert_eq!(done.outcome, Some(Outcome::Emergency));
        assert!(!house.visit(id).await.wrong_knock);
    }

    async fn outcomes_bring_what_they_must(db: Db) {
        let house = House::watching(db).await;
        let people = [house.watched(5).await.id, house.watched(6).await.id, house.watched(7).await.id];
        house.hours(25).await;
        let visits = house.open_visits().await;
        let of = |person| visits.iter().find(|visit| visit.person == person).unwrap().id;
        for person in people {
            house.step(STEWARD, of(person), VisitEvent::Take).await.unwrap();
        }
        // Needs something: a case at the entrance, without the home.
        let none = house.step(STEWARD, of(people[0]), VisitEvent::Needs).await;
        assert!(matches!(none, Err(CareError::Field { field: "words", .. })), "{none:?}");
        let words = With { words: "煤气灶坏了，没法做饭".to_owned(), ..With::default() };
        house.step_with(STEWARD, of(people[0]), VisitEvent::Needs, &words).await.unwrap();
        let case = house.visit(of(people[0])).await.case.unwrap();
        let mut read = house.db.read().await.unwrap();
        let case = linli_cases::queries::readable(&house.staff(STEWARD), &mut read.conn(), DISTRICT, linli_cases::CaseId(case)).await.unwrap();
        assert_eq!(case.place, path(STEWARD.at));
        assert!(case.description.contains("煤气灶坏了") && !case.description.contains("王秀英"));
        // Unwell: the health centre is asked, and what is seen of health stays with the visit.
        let words = With { words: "血氧 92，走路气喘".to_owned(), ..With::default() };
        house.step_with(STEWARD, of(people[1]), VisitEvent::Unwell, &words).await.unwrap();
        let case = linli_cases::CaseId(house.visit(of(people[1])).await.case.unwrap());
        let theirs = linli_cases::queries::readable(&house.staff(STEWARD), &mut read.conn(), DISTRICT, case).await;
        assert!(theirs.is_err(), "the steward who asks for the health centre is asked herself");
        let case = linli_cases::queries::readable(&house.staff(WORKER), &mut read.conn(), DISTRICT, case).await.unwrap();
        assert_eq!(case.class, "health_referral");
        assert!(case.description.contains("卫生服务中心") && !case.description.contains("92"));
        // Away: nobody comes before the day, and then a day later.
        let none = house.step(STEWARD, of(people[2]), VisitEvent::Away).await;
        assert!(matches!(none, Err(CareError::Missing(Need::Until))));
        let until = house.clock.now().plus_secs(3 * 86_400);
        house.step_with(STEWARD, of(people[2]), VisitEvent::Away, &With { until: Some(until), ..With::default() }).await.unwrap();
        assert!(house.care.known(people[2]).await.unwrap().away);
        assert_eq!(house.sign(people[2], SignKind::In).await, Verdict::WhileAway);
        house.hours(72).await;
        assert!(!house.open_visits().await.iter().any(|visit| visit.person == people[2]), "away");
        house.hours(25).await;
        assert!(house.open_visits().await.iter().any(|visit| visit.person == people[2]), "a day after she was to be back");
    }

    async fn devices_fall_silent_and_the_person_is_telephoned(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.hours(3).await;
        let door = &[SignKind::Out, SignKind::In, SignKind::Door];
        assert!(house.hears(person, door, false).await);
        assert!(!house.hears(person, door, false).await, "said already");
        let visits = house.open_visits().await;
        assert_eq!((visits.len(), visits[0].kind), (1, VisitKind::Unheard));
        house.hours(48).await;
        assert_eq!(house.open_visits().await.len(), 1, "she is not alarmed about as if she were silent");
        assert!(house.person(person).await.watched.unwrap().unheard.is_some(), "nor forgotten");
        assert!(house.hears(person, door, true).await);
        assert_eq!(house.open_visits().await, Vec::new());
        house.hours(23).await;
        assert_eq!(house.open_visits().await, Vec::new(), "counted from when she was heard again");
        house.hours(2).await;
        assert_eq!(house.open_visits().await[0].kind, VisitKind::Alarm);
    }

    async fn every_sign_gets_its_verdict(db: Db) {
        let house = House::watching(db).await;
        let (known, unknown) = (house.watched(5).await.id, house.enrol(&house.somebody(6, &[])).await.unwrap().id);
        house.hours(1).await;
        let now = house.clock.now();
        let sign = |person, kind, at: Ts| Sign { whose: Whose::Person(person), kind, at };
        let slot = house.care.slot_of(known).unwrap();
        let batch = vec![
            sign(unknown, SignKind::In, now),
            sign(known, SignKind::Motion, now),
            sign(known, SignKind::In, now.plus_secs(86_400)),
            sign(known, SignKind::Out, now),
            Sign { whose: Whose::Slot(slot + 77), kind: SignKind::In, at: now },
        ];
        let verdicts = house.care.signs(batch.clone()).await.unwrap();
        let wanted = [Verdict::NoConsent, Verdict::NotAskedFor, Verdict::TooFarAhead, Verdict::Taken, Verdict::NoConsent];
        assert_eq!(verdicts, wanted);
        assert_eq!(house.care.signs(batch).await.unwrap()[3], Verdict::NoNews, "a repetition");
        let counted = house.care.counted();
        assert_eq!((counted.taken, counted.without_consent, counted.of_no_use), (1, 4, 5));
    }

    async fn who_is_not_on_duty_sees_nothing(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.hours(25).await;
        let id = house.open_visits().await[0].id;
        for who in [GUARD, OFFICER, ELSEWHERE] {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            assert!(queries::visit(&house.staff(who), c, &house.office, DISTRICT, id).await.is_err(), "{}", who.role);
            assert!(queries::person(&house.staff(who), c, DISTRICT, person).await.is_err(), "{}", who.role);
            drop(read);
            assert!(house.step(who, id, VisitEvent::Take).await.is_err(), "{}", who.role);
        }
        // The desk is not told yet: it sees that there is a visit, and no name.
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert!(!queries::visit(&house.staff(DESK), c, &house.office, DISTRICT, id).await.unwrap().line.named);
        assert!(queries::visit(&house.staff(STEWARD), c, &house.office, DISTRICT, id).await.unwrap().line.named);
        assert!(queries::person(&house.staff(STEWARD), c, DISTRICT, person).await.is_err(), "the register is for the community");
    }

    async fn somebody_is_worried(db: Db) {
        let house = House::watching(db).await;
        let person = house.enrol(&house.somebody(5, &[Purpose::Watch])).await.unwrap().id;
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let made = linli_care::commands::open_by_hand(&house.staff(WORKER), &mut tx, &house.office, person, "两天没见到人").await.unwrap();
        tx.commit().await.unwrap();
        house.step(STEWARD, made.id, VisitEvent::Take).await.unwrap();
        let done = house.step(STEWARD, made.id, VisitEvent::Unwell).await.unwrap();
        assert_eq!(done.outcome, Some(Outcome::Unwell));
        let mut read = house.db.read().await.unwrap();
        let figures = queries::figures(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(OFFICER.at)).await.unwrap();
        assert_eq!((figures.missed, figures.alarms), (1, 0), "watched, unwell, and no alarm: missed");
        assert_eq!((figures.missed_rate(), figures.false_rate()), (Some(1_000), None), "all of one; no alarm, no rate of false ones");
    }

    /// Alarmed about, found well, and an hour later a neighbour is worried: the watch had spoken. A day later it had not.
    async fn what_an_alarm_told_of_shortly_before_was_not_missed(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.hours(25).await;
        let alarm = house.open_visits().await.pop().unwrap().id;
        let by_hand = async || {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            let made = linli_care::commands::open_by_hand(&house.staff(WORKER), &mut tx, &house.office, person, "敲门没人应").await.unwrap();
            tx.commit().await.unwrap();
            for event in [VisitEvent::Take, VisitEvent::Unwell] {
                house.step(STEWARD, made.id, event).await.unwrap();
            }
            let mut read = house.db.read().await.unwrap();
            queries::figures(&house.staff(OFFICER), &mut read.conn(), DISTRICT, &path(OFFICER.at)).await.unwrap().missed
        };
        for event in [VisitEvent::Take, VisitEvent::Well] {
            house.step(STEWARD, alarm, event).await.unwrap();
        }
        house.clock.advance_secs(3_600);
        assert_eq!(by_hand().await, 0);
        house.clock.advance_secs(24 * 3_600 + 60);
        assert_eq!(by_hand().await, 1, "that the alarm of yesterday was about her says nothing of today");
    }

    /// On the board an alarm stands before what somebody asked for earlier.
    async fn alarms_stand_first(db: Db) {
        let house = House::watching(db).await;
        let (asked_for, silent) = (house.watched(5).await.id, house.watched(6).await.id);
        house.hours(20).await;
        assert_eq!(house.sign(asked_for, SignKind::Out).await, Verdict::Taken);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        linli_care::commands::open_by_hand(&house.staff(WORKER), &mut tx, &house.office, asked_for, "两天没见到人").await.unwrap();
        tx.commit().await.unwrap();
        house.hours(5).await;
        let people: Vec<_> = house.open_visits().await.into_iter().map(|visit| visit.person).collect();
        assert_eq!(people, [silent, asked_for]);
    }

    /// Done in a stairwell without a signal, and sent twenty minutes later.
    async fn a_step_counts_from_when_it_was_done(db: Db) {
        let house = House::watching(db).await;
        house.watched(5).await;
        house.hours(25).await;
        let visit = house.open_visits().await.pop().unwrap();
        house.clock.advance_secs(3_600);
        let ago = |minutes: i64| With { done_at: Some(house.clock.now().plus_secs(-minutes * 60)), ..With::default() };
        for (event, minutes) in [(VisitEvent::Take, 24), (VisitEvent::PhoneSilent, 23), (VisitEvent::Knock, 22), (VisitEvent::Well, 20)] {
            house.step_with(STEWARD, visit.id, event, &ago(minutes)).await.unwrap();
        }
        let done = house.visit(visit.id).await;
        let at = |minutes: i64| Some(house.clock.now().plus_secs(-minutes * 60));
        assert_eq!((done.knocked_at, done.contacted_at, done.ended_at), (at(22), at(20), at(20)));
        let mut read = house.db.read().await.unwrap();
        let lines = linli_db::journal::of_subject(&mut read.conn(), DISTRICT, visit.id.0, 100).await.unwrap();
        let last = lines.iter().find(|line| line.kind == "care.visit_done").unwrap();
        assert_eq!((last.at, last.facts()["done_at"].as_i64()), (house.clock.now(), at(20).map(|at| at.0)), "both times are kept");
        drop(read);
        // Not before there was a visit, and not in the future.
        let other = house.watched(6).await.id;
        house.hours(25).await;
        let visit = house.open_visits().await.into_iter().find(|visit| visit.person == other).unwrap();
        house.clock.advance_secs(600);
        house.step_with(STEWARD, visit.id, VisitEvent::Take, &ago(100_000)).await.unwrap();
        assert_eq!(house.visit(visit.id).await.state_since, visit.opened_at);
        house.step_with(STEWARD, visit.id, VisitEvent::Well, &ago(-60)).await.unwrap();
        assert_eq!(house.visit(visit.id).await.contacted_at, Some(house.clock.now()));
    }

    /// Of a visit that is over whoever was not told of it learns that it was, and no more.
    async fn what_a_visit_came_to_is_for_those_who_went(db: Db) {
        let house = House::watching(db).await;
        house.watched(5).await;
        house.hours(25).await;
        let id = house.open_visits().await.pop().unwrap().id;
        for event in [VisitEvent::Take, VisitEvent::Unwell] {
            house.step(STEWARD, id, event).await.unwrap();
        }
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        for (who, told) in [(DESK, false), (RED, false), (STEWARD, true), (WORKER, true)] {
            let view = queries::visit(&house.staff(who), c, &house.office, DISTRICT, id).await.unwrap();
            let (visit, person) = (view.line.visit, view.line.person);
            let home = |path: &linli_kernel::PlacePath| path.level() == Some(linli_kernel::PlaceLevel::Home);
            assert_eq!((visit.outcome.is_some(), visit.case.is_some(), home(&visit.place), home(&person.place)), (told, told, told, told));
            assert_eq!(view.steps.iter().any(|step| step.facts.get("outcome").is_some()), told, "{}", who.role);
        }
    }
}
