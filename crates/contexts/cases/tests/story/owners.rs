//! Who has a case when its class, its place or somebody's appointment changes; and that one case keeps no other from its turn.

use linli_cases::commands::{self, Correction};
use linli_cases::{CaseId, CaseState, queries};
use linli_db::{Db, exec};

use crate::house::{
    COMMUNITY, DESK, DISTRICT, ENTRANCE, House, MANAGER, OFFICER, SECOND_STEWARD, SECRETARY, STEWARD, Staff, act, lamp, path,
};
use crate::import::{options, own, take};
use crate::tickets::waiting;
use crate::units::WATER;
use crate::web::Web;

impl House {
    async fn correct(&self, who: Staff, id: CaseId, class: &str) -> CaseState {
        let to = Correction { class: class.to_owned(), ..Correction::default() };
        act!(self, tx => commands::correct_class(&self.staff(who), tx, &self.office, id, (&to, "分错了"))).unwrap().state
    }

    async fn correct_keeping(&self, who: Staff, id: CaseId, class: &str) -> CaseState {
        let to = Correction { class: class.to_owned(), keep_owner: true, ..Correction::default() };
        act!(self, tx => commands::correct_class(&self.staff(who), tx, &self.office, id, (&to, "分错了"))).unwrap().state
    }

    /// Hands on whatever somebody had who is here no longer; gives how many cases.
    async fn hand_on(&self) -> i64 {
        // What was known a moment ago is forgotten.
        self.clock.advance_secs(60);
        let over = {
            let mut read = self.db.read().await.unwrap();
            queries::over_with_cases(&mut read.conn(), &self.office, DISTRICT, self.clock_now()).await.unwrap()
        };
        let mut handed = 0;
        for appointment in over {
            let mut after = None;
            loop {
                let done =
                    act!(self, tx => commands::hand_on(&self.system(), tx, &self.office, appointment, (after, 2))).unwrap();
                handed += done.handed;
                after = done.next;
                if after.is_none() {
                    break;
                }
            }
        }
        handed
    }

    async fn write(&self, text: &'static str) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query(text)).unwrap();
        tx.commit().await.unwrap();
    }
}

