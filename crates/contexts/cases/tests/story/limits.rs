//! A desk goes by the earlier of two counts: what was promised, and what the city wants of a ticket.

use linli_cases::CaseId;
use linli_cases::commands::{self, NewTicket};
use linli_cases::queries::{self, DeskCursor, DeskFilter, View};
use linli_db::{Db, exec};

use crate::hotline::ticket;
use crate::house::{DESK, DISTRICT, House, act};
use crate::web::Web;

impl House {
    async fn listed(&self, filter: &DeskFilter) -> Vec<CaseId> {
        let mut read = self.db.read().await.unwrap();
        queries::desk(&self.staff(DESK), &mut read.conn(), filter, None).await.unwrap().cases.iter().map(|case| case.id).collect()
    }
}

linli_db::both_databases! {
    async fn what_the_city_wants_first_stands_first(db: Db) {
        let house = House::new(db).await;
        let lamp = house.lamp().await.id;
        let promised = house.case(lamp).await.due_at.unwrap();
        // Ours is five working days; the city wants it in two hours.
        let soon = house.clock_now().plus_secs(2 * 3_600);
        let received = house.receive(NewTicket { due_at: Some(soon), ..ticket() }).await.unwrap();
        let urgent = received.ticket.case;
        let late = house.clock_now().plus_secs(300 * 86_400);
        let calm = house.receive(NewTicket { ticket_no: "GD-2".to_owned(), due_at: Some(late), ..ticket() }).await.unwrap().ticket.case;
        let case = house.case(urgent).await;
        assert!(case.due_at.unwrap() > promised && case.city_due_at == Some(soon));
        for filter in [DeskFilter::default(), DeskFilter { place: Some(case.place.clone()), ..DeskFilter::default() }] {
            assert_eq!(house.listed(&filter).await, [urgent, lamp, calm]);
        }
        // Through the index of words as well.
        let words = DeskFilter { words: linli_search::query("停水"), ..DeskFilter::default() };
        assert_eq!(house.listed(&words).await, [urgent, calm]);
        // The city gives more time: it stands where our promise puts it.
        house.receive(NewTicket { due_at: Some(late), ..ticket() }).await.unwrap();
        assert_eq!(house.listed(&DeskFilter::default()).await.first(), Some(&lamp));
        house.receive(NewTicket { due_at: Some(soon), content: "停水，请催办".to_owned(), ..ticket() }).await.unwrap();
        assert_eq!(house.listed(&DeskFilter::default()).await.first(), Some(&urgent));
        // Overdue is what was promised here: the figure and its list agree.
        house.clock.advance_secs(3 * 3_600);
        assert_eq!(house.listed(&DeskFilter { view: View::Overdue, ..DeskFilter::default() }).await, Vec::<CaseId>::new());
        house.clock.advance_secs(40 * 86_400);
        assert_eq!(house.listed(&DeskFilter { view: View::Overdue, ..DeskFilter::default() }).await, [urgent, lamp, calm]);
        // A page goes on where the one before ended.
        let (first, rest) = {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            let filter = DeskFilter::default();
            let all = queries::desk(&house.staff(DESK), c, &filter, None).await.unwrap().cases;
            let after = Some(DeskCursor::after(&all[0]));
            let rest = queries::desk(&house.staff(DESK), c, &filter, after).await.unwrap().cases;
            (all[0].id, rest.iter().map(|case| case.id).collect::<Vec<_>>())
        };
        assert_eq!((first, rest), (urgent, vec![lamp, calm]));
        house.fold().await;
        house.clean().await;
        // What the walk would find.
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE case_file SET city_due_at = NULL WHERE district_id = 1")).unwrap();
        tx.commit().await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let found = queries::check(&mut read.conn(), DISTRICT).await.unwrap();
        assert!(found.iter().any(|finding| finding.problem.contains("another limit of the city")), "{found:?}");
    }

    /// The row says which of the two runs out first.
    async fn the_row_says_which(db: Db) {
        let web = Web::open(db).await;
        let soon = web.house.clock_now().plus_secs(2 * 3_600);
        web.house.receive(NewTicket { due_at: Some(soon), ..ticket() }).await.unwrap();
        let page = web.get("/desk", Some(DESK)).await.text;
        assert!(page.contains("市限（先到）") && page.contains("承诺"), "{page}");
        let late = web.house.clock_now().plus_secs(300 * 86_400);
        web.house.receive(NewTicket { due_at: Some(late), ..ticket() }).await.unwrap();
        let page = web.get("/desk", Some(DESK)).await.text;
        assert!(page.contains("市限") && !page.contains("市限（先到）"), "{page}");
    }

    /// What waits for its reporter waits for no clock.
    async fn a_finished_ticket_is_not_pushed_to_the_top(db: Db) {
        let house = House::new(db).await;
        let lamp = house.lamp().await.id;
        house.clock.advance_secs(1);
        let soon = house.clock_now().plus_secs(2 * 3_600);
        let urgent = house.receive(NewTicket { due_at: Some(soon), ..ticket() }).await.unwrap().ticket.case;
        act!(house, tx => commands::void(&house.staff(crate::house::SECRETARY), tx, &house.office, urgent, "不属于本小区")).unwrap();
        assert_eq!(house.listed(&DeskFilter::default()).await, [lamp]);
        assert_eq!(house.listed(&DeskFilter { view: View::All, ..DeskFilter::default() }).await, [urgent, lamp]);
    }
}
