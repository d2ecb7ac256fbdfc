//! The plan over two districts: who steps down so that who can come, what was made of suggestions, and who sees what.

use linli_access::Role;
use linli_db::{Db, journal};
use linli_treatment::commands::inbound::{self, Bed};
use linli_treatment::commands::plan::{self, NewDecision, NewMark};
use linli_treatment::commands::referrals::{NewReferral, Next};
use linli_treatment::model::beds::{BedType, EntryKind};
use linli_treatment::model::plan::{Because, DecisionId, Made, Overriding, Stays, Suggestion, Where, Whom};
use linli_treatment::model::referrals::{
    Consent, Declining, Direction, InboundKey, Outcome, Patient, ReferralId, ReferralState, Severity,
};
use linli_treatment::model::{GridKind, GridRef, TreatmentGridId};
use linli_treatment::queries::plan::{self as queries, GridBoard, Shown};
use linli_treatment::rules::plan::Planned;
use linli_treatment::{BedError, BedWrong as Wrong};
use uuid::Uuid;

use crate::house::{
    CENTRE, CENTRE_BEDS, CENTRE_WARD, COORDINATOR, COUNTY_BEDS, DOCTOR, FAR, House, LEAD, LEAD_BEDS, LEAD_ICU, NEAR, NEXT,
    NEXT_BEDS, NEXT_ICU, OFFICER, SECRETARY, Staff, act, at, count,
};
use crate::referral::{first, up, zhang};

fn li() -> Patient {
    Patient { name: "李爷爷".to_owned(), id_number: "320102194001010011".to_owned(), ..zhang() }
}

const fn asking(referral: ReferralId) -> Whom {
    Whom::Asking { district: NEAR, referral }
}

impl House {
    async fn plan(&self, who: Staff) -> Result<GridBoard, BedError> {
        let mut read = self.db.read().await.unwrap();
        queries::board(&self.staff(who), &mut read.conn(), &self.desk, None).await
    }

    /// What the plan has for somebody, as this one sees it.
    async fn planned(&self, who: Staff, whom: Whom) -> Planned {
        let board = self.plan(who).await.unwrap();
        board.rows.into_iter().find(|row| row.waiting.whom == whom).unwrap().planned
    }

    async fn suggestion(&self, who: Staff, whom: Whom) -> Suggestion {
        match self.planned(who, whom).await {
            Planned::Bed(suggestion) => suggestion,
            Planned::Stays(why) => panic!("stays: {why:?}"),
        }
    }

    async fn decide(
        &self,
        who: Staff,
        whom: Whom,
        chosen: Where,
        why: Option<(Overriding, &str)>,
    ) -> Result<DecisionId, BedError> {
        let board = self.plan(who).await?;
        let row = board.rows.iter().find(|row| row.waiting.whom == whom).ok_or(BedError::NotFound)?;
        let new = NewDecision {
            whom,
            attempt: row.waiting.attempt,
            asked: row.waiting.asked,
            chosen,
            suggested: board.made.suggested(whom),
            why: why.map(|(why, _)| why),
            words: why.map(|(_, words)| words.to_owned()).unwrap_or_default(),
            rule: board.made.rule.clone(),
        };
        let district = plan::district_of(&board.reach, &new);
        let mut tx = self.db.begin(district).await.unwrap();
        let done = plan::decide(&self.staff(who), &mut tx, &self.desk, &board.reach, new).await?;
        tx.commit().await.unwrap();
        self.post().await;
        Ok(done)
    }

    async fn accept_plan(&self, who: Staff, whom: Whom) -> Result<DecisionId, BedError> {
        let suggestion = self.suggestion(who, whom).await;
        self.decide(who, whom, suggestion.to, None).await
    }

    async fn history(&self, who: Staff) -> Vec<Shown> {
        let mut read = self.db.read().await.unwrap();
        queries::history(&self.staff(who), &mut read.conn(), &self.desk, at(1, 0, 0)).await.unwrap()
    }

