//! Tickets of the city's hotline that take another way: merged, ended elsewhere, classed anew, sent again with another address. The city
//! is answered on every one of them.

use linli_cases::commands::{self, Correction, Heard, NewTicket, Onward, Receipt, Which};
use linli_cases::{CaseId, CaseState, CasesError, FieldProblem, queries};
use linli_db::Db;
use linli_kernel::PlacePath;

use crate::hotline::{steps, ticket};
use crate::house::{DESK, DISTRICT, ENTRANCE, ESTATE, House, MANAGER, OFFICER, SECRETARY, STEWARD, act, path};
use crate::web::Web;

impl House {
    pub async fn merge(&self, id: CaseId, other: &str) -> CaseState {
        act!(self, tx => commands::merge(&self.staff(DESK), tx, &self.office, id, other)).unwrap().state
    }

    pub async fn correct_to(&self, id: CaseId, class: &str) {
        let to = Correction { class: class.to_owned(), ..Correction::default() };
        act!(self, tx => commands::correct_class(&self.staff(SECRETARY), tx, &self.office, id, (&to, "分错了"))).unwrap();
    }
}

linli_db::both_databases! {
    /// A ticket that goes on as another case: the city is told so, is answered when that one is, and what it sends back comes to that one.
    async fn a_merged_ticket_is_answered_with_the_case_that_it_became(db: Db) {
        let house = House::new(db).await;
        let lamp = house.lamp().await;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        assert_eq!(house.merge(id, &lamp.number).await, CaseState::Merged);
        house.take(STEWARD, lamp.id).await.unwrap();
        house.finish(STEWARD, lamp.id).await.unwrap();

        let back = NewTicket { rework: Some("居民反映还是不亮".to_owned()), ..ticket() };
        assert_eq!(house.receive(back.clone()).await.unwrap().receipt, Receipt::Changed);
        let case = house.case(lamp.id).await;
        assert_eq!((case.state, case.reopened_count), (CaseState::Reopened, 1), "the one that goes on is worked on again");
        assert_eq!(house.receive(back.clone()).await.unwrap().receipt, Receipt::Unchanged, "not answered since: a bad line");
        house.take(STEWARD, lamp.id).await.unwrap();
        house.finish(STEWARD, lamp.id).await.unwrap();
        assert_eq!(house.receive(back).await.unwrap().receipt, Receipt::Changed, "answered since: another time");
        assert_eq!(house.case(lamp.id).await.state, CaseState::Reopened);
        house.take(STEWARD, lamp.id).await.unwrap();
        house.finish(STEWARD, lamp.id).await.unwrap();
        act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, Which::Link(&lamp.link), None)).unwrap();

        let told = house.told().await;
        let expected = [(1, "merged"), (2, "answered"), (3, "answered"), (4, "answered"), (5, "closed")];
        assert_eq!(steps(&told), expected);
        assert_eq!((told[0].words.as_str(), told[1].words.as_str()), (lamp.number.as_str(), "换了灯泡"));
        house.fold().await;
        house.clean().await;
    }

    /// The number of a case that no board shows is not the city's business.
    async fn a_ticket_joins_a_private_case_without_naming_it(db: Db) {
        let house = House::new(db).await;
        let first = house.receive(ticket()).await.unwrap();
        let second = house.receive(NewTicket { ticket_no: "GD2".to_owned(), ..ticket() }).await.unwrap().ticket.case;
        act!(house, tx => commands::join(&house.staff(DESK), tx, &house.office, Which::Id(second), &first.number)).unwrap();
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, first.ticket.case, "不归我们管")).unwrap();
        let told = house.told().await;
        let said: Vec<_> = told.iter().map(|step| (step.ticket_no.as_str(), step.step.as_str(), step.words.as_str())).collect();
        let no = first.ticket.ticket_no.as_str();
        assert_eq!(said, [("GD2", "merged", ""), (no, "returned", "不归我们管"), ("GD2", "returned", "不归我们管")]);
        // What is void there is worked on again for either.
        let insists = NewTicket { ticket_no: "GD2".to_owned(), rework: Some("经核实属贵单位".to_owned()), ..ticket() };
        house.receive(insists).await.unwrap();
        assert_eq!(house.case(first.ticket.case).await.state, CaseState::Reopened);
        house.fold().await;
        house.clean().await;
    }

    async fn a_ticket_that_ended_elsewhere_is_closed_for_the_city(db: Db) {
        let house = House::new(db).await;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        let heard = Heard { system: "city-works", id: "7", open: false, status: "closed", notes: "已抢修" };
        act!(house, tx => commands::heard_elsewhere(&house.system(), tx, &house.office, id, heard)).unwrap();
        let told = house.told().await;
        assert_eq!(steps(&told), [(1, "closed")]);
        assert_eq!((told[0].outcome.as_deref(), told[0].words.as_str()), (Some("elsewhere"), "已抢修"));
        house.clean().await;
    }

    /// Whatever a ticket is classed as, it goes the way of tickets, and the city's limit stands in the lists.
    async fn a_ticket_classed_anew_stays_a_ticket(db: Db) {
        let web = Web::open(db).await;
        let house = &web.house;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        house.correct_to(id, "stair_lamp").await;
        assert_eq!(house.case(id).await.profile.as_deref(), Some("hotline"));
        assert!(house.take(STEWARD, id).await.is_err(), "nothing is skipped");
        assert_eq!(house.onward(id, Onward::File, "").await, CaseState::Filed);
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, MANAGER.owner().appointment)).unwrap();
        assert!(web.get("/desk", Some(DESK)).await.text.contains("市限"));
        house.answered(id).await;
        // Also where it moves up, out of the key's place.
        house.correct_to(id, "conduct").await;
        act!(house, tx => commands::move_on(&house.staff(SECRETARY), tx, &house.office, id, Onward::AskReporter, "")).unwrap();
        act!(house, tx => commands::confirm(&house.staff(OFFICER), tx, &house.office, Which::Id(id), None)).unwrap();
        assert_eq!(steps(&house.told().await), [(1, "accepted"), (2, "answered"), (3, "closed")]);
        house.fold().await;
        house.clean().await;
    }

    /// The city corrects the address: the case goes there, to whoever answers there, with lines that say so; a delivery that names no place
    /// leaves it where it is.
    async fn another_address_is_followed(db: Db) {
        let web = Web::open(db).await;
        let house = &web.house;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        assert_eq!(house.case(id).await.owner, Some(DESK.owner()));
        let there = NewTicket { place: path(OTHER), ..ticket() };
        let received = house.receive(there.clone()).await.unwrap();
        assert_eq!((received.receipt, received.ticket.place.clone()), (Receipt::Changed, path(OTHER)));
        let case = house.case(id).await;
        assert_eq!((case.place, case.owner), (path(OTHER), Some(SECRETARY.owner())), "the desk of the estate does not answer there");
        let line = house.lines(id).await.into_iter().find(|line| line.kind == "cases.ticket_changed").unwrap();
        let facts = line.facts();
        assert_eq!((facts["place_before"].as_str(), facts["place"].as_str()), (Some(ESTATE), Some(OTHER)));
        assert!(house.kinds(id).await.contains(&"cases.assigned".to_owned()));
        let page = web.get(&format!("/cases/{id}"), Some(OFFICER)).await.text;
        assert!(page.contains("更正了地点"), "{page}");
        assert_eq!(house.receive(there).await.unwrap().receipt, Receipt::Unchanged);
        let unsaid = NewTicket { place_named: false, ..ticket() };
        assert_eq!(house.receive(unsaid).await.unwrap().receipt, Receipt::Unchanged, "what is not said leaves what is known");
        assert_eq!(house.case(id).await.place, path(OTHER));

        // Who works there and is named in what the city wrote is kept from it.
        let named = house.receive(NewTicket { ticket_no: "GD2".to_owned(), content: "甄守楼不开门".to_owned(), ..ticket() }).await.unwrap();
        assert!(house.case(named.ticket.case).await.kept.is_empty(), "he does not work everywhere in the estate");
        let named = NewTicket { ticket_no: "GD2".to_owned(), content: "甄守楼不开门".to_owned(), place: path(ENTRANCE), ..ticket() };
        let named = house.receive(named).await.unwrap().ticket.case;
        assert_eq!(house.case(named).await.kept.persons, [STEWARD.owner().person]);
        house.fold().await;
        house.clean().await;
    }

    /// The key of one place neither changes, nor reopens, nor re-phones the ticket of another.
    async fn a_key_changes_no_ticket_of_another_place(db: Db) {
        let house = House::new(db).await;
        let first = house.receive(ticket()).await.unwrap();
        let id = first.ticket.case;
        let lines = house.lines(id).await.len();
        let of_elsewhere = NewTicket {
            place: path(OTHER), within: path(OTHER), phone: Some("13900000000".to_owned()), rework: Some("重办".to_owned()), ..ticket()
        };
        for delivered in [of_elsewhere.clone(), NewTicket { place_named: false, ..of_elsewhere }] {
            let refused = house.receive(delivered).await;
            assert!(matches!(refused, Err(CasesError::Field { field: "ticket_no", problem: FieldProblem::OfAnotherPlace })));
        }
        assert_eq!((house.lines(id).await.len(), house.case(id).await.place), (lines, path(ESTATE)));
        let mut read = house.db.read().await.unwrap();
        let case = house.case(id).await;
        assert_eq!(queries::ticket_of(&mut read.conn(), &case).await.unwrap(), Some(first.ticket));
        assert_eq!(PlacePath::root(), NewTicket::default().within);
    }

    /// A contact that is written down while a delivery comes in takes nothing of it back.
    async fn a_contact_leaves_what_the_city_says_meanwhile(db: Db) {
        let house = House::new(db).await;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        let mut delivery = house.db.begin(DISTRICT).await.unwrap();
        let limit = "UPDATE hotline_ticket SET city_due_at = 1800000000000000, category = '新'";
        linli_db::exec!(&mut delivery.conn().unwrap(), sqlx::query(limit)).unwrap();
        let writing = async {
            act!(house, tx => commands::contacted(&house.staff(DESK), tx, id, (None, linli_cases::ContactOutcome::Reached, "已联系"))).unwrap();
        };
        let arriving = async {
            waiting(&house.db).await;
            delivery.commit().await.unwrap();
        };
        tokio::join!(writing, arriving);
        let case = house.case(id).await;
        let mut read = house.db.read().await.unwrap();
        let kept = queries::ticket_of(&mut read.conn(), &case).await.unwrap().unwrap();
        let known = (kept.city_due_at.map(|at| at.0), kept.category.as_str(), kept.contacted_at.is_some());
        assert_eq!(known, (Some(1_800_000_000_000_000), "新", true));
    }
}

/// Another estate of the community, where nobody below the community works.
const OTHER: &str = "00000001000100010002";

/// Until somebody waits for a lock; where one writer has the whole file he waits before he begins.
pub async fn waiting(db: &Db) {
    if db.engine() == linli_db::Engine::Sqlite {
        return;
    }
    loop {
        let mut read = db.read().await.unwrap();
        let c = &mut read.conn();
        let blocked: i64 = linli_db::sql!(c, x => sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetch_one(x).await)
        .unwrap();
        if blocked > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}
