//! Early antivirals: what is left is the sum of what moved, a medicine is handed out on a prescription and once.

use std::collections::{BTreeMap, BTreeSet};

use linli_care::CarePersonId;
use linli_care::follow::commands::{self, Decided, NewFollowed, Received};
use linli_care::follow::model::{Decision, DecisionId, DecisionState, EntryKind, LotId};
use linli_care::follow::rules::Answers;
use linli_care::follow::{FollowError, Wrong, queries};
use linli_db::Db;

use crate::follow::house::{
    CENTRE, DOCTOR, HIGH_DOCTOR, House, LI, OFFICER, OTHER_DOCTOR, SECRETARY, Staff, WANG, ZHANG, act, old_and_stable,
};

const PAXLOVID: &str = "nirmatrelvir";

fn boxes(lot: &str, expires: (i16, i8, i8), quantity: i64) -> Received {
    let expires = jiff::civil::date(expires.0, expires.1, expires.2);
    Received { medicine: PAXLOVID.to_owned(), lot: lot.to_owned(), expires, quantity }
}

impl House {
    async fn receive(&self, who: Staff, input: Received) -> Result<LotId, FollowError> {
        let ctx = self.staff(who);
        act!(self, tx => commands::receive(&ctx, tx, &self.desk, CENTRE, input.clone()))
    }

    async fn adjust(&self, lot: LotId, change: (EntryKind, i64), because: &str) -> Result<(), FollowError> {
        let ctx = self.staff(DOCTOR);
        act!(self, tx => commands::adjust(&ctx, tx, lot, change, because))
    }

    async fn decide(&self, who: Staff, person: CarePersonId, input: Decided<'_>) -> Result<DecisionId, FollowError> {
        let (ctx, consent) = (self.staff(who), self.consent(person).await?);
        act!(self, tx => commands::decide(&ctx, tx, &self.desk, &consent, input.clone()))
    }

    async fn hand_out(&self, who: Staff, id: DecisionId) -> Result<(), FollowError> {
        let ctx = self.staff(who);
        act!(self, tx => commands::hand_out(&ctx, tx, id))
    }

    /// Left, expired, handed out, wasted, corrected of the medicine at the centre.
    async fn left(&self) -> (i64, i64, i64, i64, i64) {
        let mut read = self.db.read().await.unwrap();
        let all = queries::antiviral_stock(&self.staff(OFFICER), &mut read.conn(), linli_kernel::Ts(0)).await.unwrap();
        let of =
            all.iter().find(|of| of.institution == CENTRE).and_then(|of| of.medicines.get(PAXLOVID)).cloned().unwrap_or_default();
        (of.left, of.expired, of.dispensed, of.wasted, of.corrected)
    }

    async fn decisions(&self) -> Vec<Decision> {
        let mut read = self.db.read().await.unwrap();
        queries::person(&self.staff(DOCTOR), &mut read.conn(), &self.desk, ZHANG).await.unwrap().decisions
    }

    /// Every question answered with no.
    fn all_no(&self) -> Answers {
        let rules = self.desk.rules(&crate::follow::house::path(crate::follow::house::HOME), self.clock_now()).unwrap();
        let said: BTreeMap<_, _> = rules.antivirals().questions().iter().map(|one| (one.code.clone(), false)).collect();
        Answers { said, takes: BTreeSet::new() }
    }

    /// Fell ill on a day of November and is to have a box.
    fn a_box(&self, day: i8) -> Decided<'static> {
        Decided {
            onset: jiff::civil::date(2026, 11, day),
            answers: self.all_no(),
            medicine: Some(PAXLOVID),
            quantity: 1,
            because: "发热 38.5℃，抗原阳性",
            seen: false,
        }
    }
}

