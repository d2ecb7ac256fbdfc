//! The thin thread from end to end.

use linli_cases::commands::{self, Which};
use linli_cases::queries::{self, DeskFilter};
use linli_cases::{CaseState, Event, LinkToken};
use linli_db::Db;

use crate::house::{
    DESK, DISTRICT, ENTRANCE, ESTATE, House, MANAGER, OFFICER, OTHER_ENTRANCE, OTHER_STEWARD, STEWARD, act, lamp, path, photo,
};

linli_db::both_databases! {
    /// Reported at the door, taken, finished with a photo, "not fixed", done again, confirmed.
    async fn a_lamp_is_mended_at_the_second_try(db: Db) {
        let house = House::new(db).await;
        let mut input = lamp();
        input.photos = vec![photo(1)];
        let reported = house.report(&house.visitor(), input).await.unwrap();
        assert_eq!(reported.number, "2026-000001");
        assert_eq!((reported.class.as_str(), reported.owner.clone()), ("stair_lamp", Some(STEWARD.owner())));
        assert_eq!(reported.due_at.unwrap().rfc3339(), "2026-11-26T09:00:00+08:00");
        assert!(!reported.due_provisional && !reported.emergency());

        assert_eq!(house.take(STEWARD, reported.id).await.unwrap().state, CaseState::Handling);
        house.clock.advance_secs(3600);
        assert_eq!(house.finish(STEWARD, reported.id).await.unwrap().state, CaseState::AwaitingConfirmation);

        house.clock.advance_secs(3600);
        let link = Which::Link(&reported.link);
        let again = act!(house, tx => commands::not_fixed(&house.visitor(), tx, &house.office, link, "又不亮了")).unwrap();
        assert_eq!(again.state, CaseState::Reopened);
        let case = house.case(reported.id).await;
        assert_eq!((case.owner, case.flagged_role, case.reopened_count), (Some(STEWARD.owner()), Some(MANAGER.role), 1));
        assert_eq!(case.due_at.unwrap().rfc3339(), "2026-11-26T11:00:00+08:00");

        house.take(STEWARD, reported.id).await.unwrap();
        house.finish(STEWARD, reported.id).await.unwrap();
        let closed = act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, link, None)).unwrap();
        assert_eq!(closed.state, CaseState::Closed);
        assert!(!house.case(reported.id).await.is_open());

        assert_eq!(house.kinds(reported.id).await, [
            "cases.reported", "cases.taken", "cases.finished", "cases.reopened", "cases.deadline_moved", "cases.taken", "cases.finished", "cases.confirmed",
        ]);
        house.clean().await;
        house.fold().await;
        house.clean().await;
    }

    /// What each of them sees on the way.
    async fn everybody_sees_his_part(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();

        let day = queries::my_day(&house.staff(STEWARD), c).await.unwrap();
        assert_eq!(day.mine.iter().map(|case| case.id).collect::<Vec<_>>(), [reported.id]);
        assert_eq!(queries::my_day(&house.staff(OTHER_STEWARD), c).await.unwrap().mine, []);

        let view = queries::case(&house.staff(STEWARD), c, &house.office, DISTRICT, reported.id).await.unwrap();
        assert_eq!(view.possible, [Event::Take]);
        let view = queries::case(&house.staff(DESK), c, &house.office, DISTRICT, reported.id).await.unwrap();
        assert!(view.possible.contains(&Event::Assign) && view.possible.contains(&Event::Void));
        let page = queries::desk(&house.staff(DESK), c, &DeskFilter::default(), None).await.unwrap();
        assert_eq!((page.cases.len(), page.next), (1, None));

        for at in [ENTRANCE, ESTATE] {
            let rows = queries::board_rows(c, DISTRICT, &path(at), house.clock_now()).await.unwrap();
            assert_eq!(rows.iter().map(|row| (row.number.as_str(), row.class.as_str())).collect::<Vec<_>>(), [("2026-000001", "stair_lamp")]);
        }
        assert_eq!(queries::board_rows(c, DISTRICT, &path(OTHER_ENTRANCE), house.clock_now()).await.unwrap(), []);

        let seen = queries::by_link(c, &house.office, &reported.link, house.clock_now()).await.unwrap();
        assert_eq!((seen.number.as_str(), seen.state, seen.asked), ("2026-000001", CaseState::Reported, false));
        let why = queries::why_due(c, &house.office, DISTRICT, reported.id).await.unwrap().unwrap();
        assert_eq!((why.terms[0].under.clock.as_str(), why.terms[0].explanation.deadline.due(), why.stands), ("two_days", reported.due_at, true));
    }

    async fn figures_count_what_happened(db: Db) {
        let house = House::new(db).await;
        let (one, two) = (house.lamp().await, house.lamp().await);
        house.take(STEWARD, one.id).await.unwrap();
        house.finish(STEWARD, one.id).await.unwrap();
        house.fold().await;
        act!(house, tx => commands::confirm(&house.visitor(), tx, &house.office, Which::Link(&one.link), None)).unwrap();
        house.clock.advance_secs(5 * 86_400);
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        for at in [crate::house::DISTRICT_PATH, ESTATE, ENTRANCE] {
            let f = queries::figures(&house.staff(OFFICER), c, DISTRICT, &path(at), house.clock_now()).await.unwrap();
            let found = (f.open, f.overdue, f.awaiting_confirmation, f.reported_30d, f.closed_30d, f.confirmed_30d, f.reopened_30d);
            assert_eq!(found, (1, 1, 0, 2, 1, 1, 0), "{at}");
        }
        let elsewhere = queries::figures(&house.staff(OFFICER), c, DISTRICT, &path(OTHER_ENTRANCE), house.clock_now()).await.unwrap();
        assert_eq!((elsewhere.open, elsewhere.reported_30d), (0, 0));
        let children = queries::open_of_children(&house.staff(OFFICER), c, DISTRICT, &path(crate::house::COMMUNITY), house.clock_now()).await.unwrap();
        assert_eq!(children.iter().map(|n| (n.place.as_str(), n.open, n.overdue)).collect::<Vec<_>>(), [(ESTATE, 1, 1)]);
        // A month later only what is open still counts.
        let later = house.clock_now().plus_secs(40 * 86_400);
        let f = queries::figures(&house.staff(OFFICER), c, DISTRICT, &path(ESTATE), later).await.unwrap();
        assert_eq!((f.open, f.reported_30d, f.closed_30d), (1, 0, 0));
        drop(read);
        let _ = two;
        house.clean().await;
    }

    async fn a_private_link_opens_its_own_case_only(db: Db) {
        let house = House::new(db).await;
        let reported = house.lamp().await;
        let stranger = LinkToken::new(linli_kernel::Ts(0), house.rng.as_ref());
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        assert_eq!(queries::link_target(c, &reported.link).await.unwrap(), (DISTRICT, reported.id));
        assert_eq!(queries::link_target(c, &stranger).await.unwrap_err().code().name, "cases.link_unknown");
        let stored: i64 = linli_db::sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM private_link WHERE token_hash = $1")
            .bind(reported.link.hash()).fetch_one(x).await).unwrap();
        assert_eq!(stored, 1);
    }

    async fn timelines_keep_to_their_audience(db: Db) {
        let house = House::new(db).await;
        let mut input = lamp();
        input.phone = Some("138 0000 0000".to_owned());
        let reported = house.report(&house.visitor(), input).await.unwrap();
        house.take(STEWARD, reported.id).await.unwrap();
        let steward = house.staff(STEWARD);
        act!(house, tx => commands::note(&steward, tx, reported.id, "配件明天到", true)).unwrap();
        act!(house, tx => commands::note(&steward, tx, reported.id, "住户李某不在家", false)).unwrap();
        let phone = act!(house, tx => commands::contact(&steward, tx, &house.office, reported.id, "约时间")).unwrap();
        assert_eq!(phone.as_deref(), Some("13800000000"));

        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let staff = queries::case(&steward, c, &house.office, DISTRICT, reported.id).await.unwrap();
        assert!(staff.has_contact);
        let words = |entries: &[queries::TimelineEntry]| entries.iter().filter_map(|e| e.words.clone()).collect::<Vec<_>>();
        assert_eq!(words(&staff.timeline), ["配件明天到", "住户李某不在家", "约时间"]);
        let own = queries::by_link(c, &house.office, &reported.link, house.clock_now()).await.unwrap();
        assert_eq!(words(&own.timeline), ["配件明天到"]);
        assert!(!own.timeline.iter().any(|e| e.kind == "cases.contact_seen"));
        // Neither number nor words stand in the facts of any line, nor the number anywhere open.
        for line in house.lines(reported.id).await {
            assert!(!line.facts.contains("1380000") && !line.facts.contains("李某") && !line.facts.contains("楼道灯不亮"), "{}", line.facts);
        }
    }

    /// More lines than are read at once wait to be folded: the figures have them all.
    async fn figures_are_not_cut(db: Db) {
        let house = House::new(db).await;
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        for _ in 0..20_100 {
            tx.journal(house.visitor().line("cases.told_elsewhere", &path(ENTRANCE), None, serde_json::json!({})));
        }
        tx.commit().await.unwrap();
        let told = async || {
            let mut read = house.db.read().await.unwrap();
            let c = &mut read.conn();
            queries::figures(&house.staff(OFFICER), c, DISTRICT, &path(ESTATE), house.clock_now()).await.unwrap().told_elsewhere_30d
        };
        assert_eq!(told().await, 20_100);
        house.fold().await;
        assert_eq!(told().await, 20_100);
    }
}