    async fn mark(&self, who: Staff, key: InboundKey, continuing: &str) -> Result<(), BedError> {
        let new = NewMark {
            wants: BedType::Infusion,
            needs: vec!["oxygen".to_owned()],
            grid_kind: GridKind::General,
            consent: Consent::Family,
            continuing: continuing.to_owned(),
        };
        act!(self, who, tx => plan::mark(&self.staff(who), tx, &self.desk, key, new.clone()))
    }

    /// 李爷爷 lies in the only intensive bed of the lead since yesterday.
    pub async fn li_lies_at_the_lead(&self) -> ReferralId {
        self.icu(LEAD_BEDS, LEAD_ICU, 1).await;
        self.enter(CENTRE_BEDS, count(CENTRE_WARD, BedType::Infusion, EntryKind::Open, 4)).await.unwrap();
        let lies = self.ask(DOCTOR, NewReferral { patient: li(), ..up(Severity::Severe) }).await.unwrap();
        self.post().await;
        self.accept(LEAD_BEDS, first(lies), Some(LEAD_ICU)).await.unwrap();
        self.post().await;
        self.go_on(DOCTOR, lies, Next::Depart).await.unwrap();
        self.post().await;
        self.arrive(LEAD_BEDS, first(lies), None).await.unwrap();
        self.post().await;
        self.clock.set(at(25, 12, 0));
        lies
    }
}