linli_db::both_databases! {
    /// What speaks about people goes from a utility to an office; nothing is lost, and the line says to whom.
    async fn an_organisation_loses_what_is_corrected_to_speak_about_people(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        for class in ["conduct", "service"] {
            let id = house.lamp().await.id;
            house.entrust(DESK, id, WATER).await.unwrap();
            house.correct(SECRETARY, id, class).await;
            let case = house.case(id).await;
            assert_eq!((case.unit, case.owner), (None, Some(SECRETARY.owner())), "{class}");
            let line = house.lines(id).await.into_iter().rfind(|line| line.kind == "cases.assigned").unwrap().facts();
            assert_eq!(line["instead_of_unit"].as_str(), Some(WATER.to_string().as_str()));
            assert_eq!(line["owner"].as_str(), Some(SECRETARY.owner().appointment.to_string().as_str()));
        }
        // What speaks about nobody stays with it where whoever corrects it says so, or the posts that the class names are the same.
        let id = house.lamp().await.id;
        house.entrust(DESK, id, WATER).await.unwrap();
        house.correct(SECRETARY, id, "sewer").await;
        assert_eq!(house.case(id).await.unit, Some(WATER));
        house.correct_keeping(SECRETARY, id, "noise").await;
        assert_eq!(house.case(id).await.unit, Some(WATER));
        house.fold().await;
        house.clean().await;
    }

    /// Corrected to a class whose rule names another post, a case goes there as a new one would, also from whoever works on it already; he keeps
    /// it only where the corrector says so.
    async fn who_has_it_follows_the_rule_of_the_corrected_class(db: Db) {
        let house = House::new(db).await;
        let (waiting, taken, kept, same) = (house.lamp().await.id, house.lamp().await.id, house.lamp().await.id, house.lamp().await.id);
        for id in [taken, kept, same] {
            house.take(STEWARD, id).await.unwrap();
        }
        assert_eq!(house.correct(SECRETARY, waiting, "lift").await, CaseState::Reported);
        assert_eq!(house.case(waiting).await.owner, Some(DESK.owner()));
        assert_eq!(house.correct(SECRETARY, taken, "lift").await, CaseState::Dispatched, "it has to be taken anew");
        assert_eq!(house.case(taken).await.owner, Some(DESK.owner()));
        let line = house.lines(taken).await.into_iter().rfind(|line| line.kind == "cases.assigned").unwrap().facts();
        assert_eq!((line["why"].as_str(), line["owner_role"].as_str()), (Some("class_rule"), Some("property_desk")));
        assert_eq!(line["instead_of"].as_str(), Some(STEWARD.owner().appointment.to_string().as_str()));
        assert_eq!(house.correct_keeping(SECRETARY, kept, "lift").await, CaseState::Handling);
        assert_eq!(house.case(kept).await.owner, Some(STEWARD.owner()));
        assert!(!house.kinds(kept).await.contains(&"cases.assigned".to_owned()));
        // What the rule names for both classes is no reason to take it from anybody, whoever of that post has it.
        assert_eq!(house.correct(SECRETARY, same, "door_access").await, CaseState::Handling);
        assert_eq!(house.case(same).await.owner, Some(STEWARD.owner()));
        house.fold().await;
        house.clean().await;
    }

    /// On the page: the corrector is told that it will go to another, and ticks when it shall not; the timeline says which of both happened.
    async fn the_corrector_says_whether_he_who_has_it_keeps_it(db: Db) {
        let web = Web::open(db).await;
        for (more, says, owner) in [
            ("", "更正类别后，按新类别的承办规则派给 物业值班 员工5", DESK),
            ("&keep=1", "仍由原承办人办理", STEWARD),
        ] {
            let id = web.house.lamp().await.id;
            web.house.take(STEWARD, id).await.unwrap();
            let form = web.get(&format!("/cases/{id}/class"), Some(SECRETARY)).await.text;
            assert!(form.contains("name=\"keep\"") && form.contains("员工1继续办理"), "{form}");
            let sent = web.post(&format!("/cases/{id}/class"), Some(SECRETARY), &format!("class=lift&reason=%E5%88%86%E9%94%99%E4%BA%86{more}")).await;
            assert_eq!(sent.status, http::StatusCode::SEE_OTHER, "{}", sent.text);
            assert_eq!(web.house.case(id).await.owner, Some(owner.owner()));
            let page = web.get(&format!("/cases/{id}"), Some(SECRETARY)).await.text;
            assert!(page.contains(says), "{says} is not in {page}");
        }
    }

    /// A steward who has what turns out to be about stewards: somebody else has it, who has still to take it.
    async fn a_steward_loses_what_is_corrected_to_be_about_stewards(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        assert_eq!(house.correct(SECRETARY, id, "service").await, CaseState::Dispatched);
        let case = house.case(id).await;
        assert_eq!((case.place, case.owner), (path(ENTRANCE), Some(SECRETARY.owner())));
        house.take(SECRETARY, id).await.unwrap();
        assert_eq!(house.correct(SECRETARY, id, "noise").await, CaseState::Handling, "whoever may have it keeps it");
        house.fold().await;
        house.clean().await;
    }

    /// What was taken for a complaint goes back to the door where it was reported, and to whoever works there.
    async fn corrected_back_it_goes_back(db: Db) {
        let house = House::new(db).await;
        let moved = house.lamp().await.id;
        let mut complaint = lamp();
        complaint.class = Some("conduct".to_owned());
        let filed = house.report(&house.visitor(), complaint).await.unwrap().id;
        house.correct(SECRETARY, moved, "conduct").await;
        for id in [moved, filed] {
            assert_eq!((house.case(id).await.place, house.case(id).await.owner), (path(COMMUNITY), Some(SECRETARY.owner())));
            house.correct(SECRETARY, id, "stair_lamp").await;
            let case = house.case(id).await;
            assert_eq!((case.place, case.owner, case.public), (path(ENTRANCE), Some(STEWARD.owner()), true));
        }
        house.fold().await;
        house.clean().await;
    }

    /// The counts of a case from a file go up with it, and down again.
    async fn an_imported_case_takes_its_counts_along(db: Db) {
        let house = House::new(db).await;
        let file = "external_id,place,class,description,status,reported_at\nA-1,SJ3/3栋/2单元,stair_lamp,灯不亮,reported,2026-11-20 08:00\n";
        take(&house, own(file), None, &options("12345")).await;
        let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
        let id = {
            let mut read = house.db.read().await.unwrap();
            queries::desk(&house.staff(OFFICER), &mut read.conn(), &all, None).await.unwrap().cases[0].id
        };
        house.correct(SECRETARY, id, "conduct").await;
        assert_eq!(house.case(id).await.place, path(COMMUNITY));
        house.clean().await;
        house.correct(SECRETARY, id, "stair_lamp").await;
        assert_eq!(house.case(id).await.place, path(ENTRANCE));
        house.clean().await;
    }

    async fn an_owner_who_changes_in_silence_is_found(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.fold().await;
        house.clean().await;
        house.write("UPDATE case_file SET owner_person = id, owner_appointment = id").await;
        let found = {
            let mut read = house.db.read().await.unwrap();
            queries::check(&mut read.conn(), DISTRICT).await.unwrap()
        };
        assert!(found.iter().any(|finding| finding.problem == "changed its owner without a journal line"), "{found:?}");
    }

    /// Who is appointed anew goes on with what he had.
    async fn who_is_appointed_anew_goes_on_with_it(db: Db) {
        let house = House::new(db).await;
        let (handled, _new, done, held) = (house.lamp().await.id, house.lamp().await.id, house.lamp().await.id, house.lamp().await.id);
        for id in [handled, done, held] {
            house.take(STEWARD, id).await.unwrap();
        }
        house.finish(STEWARD, done).await.unwrap();
        act!(house, tx => commands::suspend(&house.staff(STEWARD), tx, &house.office, held, (Some(house.clock_now().plus_secs(3 * 86_400)), "等配件"))).unwrap();
        assert_eq!(house.hand_on().await, 0, "while it is in force");

        house.changes.lock().unwrap().anew.push(STEWARD.number);
        assert_eq!((house.hand_on().await, house.hand_on().await), (4, 0));
        let case = house.case(handled).await;
        assert_eq!((case.owner, case.state), (Some(STEWARD.owner_anew()), CaseState::Handling), "the same person goes on");

        house.clean().await;
    }

    /// The next of that post has it, though he has still to take it; then who stands above; with nobody at all it waits to be given.
    async fn the_successor_has_it_on_his_day(db: Db) {
        let house = House::new(db).await;
        let (handled, new, done, held) = (house.lamp().await.id, house.lamp().await.id, house.lamp().await.id, house.lamp().await.id);
        for id in [handled, done, held] {
            house.take(STEWARD, id).await.unwrap();
        }
        house.finish(STEWARD, done).await.unwrap();
        act!(house, tx => commands::suspend(&house.staff(STEWARD), tx, &house.office, held, (Some(house.clock_now().plus_secs(3 * 86_400)), "等配件"))).unwrap();
        house.changes.lock().unwrap().gone.push(STEWARD.number);
        assert_eq!((house.hand_on().await, house.hand_on().await), (4, 0));
        let states = [(handled, CaseState::Dispatched), (new, CaseState::Reported), (done, CaseState::AwaitingConfirmation), (held, CaseState::Suspended)];
        for (id, state) in states {
            let case = house.case(id).await;
            assert_eq!((case.owner, case.state), (Some(SECOND_STEWARD.owner()), state));
            let line = house.lines(id).await.into_iter().rfind(|line| line.kind == "cases.assigned").unwrap();
            assert_eq!((line.actor.as_str(), line.facts()["why"].as_str()), ("system:test", Some("appointment_over")));
        }
        let mine = {
            let mut read = house.db.read().await.unwrap();
            queries::my_day(&house.staff(SECOND_STEWARD), &mut read.conn()).await.unwrap().mine
        };
        assert!(mine.iter().any(|case| case.id == handled));
        house.take(SECOND_STEWARD, handled).await.unwrap();
        house.changes.lock().unwrap().gone.push(SECOND_STEWARD.number);
        assert_eq!(house.hand_on().await, 4);
        assert_eq!(house.case(handled).await.owner, Some(MANAGER.owner()));
        house.take(MANAGER, handled).await.unwrap();
        house.changes.lock().unwrap().gone.extend([MANAGER, DESK, SECRETARY].map(|who| who.number));
        assert_eq!(house.hand_on().await, 3, "what is on hold stays until it goes on");
        let case = house.case(handled).await;
        assert_eq!((case.owner, case.state), (None, CaseState::Dispatched));
        act!(house, tx => commands::resume(&house.system(), tx, &house.office, held)).unwrap();
        assert_eq!(house.hand_on().await, 1);
        assert_eq!(house.case(held).await.owner, None);
        house.fold().await;
        house.clean().await;
    }

    /// Somebody works on a case at the very moment when the program looks at it: the others have their turn all the same.
    async fn a_case_that_changes_meanwhile_keeps_no_other_from_its_turn(db: Db) {
        let house = House::new(db).await;
        for busy_with_held in [false, true] {
            let (first, second, held) = (house.lamp().await.id, house.lamp().await.id, house.lamp().await.id);
            for id in [first, second, held] {
                house.take(STEWARD, id).await.unwrap();
            }
            for id in [first, second] {
                house.finish(STEWARD, id).await.unwrap();
                house.clock.advance_secs(60);
            }
            let until = house.clock_now().plus_secs(86_400);
            act!(house, tx => commands::suspend(&house.staff(STEWARD), tx, &house.office, held, (Some(until), "等配件"))).unwrap();
            house.clock.advance_secs(20 * 86_400);
            let mut busy = house.db.begin(DISTRICT).await.unwrap();
            let on = if busy_with_held { held } else { first };
            let text = "UPDATE case_file SET version = version + 1 WHERE id = $1";
            exec!(&mut busy.conn().unwrap(), sqlx::query(text).bind(on)).unwrap();
            let working = async {
                waiting(&house.db).await;
                busy.commit().await.unwrap();
            };
            let waking = async { act!(house, tx => commands::wake(&house.system(), tx, &house.office, 100)).unwrap() };
            tokio::join!(waking, working);
            assert_eq!(house.case(second).await.state, CaseState::Closed);
            act!(house, tx => commands::wake(&house.system(), tx, &house.office, 100)).unwrap();
            assert_eq!((house.case(first).await.state, house.case(held).await.state), (CaseState::Closed, CaseState::Handling));
        }
        house.fold().await;
        house.clean().await;
    }
}
