//! What bad input gets: a clear refusal, nothing half-written, nothing lost.

use linli_access::Denied;
use linli_ballot::commands::official::{Counting, record_official};
use linli_ballot::commands::votes::{self, Opening};
use linli_ballot::commands::{papers, register, sweep};
use linli_ballot::model::{Measure, Mode, Origin, Silent, State, Verdict};
use linli_ballot::queries;
use linli_ballot::{BallotError, Wrong};
use linli_board::model::NoticeId;
use linli_db::Db;
use linli_kernel::{Area, Ts};

use crate::house::{DOCTOR, GRID, House, NEIGHBOUR, OFFICER, SECRETARY, STEWARD, WORKER, act, at, day, owners};

fn field(error: &BallotError) -> (&'static str, Wrong) {
    match error {
        BallotError::Field { field, problem } | BallotError::Line { field, problem, .. } => (field, *problem),
        other => panic!("{other:?}"),
    }
}

const UNTIL: Opening = Opening { closes_on: jiff::civil::date(2026, 11, 30), declared: None };

linli_db::both_databases! {
    async fn no_vote_on_what_was_not_posted_long_enough(db: Db) {
        let house = House::registered(db).await;
        let id = house.draft(&[5]).await.unwrap();
        assert!(matches!(house.open(id, UNTIL).await, Err(BallotError::NoStep)), "a draft was not posted at all");
        house.post(id).await.unwrap();
        assert!(matches!(house.post(id).await, Err(BallotError::NoStep)));
        // Posted on the 2nd: fifteen days from the 3rd on end with the 17th, a Tuesday.
        house.clock.set(Ts(at(11, 18, 0).0 - 1));
        let until = at(11, 18, 0);
        match house.open(id, UNTIL).await {
            Err(BallotError::PostedTooShort { until: told }) => assert_eq!(told, until),
            other => panic!("{other:?}"),
        }
        house.clock.set(until);
        house.open(id, UNTIL).await.unwrap();
        house.whole().await;
    }

    async fn a_posting_that_ends_on_a_holiday_goes_on_to_the_next_working_day(db: Db) {
        let house = House::registered(db).await;
        // The fifteenth day of what is posted on the 17th of September is the 2nd of October; the holidays of 2026 end with the 7th.
        house.clock.set(at(9, 17, 9));
        let id = house.draft(&[5]).await.unwrap();
        house.post(id).await.unwrap();
        house.clock.set(at(10, 3, 9));
        let how = Opening { closes_on: day(10, 20), declared: None };
        match house.open(id, how).await {
            Err(BallotError::PostedTooShort { until }) => assert_eq!(until, at(10, 9, 0), "the end of the 8th"),
            other => panic!("{other:?}"),
        }
        assert_eq!(house.view(id).await.vote.state, State::Posted, "nothing half-written");
        house.clock.set(at(10, 9, 0));
        house.open(id, how).await.unwrap();
        house.whole().await;
    }

    async fn a_notice_that_came_down_does_not_count(db: Db) {
        let house = House::registered(db).await;
        let id = house.draft(&[5]).await.unwrap();
        house.post(id).await.unwrap();
        let notice = house.view(id).await.vote.notice.unwrap();
        let ctx = house.staff(SECRETARY).await;
        act!(house, tx => linli_board::commands::withdraw(&ctx, tx, NoticeId(notice))).unwrap();
        house.clock.set(at(11, 20, 9));
        assert!(matches!(house.open(id, UNTIL).await, Err(BallotError::NoticeGone)));
    }

    async fn areas_that_do_not_sum_and_a_register_with_holes_open_nothing(db: Db) {
        let house = House::registered(db).await;
        let id = house.draft(&[5]).await.unwrap();
        house.post(id).await.unwrap();
        house.clock.set(at(11, 20, 9));
        let declared = |area| Opening { declared: Some(Area(area)), ..UNTIL };
        match house.open(id, declared(120_001)).await {
            Err(BallotError::AreaSum { declared, found }) => assert_eq!((declared, found), (Area(120_001), Area(120_000))),
            other => panic!("{other:?}"),
        }
        let some = queries::units_under(&mut house.db.read().await.unwrap().conn(), house.district, &house.estate).await.unwrap();
        let ctx = house.staff(SECRETARY).await;
        assert_eq!(field(&act!(house, tx => register::strike(&ctx, tx, some[0].id, "")).unwrap_err()), ("reason", Wrong::Required));
        act!(house, tx => register::strike(&ctx, tx, some[0].id, "重复登记")).unwrap();
        assert!(matches!(house.open(id, UNTIL).await, Err(BallotError::RegisterIncomplete { homes: 1 })));
        house.record(SECRETARY, &owners()).await.unwrap();
        let worse = owners().replace("register", "contract");
        assert_eq!(field(&house.record(SECRETARY, &worse).await.unwrap_err()), ("source", Wrong::WorseSource));
        for (closes_on, wrong) in [(day(11, 20), Wrong::TooShort { days: 1 }), (day(11, 1), Wrong::TooShort { days: 1 })] {
            let refused = house.open(id, Opening { closes_on, ..UNTIL }).await.unwrap_err();
            assert_eq!(field(&refused), ("closes_on", wrong));
        }
        let late = Opening { closes_on: jiff::civil::date(2027, 1, 20), ..UNTIL };
        assert_eq!(field(&house.open(id, late).await.unwrap_err()), ("closes_on", Wrong::TooLate { days: 60 }));
        house.open(id, declared(120_000)).await.unwrap();
        house.whole().await;
    }

    async fn no_ballot_after_the_close_by_the_clock_of_the_server(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let (resident, _) = house.claim("E1/1栋/1单元/001").await;
        let scan = house.paper(WORKER, id, (5, "y", 5), (None, false)).await.unwrap();
        house.clock.set(Ts(at(12, 1, 0).0 - 1));
        house.at_door(GRID, id, (2, "y")).await.unwrap();
        // Whether it was counted yet or not: over is over.
        for counted in [false, true] {
            house.clock.set(at(12, 1, 0));
            if counted {
                house.close().await;
            }
            assert!(matches!(house.online(&resident, id, (1, "y")).await, Err(BallotError::Over { at: end }) if end == at(12, 1, 0)));
            assert!(matches!(house.at_door(GRID, id, (3, "y")).await, Err(BallotError::Over { .. })));
            assert!(matches!(house.again(SECRETARY, id, (scan, "y")).await, Err(BallotError::Over { .. })));
        }
        assert_eq!(house.view(id).await.decision.unwrap().outcome.tally.homes, 1);
        house.whole().await;
    }

    async fn two_scans_for_one_home_and_one_scan_for_two(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let scan = house.paper(WORKER, id, (4, "y", 1), (None, false)).await.unwrap();
        assert!(matches!(house.paper(GRID, id, (4, "n", 2), (None, false)).await, Err(BallotError::TwoScans)));
        assert!(matches!(house.paper(GRID, id, (5, "y", 1), (None, false)).await, Err(BallotError::ScanUsed)));
        // Read by the same, read differently, read by somebody else.
        assert!(matches!(house.again(WORKER, id, (scan, "y")).await, Err(BallotError::SamePerson)));
        assert!(matches!(house.again(SECRETARY, id, (scan, "n")).await, Err(BallotError::ReadingsDiffer)));
        assert_eq!(house.view(id).await.turnout.1, 0);
        house.again(SECRETARY, id, (scan, "y")).await.unwrap();
        assert!(matches!(house.again(SECRETARY, id, (scan, "y")).await, Err(BallotError::NotFound)), "once");
        assert!(matches!(house.paper(GRID, id, (4, "n", 3), (None, false)).await, Err(BallotError::TwoScans)));
        // What was registered by mistake is discarded, and the picture can be registered for the right home.
        let wrong = house.paper(GRID, id, (6, "y", 9), (None, false)).await.unwrap();
        let ctx = house.staff(SECRETARY).await;
        act!(house, tx => papers::discard(&ctx, tx, id, (wrong, "户号看错"))).unwrap();
        house.paper(GRID, id, (7, "y", 9), (None, false)).await.unwrap();
        house.whole().await;
    }

    async fn a_proxy_speaks_for_as_many_homes_as_the_rule_allows(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let proxy = Some(("王五", "proxy-0001"));
        for seat in 4..=6_u8 {
            let scan = house.paper(WORKER, id, (i64::from(seat), "y", seat), (proxy, false)).await.unwrap();
            house.again(SECRETARY, id, (scan, "y")).await.unwrap();
        }
        assert!(matches!(house.paper(WORKER, id, (7, "y", 7), (proxy, false)).await, Err(BallotError::ProxyFull { most: 3 })));
        let bad = house.paper(WORKER, id, (7, "y", 7), (Some(("王五", "1")), false)).await.unwrap_err();
        assert_eq!(field(&bad), ("proxy_document", Wrong::NotADocument));
        // One of the homes speaks for itself: the proxy is free for another.
        house.online(&house.claim("E1/1栋/1单元/004").await.0, id, (4, "n")).await.unwrap();
        let scan = house.paper(WORKER, id, (7, "y", 7), (proxy, false)).await.unwrap();
        house.again(SECRETARY, id, (scan, "y")).await.unwrap();
        house.whole().await;
    }

    async fn an_owner_who_was_struck_off_in_between_votes_no_more(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let (resident, _) = house.claim("E1/1栋/1单元/005").await;
        let scan = house.paper(WORKER, id, (5, "y", 5), (None, false)).await.unwrap();
        house.at_door(GRID, id, (6, "y")).await.unwrap();
        let all = queries::units_under(&mut house.db.read().await.unwrap().conn(), house.district, &house.estate).await.unwrap();
        let ctx = house.staff(SECRETARY).await;
        for unit in &all[4..6] {
            act!(house, tx => register::strike(&ctx, tx, unit.id, "已转让")).unwrap();
        }
        assert!(matches!(house.online(&resident, id, (5, "y")).await, Err(BallotError::OwnerChanged)));
        assert!(matches!(house.again(SECRETARY, id, (scan, "y")).await, Err(BallotError::OwnerChanged)));
        house.close().await;
        let tally = house.view(id).await.decision.unwrap().outcome.tally;
        assert_eq!((tally.all.heads, tally.part), (10, Measure::new(10_000, 1)), "who voted while owning has voted");
        house.whole().await;
    }

    async fn what_rounds_to_two_thirds_in_an_official_result_is_refused_by_its_line(db: Db) {
        let house = House::registered(db).await;
        let id = house.draft(&[5]).await.unwrap();
        let ctx = house.staff(SECRETARY).await;
        let enter = async |table: &str| {
            let counting = Counting { system: "市业主电子投票系统", reference: "NJ-2026-17", table };
            act!(house, tx => record_official(&ctx, tx, &house.office, id, &counting))
        };
        let good = "合计,1200,12,12\n参与,800,8,8\n1,400.01,5,399.99,3,0,0,通过\n";
        assert!(matches!(enter(good).await, Err(BallotError::NoStep)), "not posted");
        house.post(id).await.unwrap();
        assert!(matches!(enter(good).await, Err(BallotError::PostedTooShort { .. })));
        house.clock.set(at(11, 20, 9));
        // 66.66 % of 1200 are 799.92: not two thirds, whatever the system says.
        let nearly = "合计,1200,12,12\n参与,799.92,8,8\n1,799.92,8,0,0,0,0,通过\n";
        assert!(matches!(enter(nearly).await, Err(BallotError::Line { line: 3, field: "result", problem: Wrong::OtherResult })));
        let percent = good.replace("参与,800,8,8", "参与,66.66%,8,8");
        assert!(matches!(enter(&percent).await, Err(BallotError::Line { line: 2, field: "part", problem: Wrong::NotAnArea })));
        assert_eq!(house.view(id).await.vote.state, State::Posted);
        enter(good).await.unwrap();
        let view = house.view(id).await;
        let decision = view.decision.unwrap();
        assert_eq!((view.vote.origin, decision.outcome.verdicts.as_slice()), (Origin::Official, &[Verdict::Passed][..]));
        assert_eq!(decision.official.unwrap().reference, "NJ-2026-17");
        assert!(matches!(enter(good).await, Err(BallotError::NoStep)));
        house.announce(id).await.unwrap();
        house.whole().await;
    }

    async fn who_may_what(db: Db) {
        let house = House::registered(db).await;
        let topics = || vec![(Some(5), "使用维修资金".to_owned())];
        for who in [GRID, STEWARD, OFFICER, DOCTOR, NEIGHBOUR] {
            let refused = house.draft_of(who, house.estate.clone(), (Mode::Binding, topics(), Silent::NotParticipating)).await;
            assert!(matches!(refused, Err(BallotError::Denied(Denied::Forbidden))), "{who:?}");
        }
        let refused = house.draft_of(SECRETARY, house.estate.clone(), (Mode::Binding, vec![(Some(10), "x".to_owned())], Silent::NotParticipating)).await;
        assert!(matches!(refused, Err(BallotError::MatterUnknown)));
        let id = house.running(&[5]).await;
        for who in [STEWARD, OFFICER, DOCTOR, NEIGHBOUR] {
            assert!(matches!(house.at_door(who, id, (1, "y")).await, Err(BallotError::Denied(_))), "{who:?}");
        }
        // A home votes for itself alone, and a claim elsewhere not at all.
        let (resident, _) = house.claim("E1/1栋/1单元/001").await;
        assert!(matches!(house.online(&resident, id, (2, "y")).await, Err(BallotError::NotFound)));
        let (elsewhere, _) = house.claim("E2/1栋/1单元/001").await;
        assert!(matches!(house.online(&elsewhere, id, (1, "y")).await, Err(BallotError::NotFound)));
        assert_eq!(field(&house.online(&resident, id, (1, "yy")).await.unwrap_err()), ("topic_1", Wrong::Required));
        let ctx = house.staff(SECRETARY).await;
        assert!(matches!(act!(house, tx => sweep(&ctx, tx, &house.office, 1)), Err(BallotError::Denied(_))), "nobody counts but the program");
        for who in [STEWARD, DOCTOR, NEIGHBOUR] {
            let ctx = house.staff(who).await;
            let register = queries::register(&ctx, &mut house.db.read().await.unwrap().conn(), None, ("", "")).await;
            assert!(register.is_err() || register.unwrap().count == 0, "{who:?}");
        }
        assert!(matches!(house.record(NEIGHBOUR, &owners()).await, Err(BallotError::Line { line: 2, field: "place", .. })));
        house.close().await;
        let ctx = house.staff(SECRETARY).await;
        assert!(matches!(act!(house, tx => votes::withdraw(&ctx, tx, id, "x")), Err(BallotError::NoStep)), "what was counted stays counted");
        house.whole().await;
    }
}
