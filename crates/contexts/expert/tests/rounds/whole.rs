//! The whole way: a group, a round, an opinion, a finding, its answer, and the look again.

use linli_access::Denied;
use linli_db::Db;
use linli_expert::commands::rounds::NewRound;
use linli_expert::commands::{groups, rounds};
use linli_expert::model::{FindingEvent, FindingState, Mode, RoundState, Speciality};
use linli_expert::{ExpertError, Wrong};
use linli_treatment::model::referrals::{InboundKey, ReferralId};
use uuid::Uuid;

use crate::house::{
    CENTRE, EXPERT, FAR, HOMELESS, House, LEAD, LEAD_BEDS, NEAR_OFFICER, NEXT, NEXT_BEDS, OFFICER, OTHER_EXPERT, SECOND,
    SECRETARY, act, at, day_of,
};

fn field(refused: &ExpertError) -> (&'static str, Wrong) {
    match refused {
        ExpertError::Field { field, problem } => (field, *problem),
        other => panic!("{other}"),
    }
}

linli_db::both_databases! {
    async fn from_group_to_round_to_finding_to_answer_to_look_again(db: Db) {
        let house = House::new(db).await;
        let patient = house.patient(1).await;
        let group = house.group().await;
        // A severe patient lies there and nobody ever came: to be visited today. In the other house nobody lies.
        let due = house.desk(OFFICER).await.unwrap().unwrap().due;
        assert_eq!(due.iter().map(|one| (one.institution, one.severe, one.every_days)).collect::<Vec<_>>(), [(LEAD, 1, 7)]);
        let round = house.plan(OFFICER, group, LEAD).await.unwrap();
        assert_eq!(house.desk(OFFICER).await.unwrap().unwrap().due, [], "it is planned");
        // The first thing that is written down says that the round is held.
        house.advise(EXPERT, round, patient, "建议俯卧位，每日评估").await.unwrap();
        assert_eq!(house.round(OFFICER, round).await.unwrap().round.state, RoundState::Held);
        let finding = house.find(SECOND, round, "respiratory_support").await.unwrap();
        act!(house, EXPERT, tx => rounds::hold(&house.staff(EXPERT), tx, round, "夜班增加一名呼吸治疗师")).unwrap();
        let shown = house.round(LEAD_BEDS, round).await.unwrap();
        assert_eq!((shown.round.advice.as_str(), shown.findings.len(), shown.opinions), ("夜班增加一名呼吸治疗师", 1, 1));
        assert!(shown.lying.is_empty() && !shown.holds, "the house is shown no list of experts");
        // The house sees what is open and answers with one tap; the group is not content; once more.
        let open = house.desk(LEAD_BEDS).await.unwrap().unwrap();
        assert!(open.own && open.findings.iter().map(|(one, _)| one.id).eq([finding]));
        assert_eq!(open.findings[0].0.due_at, Some(at(25, 9, 0)));
        assert!(house.finding(LEAD_BEDS, finding).await.unwrap().answers);
        house.hours(2);
        house.answer(LEAD_BEDS, finding).await.unwrap();
        assert!(matches!(house.answer(LEAD_BEDS, finding).await, Err(ExpertError::NoStep)), "answered already");
        house.look_again(EXPERT, finding, FindingEvent::Fail).await.unwrap();
        let again = house.finding(OFFICER, finding).await.unwrap().finding;
        assert_eq!((again.state, again.reopened, again.due_at), (FindingState::Open, 1, Some(at(25, 11, 0))), "the clock runs anew");
        house.answer(LEAD_BEDS, finding).await.unwrap();
        house.look_again(SECOND, finding, FindingEvent::Pass).await.unwrap();
        let view = house.finding(LEAD_BEDS, finding).await.unwrap();
        assert!(view.finding.state == FindingState::PutRight && view.finding.due_at.is_none() && !view.answers && !view.looks);
        let events: Vec<_> = view.steps.iter().map(|step| step.event).collect();
        use FindingEvent::{Answer, Fail, Find, Pass};
        assert_eq!(events, [Find, Answer, Fail, Answer, Pass]);
        assert_eq!(house.desk(LEAD_BEDS).await.unwrap().unwrap().findings.len(), 0);
        // The same again in the next round is a repeated one.
        let next = house.plan(OFFICER, group, LEAD).await.unwrap();
        let repeated = house.find(EXPERT, next, "respiratory_support").await.unwrap();
        assert_eq!(house.finding(EXPERT, repeated).await.unwrap().finding.repeat_of, Some(finding));
        assert!(matches!(house.find(EXPERT, next, "respiratory_support").await, Err(ExpertError::OpenAlready)));
        house.whole().await;
    }

    async fn an_opinion_is_read_by_house_group_and_office_and_every_look_is_written_down(db: Db) {
        let house = House::new(db).await;
        let patient = house.patient(1).await;
        let group = house.group().await;
        let round = house.plan(OFFICER, group, LEAD).await.unwrap();
        let lying = house.round(EXPERT, round).await.unwrap().lying;
        assert_eq!(lying.iter().map(|one| (one.key, one.family_name.as_str())).collect::<Vec<_>>(), [(patient, "张")]);
        house.advise(EXPERT, round, patient, "建议俯卧位，每日评估").await.unwrap();
        for who in [OTHER_EXPERT, NEXT_BEDS, HOMELESS, NEAR_OFFICER] {
            assert!(matches!(house.read(who, round).await, Err(ExpertError::NotFound)), "{who:?}");
        }
        assert!(matches!(house.read(SECRETARY, round).await, Err(ExpertError::Denied(Denied::Forbidden))));
        let looks = || async { house.kinds(round.0).await.into_iter().filter(|kind| kind == "expert.opinions_read").count() };
        assert_eq!(looks().await, 0, "who was refused read nothing");
        for (n, who) in [LEAD_BEDS, EXPERT, SECOND, OFFICER].into_iter().enumerate() {
            let read = house.read(who, round).await.unwrap();
            assert_eq!(read[0].said.as_deref(), Some("建议俯卧位，每日评估"), "{who:?}");
            assert_eq!(looks().await, n + 1);
        }
        // Neither name nor words in the journal, nor open in the table.
        for line in house.lines(round.0).await {
            let facts = line.facts().to_string();
            assert!(!facts.contains("张") && !facts.contains("俯卧"), "{facts}");
        }
        // Somebody who does not lie there gets none; nor does who is not of the group give one.
        let nobody = InboundKey { referral: ReferralId(Uuid::from_u128(9)), attempt: 1 };
        let refused = house.advise(EXPERT, round, nobody, "x").await.unwrap_err();
        assert_eq!(field(&refused), ("patient", Wrong::NotAChoice));
        for who in [OTHER_EXPERT, OFFICER, LEAD_BEDS] {
            assert!(matches!(house.advise(who, round, patient, "x").await, Err(ExpertError::Denied(_))), "{who:?}");
        }
        // Erased when its time is over.
        house.clock.advance_secs(1_096 * 86_400);
        house.tick().await;
        assert_eq!(house.read(LEAD_BEDS, round).await.unwrap(), []);
        house.whole().await;
    }

    async fn what_is_overdue_is_told_once_and_again_when_it_is_open_again(db: Db) {
        let house = House::new(db).await;
        let group = house.group().await;
        let round = house.plan(OFFICER, group, NEXT).await.unwrap();
        let finding = house.find(EXPERT, round, "antiviral").await.unwrap();
        let told = || async { house.kinds(finding.0).await.into_iter().filter(|kind| kind == "expert.finding_late").count() };
        house.hours(47);
        house.tick().await;
        assert_eq!(told().await, 0);
        house.hours(1);
        for _ in 0..2 {
            house.tick().await;
        }
        assert_eq!(told().await, 1);
        assert_eq!(house.desk(OFFICER).await.unwrap().unwrap().findings[0].0.late_told_at, Some(house.now()));
        house.answer(NEXT_BEDS, finding).await.unwrap();
        house.tick().await;
        assert_eq!(told().await, 1, "answered: the clock of the look again runs");
        house.hours(120);
        house.tick().await;
        assert_eq!(told().await, 2, "the group is late too");
        house.look_again(EXPERT, finding, FindingEvent::Withdraw).await.unwrap_err();
        house.look_again(EXPERT, finding, FindingEvent::Pass).await.unwrap();
        house.hours(1_000);
        assert_eq!(house.tick().await, 0);
        house.whole().await;
    }

    async fn whose_step_it_is(db: Db) {
        let house = House::new(db).await;
        let group = house.group().await;
        for who in [EXPERT, LEAD_BEDS, SECRETARY, NEAR_OFFICER] {
            let refused = house.plan(who, group, LEAD).await.unwrap_err();
            assert!(matches!(refused, ExpertError::Denied(_) | ExpertError::Field { field: "group", .. }), "{who:?}: {refused}");
        }
        let round = house.plan(OFFICER, group, LEAD).await.unwrap();
        for who in [OTHER_EXPERT, OFFICER, LEAD_BEDS, SECRETARY] {
            assert!(matches!(house.find(who, round, "records").await, Err(ExpertError::Denied(_))), "{who:?}");
        }
        assert_eq!(field(&house.find(EXPERT, round, "no_such").await.unwrap_err()), ("matter", Wrong::NotAChoice));
        let finding = house.find(EXPERT, round, "records").await.unwrap();
        // Another house does not know of it; who found it does not answer; who answers does not look again.
        assert!(matches!(house.answer(NEXT_BEDS, finding).await, Err(ExpertError::NotFound)));
        assert!(matches!(house.finding(NEXT_BEDS, finding).await, Err(ExpertError::NotFound)));
        assert!(matches!(house.round(NEXT_BEDS, round).await, Err(ExpertError::NotFound)));
        assert!(house.desk(HOMELESS).await.unwrap().is_none());
        for who in [EXPERT, OFFICER] {
            assert!(matches!(house.answer(who, finding).await, Err(ExpertError::Denied(_))), "{who:?}");
        }
        house.answer(LEAD_BEDS, finding).await.unwrap();
        for who in [LEAD_BEDS, OFFICER, OTHER_EXPERT] {
            assert!(matches!(house.look_again(who, finding, FindingEvent::Pass).await, Err(ExpertError::Denied(_))), "{who:?}");
        }
        // Who left the group holds its rounds no more.
        act!(house, OFFICER, tx => groups::leave(&house.staff(OFFICER), tx, group, EXPERT.person())).unwrap();
        assert!(matches!(house.look_again(EXPERT, finding, FindingEvent::Pass).await, Err(ExpertError::Denied(_))));
        house.look_again(SECOND, finding, FindingEvent::Pass).await.unwrap();
        house.whole().await;
    }

    async fn a_group_is_made_and_a_round_planned_only_as_can_be(db: Db) {
        let house = House::new(db).await;
        for (name, from, to, wrong) in [
            ("", "2026-11-24", "", ("name", Wrong::Required)),
            ("一组", "", "", ("from_day", Wrong::Required)),
            ("一组", "2026-02-30", "", ("from_day", Wrong::NotADay)),
            ("一组", "2026-11-24", "2026-11-23", ("to_day", Wrong::TooEarly)),
        ] {
            let refused = act!(house, OFFICER, tx => groups::make(&house.staff(OFFICER), tx, (name, from, to))).unwrap_err();
            assert_eq!(field(&refused), wrong);
        }
        let group = house.group().await;
        let nobody = (SECRETARY.person(), Speciality::Nursing);
        let refused = act!(house, OFFICER, tx => groups::join(&house.staff(OFFICER), tx, group, nobody)).unwrap_err();
        assert_eq!(field(&refused), ("person", Wrong::NotAChoice));
        for (institution, day, wrong) in [
            (CENTRE, "2026-11-24", ("institution", Wrong::NotAChoice)),
            (LEAD, "2026-11-23", ("day", Wrong::TooEarly)),
            (LEAD, "morgen", ("day", Wrong::NotADay)),
        ] {
            let new = NewRound { group, institution, mode: Mode::Remote, day };
            let refused = act!(house, OFFICER, tx => rounds::plan(&house.staff(OFFICER), tx, &new)).unwrap_err();
            assert_eq!(field(&refused), wrong);
        }
        act!(house, OFFICER, tx => groups::end(&house.staff(OFFICER), tx, group)).unwrap();
        let new = NewRound { group, institution: LEAD, mode: Mode::Remote, day: "2026-11-25" };
        let refused = act!(house, OFFICER, tx => rounds::plan(&house.staff(OFFICER), tx, &new)).unwrap_err();
        assert_eq!(field(&refused), ("day", Wrong::GroupAway));
        let round = house.plan(OFFICER, group, LEAD).await.unwrap();
        act!(house, OFFICER, tx => rounds::cancel(&house.staff(OFFICER), tx, round)).unwrap();
        assert!(matches!(act!(house, OFFICER, tx => rounds::cancel(&house.staff(OFFICER), tx, round)), Err(ExpertError::NoStep)));
        assert!(matches!(house.find(EXPERT, round, "records").await, Err(ExpertError::NoStep)));
        assert_eq!((day_of(house.now()).as_str(), FAR.0), ("2026-11-24", 2));
        house.whole().await;
    }
}
