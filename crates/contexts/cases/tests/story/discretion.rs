//! From whom a case is kept after it was filed: by what its reporter says later, and no longer by a mistake.

use http::StatusCode;
use linli_access::Role;
use linli_cases::commands::{self, CallAnswer, Correction, Finish, NewCall, NewTicket, Onward, Which};
use linli_cases::{CallKind, CaseId, CaseState, CasesError, FieldProblem, queries};
use linli_db::{Db, exec};
use linli_people::model::OrganisationId;
use uuid::Uuid;

use crate::hotline::ticket;
use crate::house::{
    ADMINISTRATOR, COMMUNITY, DESK, DISTRICT, House, MANAGER, OFFICER, SECOND_STEWARD, SECRETARY, STEWARD, Staff, act, lamp,
    photo,
};
use crate::units::{LAMPS, WATER};
use crate::web::Web;

fn field(error: CasesError) -> (&'static str, FieldProblem) {
    match error {
        CasesError::Field { field, problem } => (field, problem),
        other => panic!("{other}"),
    }
}

impl House {
    async fn lift(&self, who: Staff, id: CaseId, person: Uuid, reason: &str) -> Result<commands::Stepped, CasesError> {
        act!(self, tx => commands::lift_kept(&self.staff(who), tx, id, (person, reason)))
    }

    /// A lamp is out, and the words name the steward.
    async fn named(&self) -> CaseId {
        let mut report = lamp();
        report.description = "楼道灯不亮，甄守楼说不归他管".to_owned();
        let reported = self.report(&self.visitor(), report).await.unwrap();
        assert_eq!(self.case(reported.id).await.kept.persons, [STEWARD.owner().person]);
        reported.id
    }

    /// Somebody comes from an organisation.
    async fn works_for(&self, who: Staff, unit: OrganisationId) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        exec!(
            c,
            sqlx::query("INSERT INTO person (district_id, id, code, name, organisation_id) VALUES (1, $1, $2, $3, $4)")
                .bind(who.owner().person)
                .bind(format!("P{}", who.number))
                .bind(who.name())
                .bind(unit)
        )
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn reads(&self, who: Staff, id: CaseId) -> bool {
        let mut read = self.db.read().await.unwrap();
        queries::readable(&self.staff(who), &mut read.conn(), DISTRICT, id).await.is_ok()
    }
}