linli_db::both_databases! {
    /// In, out, wasted, corrected: what is left is the sum, and never below nothing.
    async fn what_is_left_is_the_sum_of_what_moved(db: Db) {
        let house = House::zhang(db).await;
        let lot = house.receive(DOCTOR, boxes("A1", (2027, 3, 31), 10)).await.unwrap();
        assert_eq!(house.receive(DOCTOR, boxes("A1", (2027, 3, 31), 5)).await.unwrap(), lot, "the same lot takes them up");
        let refused = house.receive(DOCTOR, boxes("A1", (2027, 4, 30), 5)).await;
        assert!(matches!(refused, Err(FollowError::Field { field: "expires", problem: Wrong::OtherDate })), "{refused:?}");
        for (wrong, field) in [
            (boxes("", (2027, 3, 31), 1), "lot"),
            (boxes("A2", (2026, 11, 23), 1), "expires"),
            (boxes("A2", (2027, 3, 31), 0), "quantity"),
            (Received { medicine: "aspirin".to_owned(), ..boxes("A2", (2027, 3, 31), 1) }, "medicine"),
        ] {
            let refused = house.receive(DOCTOR, wrong).await;
            assert!(matches!(refused, Err(FollowError::Field { field: named, .. }) if named == field), "{field}: {refused:?}");
        }
        assert!(matches!(house.receive(OTHER_DOCTOR, boxes("A2", (2027, 3, 31), 1)).await, Err(FollowError::NotFound)));
        assert!(matches!(house.receive(OFFICER, boxes("A2", (2027, 3, 31), 1)).await, Err(FollowError::Denied(_))));
        house.adjust(lot, (EntryKind::Wasted, 2), "摔碎").await.unwrap();
        house.adjust(lot, (EntryKind::Corrected, -3), "盘点少三盒").await.unwrap();
        house.adjust(lot, (EntryKind::Corrected, 1), "找到一盒").await.unwrap();
        assert_eq!(house.left().await, (11, 0, 0, 2, -2));
        for (change, because) in [((EntryKind::Wasted, 2), " "), ((EntryKind::Wasted, -1), "错"), ((EntryKind::Corrected, 0), "错"), ((EntryKind::Received, 1), "错")] {
            assert!(matches!(house.adjust(lot, change, because).await, Err(FollowError::Field { .. })), "{change:?}");
        }
        let refused = house.adjust(lot, (EntryKind::Wasted, 12), "全坏了").await;
        assert!(matches!(refused, Err(FollowError::Field { problem: Wrong::MoreThanLeft { left: 11 }, .. })), "{refused:?}");
        // Two who take out the rest at once.
        let (one, two) = tokio::join!(house.adjust(lot, (EntryKind::Wasted, 7), "受潮"), house.adjust(lot, (EntryKind::Wasted, 7), "受潮"));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        assert_eq!(house.left().await.0, 4);
        let kinds = house.kinds(CENTRE.0).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "care.antivirals_received").count(), 2);
        assert_eq!(kinds.iter().filter(|kind| kind.starts_with("care.antivirals_")).count(), 6, "a line for each entry");
        house.clean().await;
    }

    /// Decided with a reason, handed out once, from the lot that expires first and has not expired.
    async fn a_prescription_is_handed_out_once(db: Db) {
        let house = House::zhang(db).await;
        house.receive(DOCTOR, boxes("LATER", (2027, 6, 30), 5)).await.unwrap();
        house.receive(DOCTOR, boxes("FIRST", (2026, 12, 1), 1)).await.unwrap();
        let bare = house.decide(DOCTOR, ZHANG, Decided { because: " ", ..house.a_box(22) }).await;
        assert!(matches!(bare, Err(FollowError::Field { field: "because", .. })), "{bare:?}");
        let id = house.decide(DOCTOR, ZHANG, house.a_box(22)).await.unwrap();
        assert!(matches!(house.decide(DOCTOR, ZHANG, house.a_box(22)).await, Err(FollowError::HasPrescription)));
        assert!(matches!(house.hand_out(OTHER_DOCTOR, id).await, Err(FollowError::NotFound)), "not of the centre");
        let (one, two) = tokio::join!(house.hand_out(DOCTOR, id), house.hand_out(DOCTOR, id));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        assert_eq!(house.left().await, (5, 0, 1, 0, 0), "the lot that expires first");
        let seen = house.decisions().await.remove(0);
        assert_eq!((seen.state, seen.fit.as_str(), seen.late, seen.number.as_str()), (DecisionState::Dispensed, "possible", false, "K2026-000001"));
        assert!(seen.rule.starts_with("care.antivirals@") && seen.asked.unwrap().contains("2026-11-22"));
        let decided = house.lines(ZHANG.0).await.into_iter().find(|line| line.kind == "care.antiviral_decided").unwrap();
        assert!(!decided.facts.contains(PAXLOVID) && !decided.facts.contains("发热"), "{}", decided.facts);
        // Time goes on: the rest of the lots expires, and is counted apart.
        let id = house.decide(DOCTOR, ZHANG, house.a_box(23)).await.unwrap();
        house.clock.set(linli_kernel::Ts::from_local(jiff::civil::date(2027, 7, 1).at(9, 0, 0, 0)).unwrap());
        assert!(matches!(house.hand_out(DOCTOR, id).await, Err(FollowError::NoStock)));
        assert_eq!(house.left().await.0, 0);
        assert_eq!(house.left().await.1, 5);
        let doctor = house.staff(DOCTOR);
        assert!(matches!(act!(house, tx => commands::cancel(&doctor, tx, id, "")), Err(FollowError::Field { .. })));
        act!(house, tx => commands::cancel(&doctor, tx, id, "已过期，改期")).unwrap();
        assert!(matches!(house.hand_out(DOCTOR, id).await, Err(FollowError::Changed)));
        house.clean().await;
    }

    /// The last box goes to one of two.
    async fn the_last_box_is_handed_out_once(db: Db) {
        let house = House::zhang(db).await;
        let consent = house.consent(LI).await.unwrap();
        let (other, input) = (house.staff(OTHER_DOCTOR), NewFollowed { institution: CENTRE, factors: old_and_stable() });
        act!(house, tx => commands::enrol(&other, tx, &house.desk, &consent, input.clone())).unwrap();
        house.receive(DOCTOR, boxes("LAST", (2027, 3, 31), 1)).await.unwrap();
        let zhang = house.decide(DOCTOR, ZHANG, house.a_box(22)).await.unwrap();
        let li = house.decide(OTHER_DOCTOR, LI, house.a_box(22)).await.unwrap();
        let (one, two) = tokio::join!(house.hand_out(DOCTOR, zhang), house.hand_out(DOCTOR, li));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        assert!(matches!(one.err().or(two.err()), Some(FollowError::NoStock)));
        assert_eq!(house.left().await, (0, 0, 1, 0, 0));
        house.clean().await;
    }

    /// Too late, a clash, or a question nobody asked: the list says so, a physician decides and says that it was seen, and it is kept.
    async fn what_speaks_against_it_is_said_and_kept(db: Db) {
        let house = House::zhang(db).await;
        let late = house.decide(DOCTOR, ZHANG, house.a_box(18)).await;
        assert!(matches!(late, Err(FollowError::Field { field: "seen", problem: Wrong::NotSeen })), "six days: {late:?}");
        let unasked = Decided { answers: Answers::default(), ..house.a_box(22) };
        assert!(matches!(house.decide(DOCTOR, ZHANG, unasked).await, Err(FollowError::Field { field: "seen", .. })));
        let takes = Answers { takes: ["rifampicin".to_owned()].into(), ..house.all_no() };
        assert!(matches!(house.decide(DOCTOR, ZHANG, Decided { answers: takes, ..house.a_box(22) }).await, Err(FollowError::Field { field: "seen", .. })));
        let tomorrow = house.decide(DOCTOR, ZHANG, house.a_box(25)).await;
        assert!(matches!(tomorrow, Err(FollowError::Field { field: "onset", .. })), "{tomorrow:?}");
        for (who, person) in [(OTHER_DOCTOR, ZHANG), (HIGH_DOCTOR, ZHANG)] {
            assert!(matches!(house.decide(who, person, house.a_box(22)).await, Err(FollowError::NotFound)));
        }
        assert!(house.decide(SECRETARY, ZHANG, house.a_box(22)).await.is_err());
        assert!(matches!(house.decide(DOCTOR, WANG, house.a_box(22)).await, Err(FollowError::NoConsent)));
        let nothing = house.decide(DOCTOR, ZHANG, house.a_box(22)).await;
        assert!(matches!(nothing, Err(FollowError::Field { field: "seen", problem: Wrong::NotInStock })), "no box is there: {nothing:?}");
        house.decide(DOCTOR, ZHANG, Decided { seen: true, ..house.a_box(18) }).await.unwrap();
        house.clock.advance_secs(60);
        house.decide(DOCTOR, ZHANG, Decided { medicine: None, because: "病程已过，症状减轻", ..house.a_box(18) }).await.unwrap();
        let seen = house.decisions().await;
        let told: Vec<_> = seen.iter().map(|one| (one.state, one.fit.as_str(), one.late)).collect();
        assert_eq!(told, [(DecisionState::Against, "none", false), (DecisionState::Prescribed, "out", true)]);
        let mut read = house.db.read().await.unwrap();
        let counts = queries::decided(&house.staff(OFFICER), &mut read.conn(), linli_kernel::Ts(0)).await.unwrap();
        assert_eq!((counts.prescribed, counts.dispensed, counts.late, counts.against), (1, 0, 1, 1));
        drop(read);
        house.clean().await;
    }

    /// After a withdrawal the stock is what it was, and of the prescription stays that it was handed out.
    async fn a_withdrawal_leaves_the_stock_and_nothing_that_was_asked(db: Db) {
        let house = House::zhang(db).await;
        house.receive(DOCTOR, boxes("A1", (2027, 3, 31), 3)).await.unwrap();
        let id = house.decide(DOCTOR, ZHANG, house.a_box(22)).await.unwrap();
        house.hand_out(DOCTOR, id).await.unwrap();
        house.clock.advance_secs(60);
        house.decide(DOCTOR, ZHANG, house.a_box(23)).await.unwrap();
        let thread = house.thread(ZHANG.0).await.unwrap();
        house.withdraw(ZHANG).await;
        assert_eq!(house.left().await, (2, 0, 1, 0, 0));
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let kept: Vec<(String, Option<String>, Option<String>)> = linli_db::sql!(c, x => sqlx::query_as(
            "SELECT state, asked, because FROM antiviral_decision WHERE district_id = 1 AND person_id = $1"
        ).bind(ZHANG).fetch_all(x).await).unwrap();
        assert_eq!(kept, [("dispensed".to_owned(), None, None)]);
        drop(read);
        assert_eq!(house.thread(ZHANG.0).await, None, "nobody can tell whose these were");
        assert!(house.lines(ZHANG.0).await.iter().all(|line| !line.kind.starts_with("care.antiviral_")));
        let left: Vec<_> = house.lines(thread).await.into_iter().filter(|line| line.kind.starts_with("care.antiviral_")).collect();
        assert!(left.len() > 2, "{left:?}");
        for line in left {
            let mut read = house.db.read().await.unwrap();
            let payload = line.payload(&mut read.conn()).await.unwrap();
            assert!(!matches!(payload, linli_db::PayloadState::Kept(_)), "{}", line.kind);
        }
        house.clean().await;
    }
}