linli_db::both_databases! {
    /// A referral waits, a bed becomes free by a step down elsewhere, the suggestion names the chain, it is accepted, the bed is held.
    async fn who_steps_down_so_that_who_can_come(db: Db) {
        let house = House::new(db).await;
        let lies = house.li_lies_at_the_lead().await;
        let waits = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        assert_eq!(house.planned(COORDINATOR, asking(waits)).await, Planned::Stays(Stays::NoBed));
        assert!(matches!(house.mark(LEAD_BEDS, first(lies), " ").await, Err(BedError::Field { field: "continuing", problem: Wrong::Required })));
        assert!(matches!(house.mark(NEXT_BEDS, first(lies), "吸氧").await, Err(BedError::NotFound)));
        assert!(matches!(house.mark(LEAD_BEDS, first(waits), "吸氧").await, Err(BedError::NoStep)), "not in a bed");
        house.mark(LEAD_BEDS, first(lies), "鼻导管吸氧 2 L/分").await.unwrap();
        let suggestion = house.suggestion(COORDINATOR, asking(waits)).await;
        assert_eq!((suggestion.to.at, suggestion.to.unit, suggestion.chain.len()), ((FAR, LEAD), LEAD_ICU, 1));
        assert_eq!((suggestion.chain[0].who, suggestion.chain[0].to.at), (first(lies), (NEAR, CENTRE)));
        let refusing = house.plan(COORDINATOR).await.unwrap().rows[0].harm.unwrap();
        assert_eq!(refusing.severe, 1, "without it the severe one waits on");
        // Accepted while the bed is taken: the house is asked already, nothing can be held yet, and the decision is kept.
        house.accept_plan(COORDINATOR, asking(waits)).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (1, 0, 0));
        // The step down is asked for with what is known and what must go on.
        let candidates = {
            let mut read = house.db.read().await.unwrap();
            let way = (Direction::Down, GridKind::General);
            let what = (BedType::Infusion, &["oxygen".to_owned()][..]);
            linli_treatment::queries::referrals::candidates(&mut read.conn(), &house.desk, (FAR, LEAD), way, what, house.now()).await.unwrap()
        };
        let down = act!(house, LEAD_BEDS, tx => plan::step_down(&house.staff(LEAD_BEDS), tx, &house.desk, (first(lies), (NEAR, CENTRE)), &candidates)).unwrap();
        let twice = act!(house, LEAD_BEDS, tx => plan::step_down(&house.staff(LEAD_BEDS), tx, &house.desk, (first(lies), (NEAR, CENTRE)), &candidates));
        assert!(matches!(twice, Err(BedError::NotFound)), "asked for once: {twice:?}");
        house.post().await;
        let came = house.inbox(CENTRE_BEDS).await;
        let patient = came[0].patient.clone().unwrap();
        assert_eq!((patient.name.as_str(), patient.continuing.as_str()), ("李爷爷", "鼻导管吸氧 2 L/分"));
        let bed = Bed { unit: CENTRE_WARD, bed_type: BedType::Infusion, guest_of: None };
        act!(house, CENTRE_BEDS, tx => inbound::accept(&house.staff(CENTRE_BEDS), tx, &house.desk, first(down), Some(bed))).unwrap();
        house.post().await;
        house.go_on(LEAD_BEDS, down, Next::Depart).await.unwrap();
        house.complete(LEAD_BEDS, first(lies), Outcome::SteppedDown).await.unwrap();
        house.post().await;
        // The bed is free: planned anew, without the chain; accepted, it is held.
        let suggestion = house.suggestion(COORDINATOR, asking(waits)).await;
        assert_eq!((suggestion.to.unit, suggestion.chain.len()), (LEAD_ICU, 0));
        house.accept_plan(COORDINATOR, asking(waits)).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (0, 1, 0), "held");
        assert_eq!(house.state(DOCTOR, waits).await, ReferralState::Accepted);
        let kept = house.history(COORDINATOR).await;
        assert_eq!(kept.iter().map(|one| (one.decision.made, one.decision.suggested.as_ref().unwrap().chain.len())).collect::<Vec<_>>(),
            [(Made::Accepted, 0), (Made::Accepted, 1)]);
        house.whole().await;
    }

    /// Who has arrived and has no bed is suggested one of the house, before somebody who only asks; accepted, it is theirs.
    async fn who_boards_is_given_a_bed_of_the_house(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 0).await;
        let boards = house.ask(DOCTOR, NewReferral { patient: li(), consent: Consent::Law, ..up(Severity::Critical) }).await.unwrap();
        house.post().await;
        house.accept(LEAD_BEDS, first(boards), None).await.unwrap();
        house.post().await;
        house.go_on(DOCTOR, boards, Next::Depart).await.unwrap();
        house.post().await;
        house.arrive(LEAD_BEDS, first(boards), None).await.unwrap();
        house.post().await;
        let asks = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        let there = Whom::Boarding { district: FAR, referral: boards, attempt: 1 };
        assert_eq!(house.planned(COORDINATOR, there).await, Planned::Stays(Stays::NoBed));
        house.icu(LEAD_BEDS, LEAD_ICU, 1).await;
        let suggestion = house.suggestion(COORDINATOR, there).await;
        assert_eq!((suggestion.because, suggestion.to.unit), (Because::Here, LEAD_ICU));
        assert_eq!(house.planned(COORDINATOR, asking(asks)).await, Planned::Stays(Stays::NoBed));
        let elsewhere = house.decide(NEXT_BEDS, there, suggestion.to, None).await;
        assert!(matches!(elsewhere, Err(BedError::NotFound)));
        house.accept_plan(COORDINATOR, there).await.unwrap();
        assert_eq!(house.taken(LEAD_BEDS, LEAD_ICU).await, (1, 0, 0));
        assert!(house.plan(COORDINATOR).await.unwrap().rows.iter().all(|row| row.waiting.whom != there));
        house.whole().await;
    }

    /// Nobody goes back at once to where they came from: known by the patient, over two referrals in two districts.
    async fn nobody_goes_back_at_once(db: Db) {
        let house = House::new(db).await;
        house.li_lies_at_the_lead().await;
        house.clock.set(at(24, 10, 0));
        let down = NewReferral {
            direction: Direction::Down,
            bed_type: BedType::Infusion,
            needs: vec!["oxygen".to_owned()],
            patient: Patient { continuing: "吸氧".to_owned(), ..li() },
            ..up(Severity::Ordinary)
        };
        let back = house.ask(LEAD_BEDS, down).await.unwrap();
        house.post().await;
        let whom = Whom::Asking { district: FAR, referral: back };
        assert_eq!(house.planned(COORDINATOR, whom).await, Planned::Stays(Stays::NobodyCan));
        house.clock.set(at(25, 9, 30));
        assert_eq!(house.suggestion(COORDINATOR, whom).await.to.at, (NEAR, CENTRE));
    }

    /// A refusal feeds the plan: that house is not suggested again, another is, and accepting asks it.
    async fn declined_then_another_house(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 3).await;
        house.icu(NEXT_BEDS, NEXT_ICU, 5).await;
        let waits = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        let before = house.suggestion(COORDINATOR, asking(waits)).await;
        assert_eq!((before.to.at, before.because), ((FAR, LEAD), Because::Nearest { of: 2 }));
        house.decline(LEAD_BEDS, first(waits)).await.unwrap();
        house.post().await;
        let after = house.suggestion(COORDINATOR, asking(waits)).await;
        assert_eq!((after.to.at, after.refused), ((FAR, NEXT), Some(((FAR, LEAD), Declining::NoBed))));
        house.accept_plan(COORDINATOR, asking(waits)).await.unwrap();
        let sent = house.sent(DOCTOR, waits).await.unwrap();
        assert_eq!((sent.referral.state, sent.referral.attempt, sent.attempts[1].0.to), (ReferralState::Received, 2, (FAR, NEXT)));
        let key = InboundKey { attempt: 2, ..first(waits) };
        house.accept(NEXT_BEDS, key, Some(NEXT_ICU)).await.unwrap();
        house.post().await;
        assert_eq!(house.state(DOCTOR, waits).await, ReferralState::Accepted);
        assert!(house.plan(COORDINATOR).await.unwrap().rows.is_empty(), "nobody waits any more");
        house.whole().await;
    }

    /// Another bed than the suggested one needs a coded reason; both are kept with the cost, the words for those who may read them.
    async fn an_override_is_kept_with_its_reason(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 3).await;
        house.icu(NEXT_BEDS, NEXT_ICU, 5).await;
        let waits = house.ask(DOCTOR, up(Severity::Critical)).await.unwrap();
        house.post().await;
        let elsewhere = Where { at: (FAR, NEXT), unit: NEXT_ICU, bed_type: BedType::Icu };
        let silent = house.decide(COORDINATOR, asking(waits), elsewhere, None).await;
        assert!(matches!(silent, Err(BedError::Field { field: "why", problem: Wrong::Required })));
        let wordless = house.decide(COORDINATOR, asking(waits), elsewhere, Some((Overriding::Other, " "))).await;
        assert!(matches!(wordless, Err(BedError::Field { field: "words", problem: Wrong::Required })));
        // Only who leads the grid sends elsewhere; the bed manager of the house may not.
        let manager = house.decide(LEAD_BEDS, asking(waits), elsewhere, Some((Overriding::Told, ""))).await;
        assert!(matches!(manager, Err(BedError::NotFound)), "{manager:?}");
        house.decide(COORDINATOR, asking(waits), elsewhere, Some((Overriding::Clinical, "合并肾衰，那边有肾内科"))).await.unwrap();
        let sent = house.sent(DOCTOR, waits).await.unwrap();
        assert_eq!((sent.referral.attempt, sent.attempts[1].0.to), (2, (FAR, NEXT)));
        let kept = &house.history(COORDINATOR).await[0];
        assert_eq!((kept.decision.made, kept.decision.why), (Made::Overridden, Some(Overriding::Clinical)));
        assert_eq!((kept.decision.chosen.at, kept.decision.suggested.as_ref().unwrap().to.at), ((FAR, NEXT), (FAR, LEAD)));
        assert!(kept.decision.harm.unwrap().minutes > 0, "refusing the nearer one costs minutes");
        assert_eq!(kept.words.as_deref(), Some("合并肾衰，那边有肾内科"));
        let seen = &house.history(OFFICER).await[0];
        assert_eq!((seen.decision.clone(), seen.words.clone()), (kept.decision.clone(), None), "the officer reads no words");
        assert!(house.history(CENTRE_BEDS).await.is_empty());
        let mut read = house.db.read().await.unwrap();
        for district in [NEAR, FAR] {
            let lines = journal::after(&mut read.conn(), district, 0, 1000).await.unwrap();
            assert!(lines.iter().all(|line| !line.facts.contains("肾衰")));
        }
        drop(read);
        house.whole().await;
    }

    async fn whoever_asked_twice_with_one_key_decided_once(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 3).await;
        let waits = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        let board = house.plan(COORDINATOR).await.unwrap();
        let new = NewDecision {
            whom: asking(waits),
            attempt: 1,
            asked: Some((FAR, LEAD)),
            chosen: Where { at: (FAR, LEAD), unit: LEAD_ICU, bed_type: BedType::Icu },
            suggested: board.made.suggested(asking(waits)),
            why: None,
            words: String::new(),
            rule: board.made.rule.clone(),
        };
        let mut ctx = house.staff(COORDINATOR);
        ctx.idempotency_key = Some("key-of-the-board-0001".to_owned());
        let mut ids = Vec::new();
        for _ in 0..2 {
            ids.push(act!(house, COORDINATOR, tx => plan::decide(&ctx, tx, &house.desk, &board.reach, new.clone())).unwrap());
        }
        assert_eq!(ids[0], ids[1]);
        assert_eq!((house.history(COORDINATOR).await.len(), house.taken(LEAD_BEDS, LEAD_ICU).await), (1, (0, 1, 2)));
        house.post().await;
        house.whole().await;
    }

    /// Vehicles bound the plan once they are told, and for as long as the rule says.
    async fn vehicles_that_were_told(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 3).await;
        let waits = house.ask(DOCTOR, up(Severity::Ordinary)).await.unwrap();
        house.post().await;
        let grid = GridRef { district: FAR, id: TreatmentGridId(Uuid::from_u128(701)) };
        let reach = house.plan(COORDINATOR).await.unwrap().reach;
        let tell = |many| {
            let (house, reach) = (&house, reach.clone());
            async move { act!(house, COORDINATOR, tx => plan::tell_fleet(&house.staff(COORDINATOR), tx, &reach, (grid, many))) }
        };
        assert!(matches!(tell(-1).await, Err(BedError::Field { field: "vehicles", .. })));
        tell(0).await.unwrap();
        assert_eq!(house.planned(COORDINATOR, asking(waits)).await, Planned::Stays(Stays::NoVehicle));
        tell(2).await.unwrap();
        house.suggestion(COORDINATOR, asking(waits)).await;
        tell(0).await.unwrap();
        house.clock.set(at(24, 10, 1));
        house.suggestion(COORDINATOR, asking(waits)).await;
        let theirs = act!(house, LEAD_BEDS, tx => plan::tell_fleet(&house.staff(LEAD_BEDS), tx, &reach, (grid, 3)));
        assert!(matches!(theirs, Err(BedError::Denied(_))));
    }

    async fn who_sees_what(db: Db) {
        let house = House::new(db).await;
        house.icu(LEAD_BEDS, LEAD_ICU, 3).await;
        let waits = house.ask(DOCTOR, up(Severity::Severe)).await.unwrap();
        house.post().await;
        for who in [SECRETARY, DOCTOR] {
            assert!(matches!(house.plan(who).await, Err(BedError::Denied(_))), "{:?}", who.role);
        }
        let seen = |board: &GridBoard| board.rows.iter().any(|row| row.waiting.whom == asking(waits));
        for (who, sees) in [(COORDINATOR, true), (LEAD_BEDS, true), (CENTRE_BEDS, true), (NEXT_BEDS, false), (COUNTY_BEDS, false)] {
            assert_eq!(seen(&house.plan(who).await.unwrap()), sees, "{:?} {}", who.role, who.number);
        }
        let officer = house.plan(OFFICER).await.unwrap();
        assert!(!officer.reach.patients && officer.reach.houses.len() == 4 && OFFICER.role == Role::HealthOfficer);
        let chosen = Where { at: (FAR, LEAD), unit: LEAD_ICU, bed_type: BedType::Icu };
        assert!(house.decide(OFFICER, asking(waits), chosen, None).await.is_err());
        assert!(matches!(house.decide(NEXT_BEDS, asking(waits), chosen, None).await, Err(BedError::NotFound)));
    }
}
