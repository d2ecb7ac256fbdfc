//! The table by which a finding moves, whatever is tried in whatever order.

use linli_db::Db;
use linli_expert::ExpertError;
use linli_expert::model::{FindingEvent, FindingState};
use linli_expert::rules::{ID, Rounds};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::house::{EXPERT, House, LEAD, LEAD_BEDS, OFFICER, at, book, path};

fn events() -> impl Strategy<Value = Vec<FindingEvent>> {
    proptest::collection::vec(proptest::sample::select(FindingEvent::ALL), 0..40)
}

proptest! {
    /// Nothing leaves an end; nothing is put right that was not answered since it was open last; what did not pass is open.
    #[test]
    fn whatever_is_tried(events in events()) {
        let rule = book().load().get::<Rounds>(ID, &path("00000002"), at(24, 9, 0)).unwrap();
        let (mut state, mut answered) = (FindingState::Open, false);
        for event in events {
            let to = rule.value.step(state, event);
            prop_assert!(!(state.over() && to.is_some()));
            let Some(to) = to else { continue };
            match event {
                FindingEvent::Answer => answered = true,
                FindingEvent::Pass => prop_assert!(answered && to == FindingState::PutRight),
                FindingEvent::Fail => {
                    prop_assert!(answered && to == FindingState::Open);
                    answered = false;
                }
                FindingEvent::Withdraw => prop_assert!(to == FindingState::Withdrawn),
                FindingEvent::Find => prop_assert!(false, "found twice"),
            }
            prop_assert_eq!(rule.value.waits_secs(to, "records").is_some(), !to.over(), "what is open has a clock");
            state = to;
        }
    }
}

linli_db::both_databases! {
    /// The commands go by the same table: many random walks through it, each step judged by the table alone.
    async fn the_commands_go_by_the_table(db: Db) {
        let house = House::new(db).await;
        let group = house.group().await;
        let rule = book().load().get::<Rounds>(ID, &path("00000002"), at(24, 9, 0)).unwrap();
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for _ in 0..12 {
            let round = house.plan(OFFICER, group, LEAD).await.unwrap();
            let id = house.find(EXPERT, round, "records").await.unwrap();
            let mut state = FindingState::Open;
            let walk = events().new_tree(&mut runner).unwrap().current();
            for event in walk.into_iter().filter(|event| *event != FindingEvent::Find) {
                let done = match event {
                    FindingEvent::Answer => house.answer(LEAD_BEDS, id).await,
                    _ => house.look_again(EXPERT, id, event).await,
                };
                match rule.value.step(state, event) {
                    Some(to) => {
                        done.unwrap();
                        state = to;
                    }
                    None => assert!(matches!(done, Err(ExpertError::NoStep))),
                }
                assert_eq!(house.finding(EXPERT, id).await.unwrap().finding.state, state);
            }
            house.whole().await;
            // The next walk needs the matter free again.
            if state == FindingState::Open {
                house.answer(LEAD_BEDS, id).await.unwrap();
                state = FindingState::Answered;
            }
            if state == FindingState::Answered {
                house.look_again(EXPERT, id, FindingEvent::Pass).await.unwrap();
            }
        }
    }
}
