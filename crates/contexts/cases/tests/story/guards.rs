//! Who may not, what is refused, and what happens only once.

use linli_access::Role;
use linli_cases::commands::{self, Finish, Which};
use linli_cases::{CaseState, CasesError, Event, FieldProblem, InvalidTransition, queries};
use linli_db::{Db, DbError};

use crate::house::{
    ADMINISTRATOR, COMMUNITY, DESK, DISTRICT, DISTRICT_PATH, ENTRANCE, House, MANAGER, OFFICER, OTHER_ENTRANCE, OTHER_STEWARD,
    SECOND_STEWARD, SECRETARY, STEWARD, Staff, act, lamp, path, photo,
};
use crate::units::LAMPS;

fn field(error: &CasesError) -> (&str, FieldProblem) {
    match error {
        CasesError::Field { field, problem } => (field, *problem),
        other => panic!("{other}"),
    }
}

linli_db::both_databases! {
    async fn bad_reports_name_the_field(db: Db) {
        let house = House::new(db).await;
        let said = |text: &str| { let mut r = lamp(); r.description = text.to_owned(); r };
        let v = house.visitor();
        let long = "字".repeat(4_001);
        let refused = house.report(&v, said(&long)).await.unwrap_err();
        assert_eq!(field(&refused), ("description", FieldProblem::TooLong { max: 4_000, found: 4_001 }));
        assert_eq!(field(&house.report(&v, said(" \n ")).await.unwrap_err()), ("description", FieldProblem::Required));
        assert_eq!(field(&house.report(&v, said("灯\u{7}")).await.unwrap_err()), ("description", FieldProblem::ControlCharacter));
        let mut r = lamp();
        r.phone = Some("12".to_owned());
        assert_eq!(field(&house.report(&v, r).await.unwrap_err()), ("phone", FieldProblem::NotAPhone));
        let mut r = lamp();
        r.class = Some("nonsense".to_owned());
        assert_eq!(house.report(&v, r).await.unwrap_err().code().name, "cases.class_unknown");
        let mut r = lamp();
        r.photos = (1..=6).map(photo).collect();
        assert_eq!(field(&house.report(&v, r).await.unwrap_err()), ("photo", FieldProblem::TooMany { max: 5 }));
        // Nothing half-written: the first good one has the first number.
        let mut longest = said(&"字".repeat(4_000));
        longest.class = Some("other".to_owned());
        assert_eq!(house.report(&v, longest).await.unwrap().number, "2026-000001");
        house.clean().await;
    }

    async fn words_of_danger_say_whom_to_call(db: Db) {
        let house = House::new(db).await;
        let mut r = lamp();
        r.description = "楼道里电动车起火,有人受伤".to_owned();
        let reported = house.report(&house.visitor(), r).await.unwrap();
        assert!(reported.emergency());
        assert_eq!(reported.call_first, ["119", "120"]);
        assert!(house.case(reported.id).await.emergency);
    }

    async fn the_same_request_twice_is_one_case(db: Db) {
        let house = House::new(db).await;
        let mut ctx = house.visitor();
        ctx.idempotency_key = Some("key-12345678".to_owned());
        let first = house.report(&ctx, lamp()).await.unwrap();
        let second = house.report(&ctx, lamp()).await.unwrap();
        assert!(!first.again && second.again);
        assert_eq!((first.id, &first.number, &first.link), (second.id, &second.number, &second.link));
        let mut other = lamp();
        other.description.push('!');
        assert!(matches!(house.report(&ctx, other).await.unwrap_err(), CasesError::Db(DbError::KeyReused)));
        // The link is kept sealed only.
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let answers: Vec<String> = linli_db::sql!(c, x => sqlx::query_scalar("SELECT answer FROM idempotency").fetch_all(x).await).unwrap();
        assert!(answers.len() == 1 && !answers[0].contains(&first.link.secret_text()));
        // Nor does the key stand there, with which anybody could ask for that answer again.
        let keys: Vec<String> = linli_db::sql!(c, x => sqlx::query_scalar("SELECT key FROM idempotency").fetch_all(x).await).unwrap();
        assert!(keys.len() == 1 && !keys[0].contains("key-12345678"));
        let cases: i64 = linli_db::sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM case_file").fetch_one(x).await).unwrap();
        assert_eq!(cases, 1);
    }

    async fn taking_twice_with_one_key_is_taking_once(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let mut ctx = house.staff(STEWARD);
        ctx.idempotency_key = Some("offline-0001".to_owned());
        for _ in 0..2 {
            act!(house, tx => commands::take(&ctx, tx, &house.office, reported.id)).unwrap();
        }
        assert_eq!(house.kinds(reported.id).await, ["cases.reported", "cases.taken"]);
    }

    async fn of_two_who_take_at_once_one_wins(db: Db) {
        let house = std::sync::Arc::new(House::new(db).await);
        for _ in 0..5 {
            let reported = house.lamp().await;
            let both = [STEWARD, SECOND_STEWARD].map(|who| {
                let house = house.clone();
                tokio::spawn(async move { house.take(who, reported.id).await.map(|_| who.number) })
            });
            let mut won = Vec::new();
            for task in both {
                match task.await.unwrap() {
                    Ok(who) => won.push(who),
                    Err(lost) => assert_eq!(lost.code().status.http(), 409, "{lost}"),
                }
            }
            assert_eq!(won.len(), 1);
            assert_eq!(house.case(reported.id).await.owner.unwrap().person.as_u128(), won[0]);
        }
        house.clean().await;
    }

    async fn what_lies_elsewhere_does_not_exist(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let code = |r: Result<commands::Stepped, CasesError>| r.unwrap_err().code().name;
        assert_eq!(code(house.take(OTHER_STEWARD, reported.id).await), "cases.not_found");
        assert_eq!(code(house.take(ADMINISTRATOR, reported.id).await), "cases.not_found");
        assert_eq!(code(act!(house, tx => commands::take(&house.visitor(), tx, &house.office, reported.id))), "access.unauthenticated");
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let seen = queries::case(&house.staff(OTHER_STEWARD), c, &house.office, DISTRICT, reported.id).await;
        assert_eq!(seen.unwrap_err().code().name, "cases.not_found");
        let seen = queries::case(&house.visitor(), c, &house.office, DISTRICT, reported.id).await;
        assert_eq!(seen.unwrap_err().code().name, "access.unauthenticated");
        assert_eq!(queries::my_day(&house.visitor(), c).await.unwrap_err().code().name, "access.unauthenticated");
        drop(read);
        // Decision = visible in list: who may not read it does not find it in his list either.
        let mut read = house.db.read().await.unwrap();
        let list = queries::desk(&house.staff(OTHER_STEWARD), &mut read.conn(), &queries::DeskFilter::default(), None).await.unwrap().cases;
        assert_eq!(list, []);
    }

    async fn no_closing_without_evidence_or_reason(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        house.take(STEWARD, reported.id).await.unwrap();
        let steward = house.staff(STEWARD);
        let bare = act!(house, tx => commands::finish(&steward, tx, &house.office, reported.id, Finish::default()));
        assert_eq!(bare.unwrap_err().code().name, "cases.evidence_missing");
        assert_eq!(house.case(reported.id).await.state, CaseState::Handling);
        let stranger = act!(house, tx => commands::finish(&house.staff(SECOND_STEWARD), tx, &house.office, reported.id, Finish { photos: vec![photo(1)], ..Finish::default() }));
        assert!(matches!(stranger.unwrap_err(), CasesError::Transition(InvalidTransition::NotYours { .. })));
        let why = Finish { no_photo_because: Some("噪声已停止,无可拍摄".to_owned()), ..Finish::default() };
        let done = act!(house, tx => commands::finish(&steward, tx, &house.office, reported.id, why)).unwrap();
        assert_eq!(done.state, CaseState::AwaitingConfirmation);
        let twice = house.finish(STEWARD, reported.id).await;
        assert!(matches!(twice.unwrap_err(), CasesError::Transition(InvalidTransition::NoRow { .. })));
    }

    async fn nobody_confirms_his_own_work(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        house.take(MANAGER, reported.id).await.unwrap();
        house.finish(MANAGER, reported.id).await.unwrap();
        let own = act!(house, tx => commands::confirm(&house.staff(MANAGER), tx, &house.office, Which::Id(reported.id), None));
        assert_eq!(own.unwrap_err().code().name, "cases.not_yours");
        let mut desk = house.staff(DESK);
        desk.channel = linli_access::Channel::Phone;
        act!(house, tx => commands::confirm(&desk, tx, &house.office, Which::Id(reported.id), None)).unwrap();
        let lines = house.lines(reported.id).await;
        assert_eq!(lines.last().map(|l| (l.kind.as_str(), l.channel.as_str())), Some(("cases.confirmed", "phone")));
    }

    /// Neither who finished the case of another, nor who entered the report himself and holds its link, signed in or not.
    async fn nobody_confirms_his_own_work_by_a_detour(db: Db) {
        let house = House::new(db).await;
        let others = house.lamp().await;
        house.take(STEWARD, others.id).await.unwrap();
        house.finish(MANAGER, others.id).await.unwrap();
        assert_eq!(house.case(others.id).await.owner, Some(STEWARD.owner()), "finishing for somebody takes nothing from him");
        let finisher = act!(house, tx => commands::confirm(&house.staff(MANAGER), tx, &house.office, Which::Id(others.id), None));
        assert_eq!(finisher.unwrap_err().code().name, "cases.not_yours");
        act!(house, tx => commands::confirm(&house.staff(DESK), tx, &house.office, Which::Id(others.id), None)).unwrap();

        let own = house.report(&house.staff(STEWARD), lamp()).await.unwrap();
        house.take(STEWARD, own.id).await.unwrap();
        house.finish(STEWARD, own.id).await.unwrap();
        for ctx in [house.staff(STEWARD), house.visitor()] {
            let by_link = act!(house, tx => commands::confirm(&ctx, tx, &house.office, Which::Link(&own.link), None));
            assert_eq!(by_link.unwrap_err().code().name, "cases.not_yours");
        }
        act!(house, tx => commands::confirm(&house.staff(DESK), tx, &house.office, Which::Id(own.id), None)).unwrap();

        // What somebody told the steward at the door is that person's to confirm, by the link that was handed over.
        let mut at_the_door = house.staff(STEWARD);
        at_the_door.channel = linli_access::Channel::Doorstep;
        let told = house.report(&at_the_door, lamp()).await.unwrap();
        house.take(STEWARD, told.id).await.unwrap();
        house.finish(STEWARD, told.id).await.unwrap();
        let own = act!(house, tx => commands::confirm(&house.staff(STEWARD), tx, &house.office, Which::Link(&told.link), None));
        assert_eq!(own.unwrap_err().code().name, "cases.not_yours");
        act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, Which::Link(&told.link), None)).unwrap();
        house.clean().await;
    }

    /// What the reporter called not fixed is not called a case that was none, or another, by who was to fix it.
    async fn nobody_ends_what_he_did_not_fix_under_another_name(db: Db) {
        let house = House::new(db).await;
        let (reported, other) = (house.lamp().await, house.lamp().await);
        house.take(MANAGER, reported.id).await.unwrap();
        house.finish(MANAGER, reported.id).await.unwrap();
        act!(house, tx => commands::not_fixed(&house.visitor(), tx, &house.office, Which::Link(&reported.link), "还是不亮")).unwrap();
        let none = act!(house, tx => commands::void(&house.staff(MANAGER), tx, &house.office, reported.id, "不属实"));
        assert_eq!(none.unwrap_err().code().name, "cases.not_yours");
        let another = act!(house, tx => commands::merge(&house.staff(MANAGER), tx, &house.office, reported.id, &other.number));
        assert_eq!(another.unwrap_err().code().name, "cases.not_yours");
        let mut read = house.db.read().await.unwrap();
        let seen = queries::case(&house.staff(MANAGER), &mut read.conn(), &house.office, DISTRICT, reported.id).await.unwrap();
        assert!(!seen.possible.contains(&Event::Void) && !seen.possible.contains(&Event::Merge), "{:?}", seen.possible);
        drop(read);
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, reported.id, "重复")).unwrap();
    }

    async fn a_case_goes_to_who_answers_there_and_to_nobody_else(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let desk = house.staff(DESK);
        let wrong = act!(house, tx => commands::assign(&desk, tx, &house.office, reported.id, OTHER_STEWARD.owner().appointment));
        assert_eq!(field(&wrong.unwrap_err()), ("owner", FieldProblem::NotAnswering));
        let given = act!(house, tx => commands::assign(&desk, tx, &house.office, reported.id, SECOND_STEWARD.owner().appointment)).unwrap();
        assert_eq!(given.state, CaseState::Dispatched);
        assert_eq!(house.case(reported.id).await.owner, Some(SECOND_STEWARD.owner()));
        let steward = act!(house, tx => commands::assign(&house.staff(STEWARD), tx, &house.office, reported.id, STEWARD.owner().appointment));
        assert_eq!(steward.unwrap_err().code().name, "access.forbidden");
    }

    async fn void_needs_a_reason_and_a_desk(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let bare = act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, reported.id, " "));
        assert_eq!(field(&bare.unwrap_err()), ("reason", FieldProblem::Required));
        let steward = act!(house, tx => commands::void(&house.staff(STEWARD), tx, &house.office, reported.id, "重复"));
        assert_eq!(steward.unwrap_err().code().name, "cases.not_yours");
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, reported.id, "测试上报")).unwrap();
        assert!(!house.case(reported.id).await.is_open());
        house.fold().await;
        house.clean().await;
    }

    async fn a_complaint_about_a_steward_never_reaches_that_steward(db: Db) {
        let house = House::new(db).await;
        let mut r = lamp();
        r.description = "管家态度差,投诉没人管".to_owned();
        let reported = house.report(&house.visitor(), r).await.unwrap();
        assert_eq!((reported.class.as_str(), reported.owner), ("service", Some(SECRETARY.owner())));
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert!(queries::readable(&house.staff(MANAGER), c, DISTRICT, reported.id).await.is_ok());
        assert_eq!(queries::readable(&house.staff(STEWARD), c, DISTRICT, reported.id).await.unwrap_err().code().name, "cases.not_found");
        drop(read);
        let to_him = act!(house, tx => commands::assign(&house.staff(MANAGER), tx, &house.office, reported.id, STEWARD.owner().appointment));
        assert_eq!(field(&to_him.unwrap_err()), ("owner", FieldProblem::NotAnswering));
    }

    /// What is said about the service is for the manager to answer. The desk is that service: neither the case nor the number of its caller is
    /// shown to it, by whatever way it asks; nor to the volunteer beside the steward.
    async fn what_is_said_about_the_service_is_not_shown_to_the_service(db: Db) {
        let house = House::new(db).await;
        let mut r = lamp();
        (r.class, r.phone) = (Some("service".to_owned()), Some("02512345678".to_owned()));
        r.description = "打了三次电话都没人管".to_owned();
        let id = house.report(&house.visitor(), r).await.unwrap().id;
        let (desk, red) = (house.staff(DESK), house.staff(Staff { number: 20, role: Role::RedSteward, at: ENTRANCE }));
        for who in [&desk, &red] {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
            assert_eq!(queries::desk(who, c, &all, None).await.unwrap().cases, Vec::new());
            assert_eq!(queries::readable(who, c, DISTRICT, id).await.unwrap_err().code().name, "cases.not_found");
            drop(read);
            let number = act!(house, tx => commands::contact(who, tx, &house.office, id, "回电"));
            assert_eq!(number.unwrap_err().code().name, "cases.not_found");
        }
        let manager = house.staff(MANAGER);
        house.take(MANAGER, id).await.unwrap();
        let answered = Finish { no_photo_because: Some("已当面答复".to_owned()), ..Finish::default() };
        act!(house, tx => commands::finish(&manager, tx, &house.office, id, answered)).unwrap();
        for (who, told) in [(&desk, 0), (&manager, 1)] {
            let called = act!(house, tx => commands::caller(who, tx, &house.office, "025-1234 5678")).unwrap();
            let mut read = house.db.read().await.unwrap();
            let back = queries::to_call_back(who, &mut read.conn()).await.unwrap();
            assert_eq!((called.cases.len(), back.len()), (told, told));
        }
        let refused = act!(house, tx => commands::caller(&red, tx, &house.office, "025-1234 5678"));
        assert_eq!(refused.unwrap_err().code().name, "access.forbidden");
    }

    /// Nor anybody else it may be about: not the duty desk of a whole district, nor a manager who holds a seat at the community as well.
    async fn a_complaint_about_people_is_kept_from_their_roles_wherever_they_sit(db: Db) {
        let house = House::new(db).await;
        let mut r = lamp();
        r.description = "三楼的管家态度恶劣".to_owned();
        r.phone = Some("02512345678".to_owned());
        let reported = house.report(&house.visitor(), r).await.unwrap();
        assert_eq!((reported.class.as_str(), &house.case(reported.id).await.place), ("conduct", &path(COMMUNITY)));
        let lamp = house.lamp().await;
        for (role, at) in [(Role::PropertyDesk, DISTRICT_PATH), (Role::PropertyManager, COMMUNITY), (Role::RedSteward, COMMUNITY)] {
            let wide = house.staff(Staff { number: 20, role, at });
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            assert!(queries::case(&wide, c, &house.office, DISTRICT, lamp.id).await.is_ok(), "{role}");
            let seen = queries::case(&wide, c, &house.office, DISTRICT, reported.id).await;
            assert_eq!(seen.unwrap_err().code().name, "cases.not_found", "{role}");
            assert!(queries::by_number(&wide, c, DISTRICT, &reported.number).await.is_err());
            let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
            let listed: Vec<_> = queries::desk(&wide, c, &all, None).await.unwrap().cases.into_iter().map(|case| case.id).collect();
            assert_eq!(listed, [lamp.id], "{role}");
            let wall = queries::wall(&wide, c).await.unwrap();
            assert!(wall.dangers.iter().chain(&wall.next).all(|case| case.id != reported.id), "{role}");
            drop(read);
            let refused = act!(house, tx => commands::void(&wide, tx, &house.office, reported.id, "不属实"));
            assert_eq!(refused.unwrap_err().code().name, "cases.not_found", "{role}");
            let refused = act!(house, tx => commands::note(&wide, tx, reported.id, "看看", false));
            assert_eq!(refused.unwrap_err().code().name, "cases.not_found", "{role}");
            let refused = act!(house, tx => commands::contact(&wide, tx, &house.office, reported.id, "回电"));
            assert_eq!(refused.unwrap_err().code().name, "cases.not_found", "{role}");
            let refused = act!(house, tx => commands::merge(&wide, tx, &house.office, lamp.id, &reported.number));
            assert!(refused.is_err(), "{role}");
        }
        let desk = house.staff(Staff { number: 20, role: Role::PropertyDesk, at: DISTRICT_PATH });
        let called = act!(house, tx => commands::caller(&desk, tx, &house.office, "025-1234 5678")).unwrap();
        assert_eq!((called.cases, called.elsewhere), (Vec::new(), Vec::new()));
        house.organisations().await;
        let to_a_contractor = house.entrust(SECRETARY, reported.id, LAMPS).await;
        assert!(to_a_contractor.is_err(), "those who are paid by the ones it may be about do not get it");
        let secretary = house.staff(SECRETARY);
        let called = act!(house, tx => commands::caller(&secretary, tx, &house.office, "025-1234 5678")).unwrap();
        assert_eq!(called.cases.len(), 1);
    }

    /// Nor does a case of any class that names him: by name, or by surname and what he is called. It goes to the next who answers there, and
    /// nobody gives it to him.
    async fn a_case_that_names_somebody_never_reaches_him(db: Db) {
        let house = House::new(db).await;
        let said = |words: &str| { let mut r = lamp(); r.description = words.to_owned(); r };
        for words in ["楼道灯不亮，甄守楼说不归他管", "楼道灯不亮，找甄管家三次没人来"] {
            let reported = house.report(&house.visitor(), said(words)).await.unwrap();
            assert_eq!((reported.class.as_str(), reported.owner), ("stair_lamp", Some(SECOND_STEWARD.owner())), "{words}");
            let case = house.case(reported.id).await;
            assert_eq!((case.kept.persons.as_slice(), case.kept.roles.as_slice()), ([STEWARD.owner().person].as_slice(), [].as_slice()));
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            assert_eq!(queries::readable(&house.staff(STEWARD), c, DISTRICT, reported.id).await.unwrap_err().code().name, "cases.not_found");
            let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
            let seen = async |ctx: &linli_access::Ctx, c: &mut linli_db::Conn<'_>| {
                queries::desk(ctx, c, &all, None).await.unwrap().cases.iter().any(|case| case.id == reported.id)
            };
            assert!(!seen(&house.staff(STEWARD), c).await && seen(&house.staff(SECOND_STEWARD), c).await, "{words}");
            let day = queries::my_day(&house.staff(STEWARD), c).await.unwrap();
            assert!(day.nobodys.iter().chain(&day.mine).chain(&day.flagged).all(|case| case.id != reported.id));
            drop(read);
            assert_eq!(house.take(STEWARD, reported.id).await.unwrap_err().code().name, "cases.not_found");
            let to_him = act!(house, tx => commands::assign(&house.staff(MANAGER), tx, &house.office, reported.id, STEWARD.owner().appointment));
            assert_eq!(field(&to_him.unwrap_err()), ("owner", FieldProblem::NotAnswering));
            // Another seat of the same person does not show it either.
            let wide = house.staff(Staff { role: Role::CommunityWorker, at: COMMUNITY, ..STEWARD });
            assert_eq!(act!(house, tx => commands::note(&wide, tx, reported.id, "看看", false)).unwrap_err().code().name, "cases.not_found");
        }
        // What he writes about himself he may read; who works elsewhere is not meant.
        let own = house.report(&house.staff(STEWARD), said("甄守楼巡楼时发现楼道灯不亮")).await.unwrap();
        assert_eq!(own.owner, Some(STEWARD.owner()));
        let other = house.report(&house.visitor(), said("隗隔壁说这里的楼道灯不亮")).await.unwrap();
        assert!(house.case(other.id).await.kept.is_empty());
        house.clean().await;
    }

    /// A case of another system and of the city's hotline is kept as one that is reported here.
    async fn what_comes_from_elsewhere_is_kept_too(db: Db) {
        let house = House::new(db).await;
        let ticket = commands::NewTicket {
            ticket_no: "GD1".to_owned(), content: "甄守楼收红包".to_owned(), place: path(ENTRANCE), fresh: true, ..commands::NewTicket::default()
        };
        let received = act!(house, tx => commands::receive_ticket(&house.system(), tx, &house.office, ticket.clone())).unwrap();
        assert_eq!(house.case(received.ticket.case).await.kept.persons, [STEWARD.owner().person]);
        let named_later = commands::NewTicket { content: "楼道灯不亮".to_owned(), ticket_no: "GD2".to_owned(), ..ticket };
        let second = act!(house, tx => commands::receive_ticket(&house.system(), tx, &house.office, named_later.clone())).unwrap();
        assert!(house.case(second.ticket.case).await.kept.is_empty());
        let named_later = commands::NewTicket { content: "楼道灯不亮，亓双楼不管".to_owned(), ..named_later };
        act!(house, tx => commands::receive_ticket(&house.system(), tx, &house.office, named_later.clone())).unwrap();
        assert_eq!(house.case(second.ticket.case).await.kept.persons, [SECOND_STEWARD.owner().person]);
        let foreign = commands::Foreign {
            id: "7".to_owned(), place: path(ENTRANCE), class: "conduct".to_owned(), title: "Steward".to_owned(),
            description: "甄守楼骂人".to_owned(), open: true, status: "open".to_owned(), notes: String::new(), reported_at: None,
            updated_at: None, due_at: None, point_e7: None,
        };
        act!(house, tx => commands::bring_in(&house.system(), tx, &house.office, "elsewhere", vec![foreign.clone()])).unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
        let brought = queries::desk(&house.staff(OFFICER), c, &all, None).await.unwrap().cases.into_iter().find(|case| case.external_id.is_some()).unwrap();
        assert!(brought.kept.roles.contains(&Role::Guard) && brought.kept.persons == [STEWARD.owner().person]);
        assert!(queries::readable(&house.staff(MANAGER), c, DISTRICT, brought.id).await.is_err());
    }

    /// Who made an organisation's link could have acted by it, signed in or not: he does not judge what was done by it.
    async fn the_maker_of_a_link_does_not_judge_what_was_done_by_it(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let reported = house.lamp().await;
        let link = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap().token;
        house.entrust(DESK, reported.id, LAMPS).await.unwrap();
        act!(house, tx => commands::take_as_unit(&house.visitor(), tx, &house.office, &link, reported.id)).unwrap();
        let done = Finish { photos: vec![photo(9)], ..Finish::default() };
        act!(house, tx => commands::finish_as_unit(&house.visitor(), tx, &house.office, &link, (reported.id, done.clone()))).unwrap();
        let own = act!(house, tx => commands::confirm(&house.staff(SECRETARY), tx, &house.office, Which::Id(reported.id), None));
        assert_eq!(own.unwrap_err().code().name, "cases.not_yours");
        let mut read = house.db.read().await.unwrap();
        let seen = queries::case(&house.staff(SECRETARY), &mut read.conn(), &house.office, DISTRICT, reported.id).await.unwrap();
        assert!(!seen.possible.contains(&Event::Confirm), "{:?}", seen.possible);
        drop(read);
        act!(house, tx => commands::confirm(&house.staff(DESK), tx, &house.office, Which::Id(reported.id), None)).unwrap();
        house.clean().await;
    }

    /// What somebody may ask to be forgotten is gone, and the journal still says that it was there.
    async fn what_is_personal_is_erased_on_request(db: Db) {
        let house = House::new(db).await;
        let mut r = lamp();
        r.phone = Some("02512345678".to_owned());
        let reported = house.report(&house.visitor(), r).await.unwrap();
        house.take(STEWARD, reported.id).await.unwrap();
        act!(house, tx => commands::note(&house.staff(STEWARD), tx, reported.id, "张老太太腿脚不便", true)).unwrap();
        let (number, why) = (reported.number.as_str(), "报事人要求删除");
        for who in [STEWARD, SECRETARY, ADMINISTRATOR] {
            let refused = act!(house, tx => commands::erase_personal(&house.staff(who), tx, number, why));
            assert_eq!(refused.unwrap_err().code().name, "access.forbidden");
        }
        let silent = act!(house, tx => commands::erase_personal(&house.system(), tx, number, " "));
        assert_eq!(field(&silent.unwrap_err()), ("reason", FieldProblem::Required));
        let unknown = act!(house, tx => commands::erase_personal(&house.system(), tx, "2026-999999", why));
        assert!(matches!(unknown, Err(CasesError::NotFound)));
        let erased = act!(house, tx => commands::erase_personal(&house.system(), tx, number, why)).unwrap();
        assert!(erased.phone && erased.words > 0, "{erased:?}");
        assert_eq!(act!(house, tx => commands::contact(&house.staff(STEWARD), tx, &house.office, reported.id, "约时间")).unwrap(), None);
        let desk = house.staff(DESK);
        assert_eq!(act!(house, tx => commands::caller(&desk, tx, &house.office, "025-1234 5678")).unwrap().cases, []);
        let view = {
            let mut read = house.db.read().await.unwrap();
            queries::case(&house.staff(STEWARD), &mut read.conn(), &house.office, DISTRICT, reported.id).await.unwrap()
        };
        let note = view.timeline.iter().find(|entry| entry.kind == "cases.noted").unwrap();
        assert!(note.words.is_none() && note.erased, "the line stands, its words are gone");
        assert!(!format!("{:?}", view.timeline).contains("张老太太"));
        house.fold().await;
        house.clean().await;
    }

    /// Whose report was joined to somebody's complaint is not told of it: neither its number nor how it stands.
    async fn who_is_joined_to_a_private_case_is_not_told_which(db: Db) {
        let house = House::new(db).await;
        let mut complaint = lamp();
        complaint.description = "三楼的管家态度恶劣".to_owned();
        let private = house.report(&house.visitor(), complaint).await.unwrap();
        assert!(!house.case(private.id).await.public);
        let (joined, main) = (house.lamp().await, house.lamp().await);
        act!(house, tx => commands::merge(&house.staff(SECRETARY), tx, &house.office, joined.id, &private.number)).unwrap();
        let mut read = house.db.read().await.unwrap();
        let seen = queries::by_link(&mut read.conn(), &house.office, &joined.link, house.clock_now()).await.unwrap();
        drop(read);
        let told = format!("{seen:?}");
        assert!(seen.state == CaseState::Merged && seen.goes_on.is_none() && !told.contains(&private.number), "{told}");
        let staff = {
            let mut read = house.db.read().await.unwrap();
            queries::case(&house.staff(SECRETARY), &mut read.conn(), &house.office, DISTRICT, joined.id).await.unwrap()
        };
        assert!(format!("{:?}", staff.timeline).contains(&private.number), "those who work on it know");
        // And the other way round: who is joined to is not told of a private one.
        act!(house, tx => commands::merge(&house.staff(SECRETARY), tx, &house.office, private.id, &main.number)).unwrap();
        let mut read = house.db.read().await.unwrap();
        let seen = queries::by_link(&mut read.conn(), &house.office, &main.link, house.clock_now()).await.unwrap();
        assert!(!format!("{:?}", seen.timeline).contains(&private.number));
        let own = queries::by_link(&mut read.conn(), &house.office, &private.link, house.clock_now()).await.unwrap();
        assert_eq!(own.goes_on.map(|other| other.number), Some(main.number), "a public one may be known");
    }

    /// A session acts under one appointment: what its holder has under another one is not read through it.
    async fn my_day_shows_what_the_appointment_reaches(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        house.take(STEWARD, reported.id).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let mine = async |ctx, c: &mut linli_db::Conn<'_>| queries::my_day(&ctx, c).await.unwrap().mine.len();
        assert_eq!(mine(house.staff(STEWARD), c).await, 1);
        assert_eq!(mine(house.staff(Staff { at: OTHER_ENTRANCE, ..STEWARD }), c).await, 0);
    }

    async fn contacts_need_right_and_reason(db: Db) {
        let house = House::new(db).await;
        let mut r = lamp();
        r.phone = Some("02512345678".to_owned());
        let reported = house.report(&house.visitor(), r).await.unwrap();
        let officer = act!(house, tx => commands::contact(&house.staff(crate::house::OFFICER), tx, &house.office, reported.id, "看看"));
        assert_eq!(officer.unwrap_err().code().name, "access.forbidden");
        let bare = act!(house, tx => commands::contact(&house.staff(STEWARD), tx, &house.office, reported.id, ""));
        assert_eq!(field(&bare.unwrap_err()), ("contact_reason", FieldProblem::Required));
        assert_eq!(house.kinds(reported.id).await, ["cases.reported"]);
    }
}