linli_db::both_databases! {
    async fn a_mistake_is_lifted_by_an_office_above(db: Db) {
        let house = House::new(db).await;
        let id = house.named().await;
        let person = STEWARD.owner().person;
        for who in [SECRETARY, DESK, SECOND_STEWARD] {
            assert_eq!(house.lift(who, id, person, "同名的住户").await.unwrap_err().code().name, "access.forbidden", "{}", who.role);
        }
        // Nor he himself, whatever other seat he has, nor whoever reads no case.
        for who in [STEWARD, Staff { role: Role::SubdistrictOfficer, at: OFFICER.at, ..STEWARD }, ADMINISTRATOR] {
            assert_eq!(house.lift(who, id, person, "同名的住户").await.unwrap_err().code().name, "cases.not_found", "{}", who.role);
        }
        assert_eq!(field(house.lift(OFFICER, id, person, " ").await.unwrap_err()), ("reason", FieldProblem::Required));
        let other = SECOND_STEWARD.owner().person;
        assert_eq!(field(house.lift(OFFICER, id, other, "同名的住户").await.unwrap_err()), ("person", FieldProblem::NotKept));
        assert!(!house.reads(STEWARD, id).await);
        assert_eq!(house.kinds(id).await, ["cases.reported"], "what was refused wrote nothing");

        house.lift(OFFICER, id, person, "说的是同名的住户").await.unwrap();
        assert!(house.case(id).await.kept.is_empty() && house.reads(STEWARD, id).await);
        assert_eq!(field(house.lift(OFFICER, id, person, "再来").await.unwrap_err()), ("person", FieldProblem::NotKept));
        let line = house.lines(id).await.pop().unwrap();
        assert_eq!(line.kind, "cases.kept_lifted");
        assert!(!line.facts().to_string().contains("同名"), "the reason lies beside the line, erasable");
        house.clean().await;
    }

    async fn the_page_lifts_it_with_a_reason(db: Db) {
        let web = Web::open(db).await;
        let id = web.house.named().await;
        let person = STEWARD.owner().person;
        let (page, to) = (format!("/cases/{id}"), format!("/cases/{id}/lift-kept"));
        assert!(!web.get(&page, Some(DESK)).await.text.contains("lift-kept"), "not offered to those who may not");
        let seen = web.get(&page, Some(OFFICER)).await.text;
        assert!(seen.contains(&to) && seen.contains(&person.to_string()) && seen.contains("解除回避"), "{seen}");
        let bare = web.post(&to, Some(OFFICER), &format!("form=lift-kept&person={person}&reason=")).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bare.text.contains("field-wrong"), "{}", bare.text);
        assert_eq!(web.post(&to, Some(DESK), &format!("person={person}&reason=x")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(web.post(&to, None, &format!("person={person}&reason=x")).await.status, StatusCode::UNAUTHORIZED);
        let done = web.post(&to, Some(OFFICER), &format!("form=lift-kept&person={person}&reason=%E5%90%8C%E5%90%8D")).await;
        assert_eq!((done.status, done.location), (StatusCode::SEE_OTHER, page.clone()), "{}", done.text);
        let after = web.get(&page, Some(OFFICER)).await.text;
        assert!(after.contains("解除了回避") && after.contains("同名") && !after.contains(&to), "{after}");
        assert_eq!(web.get(&page, Some(STEWARD)).await.status, StatusCode::OK);
    }

    /// A reporter who is not content names the one who has it: it goes on with somebody else, who is told, and he does not read the words.
    async fn what_is_said_later_is_kept_too(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let id = reported.id;
        house.take(STEWARD, id).await.unwrap();
        house.finish(STEWARD, id).await.unwrap();
        let link = Which::Link(&reported.link);
        act!(house, tx => commands::not_fixed(&house.visitor(), tx, &house.office, link, "还是不亮")).unwrap();
        assert_eq!(house.case(id).await.owner, Some(STEWARD.owner()), "words that name nobody change nothing");
        house.take(STEWARD, id).await.unwrap();
        house.finish(STEWARD, id).await.unwrap();
        act!(house, tx => commands::not_fixed(&house.visitor(), tx, &house.office, link, "甄管家根本没来，还骂人")).unwrap();
        let case = house.case(id).await;
        assert_eq!((case.kept.persons.as_slice(), &case.owner), ([STEWARD.owner().person].as_slice(), &Some(SECOND_STEWARD.owner())));
        assert!(!house.reads(STEWARD, id).await && house.reads(SECOND_STEWARD, id).await);
        let kept = house.lines(id).await.into_iter().find(|line| line.kind == "cases.kept").unwrap();
        assert!(!kept.facts().to_string().contains(&STEWARD.owner().person.to_string()), "the line does not say who");
        let told = {
            let mut read = house.db.read().await.unwrap();
            queries::by_link(&mut read.conn(), &house.office, &reported.link, house.clock_now()).await.unwrap()
        };
        assert!(told.timeline.iter().all(|entry| entry.kind != "cases.kept"), "that is between offices");
        // It can be brought to its end by whoever has it now.
        house.take(SECOND_STEWARD, id).await.unwrap();
        house.finish(SECOND_STEWARD, id).await.unwrap();
        act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, link, None)).unwrap();
        assert_eq!(house.case(id).await.state, CaseState::Closed);
        house.fold().await;
        house.clean().await;
    }

    /// What a caller says is looked through when it is noted as his; what colleagues write to each other is not.
    async fn a_note_of_what_the_caller_said_is_looked_through(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        let words = "来电人说甄管家收了红包";
        act!(house, tx => commands::note(&house.staff(DESK), tx, id, "请甄管家今晚去看", false)).unwrap();
        assert!(house.case(id).await.kept.is_empty() && house.reads(STEWARD, id).await);
        // What somebody writes down himself about himself he may read.
        act!(house, tx => commands::note_told(&house.staff(STEWARD), tx, &house.office, id, ("居民说甄守楼来得快", false))).unwrap();
        assert!(house.case(id).await.kept.is_empty());
        act!(house, tx => commands::note_told(&house.staff(DESK), tx, &house.office, id, (words, false))).unwrap();
        let case = house.case(id).await;
        assert_eq!((case.kept.persons.as_slice(), case.owner), ([STEWARD.owner().person].as_slice(), Some(SECOND_STEWARD.owner())));
        assert!(!house.reads(STEWARD, id).await);
        act!(house, tx => commands::note_told(&house.staff(DESK), tx, &house.office, id, ("亓双楼也没来", false))).unwrap();
        let case = house.case(id).await;
        assert!(case.kept.persons.len() == 2 && case.owner.is_some_and(|owner| !case.kept.from(owner.role, owner.person)));
        house.clean().await;
    }

    /// An organisation that has a case loses it when the reporter names one of its people; it reads nothing of it any more, and is not given it again.
    async fn an_organisation_whose_people_are_named_loses_the_case(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        house.works_for(STEWARD, LAMPS).await;
        let link = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        let reported = house.lamp().await;
        let id = reported.id;
        let (by_link, visitor) = (Which::Link(&reported.link), house.visitor());
        let not_fixed = async |words| act!(house, tx => commands::not_fixed(&visitor, tx, &house.office, by_link, words)).unwrap();
        let mended = async || {
            act!(house, tx => commands::take_as_unit(&visitor, tx, &house.office, &link.token, id)).unwrap();
            let done = Finish { photos: vec![photo(9)], ..Finish::default() };
            act!(house, tx => commands::finish_as_unit(&visitor, tx, &house.office, &link.token, (id, done.clone()))).unwrap();
        };
        house.entrust(DESK, id, LAMPS).await.unwrap();
        mended().await;
        not_fixed("还是不亮，亓双楼也没来").await;
        let case = house.case(id).await;
        assert_eq!((case.unit, case.kept.persons.as_slice()), (Some(LAMPS), [SECOND_STEWARD.owner().person].as_slice()), "who comes from elsewhere is none of its people");
        mended().await;
        not_fixed("明亮公司的甄守楼来了，没换就走").await;
        let case = house.case(id).await;
        assert_eq!((case.state, case.unit, case.owner.as_ref()), (CaseState::Reopened, None, Some(&MANAGER.owner())), "both stewards are named");
        let kept = house.lines(id).await.into_iter().rfind(|line| line.kind == "cases.kept").unwrap().facts();
        assert_eq!((&kept["instead_of_unit"], &kept["owner"]), (&serde_json::json!(LAMPS), &serde_json::json!(MANAGER.owner().appointment)));
        let seen = {
            let mut read = house.db.read().await.unwrap();
            queries::unit_case(&mut read.conn(), &house.office, &link.link, (id, house.clock_now())).await
        };
        assert!(matches!(seen, Err(CasesError::NotFound)));
        let again = act!(house, tx => commands::take_as_unit(&visitor, tx, &house.office, &link.token, id));
        assert!(matches!(again, Err(CasesError::NotFound)));
        assert_eq!(field(house.entrust(DESK, id, LAMPS).await.unwrap_err()), ("unit", FieldProblem::NotAUnit), "as when it is given");
        house.entrust(DESK, id, WATER).await.unwrap();
        house.fold().await;
        house.clean().await;
    }

    /// The same by a call that is noted and by what the city writes, in whichever state the case is; what it asked for nobody waits for.
    async fn a_note_and_a_message_of_the_hotline_are_looked_through_for_them(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        // Nobody of this name answers for the place: it is known by the organisation alone.
        let fitter = Staff { number: 10, role: Role::Member, at: COMMUNITY };
        house.works_for(fitter, LAMPS).await;
        let link = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap().token;
        let id = house.lamp().await.id;
        house.entrust(DESK, id, LAMPS).await.unwrap();
        act!(house, tx => commands::take_as_unit(&house.visitor(), tx, &house.office, &link, id)).unwrap();
        act!(house, tx => commands::ask_time(&house.visitor(), tx, &house.office, &link, (id, "one_day", "灯具缺货"))).unwrap();
        act!(house, tx => commands::note(&house.staff(DESK), tx, id, "请应上灯师傅先去看", false)).unwrap();
        assert_eq!(house.case(id).await.unit, Some(LAMPS), "what colleagues write is about nobody");
        act!(house, tx => commands::note_told(&house.staff(DESK), tx, &house.office, id, ("来电人说应上灯收了钱", false))).unwrap();
        let case = house.case(id).await;
        assert_eq!((case.state, case.unit, case.owner.as_ref()), (CaseState::Handling, None, Some(&STEWARD.owner())));
        assert!(matches!(act!(house, tx => commands::refuse_time(&house.staff(DESK), tx, &house.office, id, "不用了")), Err(CasesError::Changed)));

        let received = house.receive(ticket()).await.unwrap().ticket.case;
        act!(house, tx => commands::move_on(&house.staff(DESK), tx, &house.office, received, Onward::File, "")).unwrap();
        house.entrust(DESK, received, LAMPS).await.unwrap();
        let more = NewTicket { content: "3 栋停水，应上灯态度差".to_owned(), ..ticket() };
        house.receive(more).await.unwrap();
        let case = house.case(received).await;
        assert!(case.unit.is_none() && case.owner.is_some() && case.kept.persons == [fitter.owner().person], "{case:?}");

        // A report that names him from the beginning is not given to it either.
        let mut named = lamp();
        named.description = "应上灯装的灯又灭了".to_owned();
        let from_the_start = house.report(&house.visitor(), named).await.unwrap().id;
        assert_eq!(field(house.entrust(DESK, from_the_start, LAMPS).await.unwrap_err()), ("unit", FieldProblem::NotAUnit));
        house.fold().await;
        house.clean().await;
    }

    /// Who was only called to a case reads nothing more of it once its people are named, and a correction to a class that speaks about people
    /// takes it from a firm.
    async fn who_was_called_and_who_has_what_became_a_complaint_lose_it_too(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        house.works_for(STEWARD, LAMPS).await;
        let link = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        let id = house.lamp().await.id;
        let help = NewCall { kind: CallKind::Assist, units: &[LAMPS], answer_by: None, words: "请更换灯具" };
        act!(house, tx => commands::call(&house.staff(DESK), tx, &house.office, id, help.clone())).unwrap();
        let calls = async || {
            let mut read = house.db.read().await.unwrap();
            queries::unit_desk(&mut read.conn(), &link.link).await.unwrap().calls
        };
        let call = calls().await.pop().unwrap().0;
        act!(house, tx => commands::note_told(&house.staff(DESK), tx, &house.office, id, ("甄守楼骂人", false))).unwrap();
        assert!(calls().await.is_empty());
        let answer = CallAnswer::Done { words: "已换" };
        let answered = act!(house, tx => commands::answer_call(&house.visitor(), tx, &link.token, (call.id, answer.clone())));
        assert!(matches!(answered, Err(CasesError::NotFound)));

        let other = house.lamp().await.id;
        house.entrust(DESK, other, WATER).await.unwrap();
        let to = Correction { class: "conduct".to_owned(), ..Correction::default() };
        act!(house, tx => commands::correct_class(&house.staff(SECRETARY), tx, &house.office, other, (&to, "投诉的是人"))).unwrap();
        let case = house.case(other).await;
        assert_eq!((case.unit, case.owner.as_ref()), (None, Some(&SECRETARY.owner())));
        house.fold().await;
        house.clean().await;
    }

    /// The invariants of the house are looked for in the records: each is broken here by hand, and each is found. That a case has two owners
    /// cannot even be written.
    async fn a_promise_that_moves_in_silence_is_found_and_two_owners_are_refused(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        house.fold().await;
        house.clean().await;
        {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            let second = exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE case_file SET unit_id = id"));
            assert!(format!("{:?}", second.unwrap_err()).contains("case_one_owner"));
        }
        let breaks = [
            ("UPDATE case_file SET due_at = due_at + 1", "UPDATE case_file SET due_at = due_at - 1", "its promise moved without a journal line"),
            (
                "UPDATE case_file SET finished_by = owner_person, reported_by = owner_appointment, owner_person = NULL, \
                 owner_appointment = NULL, owner_role = NULL",
                "UPDATE case_file SET owner_person = finished_by, owner_appointment = reported_by, owner_role = 'life_steward', \
                 finished_by = NULL, reported_by = NULL",
                "is being handled by nobody",
            ),
        ];
        for (harm, heal, problem) in breaks {
            let write = async |text: &'static str| {
                let mut tx = house.db.begin(DISTRICT).await.unwrap();
                exec!(&mut tx.conn().unwrap(), sqlx::query(text)).unwrap();
                tx.commit().await.unwrap();
            };
            write(harm).await;
            let found = {
                let mut read = house.db.read().await.unwrap();
                queries::check(&mut read.conn(), DISTRICT).await.unwrap()
            };
            assert!(found.iter().any(|finding| finding.problem == problem), "{problem}: {found:?}");
            write(heal).await;
        }
        house.clean().await;
    }

    /// Where a list ends tells nobody that there is a case with these words.
    async fn searching_finds_nothing_out_about_what_is_kept(db: Db) {
        let house = House::new(db).await;
        house.named().await;
        let most = usize::try_from(queries::PAGE).unwrap();
        for n in 0..most {
            let mut report = lamp();
            report.description = format!("楼道灯不亮，在甲楼 {n}");
            house.report(&house.visitor(), report).await.unwrap();
        }
        for text in ["灯不亮", "不归他管"] {
            let filter = queries::DeskFilter { words: linli_search::query(text), ..queries::DeskFilter::default() };
            let mut read = house.db.read().await.unwrap();
            let for_steward = queries::desk(&house.staff(STEWARD), &mut read.conn(), &filter, None).await.unwrap();
            let for_desk = queries::desk(&house.staff(DESK), &mut read.conn(), &filter, None).await.unwrap();
            assert_eq!(for_steward.next, None, "{text}");
            assert_eq!(for_desk.next.is_some(), text == "灯不亮", "{text}");
            assert_eq!(for_steward.cases.len(), if text == "灯不亮" { most } else { 0 });
        }
    }

    /// Who is asked for help by name is sent there; who is complained about is not.
    async fn who_is_asked_by_name_keeps_his_lamp(db: Db) {
        let house = House::new(db).await;
        for (words, kept) in [("甄管家您好，三楼楼道灯不亮", false), ("请甄守楼师傅看看楼道灯，灯不亮", false), ("甄管家您好，上次您没来，灯还是不亮", true)] {
            let mut report = lamp();
            report.description = words.to_owned();
            let reported = house.report(&house.visitor(), report).await.unwrap();
            assert_eq!(!house.case(reported.id).await.kept.is_empty(), kept, "{words}");
        }
    }

    /// Danger that is said later is heard: by whoever calls again.
    async fn danger_that_is_told_later_comes_on_top(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        assert!(!house.case(reported.id).await.emergency);
        act!(house, tx => commands::note_told(&house.staff(DESK), tx, &house.office, reported.id, ("现在配电箱冒烟了", true))).unwrap();
        assert!(house.case(reported.id).await.emergency);
        assert_eq!(house.kinds(reported.id).await, ["cases.reported", "cases.danger_heard", "cases.noted"]);
        let mut read = house.db.read().await.unwrap();
        let own = queries::by_link(&mut read.conn(), &house.office, &reported.link, house.clock_now()).await.unwrap();
        assert!(own.emergency);
        let dangers = queries::dangers(&house.staff(DESK), &mut read.conn(), 10).await.unwrap();
        assert_eq!(dangers.iter().map(|case| case.id).collect::<Vec<_>>(), [reported.id]);
        drop(read);
        house.clean().await;
    }

    /// Many who only join hide nothing of what was done.
    async fn many_who_join_hide_nothing(db: Db) {
        let house = House::new(db).await;
        let main = house.lamp().await;
        for _ in 0..25 {
            let other = house.lamp().await;
            act!(house, tx => commands::join(&house.visitor(), tx, &house.office, Which::Link(&other.link), &main.number)).unwrap();
        }
        house.take(STEWARD, main.id).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let view = queries::case(&house.staff(STEWARD), &mut read.conn(), &house.office, DISTRICT, main.id).await.unwrap();
        let joined = view.timeline.iter().filter(|entry| entry.kind == "cases.absorbed").count();
        assert_eq!((joined, view.timeline.first().unwrap().kind.as_str(), view.timeline.last().unwrap().kind.as_str()), (20, "cases.reported", "cases.taken"));
    }

    /// What speaks about people of the company is not brought before their eyes by the company.
    async fn a_complaint_is_opened_by_the_community_alone(db: Db) {
        let house = House::new(db).await;
        let mut report = lamp();
        (report.class, report.description) = (Some("service".to_owned()), "没人管，投诉".to_owned());
        let id = house.report(&house.visitor(), report).await.unwrap().id;
        let lamp = commands::Correction { class: "stair_lamp".to_owned(), ..commands::Correction::default() };
        let refused = act!(house, tx => commands::correct_class(&house.staff(MANAGER), tx, &house.office, id, (&lamp, "是灯"))).unwrap_err();
        assert_eq!(refused.code().name, "access.forbidden");
        assert!(!house.reads(STEWARD, id).await);
        act!(house, tx => commands::correct_class(&house.staff(SECRETARY), tx, &house.office, id, (&lamp, "说的是灯"))).unwrap();
        assert!(house.reads(STEWARD, id).await);
        house.clean().await;
    }
}
