//! Votes from the draft to the recount.

use linli_ballot::BallotError;
use linli_ballot::commands::votes::{self, Opening};
use linli_ballot::model::{Measure, Mode, Origin, Silent, State, Verdict, Way};
use linli_ballot::queries;
use linli_ballot::recount::recount;
use linli_ballot::rules::Pack;
use linli_db::Db;
use linli_kernel::PlacePath;

use crate::house::{GRID, House, SECRETARY, WORKER, act, at, book, day};

/// What a matter has to reach by a rule of the program.
fn known(rule: &str, matter: i64) -> Option<linli_ballot::rules::count::Threshold> {
    book().load().by_mark::<Pack>(rule)?.value.threshold(matter)
}

linli_db::both_databases! {
    async fn from_the_draft_to_the_recount(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5, 7]).await;
        let open = house.view(id).await;
        assert_eq!((open.vote.state, open.vote.all, open.vote.homes), (State::Open, Measure::new(120_000, 10), 12), "one buyer of three homes is one head");
        // On every way: online, at the door, on paper, by proxy.
        let (resident, _) = house.claim("E1/1栋/1单元/001").await;
        let first = house.online(&resident, id, (1, "yy")).await.unwrap();
        assert_eq!((first.seat, first.turn, first.code.len()), (1, 1, 16));
        for seat in 2..=6 {
            house.at_door(GRID, id, (seat, "yy")).await.unwrap();
        }
        let scan = house.paper(WORKER, id, (7, "yn", 7), (None, false)).await.unwrap();
        house.again(SECRETARY, id, (scan, "yn")).await.unwrap();
        let scan = house.paper(WORKER, id, (8, "ya", 8), (Some(("王五", "PROXY-0001")), false)).await.unwrap();
        let turnout = house.view(id).await;
        assert_eq!(turnout.turnout, (Measure::new(70_000, 5), 7), "what waits for the second reading has not come yet");
        house.again(GRID, id, (scan, "ya")).await.unwrap();
        assert_eq!(house.view(id).await.turnout, (Measure::new(80_000, 6), 8));
        // While it runs nobody is shown what was said.
        let secretary = house.staff(SECRETARY).await;
        let early = queries::list_for_staff(&secretary, &mut house.db.read().await.unwrap().conn(), id).await;
        assert!(matches!(early, Err(BallotError::NotFound)));
        house.at_door(GRID, id, (9, "bn")).await.unwrap();
        house.close().await;
        let closed = house.view(id).await;
        let decision = closed.decision.unwrap();
        assert_eq!((closed.vote.state, closed.vote.origin, closed.vote.closed_at), (State::Closed, Origin::Here, Some(at(12, 1, 0))));
        let tally = &decision.outcome.tally;
        assert_eq!((tally.all, tally.part, tally.homes), (Measure::new(120_000, 10), Measure::new(90_000, 7), 9));
        assert_eq!((tally.topics[0].yes, tally.topics[0].blank), (Measure::new(80_000, 6), Measure::new(10_000, 1)));
        assert_eq!((tally.topics[1].yes, tally.topics[1].no, tally.topics[1].abstain), (Measure::new(60_000, 4), Measure::new(20_000, 2), Measure::new(10_000, 1)));
        // 80,000 of 90,000 are more than half; 60,000 of 90,000 are fewer than three quarters.
        assert_eq!(decision.outcome.verdicts, [Verdict::Passed, Verdict::Rejected]);
        assert!(decision.header.rule.starts_with("ballot.rules@2021.1#") && decision.header.article.contains("二百七十八"));
        // Due within three days by the calendar; then it is posted.
        assert_eq!(closed.vote.due_at, Some(at(12, 4, 0)));
        house.announce(id).await.unwrap();
        assert!(matches!(house.announce(id).await, Err(BallotError::NoStep)));
        let notices = linli_board::queries::notices_now(&mut house.db.read().await.unwrap().conn(), house.district, &house.estate, house.now(), 10).await.unwrap();
        assert!(notices[0].body.contains("同意 800 平方米、6 人") && notices[0].body.contains("结果：未通过"), "{}", notices[0].body);
        // The file alone gives the same result; the seal is the one on the record.
        let file = house.file(id).await;
        let found = recount(file.as_bytes(), &known).unwrap();
        assert_eq!((&found.outcome, &found.seal, found.rule_known), (&decision.outcome, &closed.vote.seal, true));
        let changed = file.replacen("\"choices\":\"ya\"", "\"choices\":\"yy\"", 1);
        assert_eq!(recount(changed.as_bytes(), &known).unwrap_err().line, 9, "the eighth seat stands in the ninth line");
        // The receipt finds the ballot, and the public list has its commitment.
        let c = &mut house.db.read().await.unwrap();
        let (ballot, made) = queries::receipt(&mut c.conn(), (house.district, id), &first.code.to_lowercase()).await.unwrap().unwrap();
        assert_eq!((ballot.way, ballot.replaced_at), (Way::Online, None));
        let all = queries::commitments(&mut c.conn(), (house.district, id)).await.unwrap();
        assert!(all.len() == 9 && all.is_sorted() && all.contains(&made.to_string()));
        for subject in [id.0, ballot.id.0] {
            assert!(linli_record::queries::standing(&mut c.conn(), house.district, subject).await.unwrap().is_some(), "it is in the public log");
        }
        house.whole().await;
    }

    async fn a_ballot_is_replaced_before_the_close_and_the_last_one_counts(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let (resident, _) = house.claim("E1/1栋/1单元/004").await;
        let first = house.online(&resident, id, (4, "n")).await.unwrap();
        let second = house.online(&resident, id, (4, "y")).await.unwrap();
        assert_eq!((first.turn, second.turn), (1, 2));
        assert!(matches!(house.at_door(GRID, id, (4, "n")).await, Err(BallotError::AlreadyCast)), "staff says that it replaces");
        let scan = house.paper(WORKER, id, (4, "a", 1), (None, true)).await.unwrap();
        let third = house.again(SECRETARY, id, (scan, "a")).await.unwrap();
        assert_eq!((third.turn, house.view(id).await.turnout), (3, (Measure::new(10_000, 1), 1)));
        house.close().await;
        let decision = house.view(id).await.decision.unwrap();
        assert_eq!((decision.outcome.tally.homes, decision.outcome.tally.topics[0].abstain), (1, Measure::new(10_000, 1)));
        let c = &mut house.db.read().await.unwrap();
        for (receipt, counts) in [(first, false), (second, false), (third, true)] {
            let (ballot, _) = queries::receipt(&mut c.conn(), (house.district, id), &receipt.code).await.unwrap().unwrap();
            assert_eq!(ballot.replaced_at.is_none(), counts);
        }
        assert_eq!(house.lines().await.iter().filter(|line| line.kind == "ballot.cast").count(), 3);
        house.whole().await;
    }

    async fn nothing_changes_the_electorate_after_the_opening(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let before = house.view(id).await.vote;
        // Somebody sells, somebody's area was wrong, a home is brought in anew.
        let table = "code,area_m2,area_source,owner,document\nE1/1栋/1单元/012,200,register,新业主,NEW-0001\nE1/1栋/1单元/011,150,register,业主11,OWNER-0011\n";
        let done = house.record(SECRETARY, table).await.unwrap();
        assert_eq!((done.created, done.changed), (0, 2));
        let after = house.view(id).await.vote;
        assert_eq!((before.all, before.homes, before.electorate), (after.all, after.homes, after.electorate));
        assert!(matches!(house.at_door(GRID, id, (12, "y")).await, Err(BallotError::OwnerChanged)), "who bought since votes next time");
        house.at_door(GRID, id, (11, "y")).await.unwrap();
        house.close().await;
        let tally = house.view(id).await.decision.unwrap().outcome.tally;
        assert_eq!((tally.all, tally.part), (Measure::new(120_000, 10), Measure::new(10_000, 1)), "by the area of the opening");
        house.whole().await;
    }

    async fn the_developer_is_one_head_and_co_owners_have_one_vote(db: Db) {
        let house = House::new(db).await;
        let mut table = String::from("code,place,kind,area_m2,area_source,standing,owner,document,speaks\n");
        for home in 1..=4 {
            table.push_str(&format!("E1/1栋/1单元/{home:03},,dwelling,100.01,contract,unsold,,,\n"));
        }
        table.push_str("E1/1栋/1单元/005,,dwelling,100.01,contract,undelivered,买家,BUYER-01,\n");
        for home in 6..=12 {
            table.push_str(&format!("E1/1栋/1单元/{home:03},,dwelling,100.01,survey,owned,甲{home},PAIR-A{home:03},\n"));
            table.push_str(&format!("E1/1栋/1单元/{home:03},,dwelling,100.01,survey,owned,乙{home},PAIR-B{home:03},1\n"));
        }
        table.push_str("E1/车位/1,E1,parking,12.5,contract,owned,甲6,PAIR-A006,\n");
        house.record(SECRETARY, &table).await.unwrap();
        let id = house.running(&[4]).await;
        let vote = house.view(id).await.vote;
        assert_eq!((vote.all, vote.homes), (Measure::new(120_012, 8), 12), "seven pairs and the developer; no parking space");
        house.close().await;
        assert_eq!(house.view(id).await.decision.unwrap().outcome.verdicts, [Verdict::NoQuorum]);
        house.whole().await;
    }

    async fn silence_counts_as_the_assembly_has_it(db: Db) {
        let house = House::registered(db).await;
        let topics = vec![(Some(5), "使用维修资金".to_owned())];
        let id = house.draft_of(SECRETARY, house.estate.clone(), (Mode::Binding, topics, Silent::Majority)).await.unwrap();
        house.post(id).await.unwrap();
        house.clock.set(at(11, 20, 9));
        house.open(id, Opening { closes_on: day(11, 30), declared: Some(linli_kernel::Area(120_000)) }).await.unwrap();
        for seat in 1..=9 {
            house.at_door(GRID, id, (seat, if seat < 6 { "n" } else { "y" })).await.unwrap();
        }
        house.close().await;
        let outcome = house.view(id).await.decision.unwrap().outcome;
        // Five homes of three heads say no, four homes of four heads yes: the two counts disagree, so silence follows nobody.
        assert_eq!((outcome.tally.part, outcome.tally.counted), (Measure::new(90_000, 7), Measure::new(120_000, 10)));
        assert_eq!((outcome.tally.topics[0].yes, outcome.verdicts), (Measure::new(40_000, 4), vec![Verdict::Rejected]));
        house.whole().await;
    }

    async fn a_consultation_hears_every_home_and_decides_nothing(db: Db) {
        let house = House::new(db).await;
        let topics = vec![(None, "想不想加长椅".to_owned())];
        let id = house.draft_of(SECRETARY, house.estate.clone(), (Mode::Consultation, topics, Silent::NotParticipating)).await.unwrap();
        house.post(id).await.unwrap();
        house.clock.set(at(11, 20, 9));
        house.open(id, Opening { closes_on: day(11, 30), declared: None }).await.unwrap();
        let (resident, _) = house.claim("E1/1栋/1单元/002").await;
        house.online(&resident, id, (2, "y")).await.unwrap();
        house.close().await;
        let decision = house.view(id).await.decision.unwrap();
        assert_eq!((decision.outcome.verdicts.as_slice(), decision.outcome.tally.all.heads), (&[Verdict::Heard][..], 12));
        assert!(recount(house.file(id).await.as_bytes(), &known).is_ok());
        house.whole().await;
    }

    async fn where_a_place_moves_its_votes_move_along(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        let to: PlacePath = house.other.parent().unwrap().child(77).unwrap();
        let moved = linli_territory::moves::Moved { from: house.estate.clone(), to: to.clone() };
        let ctx = house.system();
        let mut rows = 0;
        loop {
            let some = act!(house, tx => linli_ballot::commands::follow_move(&ctx, tx, &moved, 5)).unwrap();
            rows += some;
            if some == 0 {
                break;
            }
        }
        assert_eq!(rows, 25, "twelve parts, a vote, twelve seats");
        let vote = queries::public(&mut house.db.read().await.unwrap().conn(), &house.office, (house.district, id), house.now()).await.unwrap().vote;
        assert_eq!(vote.place, to);
        house.whole().await;
    }

    async fn what_is_withdrawn_comes_down_and_counts_for_nothing(db: Db) {
        let house = House::registered(db).await;
        let id = house.running(&[5]).await;
        house.at_door(GRID, id, (1, "y")).await.unwrap();
        let ctx = house.staff(SECRETARY).await;
        act!(house, tx => votes::withdraw(&ctx, tx, id, "说明有误")).unwrap();
        assert!(matches!(house.at_door(GRID, id, (2, "y")).await, Err(BallotError::NoStep)));
        let c = &mut house.db.read().await.unwrap();
        assert!(matches!(queries::public(&mut c.conn(), &house.office, (house.district, id), house.now()).await, Err(BallotError::NotFound)));
        let hanging = linli_board::queries::notices_now(&mut c.conn(), house.district, &house.estate, house.now(), 10).await.unwrap();
        assert!(hanging.is_empty());
        house.close().await;
        assert_eq!(house.view(id).await.vote.state, State::Withdrawn);
        house.whole().await;
    }
}
